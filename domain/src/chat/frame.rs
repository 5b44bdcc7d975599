//! Cuts a stream of bytes into lines. Network chunks end anywhere, inside a character too, so nothing is decoded
//! before its line is whole.

/// The longest line that is taken, in bytes.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A line is not UTF-8.
    #[error("a frame is not UTF-8")]
    NotText,
    /// A line has no end.
    #[error("a frame is longer than {MAX_FRAME_BYTES} bytes")]
    TooLong,
    /// The stream ended inside a line.
    #[error("the stream ended inside a frame")]
    Cut,
}

/// Cuts newline-delimited frames out of chunks of bytes.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    rest: Vec<u8>,
}

impl FrameDecoder {
    /// Takes the next chunk and returns the lines that it completes, without their ends; empty lines are skipped.
    ///
    /// # Errors
    /// [`FrameError`] where a line is too long or no text; the stream cannot be read on then.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, FrameError> {
        let mut frames = Vec::new();
        let mut pieces = chunk.split(|&byte| byte == b'\n');
        // `split` always yields one piece: the end of the line that is open.
        self.rest.extend_from_slice(pieces.next().unwrap_or_default());
        for piece in pieces {
            let line = std::mem::replace(&mut self.rest, piece.to_vec());
            if line.len() > MAX_FRAME_BYTES {
                return Err(FrameError::TooLong);
            }
            let text = String::from_utf8(line).map_err(|_| FrameError::NotText)?;
            let text = text.trim();
            if !text.is_empty() {
                frames.push(text.to_owned());
            }
        }
        if self.rest.len() > MAX_FRAME_BYTES { Err(FrameError::TooLong) } else { Ok(frames) }
    }

    /// Whether the stream may end here.
    ///
    /// # Errors
    /// [`FrameError::Cut`] where a line is still open.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.rest.iter().all(u8::is_ascii_whitespace) { Ok(()) } else { Err(FrameError::Cut) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_that_are_split_over_one_byte_chunks_come_out_whole() {
        let mut decoder = FrameDecoder::default();
        let mut frames = Vec::new();
        for byte in "{\"é\":\"€ 😀\"}\n\n{\"b\":1}\r\n".bytes() {
            frames.extend(decoder.push(&[byte]).expect("text"));
        }
        assert_eq!(frames, ["{\"é\":\"€ 😀\"}", "{\"b\":1}"]);
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn a_stream_that_is_cut_no_text_or_endless_is_an_error_and_never_a_frame() {
        let mut cut = FrameDecoder::default();
        assert_eq!(cut.push(b"{\"a\""), Ok(Vec::new()));
        assert_eq!(cut.finish(), Err(FrameError::Cut));
        assert_eq!(FrameDecoder::default().push(b"\xff\xfe\n"), Err(FrameError::NotText));
        let mut endless = FrameDecoder::default();
        let refused = (0..=MAX_FRAME_BYTES / 1_024).find_map(|_| endless.push(&[b'a'; 1_024]).err());
        assert_eq!(refused, Some(FrameError::TooLong));
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_frames_are_the_same(
            lines in prop::collection::vec("[^\n\r]{1,20}", 0..8),
            sizes in prop::collection::vec(1usize..7, 1..40),
        ) {
            let lines: Vec<String> =
                lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
            let bytes: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
            let mut decoder = FrameDecoder::default();
            let (mut frames, mut rest, mut sizes) = (Vec::new(), bytes.as_slice(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (chunk, later) = rest.split_at((*sizes.next().expect("a cycle")).min(rest.len()));
                frames.extend(decoder.push(chunk).expect("text"));
                rest = later;
            }
            prop_assert_eq!(frames, lines);
            prop_assert_eq!(decoder.finish(), Ok(()));
        }
    }
}

//! An answer for whoever listens: sentence by sentence, never word by word.

use crate::markdown::plain_text;

/// Collects pieces of a text and hands out whole sentences.
#[derive(Debug, Default)]
pub(crate) struct Speech {
    rest: String,
}

impl Speech {
    /// Takes the next piece; returns the sentences that it completes, as plain text.
    pub(crate) fn push(&mut self, piece: &str) -> Option<String> {
        self.rest.push_str(piece);
        let end = end_of_sentences(&self.rest)?;
        let later = self.rest.split_off(end);
        Self::plain(&std::mem::replace(&mut self.rest, later))
    }

    /// What is left at the end.
    pub(crate) fn finish(&mut self) -> Option<String> {
        Self::plain(&std::mem::take(&mut self.rest))
    }

    fn plain(text: &str) -> Option<String> {
        Some(plain_text(text)).filter(|text| !text.is_empty())
    }
}

/// The byte after the last sentence that is certainly whole: a mark of its end and white space, or a line's end.
fn end_of_sentences(text: &str) -> Option<usize> {
    let mut end = None;
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        if sign == '\n' || (sign == ' ' && matches!(before, '.' | '!' | '?' | '…')) {
            end = Some(at + 1);
        }
        before = sign;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_handed_out_whole_and_decimals_do_not_end_them() {
        let mut speech = Speech::default();
        let heard: Vec<String> = ["It is **3.", "2%** [1] per", " day. Tha", "t is ", "high!\n- one", " item"]
            .iter()
            .filter_map(|piece| speech.push(piece))
            .collect();
        assert_eq!(heard, ["It is 3.2% per day.", "That is high!"]);
        assert_eq!(speech.finish().as_deref(), Some("one item"));
        assert_eq!(speech.finish(), None);
    }
}

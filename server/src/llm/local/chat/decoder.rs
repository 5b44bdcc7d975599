//! The decoder of Llama and Qwen2 (Touvron et al. 2023, <https://arxiv.org/abs/2302.13971>; Qwen2 adds biases to query,
//! key and value and turns other pairs). Reads tokens into its memory and says which token would follow.

use super::Unusable;
use super::attention::{Rope, attend};
use super::header::{Header, Shape};
use super::kernels::{rms_norm, swiglu};
use super::linear::Linear;

/// A decoder.
pub(super) struct Decoder {
    shape: Shape,
    embeddings: Linear,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// None where the embeddings are used for it.
    head: Option<Linear>,
    rope: Rope,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    feed_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Keys and values of what was read, layer by layer, and the tokens that they stand for.
#[derive(Default)]
pub(super) struct Memory {
    tokens: Vec<u32>,
    layers: Vec<Kept>,
}

/// Keys and values of one layer, a row for each token.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) keys: Vec<f32>,
    pub(super) values: Vec<f32>,
}

impl Decoder {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`Unusable`] where a tensor cannot be read.
    pub(super) fn read_from(header: &mut Header) -> Result<Self, Unusable> {
        let shape = header.shape.clone();
        let factors = header.numbers("rope_freqs.weight")?;
        let head = if header.has("output.weight") { Some(linear(header, "output")?) } else { None };
        let layers = (0..shape.layers).map(|layer| Layer::read_from(header, layer)).collect::<Result<_, _>>()?;
        Ok(Self {
            embeddings: linear(header, "token_embd")?,
            layers,
            norm: gains(header, "output_norm.weight")?,
            head,
            rope: Rope::new(&shape.rope, factors.as_deref()),
            shape,
        })
    }

    /// The sizes.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads tokens into the memory; the state after the last one. None where it is not wanted any more: that is asked
    /// before every layer, and then the memory is as it was.
    ///
    /// # Errors
    /// Where candle fails.
    pub(super) fn read(
        &self,
        memory: &mut Memory,
        tokens: &[u32],
        is_wanted: &dyn Fn() -> bool,
    ) -> candle_core::Result<Option<Vec<f32>>> {
        let before = memory.tokens.len();
        memory.layers.resize_with(self.layers.len(), Kept::default);
        let turns = self.rope.turns(before, tokens.len());
        let mut states = self.embeddings.rows(tokens)?;
        for (layer, kept) in self.layers.iter().zip(&mut memory.layers) {
            if !is_wanted() {
                memory.truncate(before, &self.shape);
                return Ok(None);
            }
            layer.step(&self.shape, &mut states, kept, &self.rope, &turns)?;
        }
        memory.tokens.extend_from_slice(tokens);
        Ok(Some(states.split_off(states.len() - self.shape.width)))
    }

    /// How likely each token is to follow a state: the larger, the likelier.
    ///
    /// # Errors
    /// Where candle fails.
    pub(super) fn logits(&self, state: &[f32]) -> candle_core::Result<Vec<f32>> {
        let state = rms_norm(state, &self.norm, self.shape.epsilon);
        self.head.as_ref().unwrap_or(&self.embeddings).forward(&state)
    }
}

impl Layer {
    fn read_from(header: &mut Header, layer: usize) -> Result<Self, Unusable> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        Ok(Self {
            attention_norm: gains(header, &name("attn_norm.weight"))?,
            query: linear(header, &name("attn_q"))?,
            key: linear(header, &name("attn_k"))?,
            value: linear(header, &name("attn_v"))?,
            output: linear(header, &name("attn_output"))?,
            feed_norm: gains(header, &name("ffn_norm.weight"))?,
            gate: linear(header, &name("ffn_gate"))?,
            up: linear(header, &name("ffn_up"))?,
            down: linear(header, &name("ffn_down"))?,
        })
    }

    fn step(
        &self,
        shape: &Shape,
        states: &mut [f32],
        kept: &mut Kept,
        rope: &Rope,
        turns: &[(f32, f32)],
    ) -> candle_core::Result<()> {
        let normed = rms_norm(states, &self.attention_norm, shape.epsilon);
        let (query, (key, value)) = rayon::join(
            || self.query.forward(&normed),
            || rayon::join(|| self.key.forward(&normed), || self.value.forward(&normed)),
        );
        let (mut query, mut key) = (query?, key?);
        rope.turn(&mut query, shape.heads, shape.head_width, turns);
        rope.turn(&mut key, shape.kv_heads, shape.head_width, turns);
        kept.keys.append(&mut key);
        kept.values.append(&mut value?);
        add(states, &self.output.forward(&attend(shape, &query, kept))?);

        let normed = rms_norm(states, &self.feed_norm, shape.epsilon);
        let (gate, up) = rayon::join(|| self.gate.forward(&normed), || self.up.forward(&normed));
        let mut gate = gate?;
        swiglu(&mut gate, &up?);
        add(states, &self.down.forward(&gate)?);
        Ok(())
    }
}

impl Memory {
    /// Forgets everything after what it shares with `tokens`, and says how many of them are left to read. The last one
    /// always is, because its state is wanted.
    pub(super) fn keep_shared(&mut self, tokens: &[u32], shape: &Shape) -> usize {
        let shared = self.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        let shared = shared.min(tokens.len().saturating_sub(1));
        self.truncate(shared, shape);
        tokens.len() - shared
    }

    fn truncate(&mut self, tokens: usize, shape: &Shape) {
        self.tokens.truncate(tokens);
        let numbers = tokens * shape.kv_heads * shape.head_width;
        for kept in &mut self.layers {
            kept.keys.truncate(numbers);
            kept.values.truncate(numbers);
        }
    }
}

fn linear(header: &mut Header, name: &str) -> Result<Linear, Unusable> {
    let bias = header.numbers(&format!("{name}.bias"))?;
    Ok(Linear::new(header.tensor(&format!("{name}.weight"))?, bias)?)
}

fn gains(header: &mut Header, name: &str) -> Result<Vec<f32>, Unusable> {
    header.numbers(name)?.ok_or_else(|| Unusable::new(format!("it has no {name}")))
}

fn add(states: &mut [f32], values: &[f32]) {
    for (state, value) in states.iter_mut().zip(values) {
        *state += value;
    }
}

#[cfg(test)]
mod tests;

//! The two steps of the encoder that candle does slowly: attention over texts of different lengths, and GELU. Plain
//! loops that the compiler turns into vector instructions; `pulp` picks those of the machine at run time. What it runs
//! must be inlined into its function for that machine: a closure need not be, so that each is a type of its own.

use candle_core::{CpuStorage, CustomOp1, InplaceOp1, Layout, Result, Shape, bail};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::llm::local::exponential::exp;

/// Attention of packed texts: rows of query, key and value beside each other become rows of the attended values.
pub(super) struct Attention<'a> {
    /// Tokens of each text.
    pub(super) lengths: &'a [usize],
    /// Heads.
    pub(super) heads: usize,
}

/// x · Φ(x), in place.
pub(super) struct Gelu;

impl CustomOp1 for Attention<'_> {
    fn name(&self) -> &'static str {
        "packed-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("rows must lie one after the other") };
        let rows_of_all: &[f32] = &storage.as_slice::<f32>()?[start..end];
        if rows != self.lengths.iter().sum::<usize>() || !width.is_multiple_of(3 * self.heads) {
            bail!("{rows} rows of {width} are not {} tokens", self.lengths.iter().sum::<usize>())
        }
        let hidden = width / 3;
        let head_width = hidden / self.heads;
        let mut attended = vec![0_f32; rows * hidden];
        let arch = Arch::new();
        let mut texts = Vec::with_capacity(self.lengths.len());
        let (mut rest_in, mut rest_out) = (rows_of_all, attended.as_mut_slice());
        for &length in self.lengths {
            let (text, after) = rest_in.split_at(length * width);
            let (out, after_out) = rest_out.split_at_mut(length * hidden);
            (rest_in, rest_out) = (after, after_out);
            texts.push((text, out, length));
        }
        texts.into_par_iter().for_each(|(text, out, length)| {
            let heads: Vec<Vec<f32>> = (0..self.heads)
                .into_par_iter()
                .map(|head| arch.dispatch(Head { text, length, width, from: head * head_width, head_width }))
                .collect();
            for (head, values) in heads.iter().enumerate() {
                for (row, value) in values.chunks_exact(head_width).enumerate() {
                    let at = row * hidden + head * head_width;
                    out[at..at + head_width].copy_from_slice(value);
                }
            }
        });
        Ok((CpuStorage::F32(attended), Shape::from((rows, hidden))))
    }
}

/// One head of one text: softmax(Q · Kᵀ / √d) · V.
struct Head<'a> {
    text: &'a [f32],
    length: usize,
    width: usize,
    from: usize,
    head_width: usize,
}

impl NullaryFnOnce for Head<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let Self { text, length, width, from, head_width } = self;
        let (hidden, scale) = (width / 3, (head_width as f32).sqrt().recip());
        // Keys with their tokens side by side, so that a step of the inner loop meets many tokens at once.
        let mut keys = vec![0_f32; head_width * length];
        for (token, row) in text.chunks_exact(width).enumerate() {
            for (at, &key) in row[hidden + from..hidden + from + head_width].iter().enumerate() {
                keys[at * length + token] = key;
            }
        }
        let mut scores = vec![0_f32; length];
        let mut attended = vec![0_f32; length * head_width];
        for (row, out) in text.chunks_exact(width).zip(attended.chunks_exact_mut(head_width)) {
            scores.fill(0.0);
            for (&query, keys) in row[from..from + head_width].iter().zip(keys.chunks_exact(length)) {
                add_scaled(&mut scores, query * scale, keys);
            }
            softmax(&mut scores);
            for (&share, row) in scores.iter().zip(text.chunks_exact(width)) {
                add_scaled(out, share, &row[2 * hidden + from..2 * hidden + from + head_width]);
            }
        }
        attended
    }
}

#[inline(always)]
fn add_scaled(sums: &mut [f32], factor: f32, values: &[f32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = factor.mul_add(value, *sum);
    }
}

#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    let sum: f32 = scores.iter().sum();
    let share = sum.recip();
    for score in scores.iter_mut() {
        *score *= share;
    }
}

impl InplaceOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("numbers must lie one after the other") };
        let CpuStorage::F32(values) = storage else { bail!("only F32 is computed") };
        let arch = Arch::new();
        values[start..end].par_chunks_mut(16_384).for_each(|values| arch.dispatch(GeluOf(values)));
        Ok(())
    }
}

struct GeluOf<'a>(&'a mut [f32]);

impl NullaryFnOnce for GeluOf<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for value in self.0 {
            *value = gelu(*value);
        }
    }
}

/// x · Φ(x) by the error function (Hendrycks and Gimpel 2016, <https://arxiv.org/abs/1606.08415>).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function, at most 1.5e-7 off (Abramowitz and Stegun 1964, formula 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 0.327_591_1_f32.mul_add(size, 1.0).recip();
    let series = 1.061_405_4_f32
        .mul_add(t, -1.453_152)
        .mul_add(t, 1.421_413_7)
        .mul_add(t, -0.284_496_74)
        .mul_add(t, 0.254_829_6)
        * t;
    series.mul_add(-exp(-size * size), 1.0).copysign(x)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn gelu_is_that_of_tables() {
        // x · Φ(x), Φ from tables of the normal distribution.
        for (x, expected) in
            [(-6.0, -5.9e-9), (-1.0, -0.158_655_25), (0.0, 0.0), (0.5, 0.345_731_23), (2.0, 1.954_499_7), (9.0, 9.0)]
        {
            assert!((gelu(x) - expected).abs() < 2e-6, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn a_text_attends_to_itself_alone_as_by_hand() {
        // One head of width 2; the second text has one token, so that it attends to its own value.
        let rows: Vec<f32> = vec![
            1.0, 0.0, /* key */ 1.0, 0.0, /* value */ 10.0, 0.0, //
            0.0, 1.0, 0.0, 1.0, 0.0, 20.0, //
            5.0, 5.0, 5.0, 5.0, 7.0, 8.0,
        ];
        let rows = Tensor::from_vec(rows, (3, 6), &Device::Cpu).expect("a tensor");
        let attended = rows.apply_op1_no_bwd(&Attention { lengths: &[2, 1], heads: 1 }).expect("attended");
        let attended = attended.to_vec2::<f32>().expect("rows");
        let more = 1.0 / (1.0 + (-std::f32::consts::FRAC_1_SQRT_2).exp());
        let expected = [[10.0 * more, 20.0 * (1.0 - more)], [10.0 * (1.0 - more), 20.0 * more], [7.0, 8.0]];
        for (row, expected) in attended.iter().zip(expected) {
            assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{attended:?}");
        }
    }
}

//! What a decoder does between its matrices. Plain loops that the compiler turns into vector instructions; by index,
//! because what iterators hide in closures is compiled without the machine's own instructions where nothing is inlined
//! across units of code generation (`lto = "off"`).
#![expect(clippy::needless_range_loop, reason = "see above")]

use pulp::{NullaryFnOnce, Simd, WithSimd};

use crate::llm::local::exponential::exp;

/// Σ aᵢ · bᵢ, for several b of a's length.
#[inline(always)]
pub(super) fn dots<S: Simd, const MANY: usize>(simd: S, a: &[f32], b: [&[f32]; MANY]) -> [f32; MANY] {
    let (whole, rest) = S::as_simd_f32s(a);
    let mut sums = [simd.splat_f32s(0.0); MANY];
    let mut out = [0.0; MANY];
    for one in 0..MANY {
        let (b, b_rest) = S::as_simd_f32s(&b[one][..a.len()]);
        for index in 0..whole.len() {
            sums[one] = simd.mul_add_f32s(whole[index], b[index], sums[one]);
        }
        out[one] = simd.reduce_sum_f32s(sums[one]);
        for index in 0..rest.len() {
            out[one] += rest[index] * b_rest[index];
        }
    }
    out
}

/// out += shares · values.
#[inline(always)]
pub(super) fn add_shares<S: Simd, const MANY: usize>(
    simd: S,
    out: &mut [f32],
    shares: [f32; MANY],
    values: [&[f32]; MANY],
) {
    let width = out.len();
    let (out, out_rest) = S::as_mut_simd_f32s(out);
    let mut splat = [simd.splat_f32s(0.0); MANY];
    let mut whole: [(&[S::f32s], &[f32]); MANY] = [(&[], &[]); MANY];
    for one in 0..MANY {
        splat[one] = simd.splat_f32s(shares[one]);
        whole[one] = S::as_simd_f32s(&values[one][..width]);
    }
    for index in 0..out.len() {
        let mut sum = out[index];
        for one in 0..MANY {
            sum = simd.mul_add_f32s(splat[one], whole[one].0[index], sum);
        }
        out[index] = sum;
    }
    for index in 0..out_rest.len() {
        for one in 0..MANY {
            out_rest[index] += shares[one] * whole[one].1[index];
        }
    }
}

/// Rows divided by the root of their mean square, times gains (Zhang and Sennrich 2019,
/// <https://arxiv.org/abs/1910.07467>).
pub(super) fn rms_norm(values: &[f32], gains: &[f32], epsilon: f32) -> Vec<f32> {
    let mut out = values.to_vec();
    pulp::Arch::new().dispatch(Norm { rows: &mut out, gains, epsilon });
    out
}

struct Norm<'a> {
    rows: &'a mut [f32],
    gains: &'a [f32],
    epsilon: f32,
}

impl WithSimd for Norm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for row in self.rows.chunks_exact_mut(self.gains.len()) {
            let [squares] = dots(simd, row, [row]);
            let scale = (squares / row.len() as f32 + self.epsilon).sqrt().recip();
            for index in 0..row.len() {
                row[index] *= scale * self.gains[index];
            }
        }
    }
}

/// gate · σ(gate) · up, in the gate's place (Shazeer 2020, <https://arxiv.org/abs/2002.05202>).
pub(super) fn swiglu(gates: &mut [f32], ups: &[f32]) {
    pulp::Arch::new().dispatch(SwiGlu { gates, ups });
}

struct SwiGlu<'a> {
    gates: &'a mut [f32],
    ups: &'a [f32],
}

impl NullaryFnOnce for SwiGlu<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { gates, ups } = self;
        let ups = &ups[..gates.len()];
        for index in 0..gates.len() {
            let gate = gates[index];
            let small = exp(-gate.abs());
            let share = if gate < 0.0 { small } else { 1.0 } / (1.0 + small);
            gates[index] = gate * share * ups[index];
        }
    }
}

/// Scores become shares that sum to 1.
#[inline(always)]
pub(super) fn softmax<S: Simd>(simd: S, scores: &mut [f32]) {
    let (whole, rest) = S::as_simd_f32s(scores);
    let mut largest = simd.splat_f32s(f32::NEG_INFINITY);
    for index in 0..whole.len() {
        largest = simd.max_f32s(largest, whole[index]);
    }
    let mut largest = simd.reduce_max_f32s(largest);
    for index in 0..rest.len() {
        largest = largest.max(rest[index]);
    }
    for index in 0..scores.len() {
        scores[index] = exp(scores[index] - largest);
    }
    let (whole, rest) = S::as_simd_f32s(scores);
    let mut sum = simd.splat_f32s(0.0);
    for index in 0..whole.len() {
        sum = simd.add_f32s(sum, whole[index]);
    }
    let mut sum = simd.reduce_sum_f32s(sum);
    for index in 0..rest.len() {
        sum += rest[index];
    }
    let share = sum.recip();
    for index in 0..scores.len() {
        scores[index] *= share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_shares_are_those_by_hand() {
        let a: Vec<f32> = (0..37).map(|index| index as f32 * 0.25).collect();
        let expected: f32 = a.iter().map(|a| a * a).sum();
        let normed = rms_norm(&a, &[1.0; 37], 0.0);
        assert!(normed.iter().zip(&a).all(|(normed, a)| (normed - a / (expected / 37.0).sqrt()).abs() < 1e-4));
        let mut scores = [1.0, 2.0, 3.0];
        softmax(pulp::Scalar, &mut scores);
        for (score, expected) in scores.iter().zip([0.090_030_57, 0.244_728_48, 0.665_240_94]) {
            assert!((score - expected).abs() < 1e-6);
        }
        let mut gates = [-100.0, -1.0, 0.0, 2.0, 100.0];
        swiglu(&mut gates, &[1.0, 2.0, 3.0, 0.5, 1.0]);
        for (gate, expected) in gates.iter().zip([0.0, -0.537_882_84, 0.0, 0.880_797_1, 100.0]) {
            assert!((gate - expected).abs() < 1e-5, "{gate} for {expected}");
        }
        let normed = rms_norm(&[3.0, 4.0], &[1.0, 2.0], 0.0);
        assert!((normed[0] - 0.848_528_1).abs() < 1e-6 && (normed[1] - 2.262_741_7).abs() < 1e-6);
    }
}

//! A whole sequence through the cell as a single operation, for asking a network and not for training it.
//!
//! Asked for one origin, separate operations cost far more than their arithmetic: a hundred and fifty of them a
//! network. Here a row's thirty steps are plain loops over its weights.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape};

use super::cell::{advance, plain};

/// `(sequence [L, B, F], weights [F + H, 4H], bias [4H]) -> hidden [B, H]` after the last step.
pub(super) struct LastHidden;

impl CustomOp3 for LastHidden {
    fn name(&self) -> &'static str {
        "lstm-last-hidden"
    }

    fn cpu_fwd(
        &self,
        sequence: &CpuStorage,
        sequence_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (steps, batch, features) = sequence_layout.shape().dims3()?;
        let (inputs, width) = weights_layout.shape().dims2()?;
        let hidden = width / 4;
        debug_assert_eq!(inputs, features + hidden);
        let (sequence, weights, bias) =
            (plain(sequence, sequence_layout)?, plain(weights, weights_layout)?, plain(bias, bias_layout)?);

        let mut last = Vec::with_capacity(batch * hidden);
        let mut gates = vec![0.0_f32; width];
        let mut seen = vec![0.0_f32; inputs];
        for row in 0..batch {
            let mut state = vec![0.0_f32; 2 * hidden];
            let mut next = state.clone();
            for step in 0..steps {
                let start = (step * batch + row) * features;
                seen[..features].copy_from_slice(&sequence[start..start + features]);
                seen[features..].copy_from_slice(&state[..hidden]);
                gates.copy_from_slice(bias);
                add_product(&seen, weights, &mut gates);
                advance(&gates, &state, &mut next);
                std::mem::swap(&mut state, &mut next);
            }
            last.extend_from_slice(&state[..hidden]);
        }
        Ok((CpuStorage::F32(last), Shape::from((batch, hidden))))
    }
}

/// `gates += seen * weights`, four inputs at a time: the sums stay in registers four times as long.
fn add_product(seen: &[f32], weights: &[f32], gates: &mut [f32]) {
    let width = gates.len();
    let (fours, rest) = seen.as_chunks::<4>();
    let (of_fours, of_rest) = weights.split_at(4 * fours.len() * width);
    for (&[a, b, c, d], weights) in fours.iter().zip(of_fours.chunks_exact(4 * width)) {
        let (of_a, weights) = weights.split_at(width);
        let (of_b, weights) = weights.split_at(width);
        let (of_c, of_d) = weights.split_at(width);
        for ((((gate, wa), wb), wc), wd) in gates.iter_mut().zip(of_a).zip(of_b).zip(of_c).zip(of_d) {
            *gate += (a * wa + b * wb) + (c * wc + d * wd);
        }
    }
    for (&value, weights) in rest.iter().zip(of_rest.chunks_exact(width)) {
        for (gate, weight) in gates.iter_mut().zip(weights) {
            *gate += value * weight;
        }
    }
}

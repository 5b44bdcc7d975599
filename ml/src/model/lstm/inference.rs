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
        for row in 0..batch {
            let mut state = vec![0.0_f32; 2 * hidden];
            let mut next = state.clone();
            for step in 0..steps {
                let start = (step * batch + row) * features;
                let seen = sequence[start..start + features].iter().chain(&state[..hidden]);
                gates.copy_from_slice(bias);
                for (&value, weights) in seen.zip(weights.chunks_exact(width)) {
                    for (gate, weight) in gates.iter_mut().zip(weights) {
                        *gate += value * weight;
                    }
                }
                advance(&gates, &state, &mut next);
                std::mem::swap(&mut state, &mut next);
            }
            last.extend_from_slice(&state[..hidden]);
        }
        Ok((CpuStorage::F32(last), Shape::from((batch, hidden))))
    }
}

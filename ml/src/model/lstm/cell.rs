//! One step of a long short-term memory cell (Hochreiter and Schmidhuber 1997) as a single operation with a
//! backward pass of its own. Candle's cell of separate operations spends most of its time on bookkeeping.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

/// `(gates [B, 4H], state [B, 2H]) -> state [B, 2H]`, gates in the order input, forget, cell, output (PyTorch's),
/// a state being the hidden half and then the cell half.
pub(super) struct Cell;

/// Hyperbolic tangent as a ratio of polynomials, within 3e-7 of the true value: the compiler makes vector
/// instructions of it, which it cannot of the library function. Coefficients as in Eigen's float kernel.
#[inline]
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let square = x * x;
    let odd = ((((((-2.760_768_5e-16 * square + 2.000_188e-13) * square - 8.604_672e-11) * square + 5.122_297e-8)
        * square
        + 1.485_722_4e-5)
        * square
        + 6.372_619_3e-4)
        * square
        + 4.893_524_6e-3)
        * x;
    let even = ((1.198_258_4e-6 * square + 1.185_347_1e-4) * square + 2.268_434_6e-3) * square + 4.893_525e-3;
    odd / even
}

#[inline]
fn sigmoid(x: f32) -> f32 {
    0.5 * tanh(0.5 * x) + 0.5
}

/// The values of a contiguous f32 tensor.
pub(super) fn plain<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("the LSTM cell reads contiguous f32 tensors"),
    }
}

/// One row's step: gates before their squashing `[4H]` and the old state `[2H]` make the next state `[2H]`.
pub(super) fn advance(gates: &[f32], state: &[f32], next: &mut [f32]) {
    let hidden = state.len() / 2;
    let (next_hidden, next_cell) = next.split_at_mut(hidden);
    let (input, rest) = gates.split_at(hidden);
    let (forget, rest) = rest.split_at(hidden);
    let (candidate, output) = rest.split_at(hidden);
    let cell = &state[hidden..];
    for k in 0..hidden {
        let value = sigmoid(forget[k]) * cell[k] + sigmoid(input[k]) * tanh(candidate[k]);
        next_cell[k] = value;
        next_hidden[k] = sigmoid(output[k]) * tanh(value);
    }
}

impl CustomOp2 for Cell {
    fn name(&self) -> &'static str {
        "lstm-cell"
    }

    fn cpu_fwd(&self, gates: &CpuStorage, gl: &Layout, state: &CpuStorage, sl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, double) = sl.shape().dims2()?;
        let (gates, state) = (plain(gates, gl)?, plain(state, sl)?);
        let hidden = double / 2;
        let mut next = vec![0.0_f32; batch * double];
        for ((gates, state), next) in
            gates.chunks_exact(4 * hidden).zip(state.chunks_exact(double)).zip(next.chunks_exact_mut(double))
        {
            advance(gates, state, next);
        }
        Ok((CpuStorage::F32(next), Shape::from((batch, double))))
    }

    fn bwd(
        &self,
        gates: &Tensor,
        state: &Tensor,
        next: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (batch, double) = state.dims2()?;
        let hidden = double / 2;
        let read = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (gate_values, states, nexts, gradients) = (read(gates)?, read(state)?, read(next)?, read(gradient)?);
        let mut to_gates = vec![0.0_f32; batch * 4 * hidden];
        // The hidden half of the old state reaches the gates through the matrix product, not through here.
        let mut to_state = vec![0.0_f32; batch * double];

        for row in 0..batch {
            let gates = &gate_values[row * 4 * hidden..(row + 1) * 4 * hidden];
            let cell = &states[row * double + hidden..(row + 1) * double];
            let next_cell = &nexts[row * double + hidden..(row + 1) * double];
            let (from_hidden, from_cell) = gradients[row * double..(row + 1) * double].split_at(hidden);
            let (to_input, rest) = to_gates[row * 4 * hidden..(row + 1) * 4 * hidden].split_at_mut(hidden);
            let (to_forget, rest) = rest.split_at_mut(hidden);
            let (to_candidate, to_output) = rest.split_at_mut(hidden);
            let to_cell = &mut to_state[row * double + hidden..(row + 1) * double];
            for k in 0..hidden {
                let input = sigmoid(gates[k]);
                let forget = sigmoid(gates[hidden + k]);
                let candidate = tanh(gates[2 * hidden + k]);
                let output = sigmoid(gates[3 * hidden + k]);
                let squashed = tanh(next_cell[k]);
                let cell_gradient = from_cell[k] + from_hidden[k] * output * (1.0 - squashed * squashed);
                to_input[k] = cell_gradient * candidate * input * (1.0 - input);
                to_forget[k] = cell_gradient * cell[k] * forget * (1.0 - forget);
                to_candidate[k] = cell_gradient * input * (1.0 - candidate * candidate);
                to_output[k] = from_hidden[k] * squashed * output * (1.0 - output);
                to_cell[k] = cell_gradient * forget;
            }
        }
        let device = gates.device();
        Ok((
            Some(Tensor::from_vec(to_gates, (batch, 4 * hidden), device)?),
            Some(Tensor::from_vec(to_state, (batch, double), device)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn the_quick_tangent_stays_within_a_millionth_of_the_true_one() {
        for k in -2_000..=2_000_i16 {
            let x = f32::from(k) / 150.0;
            assert!((tanh(x) - x.tanh()).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn the_backward_pass_agrees_with_finite_differences() {
        let gates: Vec<f32> = (0..24_i16).map(|k| f32::from(k % 7) * 0.3 - 0.9).collect();
        let state: Vec<f32> = (0..12_i16).map(|k| f32::from(k % 5) * 0.2 - 0.4).collect();
        let loss = |gates: &[f32], state: &[f32]| -> (f32, Vec<f32>, Vec<f32>) {
            let gates = Var::from_slice(gates, (2, 12), &Device::Cpu).expect("a tensor");
            let state = Var::from_slice(state, (2, 6), &Device::Cpu).expect("a tensor");
            let next = gates.apply_op2(&state, Cell).expect("a step");
            let loss = next.sqr().and_then(|squares| squares.sum_all()).expect("a loss");
            let gradients = loss.backward().expect("gradients");
            let flat = |var: &Var| {
                let gradient = gradients.get(var).expect("a gradient");
                gradient.flatten_all().and_then(|g| g.to_vec1::<f32>()).expect("values")
            };
            (loss.to_scalar::<f32>().expect("a number"), flat(&gates), flat(&state))
        };
        let (_, to_gates, to_state) = loss(&gates, &state);
        for k in 0..24 {
            let shifted = |by: f32| {
                let mut moved = gates.clone();
                moved[k] += by;
                loss(&moved, &state).0
            };
            let numeric = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
            assert!((numeric - to_gates[k]).abs() < 2e-3, "gate {k}: {numeric} and {}", to_gates[k]);
        }
        for k in (3..6).chain(9..12) {
            let shifted = |by: f32| {
                let mut moved = state.clone();
                moved[k] += by;
                loss(&gates, &moved).0
            };
            let numeric = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
            assert!((numeric - to_state[k]).abs() < 2e-3, "state {k}: {numeric} and {}", to_state[k]);
        }
    }
}

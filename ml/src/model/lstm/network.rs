//! The recurrent network itself: weights, forward pass, loss.

use candle_core::{D, Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::cell::Cell;
use super::inference::LastHidden;
use crate::dataset::FEATURE_COUNT;
use crate::model::ModelError;
use crate::seed;

/// Outputs: two locations and two log scales.
const OUTPUTS: usize = 4;

/// Degrees of freedom of the Student-t likelihood. Log realised volatility has somewhat heavy tails.
const DEGREES: f64 = 6.0;

/// Names of the weights, as in the artefact.
pub(crate) const WEIGHTS: [&str; 4] = ["gates.weight", "gates.bias", "head.weight", "head.bias"];

/// The shape of a weight and its values, row by row.
pub(super) type Weight = (Vec<usize>, Vec<f32>);

/// One member of the ensemble. `gates.weight [F + H, 4H]`, `gates.bias [4H]`, `head.weight [H, 4]`,
/// `head.bias [4]`.
#[derive(Debug, Clone)]
pub(super) struct Network {
    hidden: usize,
    weights: [Tensor; 4],
}

impl Network {
    /// A network with fresh weights, and its trainable variables in the order of [`WEIGHTS`].
    pub(super) fn fresh(hidden: usize, generator: &mut ChaCha8Rng) -> Result<(Self, Vec<Var>), ModelError> {
        let bound = (1.0 / hidden as f32).sqrt();
        let inputs = FEATURE_COUNT + hidden;
        let gates = seed::uniform(generator, inputs * 4 * hidden, bound);
        // A forget bias of one lets the gradient reach back from the first epoch (Jozefowicz et al. 2015).
        let mut bias = vec![0.0_f32; 4 * hidden];
        bias[hidden..2 * hidden].fill(1.0);
        let head = seed::uniform(generator, hidden * OUTPUTS, 0.1 * bound);
        let variables = vec![
            Var::from_vec(gates, (inputs, 4 * hidden), &Device::Cpu)?,
            Var::from_vec(bias, 4 * hidden, &Device::Cpu)?,
            Var::from_vec(head, (hidden, OUTPUTS), &Device::Cpu)?,
            Var::from_vec(vec![0.0_f32; OUTPUTS], OUTPUTS, &Device::Cpu)?,
        ];
        let weights = [0, 1, 2, 3].map(|index: usize| variables[index].as_tensor().clone());
        Ok((Self { hidden, weights }, variables))
    }

    /// A network with given weights in the order of [`WEIGHTS`].
    pub(super) fn from_weights(hidden: usize, values: [Vec<f32>; 4]) -> Result<Self, ModelError> {
        let [gates, bias, head, head_bias] = values;
        Ok(Self {
            hidden,
            weights: [
                Tensor::from_vec(gates, (FEATURE_COUNT + hidden, 4 * hidden), &Device::Cpu)?,
                Tensor::from_vec(bias, 4 * hidden, &Device::Cpu)?,
                Tensor::from_vec(head, (hidden, OUTPUTS), &Device::Cpu)?,
                Tensor::from_vec(head_bias, OUTPUTS, &Device::Cpu)?,
            ],
        })
    }

    /// The weights as flat values, in the order of [`WEIGHTS`].
    pub(super) fn values(&self) -> Result<Vec<Weight>, ModelError> {
        self.weights
            .iter()
            .map(|weight| Ok((weight.dims().to_vec(), weight.flatten_all()?.to_vec1::<f32>()?)))
            .collect()
    }

    /// `[L, B, F]`, oldest step first, to `[B, 4]`: the same numbers as [`Network::forward`] within rounding, without
    /// a way back for gradients.
    pub(super) fn ask(&self, sequence: &Tensor) -> Result<Tensor, ModelError> {
        let [gates, bias, head, head_bias] = &self.weights;
        let hidden = sequence.apply_op3_no_bwd(gates, bias, &LastHidden)?;
        Ok(hidden.matmul(head)?.broadcast_add(head_bias)?)
    }

    /// `steps` tensors of `[B, F]`, oldest first, to `[B, 4]`, with gradients.
    pub(super) fn forward(&self, steps: &[Tensor]) -> Result<Tensor, ModelError> {
        let [gates, bias, head, head_bias] = &self.weights;
        let batch = steps.first().map_or(Ok(0), |step| step.dim(0))?;
        let mut state = Tensor::zeros((batch, 2 * self.hidden), candle_core::DType::F32, &Device::Cpu)?;
        for step in steps {
            let seen = Tensor::cat(&[step, &state.narrow(1, 0, self.hidden)?], 1)?;
            state = seen.matmul(gates)?.broadcast_add(bias)?.apply_op2(&state, Cell)?;
        }
        let hidden = state.narrow(1, 0, self.hidden)?.contiguous()?;
        Ok(hidden.matmul(head)?.broadcast_add(head_bias)?)
    }
}

/// Mean negative log-likelihood of a Student-t with location `out[.., 0..2]` and log scale `out[.., 2..4]`,
/// up to a constant; `targets` is `[B, 2]`.
pub(super) fn loss(out: &Tensor, targets: &Tensor) -> Result<Tensor, ModelError> {
    let location = out.narrow(D::Minus1, 0, 2)?;
    let log_scale = out.narrow(D::Minus1, 2, 2)?;
    let z = ((targets - location)? * log_scale.neg()?.exp()?)?;
    let tail = (((z.sqr()? / DEGREES)? + 1.0)?.log()? * ((DEGREES + 1.0) / 2.0))?;
    Ok((tail + log_scale)?.mean_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_a_network_and_training_it_see_the_same_outputs() {
        let mut generator = seed::generator(3, 0);
        let (network, _) = Network::fresh(16, &mut generator).expect("weights");
        let (steps, batch) = (30, 5);
        let values = seed::uniform(&mut generator, steps * batch * FEATURE_COUNT, 3.0);
        let sequence = Tensor::from_vec(values, (steps, batch, FEATURE_COUNT), &Device::Cpu).expect("a tensor");
        let apart: Vec<Tensor> = (0..steps).map(|step| sequence.get(step).expect("a step")).collect();
        let flat = |out: Tensor| out.flatten_all().and_then(|out| out.to_vec1::<f32>()).expect("values");
        let asked = flat(network.ask(&sequence).expect("outputs"));
        let trained = flat(network.forward(&apart).expect("outputs"));
        for (asked, trained) in asked.iter().zip(&trained) {
            assert!((asked - trained).abs() < 1e-5, "{asked} and {trained}");
        }
    }
}

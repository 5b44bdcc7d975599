//! The recurrent network itself: weights, forward pass, loss.

use candle_core::{D, Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::recurrence::{Recurrence, Spare};
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
    weights: [Tensor; 4],
    spare: Spare,
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
        Ok((Self { weights, spare: Spare::default() }, variables))
    }

    /// A network with given weights in the order of [`WEIGHTS`].
    pub(super) fn from_weights(hidden: usize, values: [Vec<f32>; 4]) -> Result<Self, ModelError> {
        let [gates, bias, head, head_bias] = values;
        Ok(Self {
            weights: [
                Tensor::from_vec(gates, (FEATURE_COUNT + hidden, 4 * hidden), &Device::Cpu)?,
                Tensor::from_vec(bias, 4 * hidden, &Device::Cpu)?,
                Tensor::from_vec(head, (hidden, OUTPUTS), &Device::Cpu)?,
                Tensor::from_vec(head_bias, OUTPUTS, &Device::Cpu)?,
            ],
            spare: Spare::default(),
        })
    }

    /// The weights as flat values, in the order of [`WEIGHTS`].
    pub(super) fn values(&self) -> Result<Vec<Weight>, ModelError> {
        self.weights
            .iter()
            .map(|weight| Ok((weight.dims().to_vec(), weight.flatten_all()?.to_vec1::<f32>()?)))
            .collect()
    }

    /// `[L, B, F]`, oldest step first, to `[B, 4]`: the same numbers as [`Network::forward`], without a way back for
    /// gradients.
    pub(super) fn ask(&self, sequence: &Tensor) -> Result<Tensor, ModelError> {
        let [gates, bias, head, head_bias] = &self.weights;
        let hidden = sequence.apply_op3_no_bwd(gates, bias, &Recurrence::default())?;
        Ok(hidden.matmul(head)?.broadcast_add(head_bias)?)
    }

    /// `[L, B, F]`, oldest step first, to `[B, 4]`, with gradients for the weights.
    pub(super) fn forward(&self, sequence: &Tensor) -> Result<Tensor, ModelError> {
        let [gates, bias, head, head_bias] = &self.weights;
        let hidden = sequence.apply_op3(gates, bias, Recurrence::with_trace(&self.spare))?;
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
    use serde::Deserialize;

    use super::*;

    /// What PyTorch makes of seeded weights and inputs (tests/it/golden/lstm.py), everything row by row.
    #[derive(Deserialize)]
    struct Golden {
        hidden: usize,
        days: usize,
        features: usize,
        /// In the order of [`WEIGHTS`].
        weights: [Vec<f32>; 4],
        /// `[L, B, F]`.
        sequence: Vec<f32>,
        /// `[B, 2]`.
        targets: Vec<f32>,
        /// `[B, 4]`.
        outputs: Vec<f64>,
        loss: f64,
        gradients: [Vec<f64>; 4],
    }

    fn golden() -> Vec<Golden> {
        serde_json::from_str(include_str!("../../../tests/it/golden/lstm.json")).expect("the script's output")
    }

    fn flat(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().and_then(|values| values.to_vec1::<f32>()).expect("values")
    }

    #[test]
    fn outputs_are_those_of_pytorch_with_and_without_a_way_back() {
        for golden in golden() {
            let (network, sequence) = (network(&golden), sequence(&golden));
            let asked = flat(&network.ask(&sequence).expect("outputs"));
            let trained = flat(&network.forward(&sequence).expect("outputs"));
            assert_eq!(asked.len(), golden.outputs.len());
            assert_eq!(asked, trained);
            for (ours, theirs) in asked.iter().zip(&golden.outputs) {
                assert!((f64::from(*ours) - theirs).abs() < 1e-5, "{} units: {ours} and {theirs}", golden.hidden);
            }
        }
    }

    #[test]
    fn gradients_of_the_loss_are_those_of_pytorch() {
        for golden in golden() {
            let (network, targets) = (network(&golden), targets(&golden));
            let loss = loss(&network.forward(&sequence(&golden)).expect("outputs"), &targets).expect("a loss");
            let gradients = loss.backward().expect("gradients");
            let loss = f64::from(loss.to_scalar::<f32>().expect("a number"));
            assert!((loss - golden.loss).abs() < 1e-5, "{loss} and {}", golden.loss);
            for ((weight, name), theirs) in network.weights.iter().zip(WEIGHTS).zip(&golden.gradients) {
                let ours = flat(gradients.get(weight).expect("a gradient"));
                assert_eq!(ours.len(), theirs.len());
                // Relative to the weight's largest: single gradients cancel to almost nothing.
                let largest = theirs.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    let apart = (f64::from(*ours) - theirs).abs();
                    assert!(apart < 1e-4 * largest, "{} units, {name} {at}: {ours} and {theirs}", golden.hidden);
                }
            }
        }
    }

    /// The golden network with trainable weights. It has features of its own number.
    fn network(golden: &Golden) -> Network {
        let [gates, bias, head, head_bias] = &golden.weights;
        let variable = |values: &Vec<f32>, shape: &[usize]| {
            Var::from_vec(values.clone(), shape, &Device::Cpu).expect("a variable").as_tensor().clone()
        };
        let (hidden, inputs) = (golden.hidden, golden.features + golden.hidden);
        Network {
            weights: [
                variable(gates, &[inputs, 4 * hidden]),
                variable(bias, &[4 * hidden]),
                variable(head, &[hidden, OUTPUTS]),
                variable(head_bias, &[OUTPUTS]),
            ],
            spare: Spare::default(),
        }
    }

    fn sequence(golden: &Golden) -> Tensor {
        let batch = golden.targets.len() / 2;
        Tensor::from_vec(golden.sequence.clone(), (golden.days, batch, golden.features), &Device::Cpu)
            .expect("a sequence")
    }

    fn targets(golden: &Golden) -> Tensor {
        Tensor::from_vec(golden.targets.clone(), (golden.targets.len() / 2, 2), &Device::Cpu).expect("targets")
    }
}

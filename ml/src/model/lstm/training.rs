//! Fitting the forecaster: the equation by least squares, the networks by AdamW on the likelihood, stopped by the
//! validation span.

use candle_core::{Device, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};
use domain::forecast::{Driver, Horizon};
use rayon::prelude::*;

use super::network::{Network, loss};
use super::reader::Reader;
use super::{Base, Lstm};
use crate::dataset::{Origin, Panel};
use crate::linear::Ridge;
use crate::model::{Hidden, ModelError};
use crate::seed;

/// Penalty of the linear equation's slopes (inputs are standardised).
const PENALTY: f64 = 1e-3;

/// How the networks are fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Units of the recurrent layer.
    pub hidden: usize,
    /// Networks in the ensemble, each with its own seed.
    pub members: usize,
    /// Passes over the training origins.
    pub epochs: usize,
    /// Origins a step of the optimiser.
    pub batch: usize,
    /// Learning rate of the first step; it falls to a twentieth along half a cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay (Loshchilov and Hutter 2019).
    pub weight_decay: f64,
    /// Hours between two training origins.
    pub every_hours: i64,
    /// What the forecaster goes without, which only an ablation asks.
    pub without: Without,
}

/// What is taken away from the forecaster to see what it brings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Without {
    /// The inputs of these drivers stand at their training mean, in training and after it.
    pub drivers: Vec<Driver>,
    /// Inputs and target are read as they are, and not against the coin's level.
    pub level: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            hidden: 32,
            members: 4,
            epochs: 4,
            batch: 256,
            learning_rate: 6e-4,
            weight_decay: 0.1,
            every_hours: 6,
            without: Without::default(),
        }
    }
}

/// How far a training has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Member of the ensemble, from 0.
    pub member: usize,
    /// Epoch of that member, from 0.
    pub epoch: usize,
    /// Optimiser steps done by this member in this epoch.
    pub step: usize,
    /// Optimiser steps in an epoch.
    pub steps: usize,
    /// Mean training loss of the epoch, where it has just ended.
    pub loss: Option<f64>,
}

impl Lstm {
    /// Fits everything on `training`. The same panel, plan and seed give the same weights.
    /// `watch` hears of the progress from several threads and may return false to stop.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] for too short a history, [`ModelError::Diverged`], [`ModelError::Stopped`].
    pub fn fit(
        panel: &Panel,
        training: &[Origin],
        plan: &Plan,
        seed: u64,
        watch: &(dyn Fn(Progress) -> bool + Sync),
    ) -> Result<Self, ModelError> {
        let has_targets =
            |origin: &&Origin| Horizon::ALL.iter().all(|&horizon| panel.target(**origin, horizon).is_finite());
        let training: Vec<Origin> = training.iter().filter(has_targets).copied().collect();
        if training.len() < plan.batch {
            return Err(ModelError::NotEnoughData { needed: plan.batch, given: training.len() });
        }

        let reader = Reader::fit(panel, &training, &plan.without);
        let base = Base::fit(&reader, panel, &training)?;
        let examples = Examples::new(&base, &reader, panel, &training);
        let members = (0..plan.members)
            .into_par_iter()
            .map(|member| fit_member(&examples, plan, seed, member, watch))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { reader, base, hidden: plan.hidden, members })
    }
}

impl Base {
    fn fit(reader: &Reader, panel: &Panel, training: &[Origin]) -> Result<Self, ModelError> {
        let nothing = Hidden::default();
        let fitted = Horizon::ALL.map(|horizon| {
            let mut x = Vec::new();
            let mut y = Vec::with_capacity(training.len());
            for &origin in training {
                let (level, row) = reader.equation_row(panel, origin, horizon, &nothing);
                x.extend(row);
                y.push(panel.target(origin, horizon) - level);
            }
            let width = x.len() / training.len();
            let line = Ridge::fit(&x, width, &y, PENALTY)?;
            let squares: f64 =
                x.chunks_exact(width).zip(&y).map(|(row, y)| (y - line.at(row.iter().copied())).powi(2)).sum();
            Ok::<_, ModelError>((line, (squares / y.len() as f64).sqrt().max(1e-6)))
        });
        let [day, two_days] = fitted;
        let ((day, day_leftover), (two_days, two_days_leftover)) = (day?, two_days?);
        Ok(Self { lines: [day, two_days], leftover: [day_leftover, two_days_leftover] })
    }
}

/// Origins with what the equation leaves over, in units of its root mean square.
struct Examples<'a> {
    reader: &'a Reader,
    panel: &'a Panel,
    origins: &'a [Origin],
    leftovers: Vec<[f32; 2]>,
}

impl<'a> Examples<'a> {
    fn new(base: &Base, reader: &'a Reader, panel: &'a Panel, origins: &'a [Origin]) -> Self {
        let nothing = Hidden::default();
        let leftovers = origins
            .iter()
            .map(|&origin| {
                Horizon::ALL.map(|horizon| {
                    let line = base.at(reader, panel, origin, horizon, &nothing);
                    ((panel.target(origin, horizon) - line) / base.leftover[horizon.index()]) as f32
                })
            })
            .collect();
        Self { reader, panel, origins, leftovers }
    }

    /// Sequences and targets of some examples.
    fn batch(&self, picked: &[usize]) -> Result<(Tensor, Tensor), ModelError> {
        let nothing = Hidden::default();
        let cases: Vec<(Origin, &Hidden)> = picked.iter().map(|&index| (self.origins[index], &nothing)).collect();
        let targets: Vec<f32> = picked.iter().flat_map(|&index| self.leftovers[index]).collect();
        let targets = Tensor::from_vec(targets, (picked.len(), 2), &Device::Cpu)?;
        Ok((self.reader.sequence(self.panel, &cases)?, targets))
    }
}

fn fit_member(
    examples: &Examples<'_>,
    plan: &Plan,
    seed: u64,
    member: usize,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Network, ModelError> {
    let mut generator = seed::generator(seed, member as u64);
    let (network, variables) = Network::fresh(plan.hidden, &mut generator)?;
    let mut optimiser = AdamW::new(
        variables.clone(),
        ParamsAdamW { lr: plan.learning_rate, weight_decay: plan.weight_decay, ..ParamsAdamW::default() },
    )?;
    let steps = examples.origins.len() / plan.batch;

    for epoch in 0..plan.epochs {
        let order = seed::permutation(&mut generator, examples.origins.len());
        let mut total = 0.0;
        for (step, picked) in order.chunks_exact(plan.batch).enumerate() {
            let done = (epoch * steps + step) as f64 / (plan.epochs * steps) as f64;
            let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
            optimiser.set_learning_rate(plan.learning_rate * (0.05 + 0.95 * cosine));
            let (sequence, targets) = examples.batch(picked)?;
            let loss = loss(&network.forward(&sequence)?, &targets)?;
            optimiser.backward_step(&loss)?;
            total += f64::from(loss.to_scalar::<f32>()?);
            if step % 16 == 0 && !watch(Progress { member, epoch, step, steps, loss: None }) {
                return Err(ModelError::Stopped);
            }
        }
        let loss = total / steps.max(1) as f64;
        if !loss.is_finite() {
            return Err(ModelError::Diverged);
        }
        if !watch(Progress { member, epoch, step: steps, steps, loss: Some(loss) }) {
            return Err(ModelError::Stopped);
        }
    }
    let [gates, bias, head, head_bias] = copy(&variables)?;
    Network::from_weights(plan.hidden, [gates, bias, head, head_bias])
}

fn copy(variables: &[Var]) -> Result<[Vec<f32>; 4], ModelError> {
    let mut values: [Vec<f32>; 4] = Default::default();
    for (slot, variable) in values.iter_mut().zip(variables) {
        *slot = variable.flatten_all()?.to_vec1::<f32>()?;
    }
    Ok(values)
}

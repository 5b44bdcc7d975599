//! Fitting the forecaster: the equation by least squares, the networks by AdamW on the likelihood, stopped by the
//! validation span.

use candle_core::{Device, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};
use domain::forecast::Horizon;
use domain::market::Symbol;
use rayon::prelude::*;

use super::network::{Network, loss};
use super::{Base, Lstm, static_row};
use crate::dataset::{FEATURE_COUNT, Origin, Panel, SEQUENCE_DAYS, Scaler};
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
    /// Passes over the training origins at most.
    pub epochs: usize,
    /// Origins a step of the optimiser.
    pub batch: usize,
    /// Learning rate of the first step; it falls to a twentieth along half a cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay (Loshchilov and Hutter 2019).
    pub weight_decay: f64,
    /// Epochs without a better validation loss after which a member stops.
    pub patience: usize,
    /// Hours between two training origins.
    pub every_hours: i64,
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
            patience: 2,
            every_hours: 6,
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
    /// Validation loss at the end of the epoch, where it has just ended.
    pub validation: Option<f64>,
}

impl Lstm {
    /// Fits everything on `training`, stops by `validation`. The same panel, plan and seed give the same weights.
    /// `watch` hears of the progress from several threads and may return false to stop.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] for too short a history, [`ModelError::Diverged`], [`ModelError::Stopped`].
    pub fn fit(
        panel: &Panel,
        training: &[Origin],
        validation: &[Origin],
        plan: &Plan,
        seed: u64,
        watch: &(dyn Fn(Progress) -> bool + Sync),
    ) -> Result<Self, ModelError> {
        let has_targets =
            |origin: &&Origin| Horizon::ALL.iter().all(|&horizon| panel.target(**origin, horizon).is_finite());
        let training: Vec<Origin> = training.iter().filter(has_targets).copied().collect();
        let validation: Vec<Origin> = validation.iter().filter(has_targets).copied().collect();
        if training.len() < plan.batch || validation.is_empty() {
            return Err(ModelError::NotEnoughData { needed: plan.batch, given: training.len().min(validation.len()) });
        }

        let scaler = Scaler::fit(panel, &training);
        let symbols: Vec<Symbol> = panel.coins().iter().map(|coin| coin.symbol.clone()).collect();
        let base = Base::fit(&scaler, &symbols, panel, &training)?;
        let table = Standardised::new(&scaler, panel);
        let training = Examples::new(&base, &scaler, &symbols, panel, &training);
        let validation = Examples::new(&base, &scaler, &symbols, panel, &validation);
        let members = (0..plan.members)
            .into_par_iter()
            .map(|member| fit_member(&table, &training, &validation, plan, seed, member, watch))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { scaler, symbols, base, hidden: plan.hidden, members })
    }
}

impl Base {
    fn fit(scaler: &Scaler, symbols: &[Symbol], panel: &Panel, training: &[Origin]) -> Result<Self, ModelError> {
        let nothing = Hidden::default();
        let fitted = Horizon::ALL.map(|horizon| {
            let mut x = Vec::new();
            let mut y = Vec::with_capacity(training.len());
            for &origin in training {
                x.extend(static_row(scaler, symbols, panel, origin, horizon, &nothing));
                y.push(panel.target(origin, horizon));
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

/// The whole panel standardised once, so that a batch is only copied together.
struct Standardised {
    rows: Vec<Vec<f32>>,
}

impl Standardised {
    fn new(scaler: &Scaler, panel: &Panel) -> Self {
        let rows = panel
            .coins()
            .iter()
            .map(|coin| {
                let mut values = vec![0.0_f32; coin.closes_at_s.len() * FEATURE_COUNT];
                for (row, out) in values.chunks_exact_mut(FEATURE_COUNT).enumerate() {
                    scaler.write(coin.features(row), out);
                }
                values
            })
            .collect();
        Self { rows }
    }

    /// One tensor `[L, B, F]`, the oldest day first.
    fn sequence(&self, origins: &[Origin]) -> Result<Tensor, ModelError> {
        let mut values = Vec::with_capacity(SEQUENCE_DAYS * origins.len() * FEATURE_COUNT);
        for days in (0..SEQUENCE_DAYS).rev() {
            for origin in origins {
                match (origin.row as usize).checked_sub(days * 24) {
                    Some(row) => {
                        let coin = &self.rows[origin.coin as usize];
                        values.extend_from_slice(&coin[row * FEATURE_COUNT..(row + 1) * FEATURE_COUNT]);
                    }
                    None => values.resize(values.len() + FEATURE_COUNT, 0.0),
                }
            }
        }
        Ok(Tensor::from_vec(values, (SEQUENCE_DAYS, origins.len(), FEATURE_COUNT), &Device::Cpu)?)
    }
}

/// Origins with what the equation leaves over, in units of its root mean square.
struct Examples {
    origins: Vec<Origin>,
    leftovers: Vec<[f32; 2]>,
}

impl Examples {
    fn new(base: &Base, scaler: &Scaler, symbols: &[Symbol], panel: &Panel, origins: &[Origin]) -> Self {
        let nothing = Hidden::default();
        let leftovers = origins
            .iter()
            .map(|&origin| {
                Horizon::ALL.map(|horizon| {
                    let index = horizon.index();
                    let line = base.lines[index].at(static_row(scaler, symbols, panel, origin, horizon, &nothing));
                    ((panel.target(origin, horizon) - line) / base.leftover[index]) as f32
                })
            })
            .collect();
        Self { origins: origins.to_vec(), leftovers }
    }

    fn batch(&self, picked: &[usize]) -> Result<(Vec<Origin>, Tensor), ModelError> {
        let origins = picked.iter().map(|&index| self.origins[index]).collect();
        let targets: Vec<f32> = picked.iter().flat_map(|&index| self.leftovers[index]).collect();
        Ok((origins, Tensor::from_vec(targets, (picked.len(), 2), &Device::Cpu)?))
    }

    fn loss(&self, table: &Standardised, network: &Network) -> Result<f64, ModelError> {
        let order: Vec<usize> = (0..self.origins.len()).collect();
        let mut total = 0.0;
        for picked in order.chunks(1_024) {
            let (origins, targets) = self.batch(picked)?;
            let mean = loss(&network.ask(&table.sequence(&origins)?)?, &targets)?.to_scalar::<f32>()?;
            total += f64::from(mean) * picked.len() as f64;
        }
        Ok(total / order.len() as f64)
    }
}

fn fit_member(
    table: &Standardised,
    training: &Examples,
    validation: &Examples,
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
    let steps = training.origins.len() / plan.batch;
    let mut best = (validation.loss(table, &network)?, copy(&variables)?);
    let mut worse = 0;

    for epoch in 0..plan.epochs {
        let order = seed::permutation(&mut generator, training.origins.len());
        for (step, picked) in order.chunks_exact(plan.batch).enumerate() {
            let done = (epoch * steps + step) as f64 / (plan.epochs * steps) as f64;
            let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
            optimiser.set_learning_rate(plan.learning_rate * (0.05 + 0.95 * cosine));
            let (origins, targets) = training.batch(picked)?;
            optimiser.backward_step(&loss(&network.forward(&table.sequence(&origins)?)?, &targets)?)?;
            if step % 16 == 0 && !watch(Progress { member, epoch, step, steps, validation: None }) {
                return Err(ModelError::Stopped);
            }
        }
        let loss = validation.loss(table, &network)?;
        if !loss.is_finite() {
            return Err(ModelError::Diverged);
        }
        if !watch(Progress { member, epoch, step: steps, steps, validation: Some(loss) }) {
            return Err(ModelError::Stopped);
        }
        if loss < best.0 {
            best = (loss, copy(&variables)?);
            worse = 0;
        } else {
            worse += 1;
            if worse >= plan.patience {
                break;
            }
        }
    }
    let [gates, bias, head, head_bias] = best.1;
    Network::from_weights(plan.hidden, [gates, bias, head, head_bias])
}

fn copy(variables: &[Var]) -> Result<[Vec<f32>; 4], ModelError> {
    let mut values: [Vec<f32>; 4] = Default::default();
    for (slot, variable) in values.iter_mut().zip(variables) {
        *slot = variable.flatten_all()?.to_vec1::<f32>()?;
    }
    Ok(values)
}

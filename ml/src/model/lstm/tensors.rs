//! The forecaster as named tensors: `base.24h`, `base.48h` (`[intercept, slopes.., leftover]`) and
//! `member.<n>.<weight>`.

use domain::forecast::Horizon;
use domain::market::Symbol;

use super::network::{Network, WEIGHTS};
use super::{Base, Lstm};
use crate::artefact::Tensors;
use crate::dataset::{FEATURE_COUNT, Scaler};
use crate::linear::Ridge;
use crate::model::ModelError;

/// Most members that are read from a file.
const MAX_MEMBERS: usize = 64;

/// Weekday shares beside the features and the coins in the linear equation.
const SHARES: usize = 6;

impl Lstm {
    pub(crate) fn to_tensors(&self) -> Result<Tensors, ModelError> {
        let mut tensors = Tensors::new();
        for horizon in Horizon::ALL {
            let line = &self.base.lines[horizon.index()];
            let values: Vec<f64> = [line.intercept]
                .into_iter()
                .chain(line.slopes.iter().copied())
                .chain([self.base.leftover[horizon.index()]])
                .collect();
            tensors.insert(format!("base.{horizon}"), (vec![values.len()], values));
        }
        for (index, member) in self.members.iter().enumerate() {
            for (name, (shape, values)) in WEIGHTS.iter().zip(member.values()?) {
                tensors.insert(format!("member.{index}.{name}"), (shape, values.into_iter().map(f64::from).collect()));
            }
        }
        Ok(tensors)
    }

    /// None where a tensor is missing or has another shape.
    pub(crate) fn from_tensors(
        tensors: &Tensors,
        scaler: &Scaler,
        symbols: &[String],
    ) -> Result<Option<Self>, ModelError> {
        let symbols: Option<Vec<Symbol>> = symbols.iter().map(|symbol| Symbol::parse(symbol).ok()).collect();
        let Some(symbols) = symbols else { return Ok(None) };
        let slopes = FEATURE_COUNT + SHARES + symbols.len();
        let line = |horizon: Horizon| {
            let (_, values) = tensors.get(&format!("base.{horizon}"))?;
            (values.len() == slopes + 2)
                .then(|| (Ridge { intercept: values[0], slopes: values[1..=slopes].to_vec() }, values[slopes + 1]))
        };
        let (Some((day, day_leftover)), Some((two_days, two_days_leftover))) =
            (line(Horizon::Day), line(Horizon::TwoDays))
        else {
            return Ok(None);
        };

        let mut members = Vec::new();
        let mut hidden = 0;
        for index in 0..MAX_MEMBERS {
            let weights = WEIGHTS.map(|name| tensors.get(&format!("member.{index}.{name}")));
            let [Some(gates), Some(bias), Some(head), Some(head_bias)] = weights else { break };
            let units = bias.0.first().map_or(0, |width| width / 4);
            let fits = gates.0 == [FEATURE_COUNT + units, 4 * units]
                && bias.0 == [4 * units]
                && head.0 == [units, 4]
                && head_bias.0 == [4]
                && units > 0
                && (hidden == 0 || hidden == units);
            if !fits {
                return Ok(None);
            }
            hidden = units;
            let values = [gates, bias, head, head_bias]
                .map(|(_, values)| values.iter().map(|&value| value as f32).collect::<Vec<f32>>());
            members.push(Network::from_weights(hidden, values)?);
        }
        let base = Base { lines: [day, two_days], leftover: [day_leftover, two_days_leftover] };
        Ok((!members.is_empty()).then(|| Self { scaler: scaler.clone(), symbols, base, hidden, members }))
    }
}

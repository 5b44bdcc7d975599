//! The forecaster as named tensors: `base.24h`, `base.48h` (`[intercept, slopes.., leftover]`) and
//! `member.<n>.<weight>`, `scaler.origin` and `scaler.sequence` (`[means, deviations]`).

use domain::forecast::Horizon;
use domain::market::Symbol;

use super::network::{Network, WEIGHTS};
use super::reader::Reader;
use super::{Base, Lstm};
use crate::artefact::Tensors;
use crate::dataset::{FEATURE_COUNT, Scaler};
use crate::linear::Ridge;
use crate::model::{Hidden, ModelError};

/// Most members that are read from a file.
const MAX_MEMBERS: usize = 64;

/// Weekday shares beside the features and the coins in the linear equation.
const SHARES: usize = 6;

/// Means and deviations under a name; none where they are missing or not sound.
fn scaler_from(tensors: &Tensors, name: &str) -> Option<Scaler> {
    let (shape, values) = tensors.get(&format!("scaler.{name}"))?;
    let (mean, deviation) = (*shape == [2, FEATURE_COUNT]).then(|| values.split_at(FEATURE_COUNT))?;
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
    let scaler = Scaler { mean: narrow(mean), deviation: narrow(deviation) };
    scaler.is_sound().then_some(scaler)
}

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
        for (name, scaler) in [("origin", &self.reader.origin), ("sequence", &self.reader.sequence)] {
            let values: Vec<f64> = scaler.mean.iter().chain(&scaler.deviation).copied().map(f64::from).collect();
            tensors.insert(format!("scaler.{name}"), (vec![2, FEATURE_COUNT], values));
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
        features: &Scaler,
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
        Ok(scaler_from(tensors, "origin").zip(scaler_from(tensors, "sequence")).filter(|_| !members.is_empty()).map(
            |(origin, sequence)| {
                let (always, has_level) = (Hidden::default(), true);
                let reader = Reader { plain: features.clone(), origin, sequence, symbols, always, has_level };
                Self { reader, base, hidden, members }
            },
        ))
    }
}

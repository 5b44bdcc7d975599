//! The recurrent forecaster: a linear equation on what is known at the origin, and an ensemble of LSTM networks
//! that reads thirty days of features and learns what the equation leaves over.
//!
//! Pooled over all coins. For each horizon it gives a location and a scale of log realised volatility.

mod kernels;
mod network;
mod recurrence;
mod tensors;
mod training;

use candle_core::{Device, Tensor};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Family;

pub use training::{Plan, Progress};

use self::network::Network;
use super::{Hidden, ModelError, Prediction, VolatilityModel};
use crate::dataset::{FEATURE_COUNT, Origin, Panel, SEQUENCE_DAYS, Scaler, weekday_shares};
use crate::linear::Ridge;

/// Origins that go through the network at once.
const BATCH: usize = 512;

/// The fitted forecaster.
#[derive(Debug, Clone)]
pub struct Lstm {
    scaler: Scaler,
    symbols: Vec<Symbol>,
    base: Base,
    hidden: usize,
    members: Vec<Network>,
}

/// The linear equation, one line a horizon, and the root mean square of what it leaves over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Base {
    pub(crate) lines: [Ridge; 2],
    pub(crate) leftover: [f64; 2],
}

impl Lstm {
    /// The means and deviations that the inputs are standardised by.
    #[must_use]
    pub const fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// The inputs of the linear equation: standardised features, six weekday shares of the horizon, the coin.
    fn static_row(&self, panel: &Panel, origin: Origin, horizon: Horizon, hidden: &Hidden) -> Vec<f64> {
        static_row(&self.scaler, &self.symbols, panel, origin, horizon, hidden)
    }

    /// The mean of the members' locations and the root mean square of their scales, on top of the equation.
    fn combine(
        &self,
        panel: &Panel,
        origin: Origin,
        hidden: &Hidden,
        row: usize,
        outputs: &[Vec<Vec<f32>>],
    ) -> Prediction {
        let members = outputs.len() as f64;
        let mut prediction = Prediction { location: [0.0; 2], scale: [0.0; 2] };
        for horizon in Horizon::ALL {
            let index = horizon.index();
            let line = self.base.lines[index].at(self.static_row(panel, origin, horizon, hidden));
            let shift = outputs.iter().map(|out| f64::from(out[row][index])).sum::<f64>() / members;
            let square = outputs.iter().map(|out| (2.0 * f64::from(out[row][2 + index])).exp()).sum::<f64>() / members;
            prediction.location[index] = line + self.base.leftover[index] * shift;
            prediction.scale[index] = self.base.leftover[index] * square.sqrt();
        }
        prediction
    }

    /// One tensor `[L, B, F]`, the oldest day first.
    fn sequence(&self, panel: &Panel, cases: &[(Origin, &Hidden)]) -> Result<Tensor, ModelError> {
        let mut values = vec![0.0_f32; SEQUENCE_DAYS * cases.len() * FEATURE_COUNT];
        let mut rows = values.chunks_exact_mut(FEATURE_COUNT);
        for step in 0..SEQUENCE_DAYS {
            for (&(origin, hidden), row) in cases.iter().zip(&mut rows) {
                if let Some(features) = panel.features_before(origin, SEQUENCE_DAYS - 1 - step) {
                    self.scaler.write(features, row);
                }
                for &input in &hidden.inputs {
                    row[input] = 0.0;
                }
            }
        }
        Ok(Tensor::from_vec(values, (SEQUENCE_DAYS, cases.len(), FEATURE_COUNT), &Device::Cpu)?)
    }
}

fn static_row(
    scaler: &Scaler,
    symbols: &[Symbol],
    panel: &Panel,
    origin: Origin,
    horizon: Horizon,
    hidden: &Hidden,
) -> Vec<f64> {
    let mut standardised = [0.0_f32; FEATURE_COUNT];
    scaler.write(panel.features(origin), &mut standardised);
    for &input in &hidden.inputs {
        standardised[input] = 0.0;
    }
    let shares = if hidden.calendar { [1.0 / 7.0; 7] } else { weekday_shares(panel.origin_s(origin), horizon) };
    let symbol = &panel.coins()[origin.coin as usize].symbol;
    let coin = symbols.iter().map(|known| if known == symbol { 1.0 } else { 0.0 });
    standardised.iter().map(|&value| f64::from(value)).chain(shares[..6].iter().copied()).chain(coin).collect()
}

impl VolatilityModel for Lstm {
    fn family(&self) -> Family {
        Family::Lstm
    }

    fn parameters(&self) -> usize {
        let network = (FEATURE_COUNT + self.hidden + 1) * 4 * self.hidden + (self.hidden + 1) * 4;
        let lines: usize = self.base.lines.iter().map(|line| line.slopes.len() + 1).sum();
        self.members.len() * network + lines
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        let nothing = Hidden::default();
        let cases: Vec<(Origin, &Hidden)> = origins.iter().map(|&origin| (origin, &nothing)).collect();
        self.predict_hiding(panel, &cases)
    }

    fn predict_hiding(&self, panel: &Panel, cases: &[(Origin, &Hidden)]) -> Result<Vec<Prediction>, ModelError> {
        let mut predictions = Vec::with_capacity(cases.len());
        for chunk in cases.chunks(BATCH) {
            let sequence = self.sequence(panel, chunk)?;
            let outputs = self
                .members
                .iter()
                .map(|member| Ok(member.ask(&sequence)?.to_vec2::<f32>()?))
                .collect::<Result<Vec<_>, ModelError>>()?;
            for (row, &(origin, hidden)) in chunk.iter().enumerate() {
                predictions.push(self.combine(panel, origin, hidden, row, &outputs));
            }
        }
        Ok(predictions)
    }
}

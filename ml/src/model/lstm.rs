//! The recurrent forecaster: a linear equation on what is known at the origin, and an ensemble of LSTM networks
//! that reads thirty days of features and learns what the equation leaves over.
//!
//! Pooled over all coins. For each horizon it gives a location and a scale of log realised volatility.

mod kernels;
mod network;
mod reader;
mod recurrence;
mod tensors;
mod training;

use domain::forecast::Horizon;
use domain::model::Family;

pub use training::{Plan, Progress, Without};

use self::network::Network;
use self::reader::Reader;
use super::{Hidden, ModelError, Prediction, VolatilityModel};
use crate::dataset::{FEATURE_COUNT, Origin, Panel, Scaler};
use crate::linear::Ridge;

/// Origins that go through the network at once.
const BATCH: usize = 512;

/// The fitted forecaster.
#[derive(Debug, Clone)]
pub struct Lstm {
    reader: Reader,
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

impl Base {
    /// Log realised volatility by the equation: the level at the origin and what the inputs add to it.
    fn at(&self, reader: &Reader, panel: &Panel, origin: Origin, horizon: Horizon, hidden: &Hidden) -> f64 {
        let (level, row) = reader.equation_row(panel, origin, horizon, hidden);
        level + self.lines[horizon.index()].at(row)
    }
}

impl Lstm {
    /// Means and deviations of the features over the training span.
    #[must_use]
    pub const fn features(&self) -> &Scaler {
        &self.reader.plain
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
            let line = self.base.at(&self.reader, panel, origin, horizon, hidden);
            let shift = outputs.iter().map(|out| f64::from(out[row][index])).sum::<f64>() / members;
            let square = outputs.iter().map(|out| (2.0 * f64::from(out[row][2 + index])).exp()).sum::<f64>() / members;
            prediction.location[index] = line + self.base.leftover[index] * shift;
            prediction.scale[index] = self.base.leftover[index] * square.sqrt();
        }
        prediction
    }
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
            let sequence = self.reader.sequence(panel, chunk)?;
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

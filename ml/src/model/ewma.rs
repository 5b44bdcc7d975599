//! Exponentially weighted moving average of daily realised variance (RiskMetrics, J. P. Morgan 1996).

use domain::model::Family;

use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{Origin, Panel};

/// RiskMetrics' decay for daily data.
pub const DECAY: f64 = 0.94;

/// Days after which a weight is below 1 % of the first (`0.94^75 = 0.0097`).
const DAYS: usize = 75;

/// The moving average, with the same forecast for both horizons: variance per day has no memory of direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Ewma {
    scale: [f64; 2],
}

impl Ewma {
    /// Measures how far the average misses on the training origins; the decay is not fitted.
    #[must_use]
    pub fn fit(panel: &Panel, origins: &[Origin]) -> Self {
        let locations: Vec<[f64; 2]> = origins.iter().map(|&origin| location(panel, origin)).collect();
        Self { scale: constant_scale(panel, origins, &locations) }
    }
}

/// `0.5 * ln(sum w_k RV_k^2 / sum w_k)` with `w_k = 0.94^k`, over the days before the origin that are known.
fn location(panel: &Panel, origin: Origin) -> [f64; 2] {
    let mut weight = 1.0;
    let (mut total, mut weights) = (0.0, 0.0);
    for log_rv in panel.daily_log_rv(origin, DAYS) {
        if log_rv.is_finite() {
            total += weight * (2.0 * log_rv).exp();
            weights += weight;
        }
        weight *= DECAY;
    }
    [0.5 * (total / weights).ln(); 2]
}

impl VolatilityModel for Ewma {
    fn family(&self) -> Family {
        Family::Ewma
    }

    fn parameters(&self) -> usize {
        self.scale.len()
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        Ok(origins.iter().map(|&origin| Prediction { location: location(panel, origin), scale: self.scale }).collect())
    }
}

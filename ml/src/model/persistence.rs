//! Tomorrow is like today: the realised volatility that has just ended is the forecast.

use domain::forecast::Horizon;
use domain::model::Family;

use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{Origin, Panel};

/// The random walk of log realised volatility.
#[derive(Debug, Clone, PartialEq)]
pub struct Persistence {
    scale: [f64; 2],
}

impl Persistence {
    /// Measures how far the random walk misses on the training origins.
    #[must_use]
    pub fn fit(panel: &Panel, origins: &[Origin]) -> Self {
        let locations: Vec<[f64; 2]> = origins.iter().map(|&origin| last_realised(panel, origin)).collect();
        Self { scale: constant_scale(panel, origins, &locations) }
    }
}

fn last_realised(panel: &Panel, origin: Origin) -> [f64; 2] {
    Horizon::ALL.map(|horizon| panel.trailing(origin, horizon))
}

impl VolatilityModel for Persistence {
    fn family(&self) -> Family {
        Family::Persistence
    }

    fn parameters(&self) -> usize {
        self.scale.len()
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        Ok(origins
            .iter()
            .map(|&origin| Prediction { location: last_realised(panel, origin), scale: self.scale })
            .collect())
    }
}

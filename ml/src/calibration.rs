//! The shape of a model's errors, taken from errors it made on data it was not fitted on
//! (split conformal prediction: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman 2018).

use domain::forecast::{Horizon, Quantiles};
use serde::{Deserialize, Serialize};

use crate::dataset::{Origin, Panel};
use crate::model::{ModelError, Prediction, VolatilityModel};

/// How many points hold each distribution.
const POINTS: usize = 199;

/// Fewest errors from which a shape is taken.
const MIN_ERRORS: usize = 100;

/// Quantiles of `(target - location) / scale` for each horizon, at levels `(k + 1) / (POINTS + 1)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    standardised: [Vec<f64>; 2],
}

impl Calibration {
    /// Measures a model on origins that it was not fitted on.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where fewer than 100 of the origins have an outcome.
    pub fn measure(model: &dyn VolatilityModel, panel: &Panel, origins: &[Origin]) -> Result<Self, ModelError> {
        let predictions = model.predict(panel, origins)?;
        let [day, two_days] = Horizon::ALL.map(|horizon| {
            let errors: Vec<f64> = origins
                .iter()
                .zip(&predictions)
                .map(|(&origin, prediction)| {
                    (panel.target(origin, horizon) - prediction.location[horizon.index()])
                        / prediction.scale[horizon.index()]
                })
                .collect();
            quantile_points(errors)
        });
        Ok(Self { standardised: [day?, two_days?] })
    }

    /// The distribution of realised volatility around a prediction, fraction per day.
    #[must_use]
    pub fn quantiles(&self, prediction: &Prediction, horizon: Horizon) -> Quantiles {
        let points = &self.standardised[horizon.index()];
        Quantiles::from_array(Quantiles::LEVELS.map(|level| {
            let position = level * (points.len() + 1) as f64 - 1.0;
            let z = interpolate(points, position);
            (prediction.location[horizon.index()] + prediction.scale[horizon.index()] * z).exp()
        }))
    }

    /// The chance that realised volatility ends above `threshold` (fraction per day). Never exactly 0 or 1:
    /// the errors that were measured say nothing about what lies beyond them.
    #[must_use]
    pub fn chance_above(&self, prediction: &Prediction, horizon: Horizon, threshold: f64) -> f64 {
        let points = &self.standardised[horizon.index()];
        let z = (threshold.ln() - prediction.location[horizon.index()]) / prediction.scale[horizon.index()];
        let above = points.partition_point(|&point| point < z);
        let position = match above {
            0 => 0.0,
            n if n == points.len() => n as f64 - 1.0,
            n => {
                let span = points[n] - points[n - 1];
                (n - 1) as f64 + if span > 0.0 { (z - points[n - 1]) / span } else { 1.0 }
            }
        };
        1.0 - (position + 1.0) / (points.len() + 1) as f64
    }

    /// Whether every point is a number in order, as one would expect of what `measure` wrote.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.standardised
            .iter()
            .all(|points| points.len() == POINTS && points.iter().all(|p| p.is_finite()) && points.is_sorted())
    }
}

fn quantile_points(mut errors: Vec<f64>) -> Result<Vec<f64>, ModelError> {
    errors.retain(|error| error.is_finite());
    if errors.len() < MIN_ERRORS {
        return Err(ModelError::NotEnoughData { needed: MIN_ERRORS, given: errors.len() });
    }
    errors.sort_by(f64::total_cmp);
    Ok((0..POINTS)
        .map(|k| {
            let level = (k + 1) as f64 / (POINTS + 1) as f64;
            interpolate(&errors, level * (errors.len() + 1) as f64 - 1.0)
        })
        .collect())
}

/// The value at a fractional position of a sorted list; beyond the ends, the ends.
pub(crate) fn interpolate(sorted: &[f64], position: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = position.clamp(0.0, last as f64);
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even() -> Calibration {
        let errors: Vec<f64> = (1..2000).map(|k| f64::from(k) / 1000.0 - 1.0).collect();
        let points = quantile_points(errors).expect("enough");
        Calibration { standardised: [points.clone(), points] }
    }

    const PREDICTION: Prediction = Prediction { location: [-3.5; 2], scale: [0.4; 2] };

    #[test]
    fn quantiles_rise_and_the_chance_of_passing_them_is_what_their_level_says() {
        let calibration = even();
        assert!(calibration.is_sound());
        let quantiles = calibration.quantiles(&PREDICTION, Horizon::Day).to_array();
        assert!(quantiles.is_sorted());
        for (value, level) in quantiles.iter().zip(Quantiles::LEVELS) {
            let chance = calibration.chance_above(&PREDICTION, Horizon::Day, *value);
            assert!((chance - (1.0 - level)).abs() < 0.006, "{level}: {chance}");
        }
    }

    #[test]
    fn nothing_is_certain() {
        let calibration = even();
        for threshold in [1e-12, 1e12] {
            let chance = calibration.chance_above(&PREDICTION, Horizon::Day, threshold);
            assert!(chance > 0.0 && chance < 1.0, "{chance}");
        }
    }

    #[test]
    fn too_few_errors_give_no_shape() {
        assert!(matches!(quantile_points(vec![0.0; 99]), Err(ModelError::NotEnoughData { .. })));
        assert!(matches!(quantile_points(vec![f64::NAN; 500]), Err(ModelError::NotEnoughData { given: 0, .. })));
    }
}

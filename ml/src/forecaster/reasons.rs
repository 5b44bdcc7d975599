//! Why the forecast is what it is: each family of inputs is set to its average and the model is asked again
//! (occlusion: Zeiler and Fergus 2014; with the mean as baseline, as in Covert, Lundberg and Lee 2021).

use domain::forecast::{Driver, Horizon, Reason};

use super::Forecaster;
use crate::dataset::{INPUTS, Origin, Panel, input};
use crate::features::Feature;
use crate::model::{Hidden, ModelError, Prediction};

/// Reasons that are shown at most.
const SHOWN: usize = 4;

/// An effect smaller than this is not worth a sentence.
const LEAST_EFFECT: f64 = 0.01;

/// Days in a row of rising or falling volatility are counted up to this many.
const LONGEST_RUN: i8 = 30;

/// Every family, with the feature whose value is told where a number helps.
const DRIVERS: [(Driver, Option<Feature>); 8] = [
    (Driver::RecentVolatility, Some(Feature::LogRv1d)),
    (Driver::LongerVolatility, Some(Feature::LogRv30d)),
    (Driver::DownsideMoves, Some(Feature::DownsideShare1d)),
    (Driver::PriceRange, Some(Feature::LogParkinson1d)),
    (Driver::Trend, Some(Feature::Rsi14)),
    (Driver::TradingVolume, Some(Feature::LogVolume1dTo30d)),
    (Driver::WholeMarket, Some(Feature::MarketLogRv1d)),
    (Driver::DayOfWeek, None),
];

impl Forecaster {
    /// The prediction at an origin, and the strongest reasons for each horizon, strongest first.
    pub(super) fn explain(&self, panel: &Panel, origin: Origin) -> Result<(Prediction, [Vec<Reason>; 2]), ModelError> {
        let hidden: Vec<Hidden> = std::iter::once(Hidden::default())
            .chain(DRIVERS.iter().map(|&(driver, _)| Hidden {
                inputs: (0..INPUTS.len()).filter(|&index| INPUTS[index].spec().driver == driver).collect(),
                calendar: driver == Driver::DayOfWeek,
            }))
            .collect();
        let cases: Vec<(Origin, &Hidden)> = hidden.iter().map(|hidden| (origin, hidden)).collect();
        let predictions = self.model.predict_hiding(panel, &cases)?;
        let full = predictions[0];
        let run = days_in_a_row(panel.daily_log_rv(origin, LONGEST_RUN as usize + 1));
        let reasons = Horizon::ALL.map(|horizon| {
            let index = horizon.index();
            let mut reasons: Vec<Reason> = DRIVERS
                .iter()
                .zip(&predictions[1..])
                .map(|(&(driver, feature), without)| {
                    let (value, usual) = self.told(panel, origin, feature);
                    let effect = (full.location[index] - without.location[index]).exp() - 1.0;
                    let days_in_a_row = if driver == Driver::RecentVolatility { run } else { 0 };
                    Reason { driver, effect, value, usual, days_in_a_row }
                })
                .filter(|reason| reason.effect.abs() >= LEAST_EFFECT)
                .collect();
            reasons.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
            reasons.truncate(SHOWN);
            reasons
        });
        Ok((full, reasons))
    }

    /// A feature's value at the origin and its training mean, logarithms undone.
    fn told(&self, panel: &Panel, origin: Origin, feature: Option<Feature>) -> (Option<f64>, Option<f64>) {
        let Some((feature, index)) = feature.and_then(|feature| Some((feature, input(feature)?))) else {
            return (None, None);
        };
        let plain = |value: f32| {
            let value = f64::from(value);
            if feature.spec().unit.starts_with("ln(") { value.exp() } else { value }
        };
        (Some(plain(panel.features(origin)[index])), Some(plain(self.manifest.scaler.mean[index])))
    }
}

/// How many days in a row a daily value has risen (positive) or fallen (negative), from values that begin with the
/// newest; a value that is not known or the same as the one before ends the count.
fn days_in_a_row(newest_first: impl Iterator<Item = f64>) -> i8 {
    let mut later: Option<f64> = None;
    let mut run = 0_i8;
    for value in newest_first {
        if let Some(later) = later {
            let step = if later > value {
                1
            } else if later < value {
                -1
            } else {
                0
            };
            if step == 0 || run.signum() == -step {
                break;
            }
            run += step;
        }
        later = Some(value);
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_steps_in_the_newest_direction() {
        let run = |newest_first: &[f64]| days_in_a_row(newest_first.iter().copied());
        assert_eq!(run(&[4.0, 3.0, 2.0, 1.0, 5.0]), 3);
        assert_eq!(run(&[1.0, 2.0, 1.5]), -1);
        assert_eq!(run(&[1.0, 1.0, 0.5]), 0);
        assert_eq!(run(&[2.0, 1.0, f64::NAN, 0.5]), 1);
        assert_eq!(run(&[f64::NAN, 1.0, 0.5]), 0);
        assert_eq!(run(&[]), 0);
    }
}

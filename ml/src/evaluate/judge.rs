//! From what a model said, origin by origin, to what would have been published, and what came of it.
//!
//! Everything that corrects a forecast is learnt here as time goes by, from forecasts whose horizon has ended: the
//! bias of the variance, the shape of the errors.

use domain::forecast::Horizon;

use super::score::Case;
use super::walk::Made;
use crate::calibration::{Calibration, Finished, Running};
use crate::dataset::Panel;

/// Forecasts beside outcomes, by horizon, coin by coin in order of time. `made` must be in that order too and may
/// begin earlier: what lies before `from_s` (epoch seconds) only teaches. Origins without an outcome, a usual range
/// or enough earlier errors have no case.
#[must_use]
pub fn judge(panel: &Panel, made: &[Made], calibration: &Calibration, from_s: i64) -> [Vec<Case>; 2] {
    Horizon::ALL.map(|horizon| {
        let mut cases = Vec::new();
        for of_coin in made.chunk_by(|one, next| one.origin.coin == next.origin.coin) {
            let symbol = &panel.coins()[of_coin[0].origin.coin as usize].symbol;
            let mut running = calibration.start(symbol, horizon);
            let published = of_coin.iter().filter_map(|made| publish(panel, made, horizon, &mut running));
            cases.extend(published.filter(|case| case.origin_s >= from_s));
        }
        cases
    })
}

/// The errors of forecasts that were made out of sample, as a trained model takes them along.
#[must_use]
pub fn errors(panel: &Panel, made: &[Made]) -> Calibration {
    let mut calibration = Calibration::default();
    for made in made {
        for horizon in Horizon::ALL {
            let symbol = &panel.coins()[made.origin.coin as usize].symbol;
            calibration.add(symbol, horizon, Finished::of(panel, made.origin, &made.prediction, horizon));
        }
    }
    calibration
}

fn publish(panel: &Panel, made: &Made, horizon: Horizon, running: &mut Running) -> Option<Case> {
    let (origin, prediction) = (made.origin, &made.prediction);
    let origin_s = panel.origin_s(origin);
    running.settle(origin_s);
    let log_realised = panel.target(origin, horizon);
    let case = panel.usual(origin, horizon).filter(|_| log_realised.is_finite()).and_then(|usual| {
        let log_forecast = prediction.location[horizon.index()];
        Some(Case {
            coin: origin.coin,
            origin_s,
            log_forecast,
            log_quantiles: running.log_quantiles(prediction, horizon)?,
            variance_forecast: (2.0 * log_forecast).exp() * running.variance_factor(),
            chance: running.chance_above(prediction, horizon, usual.high.ln())?,
            log_usual: [usual.low.ln(), usual.high.ln()],
            log_before: panel.trailing(origin, horizon),
            log_realised,
        })
    });
    running.learn(Finished::of(panel, origin, prediction, horizon));
    case
}

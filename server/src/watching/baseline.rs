//! What HAR with calendar would have said beside each published forecast.
//!
//! For each week it is fitted anew, on the two years before it, and asked at the very origins of the forecasts. Its
//! quantiles come from its errors of the year before, as those of the served model do. These are errors on days that it
//! was fitted on, which flatters it a little; nine slopes over hundreds of days hardly notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use ml::calibration::{Calibration, Finished, Running};
use ml::dataset::{Origin, Panel};
use ml::evaluate::walk::{Made, made};
use ml::features::{self, LONGEST_LOOK_BACK_HOURS};
use ml::model::ModelError;
use ml::model::har::Har;
use ml::split::Fold;
use tracing::debug;

use super::{WatchError, Watching, on_a_thread};
use crate::store::Baseline;

const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;
const WEEK_S: i64 = 7 * SECONDS_PER_DAY;

/// Days before a week that the baseline is fitted on.
const FIT_DAYS: i64 = 730;
/// Days before a week whose errors shape its quantiles.
const SHAPE_DAYS: i64 = 365;

/// Coins, horizons and origins (epoch seconds) that lack a baseline.
type Missing = BTreeSet<(Symbol, Horizon, i64)>;

impl Watching {
    /// Works out the baselines that forecasts with an outcome lack, in weeks that begin at `weeks` (epoch seconds, in
    /// order of time).
    pub(super) async fn add_baselines(&self, weeks: &[i64]) -> Result<(), WatchError> {
        let mut missing: BTreeMap<i64, Missing> = BTreeMap::new();
        for &week_s in weeks {
            let lacking = self.parts.store.origins_without_baseline(week_s, week_s + WEEK_S).await?;
            if !lacking.is_empty() {
                missing.insert(week_s, lacking);
            }
        }
        let Some(&first_s) = missing.keys().next() else { return Ok(()) };
        let market: Vec<(Symbol, Arc<CandleSeries>)> =
            (self.parts.market)().series.iter().map(|(symbol, series)| (symbol.clone(), Arc::clone(series))).collect();
        if market.is_empty() {
            return Ok(());
        }
        let stop = self.parts.stop.clone();
        let baselines = on_a_thread(move || {
            let market: Vec<(Symbol, &CandleSeries)> =
                market.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
            let from_s = first_s - FIT_DAYS * SECONDS_PER_DAY - i64::from(LONGEST_LOOK_BACK_HOURS) * SECONDS_PER_HOUR;
            let panel = Panel::new(&features::compute_between(&market, from_s, i64::MAX)?);
            let mut baselines = Vec::new();
            for (&week_s, lacking) in &missing {
                if stop.is_cancelled() {
                    break;
                }
                match of_week(&panel, week_s, lacking) {
                    Ok(found) => baselines.extend(found),
                    // A young market has no baseline.
                    Err(ModelError::NotEnoughData { .. } | ModelError::Singular) => {
                        debug!(week_s, "There is not enough to fit a baseline on");
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(baselines)
        })
        .await?;
        self.parts.store.keep_baselines(&baselines).await?;
        Ok(())
    }
}

/// The baselines of one week.
fn of_week(panel: &Panel, week_s: i64, lacking: &Missing) -> Result<Vec<Baseline>, ModelError> {
    let fold =
        Fold { train_from_s: week_s - FIT_DAYS * SECONDS_PER_DAY, test_from_s: week_s, test_to_s: week_s + WEEK_S };
    let model = Har::fit_with_calendar(panel, &fold.training(panel, 24))?;
    let shaping = made(panel, &model, &panel.origins(week_s - SHAPE_DAYS * SECONDS_PER_DAY, week_s, 24))?;
    // Errors of all coins, for those that have too few of their own.
    let mut pooled = Calibration::default();
    for before in &shaping {
        let symbol = &panel.coins()[before.origin.coin as usize].symbol;
        for horizon in Horizon::ALL {
            let finished = Finished::of(panel, before.origin, &before.prediction, horizon);
            if finished.ends_at_s <= week_s {
                pooled.add(symbol, horizon, finished);
            }
        }
    }
    let mut baselines = Vec::new();
    for (coin, of_coin) in (0_u32..).zip(panel.coins()) {
        let asked: BTreeSet<i64> = lacking
            .iter()
            .filter(|(symbol, _, _)| *symbol == of_coin.symbol)
            .map(|&(_, _, origin_s)| origin_s)
            .collect();
        let origins: Vec<Origin> = asked
            .into_iter()
            .filter_map(|origin_s| Some(Origin { coin, row: u32::try_from(of_coin.row_at(origin_s)?).ok()? }))
            .filter(|&origin| panel.is_complete(origin))
            .collect();
        let said = made(panel, &model, &origins)?;
        let own: Vec<&Made> = shaping.iter().filter(|before| before.origin.coin == coin).collect();
        for horizon in Horizon::ALL {
            let is_lacking = |origin_s: i64| lacking.contains(&(of_coin.symbol.clone(), horizon, origin_s));
            let mut shape = Shape::new(panel, horizon, &own, pooled.start_of_a_stranger(horizon));
            baselines.extend(said.iter().filter_map(|made| {
                let origin_s = panel.origin_s(made.origin);
                let quantiles = shape.quantiles(made, origin_s)?;
                is_lacking(origin_s).then(|| Baseline { symbol: of_coin.symbol.clone(), horizon, origin_s, quantiles })
            }));
        }
    }
    Ok(baselines)
}

/// The shape of the errors of one coin and horizon as a week goes by.
struct Shape {
    horizon: Horizon,
    running: Running,
}

impl Shape {
    /// Errors of `own` forecasts before the week, in order of time; `strangers` where they are too few.
    fn new(panel: &Panel, horizon: Horizon, own: &[&Made], strangers: Running) -> Self {
        let mut running = strangers;
        for before in own {
            running.settle(panel.origin_s(before.origin));
            running.learn(Finished::of(panel, before.origin, &before.prediction, horizon));
        }
        Self { horizon, running }
    }

    /// 10th, 50th and 90th percentile, fraction a day. Origins must come in order of time.
    fn quantiles(&mut self, made: &Made, origin_s: i64) -> Option<[f64; 3]> {
        self.running.settle(origin_s);
        let logs = self.running.log_quantiles(&made.prediction, self.horizon)?;
        let quantiles = [logs[1], logs[3], logs[5]].map(f64::exp);
        quantiles.iter().all(|value| value.is_finite() && *value > 0.0).then_some(quantiles)
    }
}

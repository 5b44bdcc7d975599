//! How the serving model does against the baseline, from published forecasts whose periods are over.
//!
//! The baseline is fitted on the two years before the window and asked at the very origins of the forecasts. Both give
//! the variance that a lognormal of their median and spread expects, so that neither has a correction of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use domain::model::Version;
use jiff::Timestamp;
use ml::dataset::{Origin, Panel};
use ml::features;
use ml::model::VolatilityModel as _;
use ml::model::har::Har;
use ml::split::EMBARGO_HOURS;
use serde::{Deserialize, Serialize};

use crate::store::FinishedForecast;

/// Days before the window that the baseline is fitted on.
const FIT_DAYS: u32 = 730;
/// The 90th percentile of the standard normal.
const Z90: f64 = 1.281_551_565_544_600_4;

/// How a model did on a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayScore {
    /// The horizon.
    pub horizon: Horizon,
    /// Midnight UTC of the day of the origins, epoch seconds.
    pub day_s: i64,
    /// Forecasts of that day.
    pub forecasts: u32,
    /// Mean QLIKE of the model.
    pub qlike: f64,
    /// Mean QLIKE of the baseline.
    pub baseline: f64,
    /// Share of outcomes in the 80 % interval of the model.
    pub coverage80: f64,
}

/// How the serving model did against HAR with calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// The model.
    pub model: Version,
    /// Day by day, the oldest first, the shorter horizon first.
    pub days: Vec<DayScore>,
}

impl Performance {
    /// By which share QLIKE is worse than the baseline's over both horizons, negative where it is better, and over how
    /// many days; none where there are none.
    #[must_use]
    pub fn worse_by(&self) -> Option<(f64, u32)> {
        let sum =
            |of: fn(&DayScore) -> f64| self.days.iter().map(|day| of(day) * f64::from(day.forecasts)).sum::<f64>();
        let (ours, theirs) = (sum(|day| day.qlike), sum(|day| day.baseline));
        let mut days: Vec<i64> = self.days.iter().map(|day| day.day_s).collect();
        days.sort_unstable();
        days.dedup();
        (theirs > 0.0).then(|| (ours / theirs - 1.0, u32::try_from(days.len()).unwrap_or(u32::MAX)))
    }
}

/// QLIKE of a forecast of variance (Patton 2011), from realised volatility; both of one day.
#[must_use]
pub fn qlike(realised: f64, variance: f64) -> f64 {
    let log_ratio = 2.0 * realised.max(1e-9).ln() - variance.max(1e-18).ln();
    log_ratio.exp() - log_ratio - 1.0
}

/// The variance that a forecast expects, from its 10th, 50th and 90th percentile of volatility: that of a lognormal with
/// its median and spread.
#[must_use]
pub fn expected_variance([q10, q50, q90]: [f64; 3]) -> f64 {
    let spread = (q90.max(1e-9).ln() - q10.max(1e-9).ln()).max(0.0) / (2.0 * Z90);
    q50 * q50 * (2.0 * spread * spread).exp()
}

/// Scores forecasts of `model` beside the baseline. Forecasts whose origin the candles do not know whole are left out;
/// none where nothing could be scored.
///
/// # Errors
/// In words, where the candles cannot be true or the baseline cannot be fitted.
pub(super) fn score(
    market: &BTreeMap<Symbol, Arc<CandleSeries>>,
    model: &Version,
    finished: &[FinishedForecast],
    now: Timestamp,
) -> Result<Option<Performance>, String> {
    let own: Vec<&FinishedForecast> = finished.iter().filter(|forecast| forecast.model == *model).collect();
    let Some(first_s) = own.iter().map(|forecast| forecast.origin_s).min() else { return Ok(None) };
    let window_days = u32::try_from((now.as_second() - first_s) / 86_400 + 1).unwrap_or(u32::MAX);
    let borrowed: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
    let hours = window_days.saturating_add(FIT_DAYS).saturating_mul(24);
    let tables = features::compute_tail(&borrowed, hours).map_err(|error| error.to_string())?;
    let panel = Panel::new(&tables);
    let fitted_to_s = first_s - EMBARGO_HOURS * 3_600;
    let training = panel.origins(i64::MIN, fitted_to_s, 24);
    let baseline = Har::fit_with_calendar(&panel, &training).map_err(|error| error.to_string())?;

    let asked: Vec<(Origin, &FinishedForecast)> =
        own.into_iter().filter_map(|forecast| Some((origin(&panel, forecast)?, forecast))).collect();
    let origins: Vec<Origin> = asked.iter().map(|(origin, _)| *origin).collect();
    let said = baseline.predict(&panel, &origins).map_err(|error| error.to_string())?;
    let mut by_day: BTreeMap<(Horizon, i64), [f64; 4]> = BTreeMap::new();
    for ((_, forecast), prediction) in asked.iter().zip(said) {
        let (location, scale) =
            (prediction.location[forecast.horizon.index()], prediction.scale[forecast.horizon.index()]);
        let theirs = qlike(forecast.realised, (2.0 * location + 2.0 * scale * scale).exp());
        let ours = qlike(forecast.realised, expected_variance(forecast.quantiles));
        if !(ours.is_finite() && theirs.is_finite()) {
            continue;
        }
        let day_s = forecast.origin_s.div_euclid(86_400) * 86_400;
        let [count, sum, baseline, inside] = by_day.entry((forecast.horizon, day_s)).or_default();
        *count += 1.0;
        *sum += ours;
        *baseline += theirs;
        if (forecast.quantiles[0]..=forecast.quantiles[2]).contains(&forecast.realised) {
            *inside += 1.0;
        }
    }
    let day = |((horizon, day_s), [count, ours, theirs, inside]): ((Horizon, i64), [f64; 4])| DayScore {
        horizon,
        day_s,
        // A count of rows: whole and small.
        forecasts: count as u32,
        qlike: ours / count,
        baseline: theirs / count,
        coverage80: inside / count,
    };
    let days: Vec<DayScore> = by_day.into_iter().map(day).collect();
    Ok((!days.is_empty()).then(|| Performance { model: model.clone(), days }))
}

fn origin(panel: &Panel, forecast: &FinishedForecast) -> Option<Origin> {
    let coin = panel.coins().iter().position(|coin| coin.symbol == forecast.symbol)?;
    let row = panel.coins()[coin].row_at(forecast.origin_s)?;
    let origin = Origin { coin: u32::try_from(coin).ok()?, row: u32::try_from(row).ok()? };
    panel.is_complete(origin).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_that_was_right_loses_nothing_and_any_other_does() {
        assert!(qlike(0.03, 0.0009).abs() < 1e-12);
        assert!(qlike(0.03, 0.0018) > 0.0 && qlike(0.03, 0.00045) > qlike(0.03, 0.0018));
    }

    #[test]
    fn the_expected_variance_is_that_of_a_lognormal() {
        let spread = 0.4_f64;
        let quantiles = [0.03 * (-Z90 * spread).exp(), 0.03, 0.03 * (Z90 * spread).exp()];
        assert!((expected_variance(quantiles) - 0.0009 * (2.0 * spread * spread).exp()).abs() < 1e-12);
    }

    #[test]
    fn being_worse_is_weighed_by_forecasts_and_counted_in_days() {
        let day = |horizon, day_s, forecasts, qlike, baseline| DayScore {
            horizon,
            day_s,
            forecasts,
            qlike,
            baseline,
            coverage80: 0.8,
        };
        let model = Version::parse("lstm-1").expect("a version");
        let days = vec![day(Horizon::Day, 0, 3, 0.5, 0.4), day(Horizon::TwoDays, 0, 1, 0.1, 0.4)];
        let (worse_by, days) = Performance { model, days }.worse_by().expect("scores");
        assert!((worse_by - 0.0).abs() < 1e-12 && days == 1, "{worse_by} {days}");
    }
}

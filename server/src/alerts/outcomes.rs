//! What came of forecasts whose horizon has passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use super::Alerts;
use crate::jobs::JobError;
use crate::store::{OpenForecast, PageEnd, Settled};

/// Share of a horizon's hourly returns that must be known; as in `ml::dataset`.
const MIN_SHARE: f64 = 0.9;
/// How long after its end a hole in a horizon may still be filled.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Forecasts that are looked at in one go.
const PAGE: u32 = 500;

/// Realised volatility of the horizon that ends at an epoch second, fraction per day: `sqrt(24 / h * sum r^2)` over the
/// hourly log returns, scaled up by the share that is known. None where the candles do not reach the end yet, or where
/// more than a tenth of the returns is missing. The same as the target of the models.
#[must_use]
pub fn realised_volatility(series: &CandleSeries, ends_at_s: i64, horizon: Horizon) -> Option<f64> {
    let hours = i64::from(horizon.hours());
    if series.closes_at_s()? < ends_at_s {
        return None;
    }
    let position = |at_s: i64| series.opens_at_s.partition_point(|&opens_at_s| opens_at_s < at_s);
    // The first hour's return needs the candle before it.
    let (first, end) = (position(ends_at_s - hours * SECONDS_PER_HOUR).max(1), position(ends_at_s));
    let (sum, known) = (first..end)
        .filter(|&index| series.opens_at_s[index] - series.opens_at_s[index - 1] == SECONDS_PER_HOUR)
        .map(|index| (series.close[index] / series.close[index - 1]).ln().powi(2))
        .fold((0.0, 0_u32), |(sum, known), square| (sum + square, known + 1));
    let is_known = f64::from(known) >= MIN_SHARE * hours as f64;
    is_known.then(|| (sum / f64::from(known) * 24.0).max(f64::MIN_POSITIVE.sqrt()).sqrt())
}

impl Alerts {
    /// Writes down what came of every forecast whose horizon has passed, as far as the candles say.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn outcomes(&self, now: Timestamp) -> Result<(), JobError> {
        let mut candles: BTreeMap<Symbol, Option<Arc<CandleSeries>>> = BTreeMap::new();
        let mut after: Option<PageEnd> = None;
        let mut written = 0;
        while !self.parts.stop.is_cancelled() {
            let open = self.parts.store.open_forecasts(now, after.as_ref(), PAGE).await?;
            let Some(last) = open.last() else { break };
            after = Some((last.origin_s, last.id.clone()));
            let settled: Vec<Settled> = open
                .iter()
                .filter_map(|forecast| {
                    let series = candles
                        .entry(forecast.symbol.clone())
                        .or_insert_with(|| self.parts.forecasts.candles(&forecast.symbol));
                    settle(forecast, series.as_deref(), now)
                })
                .collect();
            if !settled.is_empty() {
                self.parts.store.settle(&settled, now).await?;
                written += settled.len();
            }
        }
        if written > 0 {
            info!(written, "Wrote down what came of forecasts");
        }
        Ok(())
    }
}

/// What came of a forecast; none while that may still become known.
fn settle(forecast: &OpenForecast, series: Option<&CandleSeries>, now: Timestamp) -> Option<Settled> {
    let ends_at_s = forecast.origin_s + i64::from(forecast.horizon.hours()) * SECONDS_PER_HOUR;
    let realised = series.and_then(|series| realised_volatility(series, ends_at_s, forecast.horizon));
    if realised.is_none() && now.as_second() - ends_at_s < GIVE_UP_AFTER.as_secs() {
        return None;
    }
    let outcome = realised.map(|realised| (realised, realised > forecast.high_above));
    Some(Settled { id: forecast.id.clone(), outcome })
}

#[cfg(test)]
mod tests {
    use domain::clock::instant;
    use domain::market::Candle;
    use ml::dataset::{Origin, Panel};
    use ml::features::compute;

    use super::*;

    fn candle(hour: i64) -> Candle {
        // A walk that repeats only after a long time.
        let close = 100.0 + (hour as f64 * 0.7).sin() * 3.0 + (hour as f64 * 0.13).cos() * 5.0;
        let opens_at = instant(hour * SECONDS_PER_HOUR);
        Candle { opens_at, open: close, high: close + 1.0, low: close - 1.0, close, volume: 5.0 }
    }

    fn symbol() -> Symbol {
        Symbol::parse("BTC").expect("a symbol")
    }

    #[test]
    fn outcomes_are_the_targets_of_the_models_holes_and_all() {
        let holes = [100, 101, 150, 151, 152, 170];
        let series: CandleSeries = (0..240).filter(|hour| !holes.contains(hour)).map(candle).collect();
        let panel = Panel::new(&compute(&[(symbol(), &series)]).expect("features"));
        let (mut known, mut unknown) = (0, 0);
        for row in 0..240_u32 {
            let origin = Origin { coin: 0, row };
            for horizon in Horizon::ALL {
                let ends_at_s = panel.origin_s(origin) + i64::from(horizon.hours()) * SECONDS_PER_HOUR;
                let expected = panel.target(origin, horizon);
                let found = realised_volatility(&series, ends_at_s, horizon);
                if expected.is_finite() {
                    known += 1;
                    let found = found.expect("known");
                    assert!((found / expected.exp() - 1.0).abs() < 1e-12, "{row} {horizon}: {found}");
                } else {
                    unknown += 1;
                    assert_eq!(found, None, "{row} {horizon}");
                }
            }
        }
        assert!(known > 100 && unknown > 50, "{known} {unknown}");
    }

    #[test]
    fn what_cannot_be_known_is_given_up_after_two_weeks() {
        let forecast =
            OpenForecast { id: "p".to_owned(), symbol: symbol(), horizon: Horizon::Day, origin_s: 0, high_above: 0.01 };
        let at = |day: i64| Timestamp::from_second(day * 86_400).expect("an instant");
        assert_eq!(settle(&forecast, None, at(14)), None);
        assert_eq!(settle(&forecast, None, at(15)), Some(Settled { id: "p".to_owned(), outcome: None }));
        let series: CandleSeries = (-2..30).map(candle).collect();
        let settled = settle(&forecast, Some(&series), at(1)).expect("known");
        assert!(settled.outcome.is_some_and(|(realised, is_high)| realised > 0.01 && is_high));
    }
}

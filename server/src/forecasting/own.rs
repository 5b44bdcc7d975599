//! Forecasts on candles that a caller brings.

use domain::error::Failure;
use domain::forecast::{Forecast, Horizon};
use domain::market::{Candle, CandleSeries, Symbol};
use ml::dataset::Panel;
use ml::features;
use ml::forecaster::{Forecaster, NEEDED_CANDLES};
use ml::model::ModelError;

use super::engine::unbroken_hours;

/// Hours of features beyond which more history changes nothing: a year that says what is usual, and some room.
const MOST_HOURS: u32 = (365 + 3) * 24;

/// Why there is no forecast.
pub(super) enum OwnError {
    /// The candles are not right; the caller learns what.
    Refused(Failure),
    /// The model failed; the caller learns a number.
    Model(ModelError),
}

/// Reads the candles strictly and forecasts from the last one on. The market-wide features see only this coin.
pub(super) fn forecast(
    forecaster: &Forecaster,
    symbol: &Symbol,
    horizon: Horizon,
    candles: &[Candle],
) -> Result<Forecast, OwnError> {
    let series = read(candles).map_err(OwnError::Refused)?;
    let given = u32::try_from(unbroken_hours(&series)).unwrap_or(u32::MAX);
    let too_few = || OwnError::Refused(Failure::TooFewCandles { needed: NEEDED_CANDLES, given });
    if series.len() < NEEDED_CANDLES as usize {
        return Err(too_few());
    }
    let tables = features::compute_tail(&[(symbol.clone(), &series)], MOST_HOURS)
        .map_err(|error| OwnError::Refused(Failure::invalid("candles", error.to_string())))?;
    let panel = Panel::new(&tables);
    let origin = panel.newest(symbol).ok_or_else(too_few)?;
    let both = forecaster.forecast(&panel, origin).map_err(OwnError::Model)?.ok_or_else(too_few)?;
    let [day, two_days] = both;
    Ok(match horizon {
        Horizon::Day => day,
        Horizon::TwoDays => two_days,
    })
}

/// Every candle must be possible, on the hour and later than the one before.
fn read(candles: &[Candle]) -> Result<CandleSeries, Failure> {
    let mut series = CandleSeries::default();
    for (index, candle) in candles.iter().enumerate() {
        let refuse = |field: &str, hint: &str| Err(Failure::invalid(format!("candles[{index}].{field}"), hint));
        if candle.opens_at.as_second().rem_euclid(3_600) != 0 || candle.opens_at.subsec_nanosecond() != 0 {
            return refuse("opens_at", "must be on the hour, in UTC");
        }
        let prices = [("open", candle.open), ("high", candle.high), ("low", candle.low), ("close", candle.close)];
        for (field, price) in prices {
            if !price.is_finite() || price <= 0.0 {
                return refuse(field, "must be a price above 0");
            }
        }
        if candle.high < candle.low {
            return refuse("high", "must not be below low");
        }
        if !(candle.low..=candle.high).contains(&candle.open) {
            return refuse("open", "must lie between low and high");
        }
        if !(candle.low..=candle.high).contains(&candle.close) {
            return refuse("close", "must lie between low and high");
        }
        if !candle.volume.is_finite() || candle.volume < 0.0 {
            return refuse("volume", "must be a number of at least 0");
        }
        if !series.push(candle) {
            return refuse("opens_at", "must be later than the candle before");
        }
    }
    Ok(series)
}

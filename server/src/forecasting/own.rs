//! Forecasts on candles that a caller brings.

use domain::clock::floor_to_hour;
use domain::error::Failure;
use domain::forecast::{Forecast, Horizon};
use domain::market::{Candle, CandleSeries, Symbol};
use ml::dataset::{NEWEST_HOURS, Panel};
use ml::features;
use ml::forecaster::{Forecaster, NEEDED_CANDLES, Shapes};
use ml::model::ModelError;

use super::engine::unbroken_hours;

/// Bounds of a price: whatever is outside is a mistake, and would drown the arithmetic behind it.
const PRICES: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

/// The largest volume of an hour.
const MAX_VOLUME: f64 = 1e18;

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
    let tables = features::compute_tail(&[(symbol.clone(), &series)], NEWEST_HOURS)
        .map_err(|error| OwnError::Refused(Failure::invalid("candles", error.to_string())))?;
    let panel = Panel::new(&tables);
    let origin = panel.newest(symbol).ok_or_else(too_few)?;
    let both = forecaster.forecast(&panel, origin, &Shapes::default()).map_err(OwnError::Model)?.ok_or_else(too_few)?;
    let [day, two_days] = both;
    Ok(match horizon {
        Horizon::Day => day,
        Horizon::TwoDays => two_days,
    })
}

/// Every candle must be one that can be true and later than the one before.
fn read(candles: &[Candle]) -> Result<CandleSeries, Failure> {
    let mut series = CandleSeries::default();
    for (position, candle) in candles.iter().enumerate() {
        check(position, candle, position.checked_sub(1).map(|before| &candles[before]))?;
        series.push(candle);
    }
    Ok(series)
}

/// Whether a candle that a caller brings can be true: on the hour, later than the one before, its prices and volume
/// in order and in bounds.
///
/// # Errors
/// [`Failure::Invalid`] naming the candle's position and field.
pub(crate) fn check(position: usize, candle: &Candle, before: Option<&Candle>) -> Result<(), Failure> {
    let wrong = |field: &str, hint: &str| Err(Failure::invalid(format!("candles[{position}].{field}"), hint));
    let Candle { opens_at, open, high, low, close, volume } = *candle;
    if floor_to_hour(opens_at.as_second()) != opens_at.as_second() || opens_at.subsec_nanosecond() != 0 {
        return wrong("opens_at", "must be the start of an hour (UTC)");
    }
    if before.is_some_and(|before| before.opens_at >= opens_at) {
        return wrong("opens_at", "must be later than that of the candle before");
    }
    for (field, price) in [("open", open), ("high", high), ("low", low), ("close", close)] {
        if !PRICES.contains(&price) {
            return wrong(field, "must be a price above 0, from 1e-12 to 1e12");
        }
    }
    if high < open.max(close).max(low) {
        return wrong("high", "must not be below open, close or low");
    }
    if low > open.min(close) {
        return wrong("low", "must not be above open or close");
    }
    if !(0.0..=MAX_VOLUME).contains(&volume) {
        return wrong("volume", "must be from 0 to 1e18");
    }
    Ok(())
}

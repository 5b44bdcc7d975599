//! The forecast ahead, as the interactive chart draws it.

use domain::forecast::Forecast;
use serde::Serialize;

/// The fan of one forecast. Its field names are read by `js/chart.js`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Outlook {
    /// Where the horizon starts, epoch seconds.
    origin_s: i64,
    /// Where it ends, epoch seconds.
    ends_at_s: i64,
    /// In the order of [`domain::forecast::Quantiles::LEVELS`], fractions per day.
    quantiles: [f64; 7],
    /// Above it a period counts as high-volatility, fraction per day.
    threshold: f64,
    /// Where the fan begins if the last bar has no volatility, fraction per day.
    just_realised: f64,
}

impl Outlook {
    /// The fan of a forecast.
    pub(crate) fn of(forecast: &Forecast) -> Self {
        Self {
            origin_s: forecast.origin.as_second(),
            ends_at_s: forecast.ends_at.as_second(),
            quantiles: forecast.quantiles.to_array(),
            threshold: forecast.usual.high,
            just_realised: forecast.just_realised,
        }
    }
}

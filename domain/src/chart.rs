//! What a chart asks for and gets: slices of history, down-sampled on the server.

use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::forecast::{Horizon, PastForecast};
use crate::market::Symbol;

/// The length of one bar of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Resolution {
    /// One hour.
    #[default]
    #[serde(rename = "1h")]
    Hour,
    /// Four hours.
    #[serde(rename = "4h")]
    FourHours,
    /// One day (UTC).
    #[serde(rename = "1d")]
    Day,
}

impl Resolution {
    /// The length of a bar in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::FourHours => 14_400,
            Self::Day => 86_400,
        }
    }

    /// As it is written in addresses and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::FourHours => "4h",
            Self::Day => "1d",
        }
    }

    /// Reads `1h`, `4h` or `1d`.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text.trim() {
            "1h" => Ok(Self::Hour),
            "4h" => Ok(Self::FourHours),
            "1d" => Ok(Self::Day),
            _ => Err(Failure::invalid("interval", "must be 1h, 4h or 1d")),
        }
    }
}

/// Which bars a chart wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartQuery {
    /// The coin.
    pub symbol: Symbol,
    /// The length of one bar.
    pub resolution: Resolution,
    /// The horizon whose forecasts are wanted.
    pub horizon: Horizon,
    /// Only bars that open before this epoch second; the newest where none.
    pub before_s: Option<i64>,
    /// How many bars, at most [`ChartQuery::MAX_BARS`].
    pub limit: u32,
}

impl ChartQuery {
    /// The most bars in one answer.
    pub const MAX_BARS: u32 = 2_000;
}

/// One bar of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// When it opened, epoch seconds.
    pub opens_at_s: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units of the base currency that changed hands.
    pub volume: f64,
    /// Realised volatility of the 24 hours that ended with this bar, fraction per day; none after a gap.
    pub volatility: Option<f64>,
}

/// A slice of a coin's history. Hours without a candle have no bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartSlice {
    /// The coin.
    pub symbol: Symbol,
    /// The length of one bar.
    pub resolution: Resolution,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// Forecasts made inside the slice at 00:00 UTC, on origins after the model's training; oldest first.
    pub forecasts: Vec<PastForecast>,
    /// Whether there is older history.
    pub has_older: bool,
}

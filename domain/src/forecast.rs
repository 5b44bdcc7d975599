//! What the forecaster says, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::market::Symbol;
use crate::model::Version;

/// How far ahead a forecast looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Horizon {
    /// The next 24 hours.
    #[default]
    Day,
    /// The next 48 hours.
    TwoDays,
}

impl Horizon {
    /// Both horizons, the shorter first.
    pub const ALL: [Self; 2] = [Self::Day, Self::TwoDays];

    /// The length in hours.
    #[must_use]
    pub const fn hours(self) -> u32 {
        match self {
            Self::Day => 24,
            Self::TwoDays => 48,
        }
    }

    /// The length in days.
    #[must_use]
    pub const fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::TwoDays => 2.0,
        }
    }

    /// The position in [`Horizon::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Day => 0,
            Self::TwoDays => 1,
        }
    }

    /// As it is written in addresses and JSON: `24h`, `48h`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::TwoDays => "48h",
        }
    }

    /// Reads `24h`, `48h`, `24` or `48`.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text.trim() {
            "24h" | "24" => Ok(Self::Day),
            "48h" | "48" => Ok(Self::TwoDays),
            _ => Err(Failure::invalid("horizon", "must be 24h or 48h")),
        }
    }
}

impl TryFrom<String> for Horizon {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<Horizon> for String {
    fn from(horizon: Horizon) -> Self {
        horizon.as_str().to_owned()
    }
}

impl std::fmt::Display for Horizon {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Quantiles of realised volatility, each a fraction per day (0.03 is 3 % a day).
///
/// Realised volatility over a horizon of `h` hours is `sqrt(sum of squared hourly log returns)`; it is scaled
/// to one day by `sqrt(24 / h)`, so that both horizons read on one scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 2.5 % of outcomes are expected below.
    pub q025: f64,
    /// 10 % below.
    pub q10: f64,
    /// 25 % below.
    pub q25: f64,
    /// The median.
    pub q50: f64,
    /// 75 % below.
    pub q75: f64,
    /// 90 % below.
    pub q90: f64,
    /// 97.5 % below.
    pub q975: f64,
}

impl Quantiles {
    /// The probabilities of the fields, in their order.
    pub const LEVELS: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];

    /// From values in the order of [`Quantiles::LEVELS`].
    #[must_use]
    pub const fn from_array(values: [f64; 7]) -> Self {
        let [q025, q10, q25, q50, q75, q90, q975] = values;
        Self { q025, q10, q25, q50, q75, q90, q975 }
    }

    /// The values in the order of [`Quantiles::LEVELS`].
    #[must_use]
    pub const fn to_array(self) -> [f64; 7] {
        [self.q025, self.q10, self.q25, self.q50, self.q75, self.q90, self.q975]
    }
}

/// What is usual for a coin: realised volatility of the same horizon over the trailing 365 days, known at the
/// origin. Fractions per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UsualRange {
    /// The 20th percentile: below is calm.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// The 80th percentile: above is a high-volatility period.
    pub high: f64,
}

/// A coarse reading of the chance of a high-volatility period, for words and colours. The bounds are fixed
/// on the base rate, which is 20 % by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Under 15 %: less likely than usual.
    Low,
    /// 15 % to under 35 %: about as likely as usual.
    Moderate,
    /// 35 % to under 60 %: clearly more likely than usual.
    High,
    /// 60 % or more: more likely than not.
    Critical,
}

impl RiskLevel {
    /// The level of a probability.
    #[must_use]
    pub fn of(probability: f64) -> Self {
        match probability {
            p if p < 0.15 => Self::Low,
            p if p < 0.35 => Self::Moderate,
            p if p < 0.60 => Self::High,
            _ => Self::Critical,
        }
    }
}

/// What a reason is about: a family of features that the model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// Volatility of the last hours to two days.
    RecentVolatility,
    /// Volatility of the last week to month.
    LongerVolatility,
    /// How much of the movement was downwards.
    DownsideMoves,
    /// The distance between highs and lows.
    PriceRange,
    /// Where the price stands against its averages (RSI, SMA, EMA).
    Trend,
    /// How much was traded, against what is usual.
    TradingVolume,
    /// Volatility of all coins together.
    WholeMarket,
    /// The day of the week.
    DayOfWeek,
}

/// One reason for a forecast: what a family of features adds to the model's answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The family of features.
    pub driver: Driver,
    /// By how much it moves the median forecast, as a fraction of what that would be if this family stood at its
    /// average: 0.25 raises it by a quarter, -0.5 halves it.
    pub effect: f64,
    /// The family's leading feature now, in that feature's own unit, where a number helps.
    pub value: Option<f64>,
    /// The same feature's average over the training span.
    pub usual: Option<f64>,
    /// How many days in a row the day's realised volatility has risen (positive) or fallen (negative) up to the
    /// origin; 0 for every driver but [`Driver::RecentVolatility`], and where it is not known.
    pub days_in_a_row: i8,
}

/// What is expected of one coin over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// The end of the last candle that was read (UTC): the horizon starts here.
    pub origin: Timestamp,
    /// The end of the horizon (UTC).
    pub ends_at: Timestamp,
    /// The model that made it.
    pub model: Version,
    /// Expected distribution of realised volatility, fraction per day.
    pub quantiles: Quantiles,
    /// The chance that realised volatility ends above [`UsualRange::high`], 0 to 1.
    pub high_volatility: f64,
    /// The chance in words.
    pub level: RiskLevel,
    /// What is usual for this coin and horizon.
    pub usual: UsualRange,
    /// Share of the trailing 365 days whose realised volatility was below the median forecast, 0 to 1.
    pub rank: f64,
    /// Realised volatility of the horizon that has just ended, fraction per day.
    pub just_realised: f64,
    /// The strongest reasons, strongest first.
    pub reasons: Vec<Reason>,
}

/// A forecast that was made, and what came of it where its horizon has passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PastForecast {
    /// When it was made, epoch seconds.
    pub origin_s: i64,
    /// The horizon's end, epoch seconds.
    pub ends_at_s: i64,
    /// 10th percentile, fraction per day.
    pub q10: f64,
    /// Median, fraction per day.
    pub q50: f64,
    /// 90th percentile, fraction per day.
    pub q90: f64,
    /// The chance of a high-volatility period that was given, 0 to 1.
    pub high_volatility: f64,
    /// The bound above which the period counts as high, fraction per day.
    pub threshold: f64,
    /// What was realised, fraction per day; none while the horizon runs.
    pub realised: Option<f64>,
}

/// How forecasts of one coin and horizon compare with what happened, on origins after the model's training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackRecord {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// One forecast a day, oldest first.
    pub forecasts: Vec<PastForecast>,
    /// How many of them have an outcome.
    pub finished: u32,
    /// Share of outcomes inside the 80 % interval, 0 to 1; none without outcomes.
    pub coverage80: Option<f64>,
    /// Warnings (chance of at least one half) that came true.
    pub warnings_right: u32,
    /// Warnings that did not.
    pub warnings_wrong: u32,
    /// High-volatility periods without a warning.
    pub missed: u32,
    /// Calm periods without a warning.
    pub calm_right: u32,
    /// Median of |forecast / realised - 1|; none without outcomes.
    pub typical_error: Option<f64>,
}

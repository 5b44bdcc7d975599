//! What the API says, shape by shape. Fields are added here, never renamed and never removed, within a version.

pub mod chat;
pub mod evaluation;
pub mod feedback;
pub mod watching;

use std::collections::BTreeMap;

use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::{self, Driver, RiskLevel};
use domain::market::{self, MarketOrigin, MarketState};
use domain::model::{self, ModelCard};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How far ahead a forecast looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum Horizon {
    /// The next 24 hours.
    #[serde(rename = "24h")]
    Day,
    /// The next 48 hours.
    #[serde(rename = "48h")]
    TwoDays,
}

/// Where the candles behind a forecast came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Files of real candles.
    Archive,
    /// A live exchange.
    Exchange,
    /// The seeded simulator: not a real market.
    Simulated,
    /// The caller's own candles.
    Own,
}

/// The chance of a high-volatility period in words: `low` under 15 %, `moderate` under 35 %, `high` under 60 %,
/// `critical` from there. The base rate is 20 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Less likely than usual.
    Low,
    /// About as likely as usual.
    Moderate,
    /// Clearly more likely than usual.
    High,
    /// More likely than not.
    Critical,
}

/// What is expected of one coin over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Forecast {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// The coin's name.
    #[schema(example = "Bitcoin")]
    pub name: String,
    /// How far ahead.
    pub horizon: Horizon,
    /// The end of the last candle that was read (UTC); the horizon starts here.
    #[schema(value_type = String, format = DateTime, example = "2025-06-30T00:00:00Z")]
    pub origin: Timestamp,
    /// The end of the horizon (UTC).
    #[schema(value_type = String, format = DateTime, example = "2025-07-01T00:00:00Z")]
    pub ends_at: Timestamp,
    /// Where the candles came from.
    pub source: Source,
    /// The model that made it; see `/api/v1/models`.
    #[schema(example = "lstm-20250701-1a2b3c4d")]
    pub model: String,
    /// The chance of a high-volatility period, 0 to 1: that realised volatility ends above `usual.high`.
    #[schema(minimum = 0, maximum = 1, example = 0.27)]
    pub high_volatility: f64,
    /// The chance in words.
    pub level: Level,
    /// Expected distribution of realised volatility, fraction per day.
    pub quantiles: Quantiles,
    /// What is usual for this coin and horizon.
    pub usual: UsualRange,
    /// Share of the trailing 365 days that were calmer than the median forecast, 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 0.63)]
    pub rank: f64,
    /// Realised volatility of the horizon that has just ended, fraction per day.
    #[schema(example = 0.0182)]
    pub just_realised: f64,
    /// The strongest reasons, strongest first.
    pub reasons: Vec<Reason>,
}

/// Quantiles of realised volatility, each a fraction per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"q025": 0.0096, "q10": 0.0121, "q25": 0.0153, "q50": 0.0199, "q75": 0.0260, "q90": 0.0334, "q975": 0.0448}))]
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

/// Realised volatility of the same horizon over the trailing 365 days, known at the origin; fractions per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"low": 0.0125, "middle": 0.0188, "high": 0.0281}))]
pub struct UsualRange {
    /// The 20th percentile: below is calm.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// The 80th percentile: above is a high-volatility period.
    pub high: f64,
}

/// One reason for a forecast: what it would lose without a family of features.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Reason {
    /// The family of features.
    #[schema(example = "recent_volatility")]
    pub driver: Driving,
    /// By how much it moves the median forecast, as a fraction of it: 0.2 is 20 % more; negative calms.
    #[schema(example = 0.21)]
    pub effect: f64,
    /// The family's leading feature now, in its own unit.
    pub value: Option<f64>,
    /// The same feature's average over the training span.
    pub usual: Option<f64>,
    /// How many days in a row the day's realised volatility has risen (positive) or fallen (negative); 0 for every
    /// driver but `recent_volatility`.
    #[schema(example = 3)]
    pub days_in_a_row: i8,
}

/// A family of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Driving {
    /// Volatility of the last hours to two days.
    RecentVolatility,
    /// Volatility of the last week to month.
    LongerVolatility,
    /// How much of the movement was downwards.
    DownsideMoves,
    /// The distance between highs and lows.
    PriceRange,
    /// Where the price stands against its averages.
    Trend,
    /// How much was traded, against what is usual.
    TradingVolume,
    /// Volatility of all coins together.
    WholeMarket,
    /// The day of the week.
    DayOfWeek,
}

/// The newest forecasts of every coin that has one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ForecastList {
    /// How the market data stands.
    pub market: Market,
    /// One entry a coin and horizon.
    pub forecasts: Vec<Forecast>,
}

/// One hour of one coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Candle {
    /// When the hour began (UTC).
    #[schema(value_type = String, format = DateTime, example = "2025-06-30T22:00:00Z")]
    pub opens_at: Timestamp,
    /// When the hour ended (UTC), the first instant at which the candle is known.
    #[schema(value_type = String, format = DateTime, example = "2025-06-30T23:00:00Z")]
    pub closes_at: Timestamp,
    /// First price, USDT.
    #[schema(example = 107120.5)]
    pub open: f64,
    /// Highest price, USDT.
    #[schema(example = 107402.0)]
    pub high: f64,
    /// Lowest price, USDT.
    #[schema(example = 106988.1)]
    pub low: f64,
    /// Last price, USDT.
    #[schema(example = 107310.9)]
    pub close: f64,
    /// Units of the coin that changed hands.
    #[schema(example = 412.7)]
    pub volume: f64,
}

/// Hourly candles of one coin, oldest first. Hours that are missing are not there: a gap stays a gap.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CandleList {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// The candles.
    pub candles: Vec<Candle>,
}

/// How the market data stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Market {
    /// Where the newest candles came from.
    pub source: Source,
    /// The end of the newest candle of any coin (UTC); null while nothing is loaded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-06-30T23:00:00Z")]
    pub as_of: Option<Timestamp>,
    /// Whether the newest candle is older than two hours.
    pub is_stale: bool,
    /// Whether no exchange can be reached.
    pub is_offline: bool,
    /// When the exchange will be tried again (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub retries_at: Option<Timestamp>,
    /// Share of the archive read so far, 0 to 1, while it is being read.
    pub loading: Option<f32>,
    /// Hours missing between the first and the last candle, over all coins.
    pub missing_hours: u32,
    /// Rows refused because they cannot be true, over all coins.
    pub quarantined_rows: u32,
}

/// Every model in the registry, champions first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelList {
    /// The models.
    pub models: Vec<Model>,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Model {
    /// Its name in the registry.
    #[schema(example = "lstm-20250701-1a2b3c4d")]
    pub version: String,
    /// Its family, such as `har_calendar`, `lstm` or `blend`.
    #[schema(value_type = String, example = "lstm")]
    pub family: &'static str,
    /// Whether it serves.
    pub is_champion: bool,
    /// When it was trained (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_at: Timestamp,
    /// First candle of the training span (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_from: Timestamp,
    /// End of the training span (UTC); later origins are honest tests.
    #[schema(value_type = String, format = DateTime)]
    pub trained_to: Timestamp,
    /// The seed of every random choice.
    pub seed: u64,
    /// The git revision that trained it.
    pub revision: String,
    /// Number of trained parameters.
    pub parameters: u32,
    /// Scores on origins after the training span, pooled over coins.
    pub scores: Vec<Score>,
    /// The same scores of the baseline, HAR with calendar.
    pub baseline: Vec<Score>,
    /// Scores by trading pair.
    pub by_symbol: BTreeMap<String, Vec<Score>>,
}

/// How a model did on origins that it was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Score {
    /// The horizon.
    pub horizon: Horizon,
    /// How many forecasts were scored.
    pub origins: u32,
    /// Mean QLIKE loss on variance (Patton 2011); 0 is perfect.
    pub qlike: f64,
    /// Root mean squared error of log realised volatility.
    pub rmse_log: f64,
    /// Coefficient of determination of log realised volatility.
    pub r2_log: f64,
    /// Area under the ROC curve of the high-volatility probability.
    pub auc: f64,
    /// Average precision of that probability; the base rate is about 0.2.
    pub average_precision: f64,
    /// Brier score of that probability.
    pub brier: f64,
    /// Mean negative log likelihood of that probability.
    pub log_score: f64,
    /// Mean pinball loss of log realised volatility over the published quantiles.
    pub pinball: f64,
    /// Share of outcomes inside the 50 % interval.
    pub coverage50: f64,
    /// Share of outcomes inside the 80 % interval.
    pub coverage80: f64,
    /// Share of outcomes inside the 95 % interval.
    pub coverage95: f64,
    /// Mean width of the 50 % interval, as the logarithm of its upper over its lower end.
    pub width50: f64,
    /// Mean width of the 80 % interval, likewise.
    pub width80: f64,
    /// Mean width of the 95 % interval, likewise.
    pub width95: f64,
}

impl Forecast {
    /// A forecast and where its candles came from.
    #[must_use]
    pub fn new(forecast: forecast::Forecast, source: Source) -> Self {
        Self {
            name: forecast.symbol.name().to_owned(),
            symbol: forecast.symbol.into(),
            horizon: forecast.horizon.into(),
            origin: forecast.origin,
            ends_at: forecast.ends_at,
            source,
            model: forecast.model.into(),
            high_volatility: forecast.high_volatility,
            level: forecast.level.into(),
            quantiles: forecast.quantiles.into(),
            usual: forecast.usual.into(),
            rank: forecast.rank,
            just_realised: forecast.just_realised,
            reasons: forecast.reasons.into_iter().map(Reason::from).collect(),
        }
    }
}

impl From<forecast::Horizon> for Horizon {
    fn from(horizon: forecast::Horizon) -> Self {
        match horizon {
            forecast::Horizon::Day => Self::Day,
            forecast::Horizon::TwoDays => Self::TwoDays,
        }
    }
}

impl From<MarketOrigin> for Source {
    fn from(origin: MarketOrigin) -> Self {
        match origin {
            MarketOrigin::Archive => Self::Archive,
            MarketOrigin::Exchange => Self::Exchange,
            MarketOrigin::Simulated => Self::Simulated,
        }
    }
}

impl From<RiskLevel> for Level {
    fn from(level: RiskLevel) -> Self {
        match level {
            RiskLevel::Low => Self::Low,
            RiskLevel::Moderate => Self::Moderate,
            RiskLevel::High => Self::High,
            RiskLevel::Critical => Self::Critical,
        }
    }
}

impl From<forecast::Quantiles> for Quantiles {
    fn from(quantiles: forecast::Quantiles) -> Self {
        let [q025, q10, q25, q50, q75, q90, q975] = quantiles.to_array();
        Self { q025, q10, q25, q50, q75, q90, q975 }
    }
}

impl From<forecast::UsualRange> for UsualRange {
    fn from(usual: forecast::UsualRange) -> Self {
        Self { low: usual.low, middle: usual.middle, high: usual.high }
    }
}

impl From<forecast::Reason> for Reason {
    fn from(reason: forecast::Reason) -> Self {
        let forecast::Reason { driver, effect, value, usual, days_in_a_row } = reason;
        Self { driver: driver.into(), effect, value, usual, days_in_a_row }
    }
}

impl From<Driver> for Driving {
    fn from(driver: Driver) -> Self {
        match driver {
            Driver::RecentVolatility => Self::RecentVolatility,
            Driver::LongerVolatility => Self::LongerVolatility,
            Driver::DownsideMoves => Self::DownsideMoves,
            Driver::PriceRange => Self::PriceRange,
            Driver::Trend => Self::Trend,
            Driver::TradingVolume => Self::TradingVolume,
            Driver::WholeMarket => Self::WholeMarket,
            Driver::DayOfWeek => Self::DayOfWeek,
        }
    }
}

impl From<market::Candle> for Candle {
    fn from(candle: market::Candle) -> Self {
        let market::Candle { opens_at, open, high, low, close, volume } = candle;
        let closes_at = domain::clock::instant(opens_at.as_second() + SECONDS_PER_HOUR);
        Self { opens_at, closes_at, open, high, low, close, volume }
    }
}

impl From<MarketState> for Market {
    fn from(state: MarketState) -> Self {
        Self {
            source: state.origin.into(),
            as_of: state.as_of,
            is_stale: state.is_stale,
            is_offline: state.is_offline,
            retries_at: state.retries_at,
            loading: state.loading,
            missing_hours: state.missing_hours,
            quarantined_rows: state.quarantined_rows,
        }
    }
}

impl From<ModelCard> for Model {
    fn from(card: ModelCard) -> Self {
        let scores = |scores: Vec<model::Score>| scores.into_iter().map(Score::from).collect();
        Self {
            version: card.version.into(),
            family: card.family.as_str(),
            is_champion: card.is_champion,
            trained_at: card.trained_at,
            trained_from: card.trained_from,
            trained_to: card.trained_to,
            seed: card.seed,
            revision: card.revision,
            parameters: card.parameters,
            scores: scores(card.scores),
            baseline: scores(card.baseline),
            by_symbol: card.by_symbol.into_iter().map(|(symbol, of_it)| (symbol, scores(of_it))).collect(),
        }
    }
}

impl From<model::Score> for Score {
    fn from(score: model::Score) -> Self {
        Self {
            horizon: score.horizon.into(),
            origins: score.origins,
            qlike: score.qlike,
            rmse_log: score.rmse_log,
            r2_log: score.r2_log,
            auc: score.auc,
            average_precision: score.average_precision,
            brier: score.brier,
            log_score: score.log_score,
            pinball: score.pinball,
            coverage50: score.coverage50,
            coverage80: score.coverage80,
            coverage95: score.coverage95,
            width50: score.width50,
            width80: score.width80,
            width95: score.width95,
        }
    }
}

//! What the API says about how the data stand.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Market;
use crate::watching;

/// How the data stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HealthState {
    /// When this was looked up (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How the market stands.
    pub market: Market,
    /// Each coin.
    pub coins: Vec<CoinState>,
    /// Refused rows by reason, the most frequent first.
    pub quarantined: Vec<RefusedState>,
    /// Sources of candles.
    pub sources: Vec<SourceState>,
    /// The last failures of sources, the newest first.
    pub failures: Vec<FailureState>,
    /// The newest published forecast.
    pub newest_forecast: Option<NewestForecast>,
    /// Forecasts whose horizon has passed and whose outcome is not known.
    pub without_outcome: u64,
    /// The model that serves.
    pub champion: Option<ChampionState>,
}

/// How a coin's candles stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CoinState {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// The end of the newest candle (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub newest: Option<Timestamp>,
    /// Its age in seconds.
    pub age_s: Option<i64>,
    /// Whether it is older than two hours.
    pub is_stale: bool,
    /// Which source brought the newest stored candle.
    pub source: Option<String>,
    /// Candles that are shown.
    pub candles: u64,
    /// Hours that are missing between the first and the last one.
    pub missing_hours: u64,
    /// The newest gaps, the newest first.
    pub gaps: Vec<GapState>,
    /// Rows that were refused.
    pub quarantined: u64,
}

/// Hours without a candle.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GapState {
    /// Begin of the first missing hour (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// End of the last one (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

/// Rows that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RefusedState {
    /// The reason.
    #[schema(example = "high_below_low")]
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// When the newest was refused (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub newest: Option<Timestamp>,
}

/// How a source of candles stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SourceState {
    /// Its name.
    #[schema(example = "binance")]
    pub source: String,
    /// When it gave something last (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Timestamp>,
    /// Coins of which it gave candles.
    pub coins: u64,
    /// Failures within the last day.
    pub failures_in_a_day: u64,
    /// When it failed last (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failed_at: Option<Timestamp>,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FailureState {
    /// Its name.
    pub source: String,
    /// What happened.
    pub what: String,
    /// When (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The newest published forecast.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NewestForecast {
    /// Where its horizon begins (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub origin: Timestamp,
    /// When it was stored (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// Seconds since its origin.
    pub age_s: i64,
    /// The model that made it.
    pub model: String,
}

/// The model that serves.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChampionState {
    /// Its name.
    pub version: String,
    /// When it was trained (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_at: Timestamp,
    /// The end of what it was trained on (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_to: Timestamp,
    /// Whole days since then.
    pub age_days: i64,
}

impl From<watching::HealthBoard> for HealthState {
    fn from(board: watching::HealthBoard) -> Self {
        Self {
            at: board.at,
            market: board.market.into(),
            coins: board.coins.into_iter().map(Into::into).collect(),
            quarantined: board
                .quarantined
                .into_iter()
                .map(|of| RefusedState { reason: of.reason, rows: of.rows, newest: of.newest })
                .collect(),
            sources: board
                .sources
                .into_iter()
                .map(|of| SourceState {
                    source: of.source,
                    answered_at: of.answered_at,
                    coins: of.coins,
                    failures_in_a_day: of.failures_in_a_day,
                    failed_at: of.failed_at,
                })
                .collect(),
            failures: board
                .failures
                .into_iter()
                .map(|failure| FailureState { source: failure.source, what: failure.what, at: failure.at })
                .collect(),
            newest_forecast: board.newest_forecast.map(|newest| NewestForecast {
                origin: newest.origin,
                published_at: newest.published_at,
                age_s: newest.age_s,
                model: newest.model,
            }),
            without_outcome: board.without_outcome,
            champion: board.champion.map(|champion| ChampionState {
                version: champion.version.into(),
                trained_at: champion.trained_at,
                trained_to: champion.trained_to,
                age_days: champion.age_days,
            }),
        }
    }
}

impl From<watching::CoinHealth> for CoinState {
    fn from(coin: watching::CoinHealth) -> Self {
        Self {
            symbol: coin.symbol.into(),
            newest: coin.newest,
            age_s: coin.age_s,
            is_stale: coin.is_stale,
            source: coin.source,
            candles: coin.candles,
            missing_hours: coin.missing_hours,
            gaps: coin.gaps.into_iter().map(|(from, to)| GapState { from, to }).collect(),
            quarantined: coin.quarantined,
        }
    }
}

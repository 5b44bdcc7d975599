//! What the API says about forecasts against outcomes.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Horizon;
use crate::watching;

/// Forecasts against what happened over the last year.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PerformanceState {
    /// The horizon.
    pub horizon: Horizon,
    /// The coin; null for all.
    pub symbol: Option<String>,
    /// The model; null for all.
    pub model: Option<String>,
    /// When the numbers were worked out (UTC); null before they were.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// All of them together.
    pub total: PerformanceScores,
    /// By week, the oldest first.
    pub weeks: Vec<WeekScores>,
    /// By coin, of the asked model.
    pub coins: Vec<CoinScores>,
    /// By model, of the asked coin.
    pub models: Vec<ModelScores>,
    /// Chances that were given against what happened; empty bins are left out.
    pub reliability: Vec<ChanceBin>,
}

/// Scores of a week.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeekScores {
    /// Monday, 00:00 UTC.
    #[schema(value_type = String, format = DateTime)]
    pub week: Timestamp,
    /// The scores.
    pub scores: PerformanceScores,
}

/// Scores of a coin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CoinScores {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// The scores.
    pub scores: PerformanceScores,
}

/// Scores of a model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelScores {
    /// Its name.
    pub version: String,
    /// The scores.
    pub scores: PerformanceScores,
}

/// Forecasts against outcomes in numbers. QLIKE is of the variance of the log-normal through the published 10th, 50th
/// and 90th percentile; the baseline is HAR with calendar, judged alike.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PerformanceScores {
    /// Forecasts with an outcome.
    pub forecasts: u64,
    /// Mean QLIKE; 0 is perfect.
    pub qlike: Option<f64>,
    /// Forecasts that have a baseline beside them.
    pub compared: u64,
    /// Mean QLIKE of those.
    pub compared_qlike: Option<f64>,
    /// Mean QLIKE of the baseline on the same origins.
    pub baseline_qlike: Option<f64>,
    /// Mean of ln(median / realised): above 0 where forecasts are too high.
    pub error: Option<f64>,
    /// Mean of |ln(median / realised)|.
    pub absolute_error: Option<f64>,
    /// The same of the baseline, on the compared origins.
    pub baseline_absolute_error: Option<f64>,
    /// Share of outcomes inside the 80 % interval.
    pub coverage80: Option<ShareOf>,
    /// The same of the baseline, on the compared origins.
    pub baseline_coverage80: Option<ShareOf>,
    /// Share of periods of high volatility.
    pub high: Option<ShareOf>,
    /// Mean chance that was given.
    pub chance: Option<f64>,
    /// What was expected and what came, geometric means, fractions per day.
    pub outlook: Option<ExpectedAndRealised>,
    /// How often people said that a forecast was right.
    pub confirmed: u64,
    /// How often they said that it was wrong.
    pub denied: u64,
    /// Share of the former.
    pub confirmed_share: Option<ShareOf>,
}

/// A share with its 95 % interval (Wilson). Forecasts of neighbouring hours share most of their outcome, so the
/// interval does not count forecasts but stretches as long as the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShareOf {
    /// The share, 0 to 1.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Cases that the interval stands on.
    pub cases: u64,
}

/// What was expected and what came, fractions per day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExpectedAndRealised {
    /// 10th percentile.
    pub q10: f64,
    /// Median.
    pub q50: f64,
    /// 90th percentile.
    pub q90: f64,
    /// Realised.
    pub realised: f64,
}

/// Forecasts whose chance of a high-volatility period was about the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChanceBin {
    /// Lower end of the chances, 0 to 1.
    pub from: f64,
    /// Upper end.
    pub to: f64,
    /// Mean of the chances that were given.
    pub chance: f64,
    /// Share of periods that turned out high.
    pub happened: ShareOf,
    /// How many forecasts there were.
    pub forecasts: u64,
}

impl From<watching::PerformanceBoard> for PerformanceState {
    fn from(board: watching::PerformanceBoard) -> Self {
        Self {
            horizon: board.horizon.into(),
            symbol: board.symbol.map(Into::into),
            model: board.model.map(Into::into),
            updated_at: board.updated_at,
            total: board.total.into(),
            weeks: board.weeks.into_iter().map(|(week, scores)| WeekScores { week, scores: scores.into() }).collect(),
            coins: board
                .coins
                .into_iter()
                .map(|(symbol, scores)| CoinScores { symbol: symbol.into(), scores: scores.into() })
                .collect(),
            models: board
                .models
                .into_iter()
                .map(|(version, scores)| ModelScores { version: version.into(), scores: scores.into() })
                .collect(),
            reliability: board.reliability.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<watching::Scores> for PerformanceScores {
    fn from(scores: watching::Scores) -> Self {
        Self {
            forecasts: scores.forecasts,
            qlike: scores.qlike,
            compared: scores.compared,
            compared_qlike: scores.compared_qlike,
            baseline_qlike: scores.baseline_qlike,
            error: scores.error,
            absolute_error: scores.absolute_error,
            baseline_absolute_error: scores.baseline_absolute_error,
            coverage80: scores.coverage80.map(Into::into),
            baseline_coverage80: scores.baseline_coverage80.map(Into::into),
            high: scores.high.map(Into::into),
            chance: scores.chance,
            outlook: scores.outlook.map(Into::into),
            confirmed: scores.confirmed,
            denied: scores.denied,
            confirmed_share: scores.confirmed_share.map(Into::into),
        }
    }
}

impl From<watching::Share> for ShareOf {
    fn from(share: watching::Share) -> Self {
        let watching::Share { share, low, high, cases } = share;
        Self { share, low, high, cases }
    }
}

impl From<watching::Outlook> for ExpectedAndRealised {
    fn from(outlook: watching::Outlook) -> Self {
        let watching::Outlook { q10, q50, q90, realised } = outlook;
        Self { q10, q50, q90, realised }
    }
}

impl From<watching::ReliabilityBin> for ChanceBin {
    fn from(bin: watching::ReliabilityBin) -> Self {
        let watching::ReliabilityBin { from, to, chance, happened, forecasts } = bin;
        Self { from, to, chance, happened: happened.into(), forecasts }
    }
}

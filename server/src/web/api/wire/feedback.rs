//! What the API says about feedback.

use domain::feedback;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Horizon;

/// Whether a forecast was right, in somebody's eyes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForecastVerdict {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
}

/// What was really seen.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Calmer than usual.
    Calm,
    /// About as usual.
    Usual,
    /// Rougher than usual.
    High,
}

/// Feedback as it was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackKept {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// How far ahead the forecast looked.
    pub horizon: Horizon,
    /// Where its horizon starts (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub origin: Timestamp,
    /// The end of its horizon (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// What was said.
    pub verdict: ForecastVerdict,
    /// What was really seen, if that was said.
    pub seen: Option<Seen>,
    /// The words, without control characters.
    pub words: String,
    /// Until when another answer replaces this one (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub changeable_until: Timestamp,
}

impl From<ForecastVerdict> for feedback::ForecastVerdict {
    fn from(verdict: ForecastVerdict) -> Self {
        match verdict {
            ForecastVerdict::Right => Self::Right,
            ForecastVerdict::Wrong => Self::Wrong,
        }
    }
}

impl From<feedback::ForecastVerdict> for ForecastVerdict {
    fn from(verdict: feedback::ForecastVerdict) -> Self {
        match verdict {
            feedback::ForecastVerdict::Right => Self::Right,
            feedback::ForecastVerdict::Wrong => Self::Wrong,
        }
    }
}

impl From<Seen> for feedback::Seen {
    fn from(seen: Seen) -> Self {
        match seen {
            Seen::Calm => Self::Calm,
            Seen::Usual => Self::Usual,
            Seen::High => Self::High,
        }
    }
}

impl From<feedback::Seen> for Seen {
    fn from(seen: feedback::Seen) -> Self {
        match seen {
            feedback::Seen::Calm => Self::Calm,
            feedback::Seen::Usual => Self::Usual,
            feedback::Seen::High => Self::High,
        }
    }
}

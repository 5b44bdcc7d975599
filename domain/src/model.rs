//! Models as a reader sees them: versions, cards and scores.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::forecast::Horizon;

/// The name of one trained model in the registry: `lstm-20250701-1a2b3c4d`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

impl Version {
    /// Reads a version: lower-case letters, digits, dots and dashes, at most 64 of them, so that it can name a folder.
    ///
    /// # Errors
    /// [`Failure::UnknownModel`] where the text cannot be a version.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let is_plain = !text.is_empty()
            && text.len() <= 64
            && !text.starts_with(['.', '-'])
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
        if is_plain { Ok(Self(text.to_owned())) } else { Err(Failure::unknown_model(text)) }
    }

    /// The version as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Version {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The families of models; each has one champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Tomorrow is like today.
    Persistence,
    /// Exponentially weighted moving average (RiskMetrics).
    Ewma,
    /// GARCH(1,1) with Student-t errors on daily returns (Bollerslev 1987).
    Garch,
    /// Heterogeneous autoregression (Corsi 2009).
    Har,
    /// Heterogeneous autoregression with day-of-week terms.
    HarCalendar,
    /// Random forest.
    RandomForest,
    /// Gradient boosting over regression trees.
    Boosting,
    /// The recurrent network.
    Lstm,
    /// HAR with calendar and gradient boosting together: a blend without the network.
    BlendWithoutLstm,
    /// The network and gradient boosting together.
    Blend,
}

impl Family {
    /// As it is written in JSON, file names and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Persistence => "persistence",
            Self::Ewma => "ewma",
            Self::Garch => "garch",
            Self::Har => "har",
            Self::HarCalendar => "har_calendar",
            Self::RandomForest => "random_forest",
            Self::Boosting => "boosting",
            Self::Lstm => "lstm",
            Self::BlendWithoutLstm => "blend_without_lstm",
            Self::Blend => "blend",
        }
    }
}

/// How a model did on origins that it was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// What a reader may know about a trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Its name in the registry.
    pub version: Version,
    /// Its family.
    pub family: Family,
    /// Whether it serves.
    pub is_champion: bool,
    /// When it was trained (UTC).
    pub trained_at: Timestamp,
    /// First candle of the training span (UTC).
    pub trained_from: Timestamp,
    /// End of the training span (UTC); later origins are honest tests.
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
    /// Scores by coin, by pair name.
    pub by_symbol: BTreeMap<String, Vec<Score>>,
}

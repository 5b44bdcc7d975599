//! What the API says about drift.

use jiff::Timestamp;
use ml::drift::{Role, TestKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Horizon;
use crate::watching;

/// Whether what is seen is still what the champion was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftState {
    /// Forecasts of this horizon.
    pub horizon: Horizon,
    /// Length of the current window, days.
    pub days: u32,
    /// `not_checked`, `too_few_rows`, `calm`, `suspected` (some of the newest windows drifted) or `confirmed` (enough
    /// of them did).
    #[schema(value_type = String, example = "calm")]
    pub verdict: &'static str,
    /// Since when that is so (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// The model that serves.
    pub model: Option<String>,
    /// So many of the newest `of` windows must have drifted before drift is confirmed.
    pub needed: u32,
    /// Windows that are looked back on.
    pub of: u32,
    /// Hours from one window to the next.
    pub every_hours: u32,
    /// The newest windows, the oldest first.
    pub windows: Vec<DriftWindow>,
    /// What was compared last; null before anything was.
    pub newest: Option<DriftComparison>,
    /// Each column of that comparison: drifted ones first, then by score.
    pub columns: Vec<DriftColumn>,
    /// The served model's own error over time.
    pub error: ErrorState,
}

/// One window's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftWindow {
    /// Its end (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// `stable`, `drifted` or `too_few_rows`.
    #[schema(value_type = String, example = "stable")]
    pub verdict: &'static str,
    /// Features that drifted.
    pub drifted: u32,
    /// Features that could be judged.
    pub judged: u32,
    /// Drifted over judged ones, 0 to 1.
    pub share: f64,
}

/// What was compared, and by which rules.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftComparison {
    /// The model whose training is the reference.
    pub model: String,
    /// `stable`, `drifted` or `too_few_rows`.
    #[schema(value_type = String, example = "stable")]
    pub verdict: &'static str,
    /// Begin of the current window (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// End of the current window (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Rows of the current window.
    pub rows: u64,
    /// Begin of the reference (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub reference_from: Timestamp,
    /// End of the reference (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub reference_to: Timestamp,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Features that drifted.
    pub drifted: u32,
    /// Features that could be judged.
    pub judged: u32,
    /// Features in all.
    pub features: u32,
    /// Drifted over judged ones, 0 to 1.
    pub share: f64,
    /// From which share on the window drifted.
    pub share_threshold: f64,
    /// The significance of each test.
    pub significance: f64,
    /// Fewest rows that are judged.
    pub least_rows: u32,
    /// When it was worked out (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
}

/// One column in both windows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftColumn {
    /// Its name, as in the monitoring data.
    #[schema(example = "log_rv_1d")]
    pub name: String,
    /// `feature`, `target` or `forecast`.
    #[schema(value_type = String, example = "feature")]
    pub role: &'static str,
    /// `stable`, `drifted` or `too_few_rows`.
    #[schema(value_type = String, example = "stable")]
    pub verdict: &'static str,
    /// How far it is from its threshold.
    pub score: f64,
    /// Where the threshold lies on the scale of `score`.
    pub threshold: f64,
    /// Since when it has drifted without a break (UTC); null where it did not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub began_at: Option<Timestamp>,
    /// Each test.
    pub tests: Vec<DriftTest>,
    /// The tests that made it drifted.
    #[schema(value_type = Vec<String>)]
    pub because: Vec<&'static str>,
    /// What was learnt from.
    pub reference: DriftHistogram,
    /// What is seen now, in the same bins.
    pub current: DriftHistogram,
    /// What was learnt from, in numbers; null for categories.
    pub reference_numbers: Option<DriftNumbers>,
    /// What is seen now, in numbers; null for categories.
    pub current_numbers: Option<DriftNumbers>,
    /// The score at the end of each of the last windows, the oldest first.
    pub history: Vec<DriftScore>,
}

/// One test of one column.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftTest {
    /// `kolmogorov_smirnov`, `anderson_darling`, `wasserstein`, `psi`, `jensen_shannon`, `chi_square`,
    /// `chi_square_of_fit`, `missing`, `out_of_range` or `new_categories`.
    #[schema(value_type = String, example = "psi")]
    pub test: &'static str,
    /// The statistic.
    pub statistic: f64,
    /// The p-value that takes rows for independent; null for a plain measure.
    pub p: Option<f64>,
    /// The p-value that counts how much rows depend on each other, which decides.
    pub p_effective: Option<f64>,
    /// A p-value must be below, a statistic above.
    pub threshold: f64,
    /// `stable`, `drifted` or `too_few_rows`.
    #[schema(value_type = String, example = "stable")]
    pub verdict: &'static str,
    /// How it was done.
    pub rule: String,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows of the current window.
    pub current_rows: u64,
    /// As many independent rows the reference's are worth.
    pub reference_effective: f64,
    /// As many independent rows the current window's are worth.
    pub current_effective: f64,
}

/// A distribution in bins; either `edges` or `names` is empty.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftHistogram {
    /// Edges of the bins in rising order, one more than counts.
    pub edges: Vec<f64>,
    /// Names of the categories; the rest of them has an empty one.
    pub names: Vec<String>,
    /// Rows a bin.
    pub counts: Vec<u64>,
}

/// A distribution in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftNumbers {
    /// Share of rows without a value, 0 to 1.
    pub missing: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub standard_deviation: f64,
    /// Lowest.
    pub least: f64,
    /// Highest.
    pub most: f64,
    /// 5th, 25th, 50th, 75th and 95th percentile.
    pub quantiles: Vec<f64>,
}

/// A score at the end of a window.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftScore {
    /// The end of the window (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// The score.
    pub score: f64,
}

/// Whether the served model's error has grown for good: a test of Page and Hinkley on the mean over coins of
/// |ln(median / realised)|, one origin a coin and day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorState {
    /// `not_checked`, `calm` or `confirmed`.
    #[schema(value_type = String, example = "calm")]
    pub verdict: &'static str,
    /// Since when that is so (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Days that were counted since the model began to serve.
    pub days: u32,
    /// Fewest days before anything is said.
    pub least_days: u32,
    /// Days of earlier errors that say what is usual.
    pub reference_days: u32,
    /// The mean of these.
    pub usual: Option<f64>,
    /// How far the errors have risen, summed up, in standard deviations.
    pub statistic: Option<f64>,
    /// Above this the error has grown for good.
    pub threshold: f64,
    /// Rises below this many standard deviations do not count.
    pub tolerance: f64,
    /// The error by day, the oldest first.
    pub errors: Vec<DayError>,
    /// Ends of the days that raised an alarm (UTC), the oldest first.
    #[schema(value_type = Vec<String>)]
    pub alarms: Vec<Timestamp>,
}

/// The error of a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayError {
    /// Midnight (UTC) of the origins.
    #[schema(value_type = String, format = DateTime)]
    pub day: Timestamp,
    /// The mean error.
    pub error: f64,
}

impl From<watching::DriftBoard> for DriftState {
    fn from(board: watching::DriftBoard) -> Self {
        Self {
            horizon: board.query.horizon.into(),
            days: board.query.days,
            verdict: board.verdict.as_str(),
            since: board.since,
            model: board.model.map(Into::into),
            needed: board.needed,
            of: board.of,
            every_hours: board.every_hours,
            windows: board.windows.into_iter().map(Into::into).collect(),
            newest: board.newest.map(Into::into),
            columns: board.features.into_iter().map(Into::into).collect(),
            error: board.concept.into(),
        }
    }
}

impl From<watching::DriftWindow> for DriftWindow {
    fn from(window: watching::DriftWindow) -> Self {
        let watching::DriftWindow { ends_at, verdict, drifted, judged, share } = window;
        Self { ends_at, verdict: verdict.as_str(), drifted, judged, share }
    }
}

impl From<watching::Comparison> for DriftComparison {
    fn from(comparison: watching::Comparison) -> Self {
        Self {
            model: comparison.model.into(),
            verdict: comparison.verdict.as_str(),
            from: comparison.from,
            to: comparison.to,
            rows: comparison.rows,
            reference_from: comparison.reference_from,
            reference_to: comparison.reference_to,
            reference_rows: comparison.reference_rows,
            drifted: comparison.drifted,
            judged: comparison.judged,
            features: comparison.features,
            share: comparison.share,
            share_threshold: comparison.share_threshold,
            significance: comparison.significance,
            least_rows: comparison.least_rows,
            made_at: comparison.made_at,
        }
    }
}

impl From<watching::FeatureDrift> for DriftColumn {
    fn from(feature: watching::FeatureDrift) -> Self {
        let role = match feature.role {
            Role::Feature => "feature",
            Role::Target => "target",
            Role::Forecast => "forecast",
        };
        Self {
            name: feature.name,
            role,
            verdict: feature.verdict.as_str(),
            score: feature.score,
            threshold: feature.threshold,
            began_at: feature.began_at,
            tests: feature.tests.into_iter().map(Into::into).collect(),
            because: feature.because.into_iter().map(TestKind::as_str).collect(),
            reference: feature.reference.into(),
            current: feature.current.into(),
            reference_numbers: feature.reference_numbers.map(Into::into),
            current_numbers: feature.current_numbers.map(Into::into),
            history: feature.history.into_iter().map(|(ends_at, score)| DriftScore { ends_at, score }).collect(),
        }
    }
}

impl From<watching::TestScore> for DriftTest {
    fn from(score: watching::TestScore) -> Self {
        let [reference_rows, current_rows] = score.rows;
        let [reference_effective, current_effective] = score.effective_rows;
        Self {
            test: score.test.as_str(),
            statistic: score.statistic,
            p: score.p,
            p_effective: score.p_effective,
            threshold: score.threshold,
            verdict: score.verdict.as_str(),
            rule: score.rule,
            reference_rows,
            current_rows,
            reference_effective,
            current_effective,
        }
    }
}

impl From<watching::Histogram> for DriftHistogram {
    fn from(histogram: watching::Histogram) -> Self {
        let watching::Histogram { edges, names, counts } = histogram;
        Self { edges, names, counts }
    }
}

impl From<watching::Numbers> for DriftNumbers {
    fn from(numbers: watching::Numbers) -> Self {
        let watching::Numbers { missing, mean, standard_deviation, least, most, quantiles } = numbers;
        Self { missing, mean, standard_deviation, least, most, quantiles: quantiles.to_vec() }
    }
}

impl From<watching::ConceptBoard> for ErrorState {
    fn from(board: watching::ConceptBoard) -> Self {
        Self {
            verdict: board.verdict.as_str(),
            since: board.since,
            days: board.days,
            least_days: board.least_days,
            reference_days: board.reference_days,
            usual: board.usual,
            statistic: board.statistic,
            threshold: board.threshold,
            tolerance: board.tolerance,
            errors: board.errors.into_iter().map(|(day, error)| DayError { day, error }).collect(),
            alarms: board.alarms,
        }
    }
}

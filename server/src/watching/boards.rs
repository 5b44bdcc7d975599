//! What pages and the API show of the watch: plain data. All times are UTC, all numbers finite; what is not known is
//! none.

use domain::clock::instant;
use domain::error::Failure;
use domain::forecast::Horizon;
use domain::market::{MarketState, Symbol};
use domain::model::Version;
use jiff::Timestamp;
use ml::drift::{QUANTILES, Role, TestKind, Verdict};
use serde::{Deserialize, Serialize};

use crate::market::gaps::Gap;

/// Lengths of the windows that are compared with the reference, in days.
pub const WINDOWS: [u32; 2] = [7, 30];

/// Which comparison is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DriftQuery {
    /// Forecasts of this horizon.
    pub horizon: Horizon,
    /// Length of the current window in days: one of [`WINDOWS`].
    pub days: u32,
}

impl DriftQuery {
    /// Every comparison that is made.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Horizon::ALL.into_iter().flat_map(|horizon| WINDOWS.map(|days| Self { horizon, days })).collect()
    }

    /// Reads what a page or a program asks for.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a window that is never compared.
    pub fn new(horizon: Horizon, days: u32) -> Result<Self, Failure> {
        if WINDOWS.contains(&days) {
            Ok(Self { horizon, days })
        } else {
            Err(Failure::invalid("days", "must be 7 or 30"))
        }
    }
}

impl Default for DriftQuery {
    fn default() -> Self {
        Self { horizon: Horizon::Day, days: WINDOWS[0] }
    }
}

/// How things stand after the newest windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftVerdict {
    /// No window has been compared yet.
    NotChecked,
    /// There are too few rows in the newest window to say anything.
    TooFewRows,
    /// What is seen is what was learnt from.
    Calm,
    /// Some of the newest windows drifted, but not enough of them did.
    Suspected,
    /// Enough of the newest windows drifted; it is over after as many calm ones.
    Confirmed,
}

impl DriftVerdict {
    /// As it is stored and written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotChecked => "not_checked",
            Self::TooFewRows => "too_few_rows",
            Self::Calm => "calm",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

/// Whether what is seen is still what was learnt from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftBoard {
    /// What is compared.
    pub query: DriftQuery,
    /// How things stand.
    pub verdict: DriftVerdict,
    /// Since when they stand so: the end of the first window of the present verdict.
    pub since: Option<Timestamp>,
    /// The champion, whose training is the reference.
    pub model: Option<Version>,
    /// So many of the newest [`Self::of`] windows must have drifted; as many calm ones in a row end it.
    pub needed: u32,
    /// Consecutive windows that are looked back on; those with too few rows do not count.
    pub of: u32,
    /// Hours from one window to the next.
    pub every_hours: u32,
    /// The newest windows, the oldest first, at most as many as a history is long.
    pub windows: Vec<DriftWindow>,
    /// The newest comparison; none before there is one.
    pub newest: Option<Comparison>,
    /// Columns of the newest comparison: drifted ones first, then by score.
    pub features: Vec<FeatureDrift>,
    /// Drift of the error itself.
    pub concept: ConceptBoard,
}

/// One window's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriftWindow {
    /// Its end.
    pub ends_at: Timestamp,
    /// What it says on its own.
    pub verdict: Verdict,
    /// Features that drifted.
    pub drifted: u32,
    /// Features that could be judged.
    pub judged: u32,
    /// Drifted over judged ones, 0 to 1.
    pub share: f64,
}

/// What was compared, and by which rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model whose training is the reference.
    pub model: Version,
    /// What the window says on its own.
    pub verdict: Verdict,
    /// Begin of the current window.
    pub from: Timestamp,
    /// End of the current window.
    pub to: Timestamp,
    /// Rows of the current window.
    pub rows: u64,
    /// Begin of the reference: the last part of the champion's training.
    pub reference_from: Timestamp,
    /// End of the reference.
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
    /// When it was worked out.
    pub made_at: Timestamp,
}

/// One column of the newest comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Its name, as in the monitoring data.
    pub name: String,
    /// What it is to the model.
    pub role: Role,
    /// What is said of it.
    pub verdict: Verdict,
    /// Whether it drifted.
    pub is_drifted: bool,
    /// How far it is from its threshold.
    pub score: f64,
    /// Where the threshold lies on the scale of [`Self::score`].
    pub threshold: f64,
    /// Each test.
    pub tests: Vec<TestScore>,
    /// The tests that made it drifted.
    pub because: Vec<TestKind>,
    /// What was learnt from.
    pub reference: Histogram,
    /// What is seen now, in the same bins.
    pub current: Histogram,
    /// What was learnt from, in numbers.
    pub reference_numbers: Option<Numbers>,
    /// What is seen now, in numbers.
    pub current_numbers: Option<Numbers>,
    /// Since when it has drifted without a break; none where it did not.
    pub began_at: Option<Timestamp>,
    /// The score at the end of each of the last windows, the oldest first.
    pub history: Vec<(Timestamp, f64)>,
}

/// One test of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestScore {
    /// Which one.
    pub test: TestKind,
    /// The statistic.
    pub statistic: f64,
    /// The p-value that takes rows for independent; none for a plain measure.
    pub p: Option<f64>,
    /// The p-value that counts how much rows depend on each other, which decides.
    pub p_effective: Option<f64>,
    /// What decides: a p-value must be below, a statistic above.
    pub threshold: f64,
    /// What it says on its own.
    pub verdict: Verdict,
    /// How it was done.
    pub rule: String,
    /// Rows of the reference and of the current window.
    pub rows: [u64; 2],
    /// As many independent rows these are worth.
    pub effective_rows: [f64; 2],
}

/// A distribution in bins. Either `edges` or `names` is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Edges of the bins in rising order, one more than counts.
    pub edges: Vec<f64>,
    /// Names of the categories, one a count.
    pub names: Vec<String>,
    /// Rows a bin.
    pub counts: Vec<u64>,
}

/// A distribution in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Rows without a value, 0 to 1.
    pub missing: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub standard_deviation: f64,
    /// Lowest.
    pub least: f64,
    /// Highest.
    pub most: f64,
    /// Quantiles at [`Self::LEVELS`].
    pub quantiles: [f64; 5],
}

impl Numbers {
    /// Levels of the quantiles.
    pub const LEVELS: [f64; 5] = QUANTILES;
}

/// Whether the served model's error has grown for good: a test of Page and Hinkley on the mean over coins of
/// |ln(median / realised)|, one origin a coin and day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConceptBoard {
    /// How things stand: not checked, calm or confirmed.
    pub verdict: DriftVerdict,
    /// Since when they stand so: the end of the day of the last alarm, or of the first day that was counted.
    pub since: Option<Timestamp>,
    /// Days that were counted since the model began to serve.
    pub days: u32,
    /// Fewest days before anything is said.
    pub least_days: u32,
    /// Days of errors out of sample, from before the model served, that say what is usual.
    pub reference_days: u32,
    /// The mean error of these.
    pub usual: Option<f64>,
    /// How far the errors have risen above what is usual, summed up, in standard deviations.
    pub statistic: Option<f64>,
    /// Above this the error has grown for good; once days were counted, their dependence on each other is in it.
    pub threshold: f64,
    /// Rises below this many standard deviations do not count.
    pub tolerance: f64,
    /// The error by day, the oldest first: midnight (UTC) of the origins and the mean error.
    pub errors: Vec<(Timestamp, f64)>,
    /// The end of each day that raised an alarm, the oldest first.
    pub alarms: Vec<Timestamp>,
}

/// Which forecasts are asked about; all where nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerformanceQuery {
    /// Of this horizon.
    pub horizon: Horizon,
    /// Of this coin.
    pub symbol: Option<Symbol>,
    /// Of this model.
    pub model: Option<Version>,
}

/// Forecasts against what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformanceBoard {
    /// The horizon.
    pub horizon: Horizon,
    /// The coin; none for all.
    pub symbol: Option<Symbol>,
    /// The model; none for all.
    pub model: Option<Version>,
    /// When the numbers were worked out; none before they were.
    pub updated_at: Option<Timestamp>,
    /// Of the last year, together.
    pub total: Scores,
    /// By week, the oldest first: the Monday, 00:00 UTC.
    pub weeks: Vec<(Timestamp, Scores)>,
    /// By coin, of the asked model.
    pub coins: Vec<(Symbol, Scores)>,
    /// By model, of the asked coin.
    pub models: Vec<(Version, Scores)>,
    /// Chances that were given against what happened; empty bins are left out.
    pub reliability: Vec<ReliabilityBin>,
}

/// Forecasts against outcomes in numbers. The error is QLIKE of the expected variance, which is that of the log-normal
/// through the published 10th, 50th and 90th percentile; the baseline is HAR with calendar, judged alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
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
    /// Share of outcomes inside the 80 % interval, and its 95 % interval.
    pub coverage80: Option<Share>,
    /// The same of the baseline, on the compared origins.
    pub baseline_coverage80: Option<Share>,
    /// Share of periods of high volatility, and its 95 % interval.
    pub high: Option<Share>,
    /// Mean chance that was given.
    pub chance: Option<f64>,
    /// Geometric means of q10, q50, q90 and of what was realised, fraction a day.
    pub outlook: Option<Outlook>,
    /// How often people said that a forecast was right.
    pub confirmed: u64,
    /// How often they said that it was wrong.
    pub denied: u64,
    /// Share of the former, and its 95 % interval.
    pub confirmed_share: Option<Share>,
}

/// A share of a number of cases, with its 95 % interval (Wilson). Forecasts of neighbouring hours share most of their
/// outcome, so the interval does not count forecasts but stretches as long as the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The share, 0 to 1.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Cases that the interval stands on.
    pub cases: u64,
}

/// What was expected and what came, fractions a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower end of the chances, 0 to 1.
    pub from: f64,
    /// Upper end.
    pub to: f64,
    /// Mean of the chances that were given.
    pub chance: f64,
    /// Share of periods that turned out high, and its 95 % interval.
    pub happened: Share,
    /// How many forecasts there were.
    pub forecasts: u64,
}

/// How the data stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthBoard {
    /// When this was looked up.
    pub at: Timestamp,
    /// How the market stands.
    pub market: MarketState,
    /// Each coin, in the order in which the product lists them.
    pub coins: Vec<CoinHealth>,
    /// Refused rows by reason, the most frequent first.
    pub quarantined: Vec<RefusedRows>,
    /// Sources of candles.
    pub sources: Vec<SourceHealth>,
    /// The last failures of sources, the newest first.
    pub failures: Vec<SourceFailure>,
    /// The newest published forecast.
    pub newest_forecast: Option<ForecastAge>,
    /// Forecasts whose horizon has passed and whose outcome is not known.
    pub without_outcome: u64,
    /// The model that serves.
    pub champion: Option<ChampionAge>,
}

/// How a coin's candles stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinHealth {
    /// The coin.
    pub symbol: Symbol,
    /// The end of the newest candle that is shown.
    pub newest: Option<Timestamp>,
    /// Its age in seconds.
    pub age_s: Option<i64>,
    /// Whether it is older than two hours.
    pub is_stale: bool,
    /// Which source brought the newest stored candle.
    pub source: Option<String>,
    /// Candles that are shown.
    pub candles: u64,
    /// Hours that are missing between the first and the last candle.
    pub missing_hours: u64,
    /// The newest gaps, the newest first: begin and end of the missing hours.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// Rows that were refused.
    pub quarantined: u64,
}

/// Rows that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRows {
    /// The reason's code, as in [`crate::market::quarantine::Reason::code`].
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// When the newest was refused.
    pub newest: Option<Timestamp>,
}

/// How a source of candles stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// Its name.
    pub source: String,
    /// When it gave something last.
    pub answered_at: Option<Timestamp>,
    /// Coins of which it gave candles.
    pub coins: u64,
    /// Failures within the last day.
    pub failures_in_a_day: u64,
    /// When it failed last.
    pub failed_at: Option<Timestamp>,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFailure {
    /// Its name.
    pub source: String,
    /// What happened, in plain words.
    pub what: String,
    /// When.
    pub at: Timestamp,
}

/// The newest published forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastAge {
    /// Where its horizon begins.
    pub origin: Timestamp,
    /// When it was stored.
    pub published_at: Timestamp,
    /// Seconds since its origin.
    pub age_s: i64,
    /// The model that made it.
    pub model: String,
}

/// The model that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChampionAge {
    /// Its name.
    pub version: Version,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// The end of what it was trained on.
    pub trained_to: Timestamp,
    /// Whole days since then.
    pub age_days: i64,
}

/// The gaps of a coin as a board shows them: the newest first, at most `most`.
pub(super) fn shown_gaps(gaps: &[Gap], most: usize) -> Vec<(Timestamp, Timestamp)> {
    gaps.iter().rev().take(most).map(|gap| (instant(gap.from_s), instant(gap.to_s))).collect()
}

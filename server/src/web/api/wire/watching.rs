//! What the API says about the watch: drift, performance and how the data stand.

use jiff::Timestamp;
use ml::drift::{Role, TestKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Horizon, Market};
use crate::watching;

/// Whether what is seen is still what the champion was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftState {
    /// Forecasts of this horizon.
    pub horizon: Horizon,
    /// Length of the current window, days.
    pub days: u32,
    /// `not_checked`, `too_few_rows`, `calm`, `suspected` (some of the newest windows drifted) or `confirmed` (enough of
    /// them did).
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
    /// Days of earlier errors that say what is usual.
    pub reference_days: u32,
    /// The mean of these.
    pub usual: Option<f64>,
    /// How far the errors have risen, summed up, in standard deviations.
    pub statistic: Option<f64>,
    /// Above this the error has grown for good.
    pub threshold: Option<f64>,
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

/// A share with its 95 % interval (Wilson). Forecasts of neighbouring hours share most of their outcome, so the interval
/// does not count forecasts but stretches as long as the horizon.
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

//! What the API says about how good a model is.

use domain::evaluation;
use domain::model::Family;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Horizon, Model, Score};

/// A walk-forward evaluation: every number comes from forecasts that the model of that moment was not fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Evaluation {
    /// First forecast that was scored (UTC).
    #[schema(value_type = String, format = DateTime, example = "2021-01-01T00:00:00Z")]
    pub from: Timestamp,
    /// End of the span of forecasts (UTC).
    #[schema(value_type = String, format = DateTime, example = "2025-07-01T00:00:00Z")]
    pub to: Timestamp,
    /// Days after which every model was fitted anew.
    #[schema(example = 183)]
    pub refit_days: u16,
    /// When the evaluation was finished (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// The git revision of the program that made it.
    pub revision: String,
    /// The model that serves, as the rows name it.
    #[schema(value_type = String, example = "blend")]
    pub served: &'static str,
    /// The model that it is held against.
    #[schema(value_type = String, example = "har_calendar")]
    pub baseline: &'static str,
    /// The trading pairs that were evaluated.
    pub symbols: Vec<String>,
    /// One row a model, subject and horizon.
    pub rows: Vec<Row>,
    /// Tests of equal accuracy, each pair of models once a horizon, over all coins.
    pub comparisons: Vec<Comparison>,
    /// Which models cannot be told from the best, one set a horizon.
    pub best: Vec<BestSet>,
    /// The model that serves in detail: all coins together, and the coin that was asked for.
    pub reports: Vec<Report>,
}

/// One model on one subject.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Row {
    /// The model's family.
    #[schema(value_type = String, example = "har_calendar")]
    pub model: &'static str,
    /// The trading pair; null for all of them together.
    #[schema(example = "BTCUSDT")]
    pub symbol: Option<String>,
    /// The scores.
    pub score: Score,
    /// 95 % confidence intervals of the scores that people look at.
    pub intervals: Intervals,
}

/// 95 % confidence intervals from a bootstrap over blocks of days, each from low to high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"qlike": [0.14, 0.16], "r2_log": [0.5, 0.55], "auc": [0.79, 0.82], "coverage80": [0.79, 0.81]}))]
pub struct Intervals {
    /// Of QLIKE.
    pub qlike: [f64; 2],
    /// Of R² on log volatility.
    pub r2_log: [f64; 2],
    /// Of the area under the ROC curve.
    pub auc: [f64; 2],
    /// Of the share of outcomes inside the 80 % interval.
    pub coverage80: [f64; 2],
}

/// A Diebold-Mariano test of equal QLIKE, errors robust to serial correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// One model.
    #[schema(value_type = String, example = "blend")]
    pub a: &'static str,
    /// The other.
    #[schema(value_type = String, example = "har_calendar")]
    pub b: &'static str,
    /// The horizon.
    pub horizon: Horizon,
    /// Mean loss of `a` less mean loss of `b`: negative where `a` is better.
    pub difference: f64,
    /// The test statistic: negative where `a` is better.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// The models that cannot be told from the best at 10 % (model confidence set).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BestSet {
    /// The horizon.
    pub horizon: Horizon,
    /// Every model that was compared.
    pub members: Vec<Member>,
}

/// A model in the test of the best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Member {
    /// The model's family.
    #[schema(value_type = String, example = "blend")]
    pub model: &'static str,
    /// Its p-value.
    pub p: f64,
    /// Whether it belongs to the set: its p-value is at least 0.1.
    pub is_in_set: bool,
}

/// The model that serves on one subject and horizon.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// The trading pair; null for all of them together.
    #[schema(example = "BTCUSDT")]
    pub symbol: Option<String>,
    /// The horizon.
    pub horizon: Horizon,
    /// What came of the warnings.
    pub warnings: Warnings,
    /// Given chances against what happened, in bins from 0 to 1.
    pub reliability: Vec<ReliabilityBin>,
    /// Forecasts against outcomes, from the calmest forecasts to the wildest.
    pub outcomes: Vec<OutcomeBin>,
    /// The error by calendar month, oldest first.
    pub months: Vec<MonthScore>,
    /// The error by year and by what the coin was doing.
    pub parts: Vec<PartScore>,
    /// The forecasts that were furthest off, worst first.
    pub misses: Vec<Miss>,
}

/// Warnings (a chance of at least one half) and high-volatility periods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Warnings {
    /// Warned, and it came.
    pub right: u32,
    /// Warned, and it did not come.
    pub wrong: u32,
    /// Not warned, and it came.
    pub missed: u32,
    /// Not warned, and it did not come.
    pub calm: u32,
}

/// Forecasts whose chance of a high-volatility period was about the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ReliabilityBin {
    /// Mean of the chances that were given, 0 to 1.
    pub chance: f64,
    /// Share of periods that turned out high, 0 to 1.
    pub happened: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// Forecasts of about the same volatility; fractions per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct OutcomeBin {
    /// Mean of the median forecasts.
    pub forecast: f64,
    /// 10th percentile of what was realised.
    pub q10: f64,
    /// Median of what was realised.
    pub q50: f64,
    /// 90th percentile of what was realised.
    pub q90: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// Mean QLIKE of a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MonthScore {
    /// The first day of the month (UTC).
    #[schema(value_type = String, format = Date, example = "2024-03-01")]
    pub month: Date,
    /// Of the model that serves.
    pub qlike: f64,
    /// Of the baseline on the same forecasts.
    pub baseline: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// Which part of the forecasts: a year, or what the coin was doing when the forecast was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A calendar year (UTC).
    Year,
    /// Volatility just realised was below the coin's usual range.
    Calm,
    /// Inside it.
    Usual,
    /// Above it.
    Wild,
}

/// Scores of a part of the forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct PartScore {
    /// Which forecasts.
    pub part: Part,
    /// The year, where the part is one.
    #[schema(example = 2024)]
    pub year: Option<i16>,
    /// Mean QLIKE of the model that serves.
    pub qlike: f64,
    /// Mean QLIKE of the baseline on the same forecasts.
    pub baseline: f64,
    /// Share of outcomes inside the 80 % interval.
    pub coverage80: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// One forecast that was far off; fractions per day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Miss {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// When the forecast was made (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub origin: Timestamp,
    /// 10th percentile.
    pub q10: f64,
    /// Median.
    pub q50: f64,
    /// 90th percentile.
    pub q90: f64,
    /// What was realised.
    pub realised: f64,
}

/// A model's card: what it is, what it was fitted on, how it was judged, how good it is and what it cannot do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Card {
    /// The model, as in `/api/v1/models`.
    pub model: Model,
    /// The data behind it.
    pub data: CardData,
    /// How it was judged, in plain sentences.
    pub protocol: Vec<String>,
    /// Its scores with confidence intervals, all coins together first; empty where no evaluation is stored.
    pub scores: Vec<Row>,
    /// The same rows of the baseline.
    pub baseline: Vec<Row>,
    /// Tests of equal accuracy against the baseline, one a horizon.
    pub against_baseline: Vec<Comparison>,
    /// What it cannot do, in plain sentences.
    pub limits: Vec<String>,
    /// Commands that make the same numbers again.
    pub reproduce: Vec<String>,
}

/// The data behind a model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CardData {
    /// The trading pairs that it was fitted on and judged by.
    pub symbols: Vec<String>,
    /// First candle of the training span (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_from: Timestamp,
    /// End of the training span (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub trained_to: Timestamp,
    /// First forecast of the stored evaluation (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub evaluated_from: Option<Timestamp>,
    /// End of the stored evaluation (UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub evaluated_to: Option<Timestamp>,
}

impl From<evaluation::HowGood> for Evaluation {
    fn from(good: evaluation::HowGood) -> Self {
        let evaluation::HowGood { evaluation, symbols } = good;
        Self {
            from: evaluation.from,
            to: evaluation.to,
            refit_days: evaluation.refit_days,
            made_at: evaluation.made_at,
            revision: evaluation.revision,
            served: evaluation.served.as_str(),
            baseline: evaluation.baseline.as_str(),
            symbols: symbols.into_iter().map(|symbol| symbol.to_string()).collect(),
            rows: evaluation.rows.into_iter().map(Row::from).collect(),
            comparisons: evaluation.comparisons.into_iter().map(Comparison::from).collect(),
            best: evaluation.best.into_iter().map(BestSet::from).collect(),
            reports: evaluation.reports.into_iter().map(Report::from).collect(),
        }
    }
}

impl From<evaluation::Row> for Row {
    fn from(row: evaluation::Row) -> Self {
        let evaluation::Intervals { qlike, r2_log, auc, coverage80 } = row.intervals;
        Self {
            model: row.model.as_str(),
            symbol: row.symbol.map(|symbol| symbol.to_string()),
            score: row.score.into(),
            intervals: Intervals { qlike, r2_log, auc, coverage80 },
        }
    }
}

impl From<evaluation::Comparison> for Comparison {
    fn from(pair: evaluation::Comparison) -> Self {
        let evaluation::Comparison { a, b, horizon, difference, statistic, p } = pair;
        Self { a: a.as_str(), b: b.as_str(), horizon: horizon.into(), difference, statistic, p }
    }
}

impl From<evaluation::BestSet> for BestSet {
    fn from(set: evaluation::BestSet) -> Self {
        let member =
            |(model, p): (Family, f64)| Member { model: model.as_str(), p, is_in_set: p >= evaluation::IN_BEST_SET };
        Self { horizon: set.horizon.into(), members: set.members.into_iter().map(member).collect() }
    }
}

impl From<evaluation::Report> for Report {
    fn from(report: evaluation::Report) -> Self {
        let evaluation::Warnings { right, wrong, missed, calm } = report.warnings;
        Self {
            symbol: report.symbol.map(|symbol| symbol.to_string()),
            horizon: report.horizon.into(),
            warnings: Warnings { right, wrong, missed, calm },
            reliability: report.reliability.into_iter().map(ReliabilityBin::from).collect(),
            outcomes: report.outcomes.into_iter().map(OutcomeBin::from).collect(),
            months: report.months.into_iter().map(MonthScore::from).collect(),
            parts: report.parts.into_iter().map(PartScore::from).collect(),
            misses: report.misses.into_iter().map(Miss::from).collect(),
        }
    }
}

impl From<evaluation::ReliabilityBin> for ReliabilityBin {
    fn from(bin: evaluation::ReliabilityBin) -> Self {
        let evaluation::ReliabilityBin { chance, happened, count } = bin;
        Self { chance, happened, count }
    }
}

impl From<evaluation::OutcomeBin> for OutcomeBin {
    fn from(bin: evaluation::OutcomeBin) -> Self {
        let evaluation::OutcomeBin { forecast, q10, q50, q90, count } = bin;
        Self { forecast, q10, q50, q90, count }
    }
}

impl From<evaluation::MonthScore> for MonthScore {
    fn from(score: evaluation::MonthScore) -> Self {
        let evaluation::MonthScore { month, qlike, baseline, count } = score;
        Self { month, qlike, baseline, count }
    }
}

impl From<evaluation::PartScore> for PartScore {
    fn from(score: evaluation::PartScore) -> Self {
        let evaluation::PartScore { part, qlike, baseline, coverage80, count } = score;
        let (part, year) = match part {
            evaluation::Part::Year(year) => (Part::Year, Some(year)),
            evaluation::Part::Calm => (Part::Calm, None),
            evaluation::Part::Usual => (Part::Usual, None),
            evaluation::Part::Wild => (Part::Wild, None),
        };
        Self { part, year, qlike, baseline, coverage80, count }
    }
}

impl From<evaluation::Miss> for Miss {
    fn from(miss: evaluation::Miss) -> Self {
        let evaluation::Miss { symbol, origin, q10, q50, q90, realised } = miss;
        Self { symbol: symbol.to_string(), origin, q10, q50, q90, realised }
    }
}

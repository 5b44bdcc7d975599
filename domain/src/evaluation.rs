//! How good the forecaster is: the result of a walk-forward evaluation, as it is stored and shown.
//!
//! Every number comes from origins that the model of that moment was not fitted on (`docs/ml-protocol.md`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::forecast::Horizon;
use crate::market::Symbol;
use crate::model::{Family, ModelCard, Score};

/// The whole result: every model side by side, and the served one in detail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// First origin that was scored (UTC).
    pub from: Timestamp,
    /// End of the span of origins (UTC).
    pub to: Timestamp,
    /// Days after which every model was fitted anew.
    pub refit_days: u16,
    /// When the evaluation was finished.
    pub made_at: Timestamp,
    /// The git revision of the program that made it.
    pub revision: String,
    /// The model that serves, as the rows name it.
    pub served: Family,
    /// The model that the served one is held against, as the rows name it.
    pub baseline: Family,
    /// One row a model, subject and horizon.
    pub rows: Vec<Row>,
    /// Tests of equal accuracy, each pair of models once a horizon, over all coins.
    pub comparisons: Vec<Comparison>,
    /// Which models cannot be told from the best, one set a horizon.
    pub best: Vec<BestSet>,
    /// The served model in detail: all coins together first, then coin by coin, both horizons.
    pub reports: Vec<Report>,
}

/// The p-value from which on a model belongs to the set of the best.
pub const IN_BEST_SET: f64 = 0.1;

impl Evaluation {
    /// The coins that were evaluated, in the order of their reports.
    #[must_use]
    pub fn symbols(&self) -> Vec<Symbol> {
        let mut symbols: Vec<Symbol> = Vec::new();
        for symbol in self.reports.iter().filter_map(|report| report.symbol.as_ref()) {
            if !symbols.contains(symbol) {
                symbols.push(symbol.clone());
            }
        }
        symbols
    }

    /// The same evaluation with no reports and rows but those of one coin and of all coins together.
    #[must_use]
    pub fn about(&self, symbol: Option<&Symbol>) -> Self {
        let is_meant = |subject: Option<&Symbol>| subject.is_none() || subject == symbol;
        Self {
            rows: self.rows.iter().filter(|row| is_meant(row.symbol.as_ref())).cloned().collect(),
            reports: self.reports.iter().filter(|report| is_meant(report.symbol.as_ref())).cloned().collect(),
            comparisons: self.comparisons.clone(),
            best: self.best.clone(),
            revision: self.revision.clone(),
            ..*self
        }
    }

    /// The same evaluation with every row and no report.
    #[must_use]
    pub fn without_reports(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            comparisons: self.comparisons.clone(),
            best: self.best.clone(),
            revision: self.revision.clone(),
            reports: Vec::new(),
            ..*self
        }
    }

    /// The row of a model on a subject and horizon.
    #[must_use]
    pub fn row(&self, model: Family, symbol: Option<&Symbol>, horizon: Horizon) -> Option<&Row> {
        let is_wanted =
            |row: &&Row| row.model == model && row.symbol.as_ref() == symbol && row.score.horizon == horizon;
        self.rows.iter().find(is_wanted)
    }

    /// The report on a subject and horizon.
    #[must_use]
    pub fn report(&self, symbol: Option<&Symbol>, horizon: Horizon) -> Option<&Report> {
        self.reports.iter().find(|report| report.symbol.as_ref() == symbol && report.horizon == horizon)
    }

    /// The test of two models against each other, `a` first; none where they were not compared.
    #[must_use]
    pub fn comparison(&self, a: Family, b: Family, horizon: Horizon) -> Option<Comparison> {
        self.comparisons.iter().filter(|pair| pair.horizon == horizon).find_map(|pair| match (pair.a, pair.b) {
            found if found == (a, b) => Some(*pair),
            found if found == (b, a) => Some(pair.turned()),
            _ => None,
        })
    }

    /// Whether a model cannot be told from the best; none where that was not tested.
    #[must_use]
    pub fn is_among_best(&self, model: Family, horizon: Horizon) -> Option<bool> {
        let set = self.best.iter().find(|set| set.horizon == horizon)?;
        set.members.iter().find(|(member, _)| *member == model).map(|(_, p)| *p >= IN_BEST_SET)
    }
}

impl Comparison {
    /// The same test, told from the other model's side.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { a: self.b, b: self.a, difference: -self.difference, statistic: -self.statistic, ..self }
    }
}

impl Warnings {
    /// A warning is a chance of at least this.
    pub const FROM: f64 = 0.5;

    /// Counts pairs of a chance that was given and whether the period turned out high.
    pub fn count(outcomes: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut warnings = Self::default();
        for (chance, was_high) in outcomes {
            let slot = match (chance >= Self::FROM, was_high) {
                (true, true) => &mut warnings.right,
                (true, false) => &mut warnings.wrong,
                (false, true) => &mut warnings.missed,
                (false, false) => &mut warnings.calm,
            };
            *slot = slot.saturating_add(1);
        }
        warnings
    }

    /// How many warnings there were.
    #[must_use]
    pub const fn given(&self) -> u32 {
        self.right + self.wrong
    }

    /// How many high-volatility periods there were.
    #[must_use]
    pub const fn periods(&self) -> u32 {
        self.right + self.missed
    }

    /// How many forecasts there were.
    #[must_use]
    pub const fn all(&self) -> u32 {
        self.right + self.wrong + self.missed + self.calm
    }
}

/// One model on one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The model.
    pub model: Family,
    /// The coin; none for all of them together.
    pub symbol: Option<Symbol>,
    /// The scores.
    pub score: Score,
    /// 95 % confidence intervals, from a bootstrap over blocks of days.
    pub intervals: Intervals,
}

/// 95 % confidence intervals of the scores that people look at, each from low to high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// Of [`Score::qlike`].
    pub qlike: [f64; 2],
    /// Of [`Score::r2_log`].
    pub r2_log: [f64; 2],
    /// Of [`Score::auc`].
    pub auc: [f64; 2],
    /// Of [`Score::coverage80`].
    pub coverage80: [f64; 2],
}

/// A test of equal accuracy (Diebold and Mariano 1995) on QLIKE, errors robust to serial correlation; losses of the
/// coins are averaged day by day first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// One model.
    pub a: Family,
    /// The other.
    pub b: Family,
    /// The horizon.
    pub horizon: Horizon,
    /// Mean loss of `a` less mean loss of `b`: negative where `a` is better.
    pub difference: f64,
    /// The test statistic: negative where `a` is better.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// The models that cannot be told from the best at 10 % (model confidence set: Hansen, Lunde and Nason 2011).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestSet {
    /// The horizon.
    pub horizon: Horizon,
    /// Every model with its p-value; those of at least 0.1 are in the set.
    pub members: Vec<(Family, f64)>,
}

/// The served model on one subject and horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The coin; none for all of them together.
    pub symbol: Option<Symbol>,
    /// The horizon.
    pub horizon: Horizon,
    /// What came of the warnings.
    pub warnings: Warnings,
    /// Given chances against what happened, ten bins from 0 to 1; empty bins are left out.
    pub reliability: Vec<ReliabilityBin>,
    /// Forecasts against outcomes, from the calmest forecasts to the wildest, an equal number in each bin.
    pub outcomes: Vec<OutcomeBin>,
    /// The error by calendar month (UTC), oldest first.
    pub months: Vec<MonthScore>,
    /// The error by year (UTC), oldest first, and by what the coin was doing at the origin.
    pub parts: Vec<PartScore>,
    /// The forecasts that were furthest off, worst first.
    pub misses: Vec<Miss>,
}

/// Warnings (a chance of at least one half) and high-volatility periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Mean of the chances that were given, 0 to 1.
    pub chance: f64,
    /// Share of periods that turned out high, 0 to 1.
    pub happened: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// Forecasts of about the same volatility. All fractions per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthScore {
    /// The first day of the month (UTC).
    pub month: Date,
    /// Of the served model.
    pub qlike: f64,
    /// Of the baseline on the same origins.
    pub baseline: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// A part of the origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A calendar year (UTC).
    Year(i16),
    /// Volatility just realised was below the coin's usual range.
    Calm,
    /// Inside it.
    Usual,
    /// Above it.
    Wild,
}

/// Scores of a part of the origins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartScore {
    /// Which origins.
    pub part: Part,
    /// Mean QLIKE of the served model.
    pub qlike: f64,
    /// Mean QLIKE of the baseline on the same origins.
    pub baseline: f64,
    /// Share of outcomes inside the 80 % interval.
    pub coverage80: f64,
    /// How many forecasts there were.
    pub count: u32,
}

/// One forecast that was far off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miss {
    /// The coin.
    pub symbol: Symbol,
    /// When the forecast was made (UTC).
    pub origin: Timestamp,
    /// 10th percentile, fraction per day.
    pub q10: f64,
    /// Median, fraction per day.
    pub q50: f64,
    /// 90th percentile, fraction per day.
    pub q90: f64,
    /// What was realised, fraction per day.
    pub realised: f64,
}

/// What the page "How good is it?" shows: the stored evaluation without the other coins' reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HowGood {
    /// The evaluation; its reports and rows are those of the chosen subject, and those of all coins together.
    pub evaluation: Evaluation,
    /// The coins that were evaluated, in the order in which they are shown.
    pub symbols: Vec<Symbol>,
}

/// A model's card with what its stored evaluation says about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedModel {
    /// The card.
    pub card: ModelCard,
    /// The evaluation without its reports; none where none is stored.
    pub evaluation: Option<Evaluation>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_reads_from_either_side() {
        let pair = Comparison {
            a: Family::Lstm,
            b: Family::Har,
            horizon: Horizon::Day,
            difference: -0.02,
            statistic: -3.0,
            p: 0.003,
        };
        let turned = pair.turned();
        assert_eq!((turned.a, turned.b, turned.difference, turned.p), (Family::Har, Family::Lstm, 0.02, 0.003));
        assert_eq!(turned.turned(), pair);
    }
}

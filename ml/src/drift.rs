//! Whether what is seen now is still what was learnt from: a reference against a current window, column by column,
//! and streams of errors and outcomes over time. The definitions are in `docs/drift.md`.
//!
//! Rows of a window are in order of time: how much they depend on each other is measured on the reference, and every
//! p-value and every threshold that decides is made for that many independent rows ("effective rows"), because a
//! week of hourly volatility is worth far fewer than 168 draws. The plain p-values, which take rows for independent,
//! are kept beside them: those are the numbers that scipy and Evidently give.

mod anderson;
mod bins;
mod blocks;
mod categories;
pub mod coverage;
mod judge;
mod kolmogorov;
mod proportion;
mod sample;
mod serial;
mod special;
pub mod stream;
pub mod verdicts;
mod wasserstein;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::bins::Binning;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// Why there is no comparison.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DriftError {
    /// A setting makes no sense.
    #[error("The drift setting {name} is {value}: it must be {must}.")]
    Rule {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
    /// A column holds numbers in one window and categories in the other.
    #[error("{name} holds numbers in one table and text in the other. Compare columns of the same kind.")]
    Kind {
        /// The column.
        name: String,
    },
    /// A category code has no level.
    #[error("{name} has the category code {code}, and {levels} levels.")]
    Code {
        /// The column.
        name: String,
        /// The code.
        code: u32,
        /// How many levels there are.
        levels: usize,
    },
    /// Two columns that belong together differ in length.
    #[error("There are {left} {what} and {right} outcomes: each needs its own.")]
    Lengths {
        /// What does not pair up.
        what: &'static str,
        /// How many of these.
        left: usize,
        /// How many outcomes.
        right: usize,
    },
    /// A value is outside its domain.
    #[error("Row {index} cannot be used: {must}.")]
    Value {
        /// The position of the row.
        index: usize,
        /// What must hold.
        must: &'static str,
    },
}

/// One column of one window, rows in order of time.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Numbers; what is not finite counts as missing.
    Numbers(&'a [f64]),
    /// Categories as positions in `levels`; [`MISSING`] where there is none.
    Categories {
        /// The names of the categories, each one once.
        levels: &'a [String],
        /// One a row.
        codes: &'a [u32],
    },
}

impl Column<'_> {
    /// How many rows there are, missing ones included.
    #[must_use]
    pub const fn rows(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Categories { codes, .. } => codes.len(),
        }
    }
}

/// What a column is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Something that the model reads: these make the verdict on the table.
    Feature,
    /// What is forecast.
    Target,
    /// What the model said.
    Forecast,
}

/// A column in both windows.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is to the model.
    pub role: Role,
    /// What was learnt from.
    pub reference: Column<'a>,
    /// What is seen now.
    pub current: Column<'a>,
}

/// Thresholds and sizes of a comparison; kept with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Fewest rows with a value, in each window, that are judged.
    pub least_rows: u32,
    /// Fewest effective rows, in each window, that are judged.
    pub least_effective_rows: f64,
    /// A p-value below this, for effective rows, is evidence, 0 to 1.
    pub significance: f64,
    /// Quantile bins of PSI and Jensen-Shannon.
    pub bins: u32,
    /// Where the bins come from.
    pub binning: Binning,
    /// PSI from which a change matters, 0 and more.
    pub psi: f64,
    /// Wasserstein distance, in standard deviations of the reference, from which a change matters.
    pub wasserstein: f64,
    /// Jensen-Shannon distance from which a change matters (natural logarithm: 0 to 0.833).
    pub jensen_shannon: f64,
    /// By how much the share of missing values may change, 0 to 1.
    pub missing_change: f64,
    /// Share of current values outside the reference's range that is remarkable, 0 to 1.
    pub out_of_range: f64,
    /// Share of current values in categories that the reference lacks that is remarkable, 0 to 1.
    pub new_categories: f64,
    /// Share of the judged features that must have drifted for the table to have drifted, 0 to 1.
    pub drifted_share: f64,
    /// Whether the dependence of rows on each other counts. Without it every row counts as an independent one, as in
    /// Evidently.
    pub serial_correlation: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            least_rows: 50,
            least_effective_rows: 3.0,
            significance: 0.05,
            bins: 10,
            binning: Binning::ReferenceQuantiles,
            psi: 0.1,
            wasserstein: 0.1,
            jensen_shannon: 0.1,
            missing_change: 0.05,
            out_of_range: 0.05,
            new_categories: 0.01,
            drifted_share: 0.5,
            serial_correlation: true,
        }
    }
}

impl Rules {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`DriftError::Rule`] with the first one.
    pub fn check(&self) -> Result<(), DriftError> {
        let share = "above 0 and at most 1";
        let shares = [
            ("significance", self.significance),
            ("missing_change", self.missing_change),
            ("out_of_range", self.out_of_range),
            ("new_categories", self.new_categories),
            ("drifted_share", self.drifted_share),
        ];
        for (name, value) in shares {
            if !(value > 0.0 && value <= 1.0) {
                return Err(DriftError::Rule { name, value, must: share });
            }
        }
        let sizes = [("psi", self.psi), ("wasserstein", self.wasserstein), ("jensen_shannon", self.jensen_shannon)];
        for (name, value) in sizes {
            if !(value > 0.0 && value.is_finite()) {
                return Err(DriftError::Rule { name, value, must: "a number above 0" });
            }
        }
        if !(self.least_effective_rows >= 1.0 && self.least_effective_rows.is_finite()) {
            let value = self.least_effective_rows;
            return Err(DriftError::Rule { name: "least_effective_rows", value, must: "a number of 1 or more" });
        }
        if self.least_rows < 2 {
            let value = f64::from(self.least_rows);
            return Err(DriftError::Rule { name: "least_rows", value, must: "2 or more" });
        }
        if !(2..=1_000).contains(&self.bins) {
            return Err(DriftError::Rule { name: "bins", value: f64::from(self.bins), must: "2 to 1000" });
        }
        Ok(())
    }
}

/// What is said of a test, a column or a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing that chance and the dependence of the rows do not explain.
    Stable,
    /// It changed.
    Drifted,
    /// There is not enough to say anything.
    TooFewRows,
}

impl Verdict {
    /// The word for it in JSON and in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Drifted => "drifted",
            Self::TooFewRows => "too_few_rows",
        }
    }
}

/// A test or a measure of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestKind {
    /// Two-sample test of Kolmogorov and Smirnov.
    KolmogorovSmirnov,
    /// Two-sample test of Anderson and Darling with mid-ranks.
    AndersonDarling,
    /// Wasserstein distance of order 1 over the reference's standard deviation.
    Wasserstein,
    /// Population stability index.
    Psi,
    /// Jensen-Shannon distance: the root of the divergence, natural logarithm.
    JensenShannon,
    /// Chi-square test of homogeneity of two tables of categories.
    ChiSquare,
    /// Chi-square test of fit to the reference's shares, which takes the reference for the whole truth, as Evidently
    /// does.
    ChiSquareOfFit,
    /// Difference of the shares of missing values.
    Missing,
    /// Share of current values below the reference's lowest or above its highest one.
    OutOfRange,
    /// Share of current values in categories that the reference lacks.
    NewCategories,
}

impl TestKind {
    /// The word for it in JSON and in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KolmogorovSmirnov => "kolmogorov_smirnov",
            Self::AndersonDarling => "anderson_darling",
            Self::Wasserstein => "wasserstein",
            Self::Psi => "psi",
            Self::JensenShannon => "jensen_shannon",
            Self::ChiSquare => "chi_square",
            Self::ChiSquareOfFit => "chi_square_of_fit",
            Self::Missing => "missing",
            Self::OutOfRange => "out_of_range",
            Self::NewCategories => "new_categories",
        }
    }
}

/// What a test is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Threshold {
    /// The p-value for effective rows must be below.
    PBelow {
        /// The significance.
        value: f64,
    },
    /// The statistic must be above the larger of the two.
    StatisticAbove {
        /// The larger of the two.
        value: f64,
        /// From where on a change matters, as set.
        nominal: f64,
        /// What chance alone reaches with the chance of one less the significance, at these effective rows.
        noise: f64,
    },
}

impl Threshold {
    /// The number that decides.
    #[must_use]
    pub const fn value(&self) -> f64 {
        match self {
            Self::PBelow { value } | Self::StatisticAbove { value, .. } => *value,
        }
    }
}

/// How many rows a test had.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// Rows of the reference with a value.
    pub reference: u64,
    /// Rows of the current window with a value.
    pub current: u64,
    /// As many independent rows the reference's are worth.
    pub reference_effective: f64,
    /// As many independent rows the current window's are worth.
    pub current_effective: f64,
}

/// The result of one test, with all that is needed to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Which test.
    pub test: TestKind,
    /// The statistic; always finite.
    pub statistic: f64,
    /// The p-value that takes all rows for independent, as scipy and Evidently give it; none for a plain measure.
    pub p: Option<f64>,
    /// The p-value for effective rows, which decides.
    pub p_effective: Option<f64>,
    /// What it is held against.
    pub threshold: Threshold,
    /// What it says on its own.
    pub verdict: Verdict,
    /// How the test was done: bins, exact or asymptotic p-value.
    pub rule: String,
    /// Inner edges of the bins in rising order; a value belongs to the bin above its edge, or on it. Empty where there
    /// are no bins.
    pub edges: Vec<f64>,
    /// Rows.
    pub sizes: Sizes,
}

/// What a window's numbers look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, over the count.
    pub standard_deviation: f64,
    /// Lowest.
    pub least: f64,
    /// Highest.
    pub most: f64,
    /// Quantiles at [`QUANTILES`].
    pub quantiles: [f64; 5],
}

/// Levels of [`Numbers::quantiles`].
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// One column of one window in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows, missing ones included.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Different categories; none for numbers.
    pub categories: Option<u64>,
    /// None for categories, and where there is no number.
    pub numbers: Option<Numbers>,
}

impl Summary {
    /// The share of rows without a value; 0 where there is no row.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.missing as f64 / self.rows as f64 }
    }
}

/// Both windows counted in the same bins, for drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Histogram {
    /// Bins of equal width over 99 % of either window, whichever reaches further.
    Numbers {
        /// Edges in rising order, one more than bins; all are empty where there is no number.
        edges: Vec<f64>,
        /// Reference rows a bin; values beyond the outer edges are counted in the outer bins.
        reference: Vec<u64>,
        /// Current rows a bin.
        current: Vec<u64>,
    },
    /// The most frequent categories and the rest.
    Categories {
        /// Names.
        names: Vec<String>,
        /// Reference rows a name.
        reference: Vec<u64>,
        /// Current rows a name.
        current: Vec<u64>,
        /// Rows of the reference and of the current window in all other categories.
        others: [u64; 2],
    },
}

/// Everything about one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// What it is to the model.
    pub role: Role,
    /// Whether it drifted. See `docs/drift.md` for the rule.
    pub verdict: Verdict,
    /// Tests that made it drifted; empty otherwise.
    pub because: Vec<TestKind>,
    /// Rows of the reference after which two of them are as good as independent; 1 where they all are.
    pub correlation_rows: f64,
    /// The reference.
    pub reference: Summary,
    /// The current window.
    pub current: Summary,
    /// Categories of the current window that the reference lacks, the most frequent first, at most 20.
    pub new_categories: Vec<String>,
    /// Tests in the order of [`TestKind`]; those that make no sense on this column are left out.
    pub tests: Vec<TestResult>,
    /// Both distributions.
    pub histogram: Histogram,
}

impl ColumnReport {
    /// The result of a test, where it was made.
    #[must_use]
    pub fn test(&self, kind: TestKind) -> Option<&TestResult> {
        self.tests.iter().find(|result| result.test == kind)
    }

    /// How far the column is from its threshold, for sorting and plotting: 1 is on the threshold of the size of the
    /// change, more is beyond. The largest over Wasserstein, PSI and Jensen-Shannon.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.tests
            .iter()
            .filter_map(|result| match result.threshold {
                Threshold::StatisticAbove { value, .. } if judge::is_size(result.test) && value > 0.0 => {
                    Some(result.statistic / value)
                }
                _ => None,
            })
            .fold(0.0, f64::max)
    }
}

/// A reference against a current window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the table drifted: [`Self::share`] is at least [`Rules::drifted_share`]. There are too few rows where
    /// not even half of the features could be judged.
    pub verdict: Verdict,
    /// Features that drifted.
    pub drifted: u32,
    /// Features that could be judged.
    pub judged: u32,
    /// Features in all.
    pub features: u32,
    /// Drifted over judged ones; 0 where none could be judged.
    pub share: f64,
    /// Rows of the longest reference column.
    pub reference_rows: u64,
    /// Rows of the longest current column.
    pub current_rows: u64,
    /// The rules that were in force.
    pub rules: Rules,
    /// Columns in the order in which they came.
    pub columns: Vec<ColumnReport>,
}

/// Compares every column of two windows.
///
/// Empty windows, constant columns and columns without a value are no errors: they have too few rows, or nothing
/// changed, and that is what the report says. Columns are computed side by side on all cores.
///
/// # Errors
/// [`DriftError`] where a rule makes no sense, a column changes its kind or a code has no level.
pub fn compare(pairs: &[Pair<'_>], rules: &Rules) -> Result<Report, DriftError> {
    rules.check()?;
    let columns = pairs.par_iter().map(|pair| judge::column(pair, rules)).collect::<Result<Vec<_>, _>>()?;
    let rows = |of: fn(&ColumnReport) -> u64| columns.iter().map(of).max().unwrap_or(0);
    let (reference_rows, current_rows) = (rows(|column| column.reference.rows), rows(|column| column.current.rows));
    let verdicts = || columns.iter().filter(|column| column.role == Role::Feature).map(|column| column.verdict);
    let features = count(verdicts());
    let judged = count(verdicts().filter(|verdict| *verdict != Verdict::TooFewRows));
    let drifted = count(verdicts().filter(|verdict| *verdict == Verdict::Drifted));
    let share = if judged == 0 { 0.0 } else { f64::from(drifted) / f64::from(judged) };
    let verdict = if judged == 0 || f64::from(judged) < 0.5 * f64::from(features) {
        Verdict::TooFewRows
    } else if share >= rules.drifted_share {
        Verdict::Drifted
    } else {
        Verdict::Stable
    };
    Ok(Report {
        verdict,
        drifted,
        judged,
        features,
        share,
        reference_rows,
        current_rows,
        rules: rules.clone(),
        columns,
    })
}

fn count(of: impl Iterator) -> u32 {
    u32::try_from(of.count()).unwrap_or(u32::MAX)
}

//! One column: its tests, and what they come to together.

use super::anderson::AndersonDarling;
use super::bins::{Binned, jensen_shannon, jensen_shannon_noise, psi, psi_noise};
use super::blocks::Blocks;
use super::categories::{self, Table};
use super::kolmogorov::{Distance, Method};
use super::sample::Sample;
use super::serial::{correlation_rows, integrated_time};
use super::special::{chi_square_above, normal_beyond};
use super::{
    Column, ColumnReport, DriftError, Histogram, MISSING, Pair, Rules, Sizes, TestKind, TestResult, Threshold, Verdict,
    bins, proportion, wasserstein,
};

/// Bins of a drawn histogram.
const DRAWN_BINS: usize = 24;

/// What lies beyond these levels is drawn in the outer bins.
const DRAWN_LEVELS: [f64; 2] = [0.005, 0.995];

/// Whether a test measures how large a change is.
pub(super) const fn is_size(test: TestKind) -> bool {
    matches!(test, TestKind::Wasserstein | TestKind::Psi | TestKind::JensenShannon)
}

/// Whether a test says that a change is more than chance.
const fn is_evidence(test: TestKind) -> bool {
    matches!(test, TestKind::KolmogorovSmirnov | TestKind::AndersonDarling | TestKind::ChiSquare)
}

/// Tests one column.
pub(super) fn column(pair: &Pair<'_>, rules: &Rules) -> Result<ColumnReport, DriftError> {
    match (pair.reference, pair.current) {
        (Column::Numbers(reference), Column::Numbers(current)) => Ok(numbers(pair, reference, current, rules)),
        (Column::Categories { levels, codes }, Column::Categories { levels: current_levels, codes: current_codes }) => {
            texts(pair, [(levels, codes), (current_levels, current_codes)], rules)
        }
        _ => Err(DriftError::Kind { name: pair.name.to_owned() }),
    }
}

fn numbers(pair: &Pair<'_>, reference_values: &[f64], current_values: &[f64], rules: &Rules) -> ColumnReport {
    let (reference, current) = (Sample::of(reference_values), Sample::of(current_values));
    let correlation =
        if rules.serial_correlation { correlation_rows(reference_values, &reference.sorted) } else { 1.0 };
    let bench = Bench::new([reference.len() as u64, current.len() as u64], correlation, rules).with_blocks(
        reference_values,
        &reference,
        current_values.len(),
    );
    let mut tests = Vec::new();
    if reference.len() > 0 && current.len() > 0 {
        tests.extend(distribution_tests(&bench, &reference, &current));
    }
    tests.push(missing(
        [reference_values.len(), current_values.len()],
        |of, row| if of == 0 { !reference_values[row].is_finite() } else { !current_values[row].is_finite() },
        correlation,
        rules,
    ));
    if let (Some(&least), Some(&most)) = (reference.sorted.first(), reference.sorted.last())
        && current.len() > 0
    {
        let inside = current.sorted.partition_point(|value| *value <= most) - current.below(least);
        let share = (current.len() - inside) as f64 / current.len() as f64;
        let noise = beyond_extremes(bench.sizes.reference_effective, 2, rules.significance);
        let threshold = above(rules.out_of_range, noise);
        tests.push(bench.measure(TestKind::OutOfRange, share, threshold, format!("outside {least} to {most}")));
    }
    let histogram = histogram(&reference, &current);
    report(pair, &bench, [reference.summary(), current.summary()], Vec::new(), tests, histogram)
}

/// The tests that compare two distributions of numbers.
fn distribution_tests(bench: &Bench<'_>, reference: &Sample, current: &Sample) -> Vec<TestResult> {
    let rules = bench.rules;
    let mut tests = Vec::new();

    let distance = Distance::of(&reference.sorted, &current.sorted);
    let (p, method) = distance.p();
    let rule = match method {
        Method::Exact => "two-sided, exact p-value",
        Method::Asymptotic => "two-sided, asymptotic p-value",
    };
    let (effective_p, rule) = match &bench.blocks {
        Some(blocks) => {
            (blocks.p(distance.statistic()), format!("{rule}; decided by {} windows of the reference", blocks.len()))
        }
        None => (distance.effective_p(bench.rows()), rule.to_owned()),
    };
    tests.push(bench.chance(TestKind::KolmogorovSmirnov, distance.statistic(), p, effective_p, rule));

    if let Some(test) = AndersonDarling::of(&reference.sorted, &current.sorted) {
        let effective_p = test.effective_p(bench.rows_share());
        let rule = "mid-ranks, p-value from a table that ends at 0.25 and 0.001".to_owned();
        tests.push(bench.chance(TestKind::AndersonDarling, test.statistic(), test.p(), effective_p, rule));
    }

    if let Some(moved) = wasserstein::distance(reference, current) {
        // The area under |bridge| has no simple quantile; that of its height at one place, over the area of its
        // standard deviation, is an upper bound of it (all places moving as one is the worst case).
        let noise = match &bench.blocks {
            Some(blocks) => blocks.noise(rules.significance),
            None => normal_beyond(rules.significance) * wasserstein::spread(reference) / bench.rows().sqrt(),
        };
        let rule = format!("over the reference's standard deviation {}", reference.standard_deviation);
        tests.push(bench.measure(TestKind::Wasserstein, moved, above(rules.wasserstein, noise), rule));
    }

    let binned = Binned::of(reference, current, rules);
    for mut test in bin_tests(bench, &binned.counts, &binned.rule) {
        test.edges.clone_from(&binned.edges);
        tests.push(test);
    }
    tests
}

fn bin_tests(bench: &Bench<'_>, counts: &[Vec<u64>; 2], rule: &str) -> [TestResult; 2] {
    let rules = bench.rules;
    let effective = [bench.sizes.reference_effective, bench.sizes.current_effective];
    let noise = psi_noise(counts, effective, rules.significance);
    let psi_threshold = above(rules.psi, noise);
    let distance_threshold = above(rules.jensen_shannon, jensen_shannon_noise(noise));
    [
        bench.measure(TestKind::Psi, psi(counts), psi_threshold, rule.to_owned()),
        bench.measure(TestKind::JensenShannon, jensen_shannon(counts), distance_threshold, rule.to_owned()),
    ]
}

fn texts(pair: &Pair<'_>, windows: [(&[String], &[u32]); 2], rules: &Rules) -> Result<ColumnReport, DriftError> {
    let table = Table::of(pair.name, windows)?;
    let [(levels, codes), (_, current_codes)] = windows;
    let correlation = if rules.serial_correlation { categories::correlation_rows(levels, codes) } else { 1.0 };
    let bench = Bench::new(table.known, correlation, rules);
    let mut tests = Vec::new();
    if table.known[0] > 0 && table.known[1] > 0 {
        tests.extend(bin_tests(&bench, &table.counts, "a bin a category"));
        let statistic = table.homogeneity();
        let (p, effective_p) = (table.p(statistic), table.p(statistic * bench.rows_share()));
        let rule = format!("homogeneity of {} categories in two windows", table.len());
        tests.push(bench.chance(TestKind::ChiSquare, statistic, p, effective_p, rule));
        if let Some(statistic) = table.fit().filter(|_| table.len() > 1) {
            // The reference counts as the truth, so only the current rows are uncertain.
            let share = bench.sizes.current_effective / bench.sizes.current as f64;
            let (p, effective_p) = (table.p(statistic), table.p(statistic * share));
            let rule = "fit to the reference's shares, as in Evidently; does not decide".to_owned();
            tests.push(bench.chance(TestKind::ChiSquareOfFit, statistic, p, effective_p, rule));
        }
    }
    let rows = [codes.len(), current_codes.len()];
    let is_missing =
        |of: usize, row: usize| if of == 0 { codes[row] == MISSING } else { current_codes[row] == MISSING };
    tests.push(missing(rows, is_missing, correlation, rules));
    if table.known[0] > 0 && table.known[1] > 0 {
        let noise = table.unseen_share() + beyond_extremes(bench.sizes.reference_effective, 1, rules.significance);
        let threshold = above(rules.new_categories, noise);
        let rule = "share of current rows in categories that the reference lacks".to_owned();
        tests.push(bench.measure(TestKind::NewCategories, table.new_share(), threshold, rule));
    }
    let summaries = [table.summary(0), table.summary(1)];
    Ok(report(pair, &bench, summaries, table.new_names(), tests, table.histogram()))
}

fn missing(rows: [usize; 2], is_missing: impl Fn(usize, usize) -> bool, correlation: f64, rules: &Rules) -> TestResult {
    let flags = |of: usize| (0..rows[of]).map(|row| f64::from(u8::from(is_missing(of, row)))).collect::<Vec<_>>();
    let (reference, current) = (flags(0), flags(1));
    let own = if rules.serial_correlation { integrated_time(&reference) } else { 1.0 };
    let bench = Bench::new([rows[0] as u64, rows[1] as u64], own.max(correlation), rules);
    let share = |flags: &[f64]| flags.iter().sum::<f64>() / flags.len().max(1) as f64;
    let difference = share(&current) - share(&reference);
    let all = (rows[0] + rows[1]).max(1) as f64;
    let pooled = (reference.iter().sum::<f64>() + current.iter().sum::<f64>()) / all;
    let plain = rows.map(|rows| rows.max(1) as f64);
    let effective = [bench.sizes.reference_effective, bench.sizes.current_effective];
    let threshold = above(rules.missing_change, proportion::noise(pooled, effective, rules.significance));
    let rule = "difference of the shares of missing values, p-value of two proportions".to_owned();
    TestResult {
        p: Some(proportion::p(difference, pooled, plain)),
        p_effective: Some(proportion::p(difference, pooled, effective)),
        ..bench.measure(TestKind::Missing, difference.abs(), threshold, rule)
    }
}

/// The share of a distribution that lies beyond so many extremes of a sample of `rows`, exceeded with chance
/// `significance`.
///
/// Source: the spacings of uniform order statistics; David and Nagaraja (2003), Order Statistics, section 2.4.
fn beyond_extremes(rows: f64, extremes: u8, significance: f64) -> f64 {
    (0.5 * chi_square_above(significance, 2.0 * f64::from(extremes)) / rows).min(1.0)
}

fn above(nominal: f64, noise: f64) -> Threshold {
    // Where a window is tiny the noise has no bound, and JSON has no infinity.
    let noise = noise.clamp(0.0, f64::MAX);
    Threshold::StatisticAbove { value: nominal.max(noise), nominal, noise }
}

/// What all tests of a column share.
struct Bench<'a> {
    rules: &'a Rules,
    sizes: Sizes,
    correlation: f64,
    is_enough: bool,
    blocks: Option<Blocks>,
}

impl<'a> Bench<'a> {
    fn new(rows: [u64; 2], correlation: f64, rules: &'a Rules) -> Self {
        let [reference, current] = rows;
        // No window is worth less than nothing at all; what is worth less than one row is never judged.
        let effective = rows.map(|rows| (rows as f64 / correlation).max(1e-3));
        let is_enough = rows.iter().all(|rows| *rows >= u64::from(rules.least_rows))
            && effective.iter().all(|rows| *rows >= rules.least_effective_rows);
        let [reference_effective, current_effective] = effective;
        let sizes = Sizes { reference, current, reference_effective, current_effective };
        Self { rules, sizes, correlation, is_enough, blocks: None }
    }

    /// Where rows remember for longer than the window lasts, windows of the reference say what is usual of it; the
    /// reference itself must be long enough to know.
    fn with_blocks(mut self, values: &[f64], reference: &Sample, rows: usize) -> Self {
        let Sizes { reference: known, current, reference_effective, .. } = self.sizes;
        let has_rows = known.min(current) >= u64::from(self.rules.least_rows);
        let is_known = reference_effective >= 2.0 * self.rules.least_effective_rows;
        if self.rules.serial_correlation && !self.is_enough && has_rows && is_known {
            self.blocks = Blocks::of(values, reference, rows);
            self.is_enough = self.blocks.is_some();
        }
        self
    }

    /// Effective rows that the difference of both windows is worth: `nm / (n + m)`.
    fn rows(&self) -> f64 {
        1.0 / (1.0 / self.sizes.reference_effective + 1.0 / self.sizes.current_effective)
    }

    /// These over the same of all rows.
    fn rows_share(&self) -> f64 {
        let rows = 1.0 / (1.0 / self.sizes.reference as f64 + 1.0 / self.sizes.current as f64);
        self.rows() / rows
    }

    fn chance(&self, test: TestKind, statistic: f64, p: f64, p_effective: f64, rule: String) -> TestResult {
        let threshold = Threshold::PBelow { value: self.rules.significance };
        let is_beyond = p_effective < self.rules.significance;
        self.result(test, statistic, [Some(p), Some(p_effective)], threshold, is_beyond, rule)
    }

    fn measure(&self, test: TestKind, statistic: f64, threshold: Threshold, rule: String) -> TestResult {
        self.result(test, statistic, [None, None], threshold, statistic > threshold.value(), rule)
    }

    fn result(
        &self,
        test: TestKind,
        statistic: f64,
        [p, p_effective]: [Option<f64>; 2],
        threshold: Threshold,
        is_beyond: bool,
        rule: String,
    ) -> TestResult {
        let verdict = match (self.is_enough, is_beyond) {
            (false, _) => Verdict::TooFewRows,
            (true, true) => Verdict::Drifted,
            (true, false) => Verdict::Stable,
        };
        let statistic = statistic.clamp(f64::MIN, f64::MAX);
        TestResult { test, statistic, p, p_effective, threshold, verdict, rule, edges: Vec::new(), sizes: self.sizes }
    }
}

/// Puts the tests of a column together: it drifted where a test says that the change is no chance and a measure says
/// that it is large, or where values went missing or categories came up.
fn report(
    pair: &Pair<'_>,
    bench: &Bench<'_>,
    [reference, current]: [super::Summary; 2],
    new_categories: Vec<String>,
    mut tests: Vec<TestResult>,
    histogram: Histogram,
) -> ColumnReport {
    tests.sort_by_key(|result| result.test);
    let has =
        |is: fn(TestKind) -> bool| tests.iter().any(|result| result.verdict == Verdict::Drifted && is(result.test));
    let is_moved = has(is_evidence) && has(is_size);
    let because: Vec<TestKind> = tests
        .iter()
        .filter(|result| result.verdict == Verdict::Drifted)
        .map(|result| result.test)
        .filter(|test| match test {
            TestKind::Missing | TestKind::NewCategories => true,
            test => is_moved && (is_evidence(*test) || is_size(*test)),
        })
        .collect();
    let verdict = match (because.is_empty(), bench.is_enough) {
        (false, _) => Verdict::Drifted,
        (true, true) => Verdict::Stable,
        (true, false) => Verdict::TooFewRows,
    };
    ColumnReport {
        name: pair.name.to_owned(),
        role: pair.role,
        verdict,
        because,
        correlation_rows: bench.correlation,
        reference,
        current,
        new_categories,
        tests,
        histogram,
    }
}

fn histogram(reference: &Sample, current: &Sample) -> Histogram {
    let ends =
        |level: f64| [reference, current].into_iter().filter(|of| of.len() > 0).map(move |of| of.quantile(level));
    let low = ends(DRAWN_LEVELS[0]).reduce(f64::min);
    let high = ends(DRAWN_LEVELS[1]).reduce(f64::max);
    let (Some(low), Some(high)) = (low, high) else {
        return Histogram::Numbers { edges: Vec::new(), reference: Vec::new(), current: Vec::new() };
    };
    let (low, high) = if low < high { (low, high) } else { widened(low) };
    let edges: Vec<f64> = (0..=DRAWN_BINS)
        .map(|edge| {
            let share = edge as f64 / DRAWN_BINS as f64;
            low * (1.0 - share) + high * share
        })
        .collect();
    let inner = &edges[1..DRAWN_BINS];
    let (reference, current) = (bins::count(reference, inner), bins::count(current, inner));
    Histogram::Numbers { edges, reference, current }
}

/// Room around a single value.
fn widened(value: f64) -> (f64, f64) {
    let half = (1e-3 * value.abs()).max(0.5);
    ((value - half).max(f64::MIN), (value + half).min(f64::MAX))
}

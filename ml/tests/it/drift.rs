//! Drift tests against Evidently and scipy (`golden/drift.py`), no false alarms on the reference itself, and what must
//! hold of any two windows.

use ml::drift::{
    Binning, Column, ColumnReport, DriftError, Histogram, MISSING, Pair, Report, Role, Rules, TestKind, Threshold,
    Verdict, compare,
};
use ml::evaluate::bootstrap::resamples;
use ml::seed;
use proptest::prelude::*;
use rand::Rng as _;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    numbers: Vec<Numbers>,
    categories: Vec<Categories>,
    exact: Vec<Exact>,
}

#[derive(Deserialize)]
struct Numbers {
    name: String,
    reference: Vec<Option<f64>>,
    current: Vec<Option<f64>>,
    evidently: NumbersScores,
    ks_statistic: f64,
    ks_p: f64,
    ad_statistic: f64,
    standard_deviation: f64,
}

#[derive(Deserialize)]
struct NumbersScores {
    ks: f64,
    anderson: f64,
    wasserstein: f64,
    psi: f64,
    jensenshannon: f64,
}

#[derive(Deserialize)]
struct Categories {
    name: String,
    reference: Vec<Option<String>>,
    current: Vec<Option<String>>,
    evidently: CategoriesScores,
    chi_square: f64,
    chi_square_p: f64,
}

#[derive(Deserialize)]
struct CategoriesScores {
    chisquare: f64,
    psi: f64,
    jensenshannon: f64,
}

#[derive(Deserialize)]
struct Exact {
    n: u32,
    m: u32,
    shift: f64,
    statistic: f64,
    p: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/drift.json")).unwrap()
}

fn like_evidently() -> Rules {
    Rules { binning: Binning::Evidently, serial_correlation: false, ..Rules::default() }
}

fn one(reference: Column<'_>, current: Column<'_>, rules: &Rules) -> ColumnReport {
    let pair = Pair { name: "x", role: Role::Feature, reference, current };
    compare(&[pair], rules).unwrap().columns.remove(0)
}

fn of_numbers(reference: &[f64], current: &[f64], rules: &Rules) -> ColumnReport {
    one(Column::Numbers(reference), Column::Numbers(current), rules)
}

fn filled(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

/// Levels in order of appearance, and codes.
fn coded(values: &[Option<String>]) -> (Vec<String>, Vec<u32>) {
    let mut levels: Vec<String> = Vec::new();
    let codes = values.iter().map(|value| {
        let Some(value) = value else { return MISSING };
        let known = levels.iter().position(|level| level == value);
        let position = known.unwrap_or_else(|| {
            levels.push(value.clone());
            levels.len() - 1
        });
        u32::try_from(position).unwrap()
    });
    let codes = codes.collect();
    (levels, codes)
}

#[track_caller]
fn assert_near(what: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-6, "{what}: ours {ours:e}, theirs {theirs:e}");
}

#[track_caller]
fn statistic(report: &ColumnReport, kind: TestKind) -> f64 {
    report.test(kind).unwrap().statistic
}

#[test]
fn numbers_are_what_evidently_and_scipy_say() {
    for case in golden().numbers {
        let (reference, current) = (filled(&case.reference), filled(&case.current));
        let report = of_numbers(&reference, &current, &like_evidently());
        let p = |kind| report.test(kind).and_then(|result| result.p).unwrap();
        let theirs = &case.evidently;
        let named = |what: &str| format!("{what} of {}", case.name);
        assert_near(&named("KS"), statistic(&report, TestKind::KolmogorovSmirnov), case.ks_statistic);
        assert_near(&named("KS p of scipy"), p(TestKind::KolmogorovSmirnov), case.ks_p);
        assert_near(&named("KS p"), p(TestKind::KolmogorovSmirnov), theirs.ks);
        assert_near(&named("Anderson-Darling"), statistic(&report, TestKind::AndersonDarling), case.ad_statistic);
        assert_near(&named("Anderson-Darling p"), p(TestKind::AndersonDarling), theirs.anderson);
        assert_near(&named("Wasserstein"), statistic(&report, TestKind::Wasserstein), theirs.wasserstein);
        assert_near(&named("PSI"), statistic(&report, TestKind::Psi), theirs.psi);
        assert_near(&named("Jensen-Shannon"), statistic(&report, TestKind::JensenShannon), theirs.jensenshannon);
        let deviation = report.reference.numbers.unwrap().standard_deviation;
        assert_near(&named("standard deviation"), deviation, case.standard_deviation);
    }
}

#[test]
fn categories_are_what_evidently_and_scipy_say() {
    for case in golden().categories {
        let ((levels, codes), (current_levels, current_codes)) = (coded(&case.reference), coded(&case.current));
        let report = one(
            Column::Categories { levels: &levels, codes: &codes },
            Column::Categories { levels: &current_levels, codes: &current_codes },
            &like_evidently(),
        );
        let p = |kind| report.test(kind).and_then(|result| result.p).unwrap();
        let named = |what: &str| format!("{what} of {}", case.name);
        assert_near(&named("chi-square p"), p(TestKind::ChiSquareOfFit), case.evidently.chisquare);
        assert_near(&named("PSI"), statistic(&report, TestKind::Psi), case.evidently.psi);
        let distance = statistic(&report, TestKind::JensenShannon);
        assert_near(&named("Jensen-Shannon"), distance, case.evidently.jensenshannon);
        assert_near(&named("homogeneity"), statistic(&report, TestKind::ChiSquare), case.chi_square);
        assert_near(&named("homogeneity p"), p(TestKind::ChiSquare), case.chi_square_p);
    }
}

#[test]
fn exact_p_values_of_small_and_large_samples_are_what_scipy_says() {
    for Exact { n, m, shift, statistic: expected, p } in golden().exact {
        let reference: Vec<f64> = (0..n).map(f64::from).collect();
        let (n, rows) = (f64::from(n), f64::from(m));
        let current: Vec<f64> =
            (0..m).map(|row| (f64::from(row) + 0.5) / rows * n * (1.0 - shift) + n * shift).collect();
        let report = of_numbers(&reference, &current, &like_evidently());
        let test = report.test(TestKind::KolmogorovSmirnov).unwrap();
        assert_near(&format!("{n} {m} {shift}"), test.statistic, expected);
        assert_near(&format!("p of {n} {m} {shift}"), test.p.unwrap(), p);
        assert!(test.rule.contains("exact"));
    }
}

/// Series that wander: each value remembers `weight` of the one before, and all share a part.
fn wandering(seed: u64, rows: usize, columns: usize, weight: f64, shared: f64) -> Vec<Vec<f64>> {
    let mut generator = seed::generator(seed, 0xD21F);
    let mut values = vec![0.0; columns];
    let mut series = vec![Vec::with_capacity(rows); columns];
    for _ in 0..rows {
        let common: f64 = generator.random_range(-1.0..1.0_f64);
        for (value, series) in values.iter_mut().zip(&mut series) {
            *value = weight * *value + shared * common + (1.0 - shared) * generator.random_range(-1.0..1.0_f64);
            series.push(*value);
        }
    }
    series
}

fn table(reference: &[Vec<f64>], current: &[Vec<f64>], rules: &Rules) -> Report {
    let pairs: Vec<Pair<'_>> = reference
        .iter()
        .zip(current)
        .map(|(reference, current)| Pair {
            name: "x",
            role: Role::Feature,
            reference: Column::Numbers(reference),
            current: Column::Numbers(current),
        })
        .collect();
    compare(&pairs, rules).unwrap()
}

#[test]
fn windows_of_the_reference_itself_hardly_ever_count_as_drift_however_much_rows_depend_on_each_other() {
    for (seed, weight, shared) in [(1, 0.95, 0.0), (2, 0.95, 0.8), (3, 0.0, 0.0)] {
        let reference = wandering(seed, 3_000, 4, weight, shared);
        let (mut alarms, mut naive_alarms) = (0, 0);
        for (window, picked) in resamples(3_000, 120, 200, seed).enumerate() {
            let rows = &picked[..600];
            let current: Vec<Vec<f64>> =
                reference.iter().map(|series| rows.iter().map(|row| series[*row]).collect()).collect();
            let report = table(&reference, &current, &Rules::default());
            assert_ne!(report.verdict, Verdict::TooFewRows);
            alarms += u32::from(report.verdict == Verdict::Drifted);
            if window < 40 {
                let naive = Rules { serial_correlation: false, ..Rules::default() };
                naive_alarms += u32::from(table(&reference, &current, &naive).verdict == Verdict::Drifted);
            }
        }
        assert!(alarms <= 10, "{alarms} of 200 windows at a weight of {weight}");
        if weight > 0.0 {
            assert!(naive_alarms > 8, "without the dependence of rows there were {naive_alarms} alarms of 40");
        }
    }
}

#[test]
fn a_change_that_matters_is_found_in_spite_of_dependent_rows() {
    let reference = wandering(5, 6_000, 6, 0.9, 0.2);
    let current: Vec<Vec<f64>> = wandering(6, 2_000, 6, 0.9, 0.2)
        .into_iter()
        .map(|series| series.into_iter().map(|value| 1.3 * value + 2.0).collect())
        .collect();
    let report = table(&reference, &current, &Rules::default());
    assert_eq!((report.verdict, report.drifted), (Verdict::Drifted, 6));
    for column in &report.columns {
        assert!(column.correlation_rows > 5.0 && column.score() > 1.0);
        assert!(
            column.because.contains(&TestKind::KolmogorovSmirnov) && column.because.contains(&TestKind::Wasserstein)
        );
    }
}

#[test]
fn few_rows_are_never_drift() {
    let reference: Vec<f64> = (0..1_000).map(|row| f64::from(row * 37 % 1_000)).collect();
    let far: Vec<f64> = (0..49).map(|row| 1e6 + f64::from(row)).collect();
    let report = of_numbers(&reference, &far, &Rules::default());
    assert_eq!(report.verdict, Verdict::TooFewRows);
    assert!(report.tests.iter().all(|result| result.verdict == Verdict::TooFewRows));
    // Enough rows that are worth hardly one, and too short a reference to know what such a window usually looks like.
    let slow = wandering(8, 3_000, 1, 0.999, 0.0).remove(0);
    let report = of_numbers(&slow, &[1e6; 200], &Rules::default());
    assert_eq!(report.verdict, Verdict::TooFewRows, "{}", report.correlation_rows);
    let empty = of_numbers(&[], &[], &Rules::default());
    assert_eq!(empty.verdict, Verdict::TooFewRows);
    assert_eq!(compare(&[], &Rules::default()).unwrap().verdict, Verdict::TooFewRows);
}

#[test]
fn where_rows_remember_longer_than_a_window_lasts_windows_of_the_reference_decide() {
    let slow = wandering(8, 5_000, 1, 0.999, 0.0).remove(0);
    let drifted = |rules: &Rules| {
        slow.chunks(200).filter(|window| of_numbers(&slow, window, rules).verdict == Verdict::Drifted).count()
    };
    assert_eq!(of_numbers(&slow, &[1e6; 200], &Rules::default()).verdict, Verdict::Drifted);
    let (dependent, independent) = (Rules::default(), Rules { serial_correlation: false, ..Rules::default() });
    let alarms = (drifted(&dependent), drifted(&independent));
    assert!(alarms.0 <= 5 && alarms.1 > 20, "{alarms:?} of 25 windows of the reference itself");
}

#[test]
fn values_that_go_missing_are_drift_even_where_none_is_left() {
    let reference: Vec<f64> = (0..500).map(|row| f64::from(row * 37 % 500)).collect();
    let report = of_numbers(&reference, &[f64::NAN; 300], &Rules::default());
    assert_eq!((report.verdict, report.because), (Verdict::Drifted, vec![TestKind::Missing]));
    let some: Vec<f64> = (0..500).map(|row| if row % 50 == 0 { f64::NAN } else { f64::from(row * 37 % 500) }).collect();
    let report = of_numbers(&reference, &some, &Rules::default());
    assert_eq!(report.verdict, Verdict::Stable);
    assert_eq!(report.current.missing, 10);
}

#[test]
fn a_constant_that_changes_is_drift_and_one_that_does_not_is_not() {
    assert_eq!(of_numbers(&[3.0; 100], &[4.0; 100], &Rules::default()).verdict, Verdict::Drifted);
    assert_eq!(of_numbers(&[3.0; 100], &[3.0; 100], &Rules::default()).verdict, Verdict::Stable);
}

#[test]
fn new_categories_are_named_and_count() {
    let levels: Vec<String> = ["up", "down", "flat"].map(str::to_owned).to_vec();
    let mut generator = seed::generator(11, 0xD21F);
    let mut draw = |most: u32| (0..600).map(|_| generator.random_range(0..most)).collect::<Vec<u32>>();
    let (reference, current, other) = (draw(2), draw(3), draw(2));
    let column = |codes| Column::Categories { levels: &levels, codes };
    let report = one(column(&reference), column(&current), &Rules::default());
    assert_eq!((report.verdict, report.new_categories.as_slice()), (Verdict::Drifted, &["flat".to_owned()][..]));
    assert!(report.because.contains(&TestKind::NewCategories) && report.test(TestKind::ChiSquareOfFit).is_none());
    let report = one(column(&reference), column(&other), &Rules::default());
    assert_eq!(report.verdict, Verdict::Stable);
}

#[test]
fn every_result_says_what_it_was_held_against() {
    let reference: Vec<f64> = (0..1_000).map(|row| f64::from(row * 37 % 1_000)).collect();
    let report = of_numbers(&reference, &reference[..200], &Rules::default());
    for result in &report.tests {
        assert!(!result.rule.is_empty() && result.sizes.reference == 1_000 && result.sizes.current == 200);
        if let Threshold::StatisticAbove { value, nominal, noise } = result.threshold {
            assert_eq!(value, nominal.max(noise));
        }
        let has_edges = matches!(result.test, TestKind::Psi | TestKind::JensenShannon);
        assert_eq!(!result.edges.is_empty(), has_edges, "{:?}", result.test);
    }
    let kept = serde_json::to_string(&report).unwrap();
    let again: ColumnReport = serde_json::from_str(&kept).unwrap();
    assert_eq!((again.verdict, again.tests.len()), (report.verdict, report.tests.len()));
}

#[test]
fn what_cannot_be_compared_is_an_error_in_words() {
    let levels = ["a".to_owned()];
    let (numbers, texts) = (Column::Numbers(&[1.0]), Column::Categories { levels: &levels, codes: &[0] });
    let pair = |reference, current| Pair { name: "x", role: Role::Target, reference, current };
    let error = compare(&[pair(numbers, texts)], &Rules::default()).unwrap_err();
    assert_eq!(error, DriftError::Kind { name: "x".to_owned() });
    let far = Column::Categories { levels: &levels, codes: &[7] };
    assert!(matches!(compare(&[pair(texts, far)], &Rules::default()), Err(DriftError::Code { code: 7, .. })));
    for rules in [
        Rules { significance: 0.0, ..Rules::default() },
        Rules { psi: f64::NAN, ..Rules::default() },
        Rules { bins: 1, ..Rules::default() },
        Rules { least_rows: 0, ..Rules::default() },
        Rules { least_effective_rows: 0.0, ..Rules::default() },
    ] {
        assert!(matches!(compare(&[], &rules), Err(DriftError::Rule { .. })));
    }
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -5.0..5.0_f64,
        4 => (-3..4_i32).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN),
        1 => Just(f64::MIN_POSITIVE),
        1 => Just(-0.0),
    ]
}

fn any_window() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any_number(), 0..150)
}

fn tame_window() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![-5.0..5.0_f64, (-3..4_i32).prop_map(f64::from)], 60..160)
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_and_all_it_says_is_finite_and_within_bounds(
        reference in any_window(),
        current in any_window(),
        is_like_evidently in any::<bool>(),
    ) {
        let rules = if is_like_evidently { like_evidently() } else { Rules::default() };
        let report = of_numbers(&reference, &current, &rules);
        for result in &report.tests {
            prop_assert!(result.statistic.is_finite() && result.threshold.value().is_finite(), "{result:?}");
            for p in [result.p, result.p_effective].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&p), "{result:?}");
            }
            let most = match result.test {
                TestKind::KolmogorovSmirnov | TestKind::Missing | TestKind::OutOfRange => 1.0,
                TestKind::JensenShannon => std::f64::consts::LN_2.sqrt() + 1e-12,
                _ => f64::MAX,
            };
            let least = if result.test == TestKind::AndersonDarling { f64::MIN } else { 0.0 };
            prop_assert!((least..=most).contains(&result.statistic), "{result:?}");
        }
        if let Histogram::Numbers { reference: counts, .. } = &report.histogram {
            let known = reference.iter().filter(|value| value.is_finite()).count() as u64;
            prop_assert!(counts.is_empty() || counts.iter().sum::<u64>() == known);
        }
        prop_assert!(serde_json::to_string(&report).is_ok());
    }

    #[test]
    fn a_window_never_drifts_from_itself(window in any_window(), is_serial in any::<bool>()) {
        let rules = Rules { serial_correlation: is_serial, ..Rules::default() };
        let report = of_numbers(&window, &window, &rules);
        prop_assert_ne!(report.verdict, Verdict::Drifted);
        for kind in [TestKind::KolmogorovSmirnov, TestKind::Wasserstein, TestKind::Psi, TestKind::JensenShannon] {
            if let Some(result) = report.test(kind) {
                prop_assert!(result.statistic.abs() < 1e-7, "{result:?}");
            }
        }
    }

    #[test]
    fn which_window_comes_first_does_not_count_where_it_should_not(one in tame_window(), other in tame_window()) {
        let rules = like_evidently();
        let (there, back) = (of_numbers(&one, &other, &rules), of_numbers(&other, &one, &rules));
        for kind in [TestKind::KolmogorovSmirnov, TestKind::AndersonDarling] {
            let (there, back) = (there.test(kind), back.test(kind));
            if let (Some(there), Some(back)) = (there, back) {
                prop_assert!((there.statistic - back.statistic).abs() < 1e-9);
                prop_assert!((there.p.unwrap() - back.p.unwrap()).abs() < 1e-9);
            }
        }
        let distance = |report: &ColumnReport| {
            let unit = report.reference.numbers.as_ref().map_or(0.0, |numbers| numbers.standard_deviation);
            report.test(TestKind::Wasserstein).map(|result| result.statistic * unit)
        };
        if let (Some(there), Some(back)) = (distance(&there), distance(&back)) {
            prop_assert!((there - back).abs() < 1e-9, "{there} {back}");
        }
    }

    #[test]
    fn the_unit_of_the_numbers_does_not_count_and_their_order_is_all_that_rank_tests_see(
        one in tame_window(),
        other in tame_window(),
    ) {
        let rules = Rules::default();
        let map = |window: &[f64], of: fn(f64) -> f64| window.iter().map(|value| of(*value)).collect::<Vec<_>>();
        let plain = of_numbers(&one, &other, &rules);
        let curved = of_numbers(&map(&one, f64::exp), &map(&other, f64::exp), &rules);
        let scaled = of_numbers(&map(&one, |value| 8.0 * value), &map(&other, |value| 8.0 * value), &rules);
        for kind in [TestKind::KolmogorovSmirnov, TestKind::AndersonDarling] {
            let of = |report: &ColumnReport| report.test(kind).map(|result| result.statistic);
            prop_assert_eq!(of(&plain), of(&curved));
            prop_assert_eq!(of(&plain), of(&scaled));
        }
        for kind in [TestKind::Wasserstein, TestKind::Psi, TestKind::JensenShannon] {
            if let (Some(plain), Some(scaled)) = (plain.test(kind), scaled.test(kind)) {
                prop_assert!((plain.statistic - scaled.statistic).abs() < 1e-9, "{kind:?}");
            }
        }
        prop_assert_eq!(plain.verdict, scaled.verdict);
    }

    #[test]
    fn categories_of_any_kind_are_no_trouble(
        reference in prop::collection::vec(prop_oneof![3 => 0..4_u32, 1 => Just(MISSING)], 0..120),
        current in prop::collection::vec(prop_oneof![3 => 0..6_u32, 1 => Just(MISSING)], 0..120),
    ) {
        let levels: Vec<String> = ["", "a", "b", "é", "<b>", "\u{0}"].map(str::to_owned).to_vec();
        let column = |codes| Column::Categories { levels: &levels, codes };
        let report = one(column(&reference), column(&current), &Rules::default());
        for result in &report.tests {
            prop_assert!(result.statistic.is_finite() && result.threshold.value().is_finite());
        }
        let same = one(column(&current), column(&current), &Rules::default());
        prop_assert_ne!(same.verdict, Verdict::Drifted);
    }
}

//! Comparisons of models against the Python packages dieboldmariano and arch (`golden/comparison.py`), and what must
//! hold of any comparison.

use ml::evaluate::comparison::{ComparisonError, diebold_mariano};
use ml::evaluate::confidence_set::{confidence_set, p_values};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::assert_close;

#[derive(Deserialize)]
struct Golden {
    losses: Vec<Vec<f64>>,
    block: usize,
    tests: Vec<Test>,
    confidence_set: ConfidenceSet,
    p_of_many: Vec<f64>,
}

#[derive(Deserialize)]
struct Test {
    a: usize,
    b: usize,
    lags: usize,
    statistic: f64,
    p: f64,
}

#[derive(Deserialize)]
struct ConfidenceSet {
    resamples: Vec<Vec<usize>>,
    p: Vec<f64>,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/comparison.json")).unwrap()
}

#[test]
fn the_test_of_equal_accuracy_is_what_the_python_package_says() {
    for case in golden() {
        for test in case.tests {
            let ours = diebold_mariano(&case.losses[test.a], &case.losses[test.b], test.lags).unwrap();
            assert_close("statistic", ours.statistic, test.statistic, 1e-9);
            assert_close("p", ours.p, test.p, 1e-7);
            assert_eq!(ours.difference < 0.0, ours.statistic < 0.0);
        }
    }
}

#[test]
fn the_confidence_set_is_what_arch_says_on_the_same_resamples() {
    for case in golden() {
        let ours = p_values(&case.losses, &case.confidence_set.resamples).unwrap();
        for (ours, theirs) in ours.iter().zip(&case.confidence_set.p) {
            assert_close("p", *ours, *theirs, 1e-9);
        }
    }
}

#[test]
fn the_confidence_set_on_our_resamples_is_what_arch_says_on_its_own_within_their_noise() {
    for case in golden() {
        let ours = confidence_set(&case.losses, case.block, 4_000, 3).unwrap();
        for (ours, theirs) in ours.iter().zip(&case.p_of_many) {
            assert!((ours - theirs).abs() < 0.03, "{ours} {theirs}");
        }
    }
}

#[test]
fn what_cannot_be_compared_is_an_error_and_never_a_number() {
    let (short, day) = (vec![1.0, 2.0, 4.0], vec![1.0, 2.0]);
    assert_eq!(diebold_mariano(&short, &short, 0), Err(ComparisonError::Alike));
    assert_eq!(diebold_mariano(&short, &[0.0, 1.0, 3.0], 1), Err(ComparisonError::Alike));
    assert_eq!(diebold_mariano(&short, &day, 0), Err(ComparisonError::Lengths { expected: 3, given: 2 }));
    assert_eq!(diebold_mariano(&short, &[0.0, 5.0, 1.0], 2), Err(ComparisonError::TooShort { needed: 4, given: 3 }));
    assert_eq!(diebold_mariano(&short, &[0.0, f64::NAN, 1.0], 0), Err(ComparisonError::Value { index: 1 }));
    assert_eq!(confidence_set(&[], 2, 10, 1), Err(ComparisonError::NoModel));
    assert_eq!(confidence_set(&[vec![]], 2, 10, 1), Err(ComparisonError::TooShort { needed: 2, given: 0 }));
    assert_eq!(confidence_set(&[short.clone(), short], 2, 0, 1), Err(ComparisonError::NoResample));
}

#[test]
fn two_models_with_the_same_losses_are_both_in_the_set_or_both_out_of_it() {
    let best: Vec<f64> = (0..80).map(|day| f64::from(day * 7 % 11) / 10.0).collect();
    let worse: Vec<f64> = (0..80).map(|day| f64::from(day * 7 % 11) / 10.0 + f64::from(1 + day % 3)).collect();
    let p = confidence_set(&[worse.clone(), best.clone(), best, worse], 5, 500, 9).unwrap();
    assert_eq!((p[1], p[2]), (1.0, 1.0));
    assert!(p[0] < 0.01 && p[3] < 0.01, "{p:?}");
}

#[test]
fn a_difference_between_equals_comes_out_significant_as_often_as_it_should() {
    use rand::Rng as _;
    let mut generator = ml::seed::generator(1, 1);
    let mut rejected = 0;
    for _ in 0..2_000 {
        // A moving average of two days: what overlapping horizons of two days make.
        let noise: Vec<f64> = (0..201).map(|_| generator.random_range(-1.0..1.0)).collect();
        let loss: Vec<f64> = noise.windows(2).map(|pair| pair[0] + pair[1]).collect();
        let test = diebold_mariano(&loss, &[0.0; 200], 4).unwrap();
        rejected += u32::from(test.p < 0.05);
    }
    assert!((60..=180).contains(&rejected), "{rejected} of 2000");
}

prop_compose! {
    fn table()(models in 1..5_usize, days in 4..30_usize)
        (table in prop::collection::vec(prop::collection::vec(0.0..2.0_f64, days), models)) -> Vec<Vec<f64>> {
        table
    }
}

proptest! {
    #[test]
    fn which_model_is_named_first_only_turns_the_sign(table in table(), lags in 0..3_usize) {
        let (first, last) = (&table[0], &table[table.len() - 1]);
        match (diebold_mariano(first, last, lags), diebold_mariano(last, first, lags)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!((one.difference, one.statistic, one.p), (-other.difference, -other.statistic, other.p));
                prop_assert!((0.0..=1.0 + 1e-12).contains(&one.p));
            }
            (one, other) => prop_assert_eq!(one, other),
        }
        prop_assert_eq!(diebold_mariano(first, first, lags), Err(ComparisonError::Alike));
    }

    #[test]
    fn the_set_always_holds_the_best_model(table in table(), seed in 0..9_u64) {
        let p = confidence_set(&table, 3, 60, seed).unwrap();
        let mean = |model: &usize| table[*model].iter().sum::<f64>();
        let best = (0..table.len()).min_by(|left, right| mean(left).total_cmp(&mean(right))).unwrap();
        prop_assert_eq!(p[best], 1.0);
        prop_assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn the_unit_of_the_losses_does_not_count(table in table(), unit in 0.1..10.0_f64) {
        let scaled: Vec<Vec<f64>> = table.iter().map(|loss| loss.iter().map(|value| value * unit).collect()).collect();
        for (one, other) in confidence_set(&table, 3, 60, 1).unwrap().iter().zip(confidence_set(&scaled, 3, 60, 1).unwrap()) {
            // Rounding may turn a tie of one resample.
            prop_assert!((one - other).abs() < 0.04, "{} {}", one, other);
        }
    }
}

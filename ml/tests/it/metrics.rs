//! Scores against scikit-learn (`golden/metrics.py`), and what must hold of any score.

use std::collections::BTreeMap;

use ml::evaluate::metrics::{
    MetricError, auc, average_precision, brier, coverage, interval_width, log_score, pinball, qlike, r2, rmse,
};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::assert_close;

#[derive(Deserialize)]
struct Golden {
    probability: Vec<f64>,
    happened: Vec<bool>,
    forecast: Vec<f64>,
    outcome: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    expected: BTreeMap<String, f64>,
}

fn variances(logs: &[f64]) -> Vec<f64> {
    logs.iter().map(|log| (2.0 * log).exp()).collect()
}

#[test]
fn every_score_is_what_scikit_learn_says() {
    let golden: Vec<Golden> = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    for case in golden {
        let Golden { probability, happened, forecast, outcome, lower, upper, expected } = case;
        let ours = [
            ("qlike", qlike(&variances(&forecast), &variances(&outcome))),
            ("rmse", rmse(&forecast, &outcome)),
            ("r2", r2(&forecast, &outcome)),
            ("auc", auc(&probability, &happened)),
            ("average_precision", average_precision(&probability, &happened)),
            ("brier", brier(&probability, &happened)),
            ("log_score", log_score(&probability, &happened)),
            ("pinball_10", pinball(&forecast, &outcome, 0.1)),
            ("pinball_50", pinball(&forecast, &outcome, 0.5)),
            ("pinball_975", pinball(&forecast, &outcome, 0.975)),
            ("coverage", coverage(&lower, &upper, &outcome)),
            ("interval_width", interval_width(&lower, &upper)),
        ];
        assert_eq!(ours.len(), expected.len());
        for (name, ours) in ours {
            assert_close(name, ours.unwrap(), expected[name], 1e-9);
        }
    }
}

#[test]
fn what_cannot_be_scored_is_an_error_and_never_a_number() {
    assert_eq!(rmse(&[], &[]), Err(MetricError::Empty));
    assert_eq!(brier(&[0.5], &[]), Err(MetricError::Lengths { forecasts: 1, outcomes: 0 }));
    assert_eq!(auc(&[0.1, 0.9], &[true, true]), Err(MetricError::OneKind));
    assert_eq!(average_precision(&[0.1, 0.9], &[false, false]), Err(MetricError::OneKind));
    assert_eq!(r2(&[1.0, 2.0], &[3.0, 3.0]), Err(MetricError::OneKind));
    let is_value = |result, at| matches!(result, Err(MetricError::Value { index, .. }) if index == at);
    assert!(is_value(qlike(&[1.0, 0.0], &[1.0, 1.0]), 1));
    assert!(is_value(qlike(&[1.0], &[0.0]), 0));
    assert!(is_value(rmse(&[f64::NAN], &[0.0]), 0));
    assert!(is_value(auc(&[0.1, f64::INFINITY], &[true, false]), 1));
    assert!(is_value(log_score(&[1.1], &[true]), 0));
    assert!(is_value(interval_width(&[0.0, 2.0], &[1.0, 1.0]), 1));
    assert!(is_value(coverage(&[0.0], &[f64::NAN], &[0.5]), 0));
}

#[test]
fn a_certain_miss_costs_much_and_not_everything() {
    let cost = log_score(&[0.0], &[true]).unwrap();
    assert!((13.0..14.0).contains(&cost), "{cost}");
}

prop_compose! {
    fn pairs()(pairs in prop::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 2..60)) -> (Vec<f64>, Vec<f64>) {
        pairs.into_iter().unzip()
    }
}

prop_compose! {
    /// Probabilities on a coarse scale, hence with ties; it happened at least once and did not at least once.
    fn chances()(chances in prop::collection::vec((0_u8..=10, any::<bool>()), 2..60)) -> (Vec<f64>, Vec<bool>) {
        let (chance, mut happened): (Vec<f64>, Vec<bool>) =
            chances.into_iter().map(|(tenths, happened)| (f64::from(tenths) / 10.0, happened)).unzip();
        happened[0] = true;
        happened[1] = false;
        (chance, happened)
    }
}

proptest! {
    #[test]
    fn a_perfect_forecast_is_perfect_and_any_other_is_not_better((forecast, outcome) in pairs()) {
        prop_assert_eq!(rmse(&outcome, &outcome).unwrap(), 0.0);
        prop_assert_eq!(pinball(&outcome, &outcome, 0.3).unwrap(), 0.0);
        prop_assert!(qlike(&variances(&outcome), &variances(&outcome)).unwrap().abs() < 1e-12);
        prop_assert!(rmse(&forecast, &outcome).unwrap() >= 0.0);
        prop_assert!(pinball(&forecast, &outcome, 0.3).unwrap() >= 0.0);
        prop_assert!(qlike(&variances(&forecast), &variances(&outcome)).unwrap() >= 0.0);
        prop_assert!(r2(&forecast, &outcome).unwrap() <= 1.0);
    }

    #[test]
    fn qlike_does_not_depend_on_the_unit_of_variance((forecast, outcome) in pairs(), unit in 1e-6..1e6_f64) {
        let (forecast, outcome) = (variances(&forecast), variances(&outcome));
        let scaled = |values: &[f64]| values.iter().map(|value| value * unit).collect::<Vec<_>>();
        let (one, other) = (qlike(&forecast, &outcome).unwrap(), qlike(&scaled(&forecast), &scaled(&outcome)).unwrap());
        assert_close("qlike", one, other, 1e-9);
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order((chance, happened) in chances()) {
        let (mut right, mut all) = (0.0, 0.0);
        for (yes, _) in chance.iter().zip(&happened).filter(|(_, happened)| **happened) {
            for (no, _) in chance.iter().zip(&happened).filter(|(_, happened)| !**happened) {
                all += 1.0;
                right += if yes > no { 1.0 } else if yes == no { 0.5 } else { 0.0 };
            }
        }
        assert_close("auc", auc(&chance, &happened).unwrap(), right / all, 1e-12);
    }

    #[test]
    fn only_the_order_of_scores_counts_and_turning_it_round_turns_the_area((chance, happened) in chances()) {
        let area = auc(&chance, &happened).unwrap();
        let cubed: Vec<f64> = chance.iter().map(|chance| chance.powi(3) * 7.0 - 2.0).collect();
        let turned: Vec<f64> = chance.iter().map(|chance| -chance).collect();
        assert_close("cubed", auc(&cubed, &happened).unwrap(), area, 1e-12);
        assert_close("turned", auc(&turned, &happened).unwrap(), 1.0 - area, 1e-12);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&average_precision(&chance, &happened).unwrap()));
    }

    #[test]
    fn the_base_rate_is_the_best_constant_chance((_, happened) in chances(), other in 0.0..1.0_f64) {
        let rate = happened.iter().filter(|happened| **happened).count() as f64 / happened.len() as f64;
        let constant = |chance: f64| vec![chance; happened.len()];
        let best = brier(&constant(rate), &happened).unwrap();
        prop_assert!(best <= brier(&constant(other), &happened).unwrap() + 1e-12);
        let best = log_score(&constant(rate), &happened).unwrap();
        prop_assert!(best <= log_score(&constant(other), &happened).unwrap() + 1e-12);
    }

    #[test]
    fn a_wider_interval_never_covers_less((forecast, outcome) in pairs(), width in 0.0..2.0_f64, more in 0.0..2.0_f64) {
        let interval = |half: f64| {
            let lower: Vec<f64> = forecast.iter().map(|forecast| forecast - half).collect();
            let upper: Vec<f64> = forecast.iter().map(|forecast| forecast + half).collect();
            (coverage(&lower, &upper, &outcome).unwrap(), interval_width(&lower, &upper).unwrap())
        };
        let (narrow, wide) = (interval(width), interval(width + more));
        prop_assert!((0.0..=1.0).contains(&narrow.0));
        prop_assert!(narrow.0 <= wide.0 && narrow.1 <= wide.1 + 1e-9);
    }
}

//! A promoted model on probation: it is held against the one before it on periods that both forecast.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::performance::{expected_variance, qlike};
use crate::store::Pair;

/// By which share QLIKE of the serving model may be worse at the end.
const TOLERANCE: f64 = 0.02;
/// By which share it may be worse before the end.
const EARLY_TOLERANCE: f64 = 0.25;
/// Days of outcomes without which nothing is said at the end.
const LEAST_DAYS: u32 = 5;
/// Days of outcomes without which nothing is said before the end.
const LEAST_DAYS_EARLY: u32 = 3;

/// Two models on the same periods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Days with an outcome.
    pub days: u32,
    /// Forecasts of each.
    pub forecasts: u32,
    /// Mean QLIKE of the serving model.
    pub served: f64,
    /// Mean QLIKE of the one in its shadow.
    pub shadow: f64,
    /// Share of outcomes in the serving model's 80 % interval.
    pub served_coverage80: f64,
    /// The same of the one in its shadow.
    pub shadow_coverage80: f64,
}

impl Scored {
    /// By which share the serving model's QLIKE is higher; negative where it is lower, none without outcomes.
    #[must_use]
    pub fn difference(&self) -> Option<f64> {
        (self.shadow > 0.0).then(|| self.served / self.shadow - 1.0)
    }
}

/// What becomes of a promoted model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on; nothing is decided yet.
    Goes,
    /// It proved itself.
    Stays,
    /// The one before was better.
    RollsBack,
    /// The time is over, and too little came of it to say anything.
    Unknown,
}

/// Scores both on every pair.
pub(super) fn score(pairs: &[Pair]) -> Scored {
    let loss = |quantiles: [f64; 3], realised: f64| qlike(realised, expected_variance(quantiles));
    let sound: Vec<(&Pair, f64, f64)> = pairs
        .iter()
        .map(|pair| (pair, loss(pair.served, pair.realised), loss(pair.shadow, pair.realised)))
        .filter(|(_, served, shadow)| served.is_finite() && shadow.is_finite())
        .collect();
    if sound.is_empty() {
        return Scored::default();
    }
    let count = sound.len() as f64;
    let days: BTreeSet<i64> = sound.iter().map(|(pair, ..)| pair.origin_s.div_euclid(86_400)).collect();
    let share = |of: fn(&Pair) -> [f64; 3]| {
        let is_in = |pair: &Pair| {
            let [q10, _, q90] = of(pair);
            (q10..=q90).contains(&pair.realised)
        };
        sound.iter().filter(|(pair, ..)| is_in(pair)).count() as f64 / count
    };
    let whole = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Scored {
        days: whole(days.len()),
        forecasts: whole(sound.len()),
        served: sound.iter().map(|(_, served, _)| served).sum::<f64>() / count,
        shadow: sound.iter().map(|(_, _, shadow)| shadow).sum::<f64>() / count,
        served_coverage80: share(|pair| pair.served),
        shadow_coverage80: share(|pair| pair.shadow),
    }
}

/// What follows from scores, before the time is over or after it.
#[must_use]
pub fn verdict(scored: &Scored, is_over: bool) -> Verdict {
    let (least, tolerance) = if is_over { (LEAST_DAYS, TOLERANCE) } else { (LEAST_DAYS_EARLY, EARLY_TOLERANCE) };
    match scored.difference().filter(|_| scored.days >= least) {
        Some(difference) if difference > tolerance => Verdict::RollsBack,
        Some(_) if is_over => Verdict::Stays,
        None if is_over => Verdict::Unknown,
        _ => Verdict::Goes,
    }
}

#[cfg(test)]
mod tests {
    use domain::forecast::Horizon;
    use domain::market::Symbol;

    use super::*;

    /// A week of hours in which the serving model's median is `served` times what came, and the other's `shadow` times.
    fn week(days: i64, served: f64, shadow: f64) -> Vec<Pair> {
        let around = |median: f64| [median * 0.7, median, median * 1.4];
        (0..days * 24)
            .map(|hour| Pair {
                symbol: Symbol::parse("BTC").expect("a coin"),
                horizon: Horizon::Day,
                origin_s: hour * 3_600,
                realised: 0.03,
                served: around(0.03 * served),
                shadow: around(0.03 * shadow),
            })
            .collect()
    }

    #[test]
    fn a_model_that_does_worse_than_the_one_before_is_taken_back() {
        for (days, served, shadow, is_over, expected) in [
            (7, 1.0, 1.5, true, Verdict::Stays),
            (7, 1.5, 1.0, true, Verdict::RollsBack),
            (7, 1.2, 1.2, true, Verdict::Stays),
            (4, 1.5, 1.0, true, Verdict::Unknown),
            (4, 1.5, 1.0, false, Verdict::RollsBack),
            (2, 1.5, 1.0, false, Verdict::Goes),
            (4, 1.5, 1.49, false, Verdict::Goes),
            (0, 1.0, 1.0, true, Verdict::Unknown),
            (0, 1.0, 1.0, false, Verdict::Goes),
        ] {
            let scored = score(&week(days, served, shadow));
            assert_eq!(verdict(&scored, is_over), expected, "{days} {served} {shadow} {is_over}: {scored:?}");
        }
    }
}

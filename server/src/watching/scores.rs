//! Forecasts against outcomes: from one forecast to sums, and from sums to what is shown.

use std::collections::BTreeSet;

use domain::clock::SECONDS_PER_HOUR;

use super::boards::{Outlook, ReliabilityBin, Scores, Share};
use crate::retraining::{expected_variance, qlike};
use crate::store::{JudgedForecast, Sums, Tenth};

/// The 97.5th percentile of the standard normal.
const Z975: f64 = 1.959_963_984_540_054;

/// Bins of the reliability diagram.
const TENTHS: usize = 10;

/// QLIKE of a forecast (Patton 2011), given its 10th, 50th and 90th percentile and what was realised, fractions a day.
/// Published forecasts carry quantiles only, and so does the baseline here: both are judged by the variance that these
/// expect.
fn loss(quantiles: [f64; 3], realised: f64) -> f64 {
    qlike(realised, expected_variance(quantiles))
}

/// The 95 % interval of a share of so many independent cases.
///
/// Source: Wilson (1927), JASA 22(158).
fn wilson(share: f64, cases: u64) -> [f64; 2] {
    let cases = cases as f64;
    if cases <= 0.0 {
        return [0.0, 1.0];
    }
    let weight = Z975 * Z975 / cases;
    let centre = (share + weight / 2.0) / (1.0 + weight);
    let half = Z975 * (share * (1.0 - share) / cases + weight / (4.0 * cases)).sqrt() / (1.0 + weight);
    [(centre - half).clamp(0.0, share.max(0.0)), (centre + half).clamp(share.min(1.0), 1.0)]
}

/// Forecasts of one coin, horizon and model while they are counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    pub(super) sums: Sums,
    apart: BTreeSet<i64>,
    compared_apart: BTreeSet<i64>,
    tenths_apart: [BTreeSet<i64>; TENTHS],
}

impl Counted {
    /// Counts one more. One whose numbers are not finite is left out.
    pub(super) fn add(&mut self, forecast: &JudgedForecast) {
        let JudgedForecast { quantiles, realised, .. } = *forecast;
        let own = loss(quantiles, realised);
        let error = (quantiles[1] / realised).ln();
        let logs = quantiles.map(f64::ln);
        let all = [own, error, realised.ln(), forecast.chance];
        if !all.iter().chain(&logs).all(|value| value.is_finite()) {
            return;
        }
        let stretch = forecast.origin_s.div_euclid(i64::from(forecast.horizon.hours()) * SECONDS_PER_HOUR);
        let is_in = |[q10, _, q90]: [f64; 3]| u64::from((q10..=q90).contains(&realised));
        let sums = &mut self.sums;
        sums.forecasts += 1;
        sums.loss += own;
        sums.error += error;
        sums.miss += error.abs();
        sums.inside += is_in(quantiles);
        sums.high += u64::from(forecast.was_high);
        sums.chance += forecast.chance;
        sums.realised_log += realised.ln();
        for (sum, log) in sums.logs.iter_mut().zip(logs) {
            *sum += log;
        }
        self.apart.insert(stretch);
        if let Some(baseline) = forecast.baseline {
            let (theirs, error) = (loss(baseline, realised), (baseline[1] / realised).ln());
            if theirs.is_finite() && error.is_finite() {
                sums.compared += 1;
                sums.compared_loss += own;
                sums.baseline_loss += theirs;
                sums.baseline_miss += error.abs();
                sums.baseline_inside += is_in(baseline);
                self.compared_apart.insert(stretch);
            }
        }
        let place = tenth(forecast.chance);
        let of_chance = &mut sums.tenths[place];
        of_chance.forecasts += 1;
        of_chance.chance += forecast.chance;
        of_chance.high += u64::from(forecast.was_high);
        self.tenths_apart[place].insert(stretch);
    }

    /// What was counted.
    pub(super) fn finish(self) -> Sums {
        let mut sums = self.sums;
        sums.apart = self.apart.len() as u64;
        sums.compared_apart = self.compared_apart.len() as u64;
        for (tenth, apart) in sums.tenths.iter_mut().zip(&self.tenths_apart) {
            tenth.apart = apart.len() as u64;
        }
        sums
    }
}

/// The bin of a chance.
fn tenth(chance: f64) -> usize {
    // Chances lie between 0 and 1; what does not is put into the first or the last bin.
    ((chance * TENTHS as f64) as usize).min(TENTHS - 1)
}

/// Adds sums to others.
pub(super) fn add(to: &mut Sums, more: &Sums) {
    to.forecasts += more.forecasts;
    to.loss += more.loss;
    to.error += more.error;
    to.miss += more.miss;
    to.inside += more.inside;
    to.high += more.high;
    to.chance += more.chance;
    for (sum, more) in to.logs.iter_mut().zip(more.logs) {
        *sum += more;
    }
    to.realised_log += more.realised_log;
    to.apart += more.apart;
    to.compared += more.compared;
    to.compared_loss += more.compared_loss;
    to.baseline_loss += more.baseline_loss;
    to.baseline_miss += more.baseline_miss;
    to.baseline_inside += more.baseline_inside;
    to.compared_apart += more.compared_apart;
    to.confirmed += more.confirmed;
    to.denied += more.denied;
    for (tenth, more) in to.tenths.iter_mut().zip(&more.tenths) {
        let Tenth { forecasts, chance, high, apart } = *more;
        tenth.forecasts += forecasts;
        tenth.chance += chance;
        tenth.high += high;
        tenth.apart += apart;
    }
}

/// What is shown of sums.
pub(super) fn scores(sums: &Sums) -> Scores {
    let Sums { forecasts, compared, confirmed, denied, .. } = *sums;
    let [low, middle, upper] = sums.logs;
    let of_all = |sum: f64| mean(sum, forecasts);
    let outlook = match (of_all(low), of_all(middle), of_all(upper), of_all(sums.realised_log)) {
        (Some(q10), Some(q50), Some(q90), Some(realised)) => {
            Some(Outlook { q10: q10.exp(), q50: q50.exp(), q90: q90.exp(), realised: realised.exp() })
        }
        _ => None,
    };
    Scores {
        forecasts,
        qlike: of_all(sums.loss),
        compared,
        compared_qlike: mean(sums.compared_loss, compared),
        baseline_qlike: mean(sums.baseline_loss, compared),
        error: of_all(sums.error),
        absolute_error: of_all(sums.miss),
        baseline_absolute_error: mean(sums.baseline_miss, compared),
        coverage80: share(sums.inside, forecasts, sums.apart),
        baseline_coverage80: share(sums.baseline_inside, compared, sums.compared_apart),
        high: share(sums.high, forecasts, sums.apart),
        chance: of_all(sums.chance),
        outlook,
        confirmed,
        denied,
        confirmed_share: share(confirmed, confirmed + denied, confirmed + denied),
    }
}

/// The reliability diagram of sums; empty bins are left out.
pub(super) fn reliability(sums: &Sums) -> Vec<ReliabilityBin> {
    let bins = sums.tenths.iter().zip(0_u8..);
    bins.filter_map(|(tenth, place)| {
        Some(ReliabilityBin {
            from: f64::from(place) / TENTHS as f64,
            to: f64::from(place + 1) / TENTHS as f64,
            chance: mean(tenth.chance, tenth.forecasts)?,
            happened: share(tenth.high, tenth.forecasts, tenth.apart)?,
            forecasts: tenth.forecasts,
        })
    })
    .collect()
}

/// A mean; none of nothing. Counts are exact below 2^53, which none reaches.
fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

fn share(hits: u64, of: u64, cases: u64) -> Option<Share> {
    let share = mean(hits as f64, of)?;
    let [low, high] = wilson(share, cases);
    Some(Share { share, low, high, cases })
}

#[cfg(test)]
mod tests {
    use domain::forecast::Horizon;
    use domain::market::Symbol;

    use super::*;

    fn forecast(hour: i64, quantiles: [f64; 3], realised: f64) -> JudgedForecast {
        JudgedForecast {
            symbol: Symbol::parse("BTC").expect("a coin"),
            horizon: Horizon::Day,
            model: "lstm-1".to_owned(),
            origin_s: hour * SECONDS_PER_HOUR,
            chance: 0.25,
            quantiles,
            realised,
            was_high: realised > 0.03,
            baseline: None,
        }
    }

    fn near(found: Option<f64>, expected: f64) {
        let found = found.expect("a number");
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn intervals_of_shares_are_what_the_textbook_says() {
        // Newcombe (1998), Statistics in Medicine 17(8), table I: 81 of 263, 15 of 148, 0 of 20.
        for (hits, cases, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)] {
            let [found_low, found_high] = wilson(f64::from(hits) / cases as f64, cases);
            assert!((found_low - low).abs() < 1e-4 && (found_high - high).abs() < 1e-4, "{found_low} {found_high}");
        }
        assert_eq!(wilson(0.5, 0), [0.0, 1.0]);
    }

    #[test]
    fn sums_give_the_means_of_what_was_counted() {
        let mut counted = Counted::default();
        let first = JudgedForecast { baseline: Some([0.02; 3]), ..forecast(0, [0.01, 0.02, 0.04], 0.04) };
        counted.add(&first);
        counted.add(&forecast(1, [0.01, 0.02, 0.04], 0.01));
        counted.add(&forecast(24, [0.02, 0.02, 0.02], 0.08));
        counted.add(&forecast(25, [0.02, f64::NAN, 0.02], 0.08));
        let sums = counted.finish();
        let scores = scores(&sums);
        assert_eq!((scores.forecasts, scores.compared, sums.apart), (3, 1, 2));
        let two = std::f64::consts::LN_2;
        near(scores.error, (-two + two - 2.0 * two) / 3.0);
        near(scores.absolute_error, 4.0 * two / 3.0);
        near(scores.baseline_qlike, 4.0 - 4.0_f64.ln() - 1.0);
        near(scores.compared_qlike, loss(first.quantiles, first.realised));
        near(scores.coverage80.map(|share| share.share), 2.0 / 3.0);
        near(scores.high.map(|share| share.share), 2.0 / 3.0);
        near(scores.outlook.map(|outlook| outlook.q50), 0.02);
        assert_eq!(scores.coverage80.map(|share| share.cases), Some(2));
        let bins = reliability(&sums);
        assert_eq!((bins.len(), bins[0].from, bins[0].forecasts), (1, 0.2, 3));
        let mut twice = sums;
        add(&mut twice, &sums);
        near(super::scores(&twice).qlike, scores.qlike.expect("a number"));
        assert_eq!((twice.forecasts, twice.tenths[2].forecasts, twice.apart), (6, 6, 4));
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        let scores = scores(&Sums::default());
        assert_eq!((scores.qlike, scores.coverage80, scores.outlook, scores.confirmed_share), (None, None, None, None));
        assert!(reliability(&Sums::default()).is_empty());
        assert_eq!((tenth(0.0), tenth(0.999), tenth(1.0), tenth(-1.0)), (0, 9, 9, 0));
    }
}

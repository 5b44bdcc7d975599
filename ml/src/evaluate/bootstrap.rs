//! Resampled days: how much a score owes to the days that it happened to be measured on.

use rand::Rng as _;

use crate::calibration::interpolate;
use crate::seed;

/// The stream of [`crate::seed`] from which days are drawn.
const PURPOSE: u64 = 0xB007;

/// Ends of a 95 % interval.
const ENDS: [f64; 2] = [0.025, 0.975];

/// Share of the resamples on which a statistic must be defined for its interval to mean anything.
const MIN_SHARE: f64 = 0.9;

/// Positions of days, `days` in each of `replications` resamples. Days come in blocks, so that a resample is as
/// serially correlated as the original: a block begins at any day, ends with chance `1 / block` after each, and goes
/// on at the first day after the last one. The same arguments give the same resamples.
///
/// Source: the stationary bootstrap of Politis and Romano (1994), JASA 89(428); `block` is the mean length of a block
/// in days.
pub fn resamples(
    days: usize,
    block: usize,
    replications: usize,
    seed: u64,
) -> impl ExactSizeIterator<Item = Vec<usize>> {
    let mut generator = seed::generator(seed, PURPOSE);
    let ends = 1.0 / block.max(1) as f64;
    (0..replications).map(move |_| {
        let mut next = None;
        (0..days)
            .map(|_| {
                let day = match next {
                    Some(day) if generator.random::<f64>() >= ends => day,
                    _ => generator.random_range(0..days),
                };
                next = Some((day + 1) % days);
                day
            })
            .collect()
    })
}

/// The 2.5 and 97.5 percentiles of a statistic over resampled days (the percentile interval of Efron 1979). The
/// statistic gets positions of days, some of them several times; none where it is not defined there. None where it is
/// not defined on a tenth of the resamples.
pub fn interval(
    days: usize,
    block: usize,
    replications: usize,
    seed: u64,
    statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<[f64; 2]> {
    let mut statistic = statistic;
    let values: Vec<f64> = resamples(days, block, replications, seed)
        .filter_map(|days| statistic(&days))
        .filter(|value| value.is_finite())
        .collect();
    if (values.len() as f64) < MIN_SHARE * replications as f64 {
        return None;
    }
    ends(values)
}

/// The 2.5 and 97.5 percentiles of what a statistic was on resamples; none where there is nothing.
pub(super) fn ends(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(ENDS.map(|end| interpolate(&values, end * last as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_days_and_another_one_others() {
        let draw = |seed| resamples(50, 5, 4, seed).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|days| days.len() == 50 && days.iter().all(|&day| day < 50)));
    }

    #[test]
    fn blocks_are_as_long_on_average_as_was_asked() {
        for block in [1, 7, 30] {
            let (mut breaks, mut days) = (0_usize, 0_usize);
            for resample in resamples(1_000, block, 50, 3) {
                breaks += resample.windows(2).filter(|pair| pair[1] != (pair[0] + 1) % 1_000).count();
                days += resample.len();
            }
            let mean = days as f64 / breaks as f64;
            assert!((mean / block as f64 - 1.0).abs() < 0.06, "{block}: {mean}");
        }
    }

    #[test]
    fn every_day_is_drawn_equally_often() {
        let mut drawn = [0_u32; 20];
        for resample in resamples(20, 6, 20_000, 4) {
            for day in resample {
                drawn[day] += 1;
            }
        }
        assert!(drawn.iter().all(|&count| (f64::from(count) / 20_000.0 - 1.0).abs() < 0.03), "{drawn:?}");
    }

    #[test]
    fn the_interval_of_a_mean_is_two_standard_errors_either_side() {
        // Days that alternate in four steps: variance 1.25, no correlation at a mean block of one.
        let mean = |days: &[usize]| Some(days.iter().map(|&day| (day % 4) as f64).sum::<f64>() / days.len() as f64);
        let [low, high] = interval(400, 1, 4_000, 5, mean).expect("defined everywhere");
        let error = (1.25_f64 / 400.0).sqrt();
        assert!(
            (low - (1.5 - 1.96 * error)).abs() < 0.01 && (high - (1.5 + 1.96 * error)).abs() < 0.01,
            "{low} {high}"
        );
    }

    #[test]
    fn a_statistic_that_is_often_not_defined_has_no_interval() {
        let mut calls = 0;
        let mut every = |nth: usize| {
            interval(10, 2, 100, 6, |_| {
                calls += 1;
                (calls % nth != 0).then_some(1.0)
            })
        };
        assert_eq!(every(20), Some([1.0, 1.0]));
        assert_eq!(every(5), None);
        assert_eq!(interval(10, 2, 0, 6, |_| Some(1.0)), None);
        assert_eq!(interval(0, 2, 10, 6, |days| days.first().map(|_| 1.0)), None);
    }
}

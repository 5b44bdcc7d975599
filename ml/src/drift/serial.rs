//! How many independent rows a window's rows are worth.

/// Means of blocks that a series is cut down to before its correlations are summed.
const MOST_POINTS: usize = 8_192;

/// Lags are summed up to so many correlation times.
///
/// Source: Sokal (1997), Monte Carlo Methods in Statistical Mechanics, section 3.
const WINDOW: f64 = 5.0;

/// Ranks are told apart to this many parts of the sample.
const RANKS: usize = 256;

/// After how many rows, one or more, two of them are as good as independent: the integrated autocorrelation time of
/// the values' ranks or of the ranks' distance from the middle, whichever is longer. Ranks, because the tests compare
/// distributions and one large value must not hide the rest; distances, because calm and wild weeks follow each other
/// where the values themselves are not correlated (returns).
///
/// `values` come in order of time and may hold what is not finite, `sorted` are the finite ones in rising order.
pub(super) fn correlation_rows(values: &[f64], sorted: &[f64]) -> f64 {
    let grid: Vec<f64> =
        (1..RANKS).map(|rank| sorted.get(rank * sorted.len() / RANKS).copied().unwrap_or(0.0)).collect();
    if sorted.is_empty() || sorted[0] == sorted[sorted.len() - 1] {
        return 1.0;
    }
    let ranks: Vec<f64> = values
        .iter()
        .filter(|value| value.is_finite())
        .map(|value| {
            let (low, high) = (grid.partition_point(|edge| edge < value), grid.partition_point(|edge| edge <= value));
            // Tied values share the middle of their ranks.
            0.5 * (low + high) as f64 - 0.5 * (RANKS - 1) as f64
        })
        .collect();
    let distances: Vec<f64> = ranks.iter().map(|rank| rank.abs()).collect();
    integrated_time(&ranks).max(integrated_time(&distances))
}

/// The integrated autocorrelation time `1 + 2 Σ ρ(k)` of a series, 1 or more: the variance of its mean over what it
/// were if the rows were independent.
///
/// Long series are cut down to means of blocks, which leaves the variance of the mean what it is. The sum ends at the
/// first lag that is [`WINDOW`] times what the sum has come to, and is corrected for the mean being an estimate.
///
/// Source: Wolff (2004), Computer Physics Communications 156(2), equation 49, for the correction.
pub(super) fn integrated_time(series: &[f64]) -> f64 {
    let rows = series.len();
    if rows < 4 {
        return 1.0;
    }
    let mean = series.iter().sum::<f64>() / rows as f64;
    let variance = series.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows as f64;
    if variance <= 0.0 || !variance.is_finite() {
        return 1.0;
    }
    let block = rows.div_ceil(MOST_POINTS);
    let points: Vec<f64> =
        series.chunks_exact(block).map(|block| block.iter().map(|value| value - mean).sum::<f64>()).collect();
    let count = points.len() as f64;
    let covariance = |lag: usize| dot(&points[lag..], &points) / count;
    let at_zero = covariance(0);
    if at_zero <= 0.0 {
        return 1.0;
    }
    let most = points.len() / 3;
    let (mut sum, mut lag) = (1.0, 0);
    while lag < most && (lag as f64) < WINDOW * f64::max(sum, 1.0) {
        lag += 1;
        sum += 2.0 * covariance(lag) / at_zero;
    }
    let corrected = sum * (1.0 + (2 * lag + 1) as f64 / count);
    let of_blocks = at_zero / (block as f64 * variance);
    (corrected * of_blocks).clamp(1.0, rows as f64)
}

/// The sum of products over as many values as the shorter slice has, in eight sums so that the processor can add
/// them side by side.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    let other = &other[..one.len().min(other.len())];
    let one = &one[..other.len()];
    let mut sums = [0.0; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f64 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (one, other) in ones.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(one).zip(other) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;
    use crate::seed;

    fn autoregressive(rows: usize, weight: f64, seed: u64) -> Vec<f64> {
        let mut generator = seed::generator(seed, 1);
        let mut value = 0.0;
        (0..rows)
            .map(|_| {
                value = weight * value + generator.random_range(-1.0..1.0_f64);
                value
            })
            .collect()
    }

    #[test]
    fn the_time_of_an_autoregressive_series_is_what_its_weight_says() {
        for (weight, rows, tolerance) in
            [(0.0, 20_000, 0.15), (0.5, 20_000, 0.2), (0.9, 40_000, 0.25), (0.97, 200_000, 0.25)]
        {
            let expected = (1.0 + weight) / (1.0 - weight);
            let found = integrated_time(&autoregressive(rows, weight, 3));
            assert!((found / expected - 1.0).abs() < tolerance, "{weight}: {found}, expected {expected}");
        }
    }

    #[test]
    fn rows_that_are_repeated_count_once() {
        let once = autoregressive(5_000, 0.0, 5);
        let four_times: Vec<f64> = once.iter().flat_map(|&value| [value; 4]).collect();
        let found = integrated_time(&four_times);
        assert!((found / 4.0 - 1.0).abs() < 0.2, "{found}");
    }

    #[test]
    fn calm_and_wild_weeks_count_although_the_values_are_not_correlated() {
        let mut generator = seed::generator(9, 1);
        let values: Vec<f64> = (0..8_000)
            .map(|row: i32| generator.random_range(-1.0..1.0_f64) * if row / 200 % 2 == 0 { 0.2 } else { 3.0 })
            .collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(correlation_rows(&values, &sorted) > 20.0);
        assert!(integrated_time(&values) < 2.0);
    }

    #[test]
    fn what_does_not_vary_or_is_too_short_counts_row_by_row() {
        assert_eq!(integrated_time(&[1.0; 100]), 1.0);
        assert_eq!(integrated_time(&[1.0, 2.0]), 1.0);
        assert_eq!(correlation_rows(&[], &[]), 1.0);
        assert_eq!(correlation_rows(&[f64::NAN, 2.0, 2.0], &[2.0, 2.0]), 1.0);
    }
}

//! How much is traded, against what is usual. Log ratios, so that coins of any volume read on one scale.

use super::grid::Grid;
use super::rolling::scaled_sums;

/// Log ratios of volumes are kept within plus and minus this (a factor of about 1,100), which bounds what a
/// day without trades can say. Without trades in either window the ratio is not known.
pub const LOG_RATIO_LIMIT: f64 = 7.0;

/// `ln(mean hourly volume of the last day / of the last `hours`)`.
///
/// Source: abnormal volume of Gervais, Kaniel and Mingelgrin (2001), Journal of Finance 56(3). Look-back: `hours`
/// candles.
pub(super) fn log_day_to_usual(grid: &Grid, hours: usize) -> Vec<f64> {
    log_ratios(&hourly(grid, 24, 0), &hourly(grid, hours, 0))
}

/// `ln(volume of the last 24 hours / of the 24 hours before)`. Look-back: 48 candles.
///
/// Source: volume change as in Karpoff (1987), Journal of Financial and Quantitative Analysis 22(1).
pub(super) fn log_change(grid: &Grid) -> Vec<f64> {
    log_ratios(&hourly(grid, 24, 0), &hourly(grid, 24, 24))
}

fn hourly(grid: &Grid, hours: usize, lag: usize) -> Vec<f64> {
    let mut volumes = scaled_sums(grid, &grid.candles, hours, lag, |at| grid.volume[at]);
    for volume in &mut volumes {
        *volume /= hours as f64;
    }
    volumes
}

fn log_ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    // 0 / 0 is NaN and stays NaN; one-sided zeros are infinite and end at the limit.
    above.iter().zip(below).map(|(a, b)| (a / b).ln().clamp(-LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)).collect()
}

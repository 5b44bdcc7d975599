//! Where the price stands against its own averages, over windows of days.

use super::grid::Grid;
use super::rolling::{decayed_means, scaled_sums};

/// `ln(close / SMA)`: the close against its plain mean over the last `hours`, as a log ratio.
///
/// Source: any textbook; Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5). Look-back: `hours` candles.
pub(super) fn log_close_to_sma(grid: &Grid, hours: usize) -> Vec<f64> {
    let mut means = scaled_sums(grid, &grid.candles, hours, 0, |at| grid.close[at]);
    for mean in &mut means {
        *mean /= hours as f64;
    }
    log_close_to(grid, means)
}

/// `ln(close / EMA)`: the close against its exponentially weighted mean of span `hours` (decay
/// `1 - 2 / (hours + 1)`), as a log ratio. The mean reads one span back, where the weights have fallen to e⁻² of
/// the newest one, and is normalised over what it reads: a finite look-back for 86 % of the endless mean's weight.
///
/// Source: any textbook; Roberts (1959), Technometrics 1(3). Look-back: `hours` candles.
pub(super) fn log_close_to_ema(grid: &Grid, hours: usize) -> Vec<f64> {
    let decay = 1.0 - 2.0 / (hours as f64 + 1.0);
    log_close_to(grid, decayed_means(grid, &grid.candles, hours, decay, |at| grid.close[at]))
}

fn log_close_to(grid: &Grid, mut means: Vec<f64>) -> Vec<f64> {
    for (at, mean) in grid.rows().zip(&mut means) {
        *mean = if grid.candles.at(at) { (grid.close[at] / *mean).ln() } else { f64::NAN };
    }
    means
}

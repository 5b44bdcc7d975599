//! Wilder's two bounded measures, on hourly bars.

use super::grid::Grid;
use super::rolling::decayed_means;
use super::volatility::floored_log;

/// Wilder's period, in hourly bars.
const PERIOD: f64 = 14.0;

/// Each hour's weight against the next one's in Wilder's smoothing.
const DECAY: f64 = 1.0 - 1.0 / PERIOD;

/// Wilder's smoothing never forgets; after this many hours what is left has a weight of 2·10⁻¹¹, so cutting
/// there changes nothing and gives the feature a finite look-back.
pub(super) const MEMORY_HOURS: usize = 336;

/// Relative strength index `100 · gains / (gains + losses)`, 0 to 100, over hourly log returns with Wilder's
/// smoothing of 14; 50 where nothing moved.
///
/// Source: Wilder (1978), New Concepts in Technical Trading Systems; on log returns instead of price changes, so
/// that it does not depend on the price level inside the window. Look-back: 337 candles.
pub(super) fn rsi(grid: &Grid) -> Vec<f64> {
    let gains = decayed_means(grid, &grid.pairs, MEMORY_HOURS, DECAY, |at| grid.log_return[at].max(0.0));
    let losses = decayed_means(grid, &grid.pairs, MEMORY_HOURS, DECAY, |at| (-grid.log_return[at]).max(0.0));
    gains
        .into_iter()
        .zip(losses)
        .map(|(gain, loss)| if gain + loss == 0.0 { 50.0 } else { 100.0 * gain / (gain + loss) })
        .collect()
}

/// Natural logarithm of the average true range as a fraction of the close, `ln(ATR / close)`, with Wilder's
/// smoothing of 14 hourly bars; floored like a volatility.
///
/// Source: Wilder (1978). Look-back: 337 candles.
pub(super) fn log_atr(grid: &Grid) -> Vec<f64> {
    let mut logs = decayed_means(grid, &grid.pairs, MEMORY_HOURS, DECAY, |at| grid.true_range[at]);
    for (at, value) in grid.rows().zip(&mut logs) {
        *value = if grid.candles.at(at) { floored_log(*value / grid.close[at]) } else { f64::NAN };
    }
    logs
}

//! How much prices move: realised, downside and range volatility, and how noisy the first of them is.
//!
//! Volatilities are fractions per day (0.03 is 3 % a day) whatever the window; their logarithms are natural.

use std::f64::consts::LN_2;

use super::grid::Grid;
use super::rolling::scaled_sums;

/// Hours in the day to which volatilities are scaled.
const DAY: f64 = 24.0;

/// Volatilities below are taken as this before a logarithm, in fractions per day. A market without any movement
/// would otherwise give minus infinity; a real coin's quietest six hours stay well above.
pub const VOLATILITY_FLOOR: f64 = 1e-4;

/// Hourly log return `ln(close / close an hour earlier)`, a fraction.
///
/// Look-back: 2 candles. Not known after a gap.
pub(super) fn log_return(grid: &Grid) -> Vec<f64> {
    grid.rows().map(|at| if grid.pairs.at(at) { grid.log_return[at] } else { f64::NAN }).collect()
}

/// Realised volatility `sqrt(24 / h · Σ r²)` over the last `h` hourly log returns, fraction per day.
///
/// Source: Andersen, Bollerslev, Diebold and Labys (2003), Econometrica 71(2). Look-back: `h + 1` candles.
pub(super) fn realised(grid: &Grid, hours: usize) -> Vec<f64> {
    let mut volatility = squares(grid, hours);
    for value in &mut volatility {
        *value = (*value * DAY / hours as f64).sqrt();
    }
    volatility
}

/// Natural logarithm of a volatility, floored at [`VOLATILITY_FLOOR`]; not known where the volatility is not.
pub(super) fn logs(volatility: &[f64]) -> Vec<f64> {
    volatility.iter().map(|&value| floored_log(value)).collect()
}

/// Share of the movement that was downwards, `Σ r²·[r < 0] / Σ r²`, 0 to 1; one half where nothing moved.
///
/// Source: downside semivariance of Barndorff-Nielsen, Kinnebrock and Shephard (2010), in: Volatility and Time
/// Series Econometrics, Oxford. Look-back: `h + 1` candles.
pub(super) fn downside_share(grid: &Grid, hours: usize) -> Vec<f64> {
    let below = scaled_sums(grid, &grid.pairs, hours, 0, |at| grid.log_return[at].min(0.0).powi(2));
    let all = squares(grid, hours);
    below.into_iter().zip(all).map(|(below, all)| if all == 0.0 { 0.5 } else { below / all }).collect()
}

/// Natural logarithm of Parkinson's range volatility `sqrt(24 / h · Σ ln(high / low)² / (4 ln 2))`, of a fraction
/// per day, floored at [`VOLATILITY_FLOOR`].
///
/// Source: Parkinson (1980), Journal of Business 53(1). Look-back: `h` candles.
pub(super) fn log_parkinson(grid: &Grid, hours: usize) -> Vec<f64> {
    let mut logs = scaled_sums(grid, &grid.candles, hours, 0, |at| grid.log_range[at].powi(2));
    for value in &mut logs {
        *value = floored_log((*value * DAY / hours as f64 / (4.0 * LN_2)).sqrt());
    }
    logs
}

/// Natural logarithm of the fourth root of realised quarticity `h / 3 · Σ r⁴`, on the scale of a volatility in
/// fractions per day and floored like one. Against log volatility it says how much of it came from few hours,
/// that is, how noisy the realised volatility itself is.
///
/// Source: Barndorff-Nielsen and Shephard (2002), JRSS B 64(2); as a regressor Bollerslev, Patton and Quaedvlieg
/// (2016), Journal of Econometrics 192(1). Look-back: `h + 1` candles.
pub(super) fn log_quarticity(grid: &Grid, hours: usize) -> Vec<f64> {
    let mut logs = scaled_sums(grid, &grid.pairs, hours, 0, |at| grid.log_return[at].powi(4));
    let per_day = DAY / hours as f64;
    for value in &mut logs {
        *value = floored_log((*value * hours as f64 / 3.0).sqrt().sqrt() * per_day.sqrt());
    }
    logs
}

fn squares(grid: &Grid, hours: usize) -> Vec<f64> {
    scaled_sums(grid, &grid.pairs, hours, 0, |at| grid.log_return[at].powi(2))
}

pub(super) fn floored_log(volatility: f64) -> f64 {
    // Written so that NaN stays NaN: `f64::max` would swallow it.
    if volatility < VOLATILITY_FLOOR { VOLATILITY_FLOOR.ln() } else { volatility.ln() }
}

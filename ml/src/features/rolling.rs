//! Sums over trailing windows that do not depend on where the history begins.
//!
//! A running sum (add the new hour, subtract the oldest) carries the rounding errors of all earlier hours, so a
//! row computed from eight years and the same row computed from two months would differ in the last digits, and
//! a crash would leave residue in the quiet weeks after it. The van Herk/Gil-Werman scheme has neither problem:
//! time is cut into blocks of one window's length on the absolute clock, and a window is the end of one block plus
//! the beginning of the next. Two additions an hour, no subtraction, the same bits for the same window.
//!
//! Source: van Herk (1992), Pattern Recognition Letters 13(7); Gil and Werman (1993), IEEE PAMI 15(5), who use it
//! for minima; it holds for any associative operation.

use super::grid::{Grid, Presence};

/// Least share of a window, in tenths, that must be known for the window's value to be known.
const KNOWN_TENTHS: u32 = 9;

/// Least share of a window (in hours, or in weight where hours are weighted) that must be known: 90 %.
/// Fewer known hours and the value is not known (NaN); missing ones within the rest count as average hours.
pub const LEAST_KNOWN_SHARE: f64 = KNOWN_TENTHS as f64 / 10.0;

/// Sum of `value` over the `window` hours that end `lag` hours before each row. `value` is 0 where not known.
pub(super) fn sums(grid: &Grid, window: usize, lag: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    decayed_sums(grid, window, lag, 1.0, value)
}

/// Like [`sums`], with the weight `decay^k` on the hour that lies `k` hours before the window's last one.
#[inline]
pub(super) fn decayed_sums(
    grid: &Grid,
    window: usize,
    lag: usize,
    decay: f64,
    value: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let rows = grid.rows();
    let (mut last, end) = (rows.start - lag, rows.end - lag);
    let mut sums = Vec::with_capacity(rows.len());
    // `tails[i]`: the weighted sum of the block before, from its position `i` to its end.
    let mut tails = vec![0.0; window + 1];
    while last < end {
        let into_block = (grid.first_hour + last as i64).rem_euclid(window as i64) as usize;
        let block = last - into_block;

        let (mut tail, mut weight) = (0.0, 1.0);
        for back in 1..window - into_block {
            tail += weight * value(block - back);
            weight *= decay;
            tails[window - back] = tail;
        }

        let (mut head, mut weight) = (0.0, 1.0);
        for position in block..last {
            head = head * decay + value(position);
            weight *= decay;
        }
        let block_end = end.min(block + window);
        for position in last..block_end {
            head = head * decay + value(position);
            weight *= decay;
            sums.push(head + weight * tails[position - block + 1]);
        }
        last = block_end;
    }
    sums
}

/// Sum over the window, scaled up by the share of its hours that are known; NaN where too few are.
pub(super) fn scaled_sums(
    grid: &Grid,
    known: &Presence,
    window: usize,
    lag: usize,
    value: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let mut scaled = sums(grid, window, lag, value);
    for (position, sum) in grid.rows().zip(&mut scaled) {
        let present = known.in_window(position - lag, window);
        if present as usize == window {
            continue;
        }
        *sum = if is_enough(present, window) { *sum * window as f64 / f64::from(present) } else { f64::NAN };
    }
    scaled
}

/// Exponentially weighted mean over the window, over the hours that are known; NaN where they carry too little
/// of the window's weight.
pub(super) fn decayed_means(
    grid: &Grid,
    known: &Presence,
    window: usize,
    decay: f64,
    value: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let mut means = decayed_sums(grid, window, 0, decay, value);
    let weights = decayed_sums(grid, window, 0, decay, |position| f64::from(u8::from(known.at(position))));
    let least = LEAST_KNOWN_SHARE * (1.0 - decay.powi(window as i32)) / (1.0 - decay);
    for (mean, weight) in means.iter_mut().zip(weights) {
        *mean = if weight >= least { *mean / weight } else { f64::NAN };
    }
    means
}

fn is_enough(present: u32, window: usize) -> bool {
    present as usize * 10 >= window * KNOWN_TENTHS as usize
}

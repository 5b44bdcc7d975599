//! Seeded candles and comparisons for tests.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// 2021-01-01 00:00 UTC.
pub(crate) const START_S: i64 = 1_609_459_200;

pub(crate) fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).unwrap()
}

/// A random walk of `hours` candles from [`START_S`] whose volatility wanders, with the same candles for the same
/// seed.
pub(crate) fn candles(seed: u64, hours: usize) -> CandleSeries {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut series = CandleSeries::default();
    let (mut price, mut scale) = (100.0_f64, 0.005_f64);
    for hour in 0..hours as i64 {
        scale = (scale * random.random_range(0.9..1.11_f64)).clamp(0.001, 0.02);
        let open = price;
        price *= (scale * random.random_range(-1.7..1.7_f64)).exp();
        let (top, bottom) = (open.max(price), open.min(price));
        series.opens_at_s.push(START_S + hour * SECONDS_PER_HOUR);
        series.open.push(open);
        series.high.push(top * (1.0 + scale * random.random_range(0.0..1.0_f64)));
        series.low.push(bottom * (1.0 - scale * random.random_range(0.0..1.0_f64)));
        series.close.push(price);
        series.volume.push(1_000.0 * random.random_range(0.2..3.0_f64));
    }
    series
}

/// The series without the candles at some positions.
pub(crate) fn without(series: &CandleSeries, is_missing: impl Fn(usize) -> bool) -> CandleSeries {
    series.iter().enumerate().filter(|(index, _)| !is_missing(*index)).map(|(_, candle)| candle).collect()
}

/// Whether two numbers are the same bits, or both not known.
pub(crate) fn is_same(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}

/// Fails where two numbers differ by more than `tolerance` of the larger one, or only one is known.
#[track_caller]
pub(crate) fn assert_close(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    let is_close = (ours.is_nan() && theirs.is_nan())
        || ours == theirs
        || (ours - theirs).abs() <= tolerance * ours.abs().max(theirs.abs()).max(1e-3);
    assert!(is_close, "{what}: ours {ours:e}, theirs {theirs:e}");
}

//! A row reads nothing after its own hour, and nothing before its look-back.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use ml::features::{FEATURES, FeatureTable, LONGEST_LOOK_BACK_HOURS, compute, compute_between, compute_tail};
use proptest::prelude::*;

use crate::support::{START_S, candles, is_same, symbol, without};

const HOURS: usize = 1_500;

fn market() -> Vec<(Symbol, CandleSeries)> {
    let late = candles(12, HOURS).between(START_S + 400 * SECONDS_PER_HOUR, i64::MAX);
    vec![
        (symbol("BTC"), without(&candles(10, HOURS), |index| index % 173 == 5)),
        (symbol("ETH"), candles(11, HOURS)),
        (symbol("SOL"), late),
    ]
}

fn features(market: &[(Symbol, CandleSeries)]) -> Vec<FeatureTable> {
    compute(&borrowed(market)).unwrap()
}

fn borrowed(market: &[(Symbol, CandleSeries)]) -> Vec<(Symbol, &CandleSeries)> {
    market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect()
}

/// Fails where a row of `part` is not, bit for bit, the row of `whole` at the same hour; how many were compared.
#[track_caller]
fn assert_same_rows(part: &FeatureTable, whole: &FeatureTable, is_compared: impl Fn(i64) -> bool) -> usize {
    let mut compared = 0;
    for (row, &at_s) in part.closes_at_s.iter().enumerate().filter(|(_, at_s)| is_compared(**at_s)) {
        let other = whole.row_at(at_s).unwrap();
        for (spec, (ours, theirs)) in FEATURES.iter().zip(part.columns.iter().zip(&whole.columns)) {
            assert!(
                is_same(ours[row], theirs[other]),
                "{} of {} at {at_s}: {} or {}",
                spec.name,
                part.symbol,
                ours[row],
                theirs[other]
            );
        }
        compared += 1;
    }
    compared
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_the_future_holds_no_earlier_row_moves(hour in 1..HOURS as i64, factor in 0.1..10.0_f64, shift in 1..500_i64) {
        let now_s = START_S + hour * SECONDS_PER_HOUR;
        let before = market();
        let mut after = before.clone();
        for (_, series) in &mut after {
            let future = series.opens_at_s.partition_point(|&at_s| at_s < now_s);
            for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
                column[future..].iter_mut().for_each(|value| *value *= factor);
            }
            series.volume[future..].iter_mut().for_each(|value| *value *= factor * 2.0);
            series.opens_at_s[future..].iter_mut().for_each(|at_s| *at_s += shift * SECONDS_PER_HOUR);
        }
        let (before, after) = (features(&before), features(&after));
        for (before, after) in before.iter().zip(&after) {
            let rows = assert_same_rows(before, after, |at_s| at_s <= now_s);
            prop_assert_eq!(rows, before.closes_at_s.iter().filter(|at_s| **at_s <= now_s).count());
        }
    }

    #[test]
    fn with_its_look_back_inside_a_row_is_the_same_on_a_shorter_history(cut in 1..(HOURS as i64 - LONGEST_LOOK_BACK_HOURS as i64)) {
        let whole = market();
        let from_s = START_S + cut * SECONDS_PER_HOUR;
        let short: Vec<_> =
            whole.iter().map(|(symbol, series)| (symbol.clone(), series.between(from_s, i64::MAX))).collect();
        let settled_s = from_s + i64::from(LONGEST_LOOK_BACK_HOURS) * SECONDS_PER_HOUR;
        for (short, whole) in features(&short).iter().zip(&features(&whole)) {
            let rows = assert_same_rows(short, whole, |at_s| at_s >= settled_s);
            prop_assert!(rows > 0);
        }
    }

    #[test]
    fn the_tail_is_the_end_of_the_whole(rows in 1_u32..400, from in 0..HOURS as i64) {
        let market = market();
        let whole = features(&market);
        for (tail, whole) in compute_tail(&borrowed(&market), rows).unwrap().iter().zip(&whole) {
            prop_assert_eq!(assert_same_rows(tail, whole, |_| true), rows as usize);
        }
        let (from_s, to_s) = (START_S + from * SECONDS_PER_HOUR, START_S + (from + 50) * SECONDS_PER_HOUR);
        for (part, whole) in compute_between(&borrowed(&market), from_s, to_s).unwrap().iter().zip(&whole) {
            let rows = assert_same_rows(part, whole, |_| true);
            prop_assert_eq!(rows, whole.closes_at_s.iter().filter(|at_s| (from_s..=to_s).contains(*at_s)).count());
        }
    }
}

#[test]
fn a_feature_reads_no_candle_before_its_own_look_back() {
    let series = candles(13, HOURS);
    let whole = features(&[(symbol("BTC"), series.clone())]).remove(0);
    let last = HOURS - 1;
    for spec in FEATURES.iter().filter(|spec| spec.look_back_hours > 0) {
        let look_back = i64::from(spec.look_back_hours);
        let cut = series.between(START_S + (HOURS as i64 - look_back) * SECONDS_PER_HOUR, i64::MAX);
        let cut = features(&[(symbol("BTC"), cut)]).remove(0);
        let (ours, theirs) = (cut.column(spec.feature)[cut.len() - 1], whole.column(spec.feature)[last]);
        assert!(is_same(ours, theirs), "{}: {ours} or {theirs}", spec.name);
    }
}

//! Tells good rows from rows that cannot be true. Pure: the same rows and the same `now` give the same verdict.
//!
//! A bad row never takes its neighbours with it: what is refused is kept with its reason, everything else loads.

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::market::{Candle, CandleSeries};

use super::raw::{RawRow, RawRows};

/// A close that moves by more than this factor and is back within one bar is a wrong print. Real moves stay where
/// they went: of half a million hours of nine coins since 2017 the furthest that went and came back is a factor of
/// 1.29, and the wildest of all (DOGE, 2021-01-29) one of 1.7.
const SPIKE_FACTOR: f64 = 2.0;
/// Neighbours further away than this say nothing about a price.
const NEIGHBOUR_HOURS: i64 = 24;
/// Bitcoin's first block, 2009-01-03 18:15:05 UTC: there is no earlier crypto market.
const FIRST_BLOCK_S: i64 = 1_231_006_505;

/// Why a row cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The text is not a row of numbers.
    Unreadable,
    /// A value is not a finite number.
    NotFinite,
    /// A price is zero or below.
    NonPositivePrice,
    /// The volume is negative.
    NegativeVolume,
    /// The highest price is below the lowest.
    HighBelowLow,
    /// The first or last price lies outside the range of the hour.
    OutsideRange,
    /// The time is not a full hour.
    OffTheGrid,
    /// The time is before there was a crypto market.
    TooOld,
    /// The hour has not ended yet.
    InTheFuture,
    /// Another row has the same time; the first good one is kept.
    DuplicateTime,
    /// The time goes back.
    UnorderedTime,
    /// The close jumps away from both neighbours, which agree with each other.
    LonePriceJump,
}

impl Reason {
    /// As it is stored and counted.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotFinite => "not_finite",
            Self::NonPositivePrice => "non_positive_price",
            Self::NegativeVolume => "negative_volume",
            Self::HighBelowLow => "high_below_low",
            Self::OutsideRange => "outside_range",
            Self::OffTheGrid => "off_the_grid",
            Self::TooOld => "too_old",
            Self::InTheFuture => "in_the_future",
            Self::DuplicateTime => "duplicate_time",
            Self::UnorderedTime => "unordered_time",
            Self::LonePriceJump => "lone_price_jump",
        }
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the file, counted from 1 without the header; none for an exchange.
    pub row: Option<u32>,
    /// Its time as far as it could be read, epoch milliseconds.
    pub open_time_ms: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// What stood there.
    pub raw: String,
}

impl Refused {
    fn new(row: &RawRow, reason: Reason) -> Self {
        Self { row: row.row, open_time_ms: Some(row.open_time_ms), reason, raw: row.text() }
    }
}

/// The verdict on the rows of one file or one page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// The good candles, strictly ordered.
    pub good: CandleSeries,
    /// The rest, in the order of the source.
    pub refused: Vec<Refused>,
}

/// Judges rows of one coin. `before` is the last candle that is known before them, if any; `now_s` is the present
/// instant in epoch seconds.
#[must_use]
pub fn judge(raw: &RawRows, before: Option<&Candle>, now_s: i64) -> Judged {
    let rows = &raw.rows;
    let mut verdicts: Vec<Option<Reason>> = rows.iter().map(|row| value_fault(row, now_s)).collect();
    mark_times(rows, &mut verdicts);
    mark_spikes(rows, &mut verdicts, before);

    let mut judged = Judged::default();
    judged.refused.extend(raw.unreadable.iter().map(|text| Refused {
        row: text.row,
        open_time_ms: None,
        reason: Reason::Unreadable,
        raw: text.raw.clone(),
    }));
    for (row, verdict) in rows.iter().zip(verdicts) {
        match verdict {
            Some(reason) => judged.refused.push(Refused::new(row, reason)),
            None => {
                let is_later = judged.good.push(&candle(row));
                debug_assert!(is_later, "mark_times left a strictly ordered chain");
            }
        }
    }
    judged.refused.sort_by_key(|refused| refused.row);
    judged
}

/// What is wrong with a row by itself.
fn value_fault(row: &RawRow, now_s: i64) -> Option<Reason> {
    let prices = [row.open, row.high, row.low, row.close];
    if !prices.iter().chain([&row.volume]).all(|value| value.is_finite()) {
        return Some(Reason::NotFinite);
    }
    if prices.iter().any(|&price| price <= 0.0) {
        return Some(Reason::NonPositivePrice);
    }
    if row.volume < 0.0 {
        return Some(Reason::NegativeVolume);
    }
    if row.high < row.low {
        return Some(Reason::HighBelowLow);
    }
    if [row.open, row.close].iter().any(|&price| price < row.low || price > row.high) {
        return Some(Reason::OutsideRange);
    }
    if row.open_time_ms.rem_euclid(SECONDS_PER_HOUR * 1_000) != 0 {
        return Some(Reason::OffTheGrid);
    }
    let opens_at_s = row.open_time_ms / 1_000;
    if opens_at_s < FIRST_BLOCK_S {
        return Some(Reason::TooOld);
    }
    (opens_at_s > now_s - SECONDS_PER_HOUR).then_some(Reason::InTheFuture)
}

/// Refuses rows whose time repeats or goes back. The longest strictly increasing chain of times stays, so that
/// one row from the far future does not condemn all rows behind it.
fn mark_times(rows: &[RawRow], verdicts: &mut [Option<Reason>]) {
    let candidates: Vec<usize> = (0..rows.len()).filter(|&index| verdicts[index].is_none()).collect();
    if candidates.is_sorted_by(|&a, &b| rows[a].open_time_ms < rows[b].open_time_ms) {
        return;
    }
    let chain = longest_increasing_chain(&candidates, |index| rows[index].open_time_ms);
    let kept_times: Vec<i64> = chain.iter().map(|&index| rows[index].open_time_ms).collect();
    let mut chain = chain.into_iter().peekable();
    for index in candidates {
        if chain.peek() == Some(&index) {
            chain.next();
            continue;
        }
        let is_duplicate = kept_times.binary_search(&rows[index].open_time_ms).is_ok();
        verdicts[index] = Some(if is_duplicate { Reason::DuplicateTime } else { Reason::UnorderedTime });
    }
}

/// The longest strictly increasing subsequence (patience sorting); of equal times the first stays.
fn longest_increasing_chain(candidates: &[usize], time: impl Fn(usize) -> i64) -> Vec<usize> {
    // `tails[n]` is the position of the smallest time that ends a chain of n + 1 rows.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; candidates.len()];
    for (position, &index) in candidates.iter().enumerate() {
        let length = tails.partition_point(|&tail| time(candidates[tail]) < time(index));
        previous[position] = length.checked_sub(1).map(|shorter| tails[shorter]);
        match tails.get_mut(length) {
            Some(tail) if time(candidates[*tail]) == time(index) => {}
            Some(tail) => *tail = position,
            None => tails.push(position),
        }
    }
    let mut chain = Vec::with_capacity(tails.len());
    let mut next = tails.last().copied();
    while let Some(position) = next {
        chain.push(candidates[position]);
        next = previous[position];
    }
    chain.reverse();
    chain
}

/// Refuses bars whose close goes away from both neighbours and is back at once.
fn mark_spikes(rows: &[RawRow], verdicts: &mut [Option<Reason>], before: Option<&Candle>) {
    let kept: Vec<usize> = (0..rows.len()).filter(|&index| verdicts[index].is_none()).collect();
    let mut left = before.map(|candle| (candle.opens_at.as_second() * 1_000, candle.close));
    for (position, &index) in kept.iter().enumerate() {
        let row = &rows[index];
        let right = kept.get(position + 1).map(|&next| (rows[next].open_time_ms, rows[next].close));
        if let (Some(left), Some(right)) = (left, right)
            && is_near(left.0, row.open_time_ms)
            && is_near(row.open_time_ms, right.0)
            && is_spike(left.1, row.close, right.1)
        {
            verdicts[index] = Some(Reason::LonePriceJump);
            continue;
        }
        left = Some((row.open_time_ms, row.close));
    }
}

fn is_near(earlier_ms: i64, later_ms: i64) -> bool {
    later_ms.saturating_sub(earlier_ms) <= NEIGHBOUR_HOURS * SECONDS_PER_HOUR * 1_000
}

fn is_spike(left: f64, close: f64, right: f64) -> bool {
    let is_up = close > left * SPIKE_FACTOR && close > right * SPIKE_FACTOR;
    let is_down = close * SPIKE_FACTOR < left && close * SPIKE_FACTOR < right;
    is_up || is_down
}

fn candle(row: &RawRow) -> Candle {
    Candle {
        opens_at: instant(row.open_time_ms / 1_000),
        open: row.open,
        high: row.high,
        low: row.low,
        close: row.close,
        volume: row.volume,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_MS: i64 = SECONDS_PER_HOUR * 1_000;
    const START_MS: i64 = 1_600_000 * HOUR_MS / 4;
    const NOW_S: i64 = 4_000_000_000;

    fn row(hour: i64) -> RawRow {
        RawRow {
            row: None,
            open_time_ms: START_MS + hour * HOUR_MS,
            open: 100.0,
            high: 110.0,
            low: 90.0,
            close: 105.0,
            volume: 7.0,
        }
    }

    fn judge_rows(rows: Vec<RawRow>) -> Judged {
        judge(&RawRows { rows, unreadable: Vec::new() }, None, NOW_S)
    }

    #[track_caller]
    fn check(spoil: impl FnOnce(&mut RawRow), expected: Reason) {
        let mut bad = row(1);
        spoil(&mut bad);
        let judged = judge_rows(vec![row(0), bad, row(2)]);
        let reasons: Vec<Reason> = judged.refused.iter().map(|refused| refused.reason).collect();
        assert_eq!(reasons, [expected]);
        assert_eq!(judged.good.len(), 2, "the good rows load");
    }

    #[test]
    fn what_cannot_be_true_is_refused_with_its_reason() {
        check(|row| row.high = f64::NAN, Reason::NotFinite);
        check(|row| row.volume = f64::INFINITY, Reason::NotFinite);
        check(|row| row.low = 0.0, Reason::NonPositivePrice);
        check(|row| row.close = -5.0, Reason::NonPositivePrice);
        check(|row| row.volume = -0.1, Reason::NegativeVolume);
        check(|row| row.high = 80.0, Reason::HighBelowLow);
        check(|row| row.close = 111.0, Reason::OutsideRange);
        check(|row| row.open = 89.0, Reason::OutsideRange);
        check(|row| row.open_time_ms += 1, Reason::OffTheGrid);
        check(|row| row.open_time_ms = 0, Reason::TooOld);
        check(|row| row.open_time_ms = NOW_S * 1_000 / HOUR_MS * HOUR_MS, Reason::InTheFuture);
        check(|row| row.open_time_ms -= HOUR_MS, Reason::DuplicateTime);
        check(|row| row.open_time_ms -= 5 * HOUR_MS, Reason::UnorderedTime);
    }

    fn scaled(hour: i64, factor: f64) -> RawRow {
        let plain = row(hour);
        RawRow {
            open: plain.open * factor,
            high: plain.high * factor,
            low: plain.low * factor,
            close: plain.close * factor,
            ..plain
        }
    }

    #[test]
    fn a_lone_jump_is_refused_and_a_crash_that_stays_is_not() {
        for factor in [10.0, 0.1] {
            let spike = judge_rows(vec![row(0), scaled(1, factor), row(2)]);
            assert_eq!(spike.refused.len(), 1);
            assert_eq!(spike.refused[0].reason, Reason::LonePriceJump);
            let crash = judge_rows(vec![row(0), scaled(1, factor), scaled(2, factor)]);
            assert_eq!(crash.refused, []);
        }
    }

    #[test]
    fn a_jump_at_the_start_of_a_page_is_seen_against_the_candle_before() {
        let raw = RawRows { rows: vec![scaled(1, 10.0), row(2)], unreadable: Vec::new() };
        assert_eq!(judge(&raw, None, NOW_S).refused, []);
        assert_eq!(judge(&raw, Some(&candle(&row(0))), NOW_S).refused.len(), 1);
    }

    #[test]
    fn a_jump_across_a_long_gap_is_no_evidence() {
        assert_eq!(judge_rows(vec![row(0), scaled(30, 10.0), row(60)]).refused, []);
    }

    #[test]
    fn one_row_from_the_far_future_does_not_condemn_the_rest() {
        let rows = [0, 1, 900, 2, 3, 4].map(row).to_vec();
        let judged = judge_rows(rows);
        assert_eq!(judged.good.len(), 5);
        assert_eq!(judged.refused[0].reason, Reason::UnorderedTime);
    }

    #[test]
    fn of_two_rows_with_one_time_the_good_one_loads() {
        let bad = RawRow { high: 1.0, ..row(1) };
        let judged = judge_rows(vec![row(0), bad, row(1), row(2)]);
        assert_eq!(judged.good.len(), 3);
        assert_eq!(judged.refused[0].reason, Reason::HighBelowLow);
    }

    fn any_row() -> impl Strategy<Value = RawRow> {
        let value = prop_oneof![
            8 => 1.0..200.0f64,
            1 => Just(f64::NAN),
            1 => Just(-1.0),
            1 => Just(0.0),
            1 => Just(1e12),
        ];
        (-3..40i64, 0..20u8, [value.clone(), value.clone(), value.clone(), value.clone(), value], any::<bool>())
            .prop_map(|(hour, shift, [open, high, low, close, volume], is_tidy)| {
                let open_time_ms = START_MS + hour * HOUR_MS + i64::from(shift == 0);
                if is_tidy {
                    RawRow { open_time_ms, ..row(0) }
                } else {
                    RawRow { row: None, open_time_ms, open, high, low, close, volume }
                }
            })
    }

    proptest! {
        #[test]
        fn every_row_is_either_good_or_refused_and_the_good_ones_are_true(rows in prop::collection::vec(any_row(), 0..60)) {
            let judged = judge_rows(rows.clone());
            prop_assert_eq!(judged.good.len() + judged.refused.len(), rows.len());
            prop_assert!(judged.good.opens_at_s.is_sorted_by(|a, b| a < b));
            for candle in judged.good.iter() {
                prop_assert_eq!(candle.opens_at.as_second() % SECONDS_PER_HOUR, 0);
                prop_assert!(candle.low > 0.0 && candle.low <= candle.open.min(candle.close));
                prop_assert!(candle.high >= candle.open.max(candle.close) && candle.volume >= 0.0);
            }
        }

        #[test]
        fn judging_what_was_found_good_again_refuses_nothing_for_its_values_or_times(rows in prop::collection::vec(any_row(), 0..60)) {
            let good = judge_rows(rows).good;
            let again: Vec<RawRow> = good.iter().map(|candle| RawRow {
                row: None, open_time_ms: candle.opens_at.as_second() * 1_000, open: candle.open, high: candle.high,
                low: candle.low, close: candle.close, volume: candle.volume,
            }).collect();
            // Only a lone jump depends on the neighbours, which a refusal may have changed.
            prop_assert!(judge_rows(again).refused.iter().all(|refused| refused.reason == Reason::LonePriceJump));
        }

        #[test]
        fn adding_bad_rows_never_costs_a_good_one(hours in prop::collection::btree_set(0..200i64, 1..50), bad in prop::collection::vec((0..50usize, any_row()), 0..20)) {
            let mut rows: Vec<RawRow> = hours.iter().map(|&hour| row(hour)).collect();
            for (position, bad_row) in bad {
                rows.insert(position.min(rows.len()), RawRow { high: bad_row.low.abs() / 2.0, low: bad_row.low.abs(), ..bad_row });
            }
            prop_assert_eq!(judge_rows(rows).good.len(), hours.len());
        }
    }
}

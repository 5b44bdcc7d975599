//! Puts two series of one coin together. What is known first stays.

use std::cmp::Ordering;

use domain::market::CandleSeries;

/// The union of both series; of an hour that is in both, the known candle stays. None where nothing is new.
pub(crate) fn merge(known: &CandleSeries, new: &CandleSeries) -> Option<CandleSeries> {
    let first_new = *new.opens_at_s.first()?;
    if known.opens_at_s.last().is_none_or(|&last| last < first_new) {
        let mut merged = with_room(known, new.len());
        (0..new.len()).for_each(|index| append(&mut merged, new, index));
        return Some(merged);
    }
    // Everything before the first new hour is taken over at once.
    let untouched = known.opens_at_s.partition_point(|&at| at < first_new);
    let mut merged = with_room(&head(known, untouched), known.len() - untouched + new.len());
    let (mut left, mut right) = (untouched, 0);
    loop {
        match (known.opens_at_s.get(left), new.opens_at_s.get(right)) {
            (None, None) => break,
            (Some(_), None) => {
                append(&mut merged, known, left);
                left += 1;
            }
            (None, Some(_)) => {
                append(&mut merged, new, right);
                right += 1;
            }
            (Some(at_left), Some(at_right)) => match at_left.cmp(at_right) {
                Ordering::Less => {
                    append(&mut merged, known, left);
                    left += 1;
                }
                Ordering::Greater => {
                    append(&mut merged, new, right);
                    right += 1;
                }
                Ordering::Equal => {
                    append(&mut merged, known, left);
                    left += 1;
                    right += 1;
                }
            },
        }
    }
    (merged.len() > known.len()).then_some(merged)
}

fn head(series: &CandleSeries, count: usize) -> CandleSeries {
    CandleSeries {
        opens_at_s: series.opens_at_s[..count].to_vec(),
        open: series.open[..count].to_vec(),
        high: series.high[..count].to_vec(),
        low: series.low[..count].to_vec(),
        close: series.close[..count].to_vec(),
        volume: series.volume[..count].to_vec(),
    }
}

fn with_room(series: &CandleSeries, more: usize) -> CandleSeries {
    let mut copy = series.clone();
    copy.opens_at_s.reserve(more);
    for column in [&mut copy.open, &mut copy.high, &mut copy.low, &mut copy.close, &mut copy.volume] {
        column.reserve(more);
    }
    copy
}

fn append(to: &mut CandleSeries, from: &CandleSeries, index: usize) {
    to.opens_at_s.push(from.opens_at_s[index]);
    to.open.push(from.open[index]);
    to.high.push(from.high[index]);
    to.low.push(from.low[index]);
    to.close.push(from.close[index]);
    to.volume.push(from.volume[index]);
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn series(hours: &BTreeSet<i64>, price: f64) -> CandleSeries {
        let prices = vec![price; hours.len()];
        CandleSeries {
            opens_at_s: hours.iter().map(|hour| hour * 3_600).collect(),
            open: prices.clone(),
            high: prices.clone(),
            low: prices.clone(),
            close: prices.clone(),
            volume: prices,
        }
    }

    proptest! {
        #[test]
        fn merging_is_the_union_in_which_the_known_candle_wins(
            known in prop::collection::btree_set(0..120i64, 0..60),
            new in prop::collection::btree_set(0..120i64, 0..60),
        ) {
            let mut expected: BTreeMap<i64, f64> = new.iter().map(|&hour| (hour * 3_600, 2.0)).collect();
            expected.extend(known.iter().map(|&hour| (hour * 3_600, 1.0)));
            let before = series(&known, 1.0);
            let merged = merge(&before, &series(&new, 2.0));
            prop_assert_eq!(merged.is_none(), new.is_subset(&known));
            let after = merged.unwrap_or(before);
            prop_assert_eq!(after.close.len(), after.len());
            let found: BTreeMap<i64, f64> = after.opens_at_s.iter().copied().zip(after.close.iter().copied()).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(after.opens_at_s.is_sorted_by(|a, b| a < b));
        }
    }
}

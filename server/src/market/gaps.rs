//! Hours that are missing between the first and the last candle. They are stored and shown, never filled.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::CandleSeries;

/// Hours `[from_s, to_s)` without a candle. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Start of the first missing hour.
    pub from_s: i64,
    /// Start of the first hour that is there again.
    pub to_s: i64,
}

impl Gap {
    /// How many hours are missing.
    #[must_use]
    pub const fn hours(self) -> i64 {
        (self.to_s - self.from_s) / SECONDS_PER_HOUR
    }
}

/// The gaps of a series, oldest first.
#[must_use]
pub fn find(series: &CandleSeries) -> Vec<Gap> {
    series
        .opens_at_s
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > SECONDS_PER_HOUR)
        .map(|pair| Gap { from_s: pair[0] + SECONDS_PER_HOUR, to_s: pair[1] })
        .collect()
}

/// How many hours the gaps have in all.
#[must_use]
pub fn missing_hours(gaps: &[Gap]) -> u32 {
    u32::try_from(gaps.iter().map(|gap| gap.hours()).sum::<i64>()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn series(hours: impl IntoIterator<Item = i64>) -> CandleSeries {
        CandleSeries {
            opens_at_s: hours.into_iter().map(|hour| hour * SECONDS_PER_HOUR).collect(),
            ..CandleSeries::default()
        }
    }

    #[test]
    fn a_whole_series_has_no_gap_and_neither_have_none_and_one() {
        for hours in [0, 1, 5] {
            assert_eq!(find(&series(0..hours)), []);
        }
    }

    proptest! {
        #[test]
        fn candles_and_gaps_tile_the_time_between_first_and_last(hours in prop::collection::btree_set(0..500i64, 1..200)) {
            let gaps = find(&series(hours.iter().copied()));
            let mut missing = BTreeSet::new();
            for gap in &gaps {
                prop_assert!(gap.hours() > 0);
                missing.extend(gap.from_s / SECONDS_PER_HOUR..gap.to_s / SECONDS_PER_HOUR);
            }
            prop_assert!(missing.is_disjoint(&hours));
            prop_assert_eq!(missing.len(), missing_hours(&gaps) as usize);
            let span = hours.last().unwrap_or(&0) - hours.first().unwrap_or(&0) + 1;
            prop_assert_eq!(missing.len() + hours.len(), span as usize);
        }
    }
}

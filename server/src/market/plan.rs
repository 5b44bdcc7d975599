//! Which hours a source is to be asked for: what is missing, less what it has answered already.

use domain::clock::{SECONDS_PER_HOUR, floor_to_hour};
use domain::market::CandleSeries;

use super::gaps;
use crate::store::Answered;

/// Hours `[from_s, to_s)`. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_s: i64,
    pub(crate) to_s: i64,
}

impl Span {
    pub(crate) const fn hours(self) -> i64 {
        (self.to_s - self.from_s) / SECONDS_PER_HOUR
    }
}

/// What a coin lacks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// From the newest candle to the present hour.
    pub(crate) tail: Option<Span>,
    /// Hours that are missing in between, oldest first.
    pub(crate) holes: Vec<Span>,
}

/// What a source may be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach<'a> {
    /// Where history is to begin for a coin without candles, epoch seconds.
    pub(crate) oldest_s: i64,
    /// How far back the source itself goes, in days.
    pub(crate) history_days: Option<u32>,
    /// What it has answered.
    pub(crate) answered: &'a [Answered],
    /// The present instant, epoch seconds.
    pub(crate) now_s: i64,
}

impl Reach<'_> {
    /// The part of the span that the source can still say something about.
    pub(crate) fn trim(&self, span: Span) -> Option<Span> {
        let first_s = self.history_days.map_or(i64::MIN, |days| floor_to_hour(self.now_s) - i64::from(days) * 86_400);
        let mut from_s = span.from_s.max(first_s);
        // Stretches are ordered by their start, so one pass follows them as far as they touch.
        for answered in self.answered {
            if answered.from_s <= from_s {
                from_s = from_s.max(answered.next_s);
            }
        }
        (from_s < span.to_s).then_some(Span { from_s, to_s: span.to_s })
    }
}

/// The hours of a span that have no candle, as far as the source is to be asked for them. Unlike [`plan`] this also
/// finds those before the first candle.
pub(crate) fn missing_within(series: &CandleSeries, span: Span, reach: &Reach<'_>) -> Vec<Span> {
    let all = &series.opens_at_s;
    let start = all.partition_point(|&at| at < span.from_s);
    let end = all.partition_point(|&at| at < span.to_s);
    let known = &all[start..end.max(start)];
    let ends = known.iter().copied().chain([span.to_s]);
    let starts = [span.from_s].into_iter().chain(known.iter().map(|at| at + SECONDS_PER_HOUR));
    let missing = starts.zip(ends).map(|(from_s, to_s)| Span { from_s, to_s });
    missing.filter(|span| span.hours() > 0).filter_map(|span| reach.trim(span)).collect()
}

/// Plans for one coin.
pub(crate) fn plan(series: &CandleSeries, reach: &Reach<'_>) -> Plan {
    let tail = Span {
        from_s: series.closes_at_s().unwrap_or_else(|| floor_to_hour(reach.oldest_s)),
        to_s: floor_to_hour(reach.now_s),
    };
    let holes = gaps::find(series).into_iter().map(|gap| Span { from_s: gap.from_s, to_s: gap.to_s });
    Plan { tail: reach.trim(tail), holes: holes.filter_map(|hole| reach.trim(hole)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: i64 = SECONDS_PER_HOUR;

    fn series(hours: &[i64]) -> CandleSeries {
        CandleSeries { opens_at_s: hours.iter().map(|hour| hour * H).collect(), ..CandleSeries::default() }
    }

    fn span(from: i64, to: i64) -> Span {
        Span { from_s: from * H, to_s: to * H }
    }

    fn reach(answered: &[Answered]) -> Reach<'_> {
        Reach { oldest_s: 5 * H, history_days: None, answered, now_s: 40 * H + 1_800 }
    }

    #[test]
    fn a_coin_without_candles_is_asked_for_from_the_beginning() {
        assert_eq!(plan(&series(&[]), &reach(&[])), Plan { tail: Some(span(5, 40)), holes: vec![] });
    }

    #[test]
    fn holes_and_the_tail_are_asked_for_and_the_open_hour_is_not() {
        let expected = Plan { tail: Some(span(31, 40)), holes: vec![span(11, 20)] };
        assert_eq!(plan(&series(&[10, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]).clone(), &reach(&[])), expected);
        assert_eq!(plan(&series(&[38, 39]), &reach(&[])).tail, None);
    }

    #[test]
    fn what_was_answered_is_not_asked_again() {
        let answered = [Answered { from_s: 11 * H, next_s: 15 * H }, Answered { from_s: 15 * H, next_s: 20 * H }];
        assert_eq!(plan(&series(&[10, 20, 39]), &reach(&answered)).holes, [span(21, 39)]);
        let half = [Answered { from_s: 8 * H, next_s: 15 * H }];
        assert_eq!(plan(&series(&[10, 20, 39]), &reach(&half)).holes, [span(15, 20), span(21, 39)]);
    }

    #[test]
    fn within_a_span_hours_before_and_behind_the_candles_are_missing_too() {
        let missing = missing_within(&series(&[10, 11, 14, 50]), span(8, 20), &reach(&[]));
        assert_eq!(missing, [span(8, 10), span(12, 14), span(15, 20)]);
        assert_eq!(missing_within(&series(&[]), span(8, 20), &reach(&[])), [span(8, 20)]);
    }

    #[test]
    fn hours_before_a_source_s_history_are_not_asked_for() {
        let reach = Reach { history_days: Some(1), ..reach(&[]) };
        assert_eq!(plan(&series(&[10, 12, 14, 20, 39]), &reach).holes, [span(16, 20), span(21, 39)]);
    }
}

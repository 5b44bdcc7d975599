//! How much history the interactive chart shows.

use domain::chart::Resolution;

use crate::words::Words;

/// A span of history with the resolution that suits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Range {
    /// Seven days.
    Week,
    /// Thirty days.
    #[default]
    Month,
    /// Ninety days.
    Quarter,
    /// 365 days.
    Year,
    /// Everything.
    All,
}

impl Range {
    /// From the shortest to the longest.
    pub(crate) const ALL: [Self; 5] = [Self::Week, Self::Month, Self::Quarter, Self::Year, Self::All];

    /// How many days; none for everything.
    pub(crate) const fn days(self) -> Option<u32> {
        match self {
            Self::Week => Some(7),
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::Year => Some(365),
            Self::All => None,
        }
    }

    /// The resolution at which the span has a few hundred bars.
    pub(crate) const fn resolution(self) -> Resolution {
        match self {
            Self::Week | Self::Month => Resolution::Hour,
            Self::Quarter => Resolution::FourHours,
            Self::Year | Self::All => Resolution::Day,
        }
    }

    /// The word on its button.
    pub(crate) const fn word(self, words: &Words) -> &'static str {
        match self {
            Self::Week => words.chart.week,
            Self::Month => words.chart.month,
            Self::Quarter => words.chart.quarter,
            Self::Year => words.chart.year,
            Self::All => words.chart.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::chart::ChartQuery;

    use super::*;

    #[test]
    fn every_limited_range_fits_in_one_answer() {
        for range in Range::ALL {
            let Some(days) = range.days() else { continue };
            let bars = i64::from(days) * 86_400 / range.resolution().seconds();
            assert!(bars <= i64::from(ChartQuery::MAX_BARS), "{range:?} needs {bars} bars");
        }
    }
}

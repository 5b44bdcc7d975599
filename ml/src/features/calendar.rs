//! What the calendar says about the hours ahead. Known long before, hence no look-back: these depend on the
//! row's own time and nothing else.
//!
//! Crypto trades all week, but its volatility falls on weekends; source: Baur, Cahill, Godfrey and Liu (2019),
//! Finance Research Letters 31, and Aharon and Qadan (2019), Finance Research Letters 31.

use domain::clock::weekday;

const SECONDS_PER_DAY: i64 = 86_400;

/// Share of the 24 hours after `closes_at_s` that falls on a weekday (Monday is 0, UTC), 0 to 1. At midnight it
/// is 1 for one day and 0 for the others.
pub(super) fn weekday_share(closes_at_s: i64, day: u8) -> f64 {
    let today = weekday(closes_at_s);
    let of_tomorrow = closes_at_s.rem_euclid(SECONDS_PER_DAY) as f64 / SECONDS_PER_DAY as f64;
    if day == today {
        1.0 - of_tomorrow
    } else if day == (today + 1) % 7 {
        of_tomorrow
    } else {
        0.0
    }
}

/// Share of the `days` after `closes_at_s` that falls on a Saturday or Sunday (UTC), 0 to 1.
pub(super) fn weekend_share(closes_at_s: i64, days: u32) -> f64 {
    let of_day = |day: u32| {
        let starts_at_s = closes_at_s + i64::from(day) * SECONDS_PER_DAY;
        weekday_share(starts_at_s, 5) + weekday_share(starts_at_s, 6)
    };
    (0..days).map(of_day).sum::<f64>() / f64::from(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1970-01-02, a Friday, 00:00 UTC.
    const FRIDAY_S: i64 = SECONDS_PER_DAY;

    #[test]
    fn at_midnight_the_day_ahead_is_one_weekday() {
        let shares: Vec<f64> = (0..7).map(|day| weekday_share(FRIDAY_S, day)).collect();
        assert_eq!(shares, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn at_six_in_the_evening_three_quarters_belong_to_tomorrow() {
        let evening_s = FRIDAY_S + 18 * 3_600;
        assert_eq!(weekday_share(evening_s, 4), 0.25);
        assert_eq!(weekday_share(evening_s, 5), 0.75);
        assert_eq!(weekend_share(evening_s, 1), 0.75);
        assert_eq!(weekend_share(evening_s, 2), 0.875);
    }

    #[test]
    fn the_shares_of_a_week_sum_to_one_at_every_hour() {
        for hour in -200..200 {
            let total: f64 = (0..7).map(|day| weekday_share(hour * 3_600, day)).sum();
            assert!((total - 1.0).abs() < 1e-15, "hour {hour}: {total}");
        }
    }
}

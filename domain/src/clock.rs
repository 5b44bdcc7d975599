//! Time is an argument. Whoever needs "now" takes a [`Clock`], so that forecasts can be replayed.

use jiff::Timestamp;

/// Seconds in one hour, the grid of every candle that the product keeps.
pub const SECONDS_PER_HOUR: i64 = 3_600;

/// Says what time it is (UTC).
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The start of the hour that holds `at`, in epoch seconds.
#[must_use]
pub const fn floor_to_hour(at_s: i64) -> i64 {
    at_s - at_s.rem_euclid(SECONDS_PER_HOUR)
}

/// An instant from epoch seconds; out-of-range values saturate at the ends of the calendar.
#[must_use]
pub fn instant(epoch_s: i64) -> Timestamp {
    Timestamp::from_second(epoch_s).unwrap_or(if epoch_s < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The day of the week of an epoch second in UTC: Monday is 0, Sunday is 6.
#[must_use]
pub const fn weekday(at_s: i64) -> u8 {
    // 1970-01-01 was a Thursday.
    ((at_s.div_euclid(86_400) + 3).rem_euclid(7)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_was_a_thursday_and_the_day_before_a_wednesday() {
        assert_eq!(weekday(0), 3);
        assert_eq!(weekday(-1), 2);
    }

    #[test]
    fn an_hour_starts_at_or_before_any_of_its_instants() {
        assert_eq!(floor_to_hour(3_599), 0);
        assert_eq!(floor_to_hour(3_600), 3_600);
        assert_eq!(floor_to_hour(-1), -3_600);
    }
}

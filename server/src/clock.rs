//! The one place that asks the machine what time it is.

use std::time::Instant;

use domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};

/// The machine's clock (UTC).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that starts in the past and runs as many times faster than time: for replaying history.
#[derive(Debug, Clone, Copy)]
pub struct ReplayedClock {
    began: Instant,
    from: Timestamp,
    speed: u32,
}

impl ReplayedClock {
    /// A clock that shows `from` (UTC) now.
    #[must_use]
    pub fn starting(from: Timestamp, speed: u32) -> Self {
        Self { began: Instant::now(), from, speed }
    }
}

impl Clock for ReplayedClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::MAX);
        let passed = passed.saturating_mul(i32::try_from(self.speed).unwrap_or(i32::MAX));
        self.from.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_replayed_clock_runs_faster_from_where_it_was_set() {
        let from: Timestamp = "2024-08-04T12:00:00Z".parse().expect("a time");
        let began = Instant::now().checked_sub(Duration::from_secs(2)).expect("the machine runs for two seconds");
        let clock = ReplayedClock { began, from, speed: 3_600 };
        let hours = (clock.now().as_second() - from.as_second()) / 3_600;
        assert!((2..30).contains(&hours), "{hours}");
    }
}

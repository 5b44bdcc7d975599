//! The one place that asks the machine what time it is.

use std::sync::{Mutex, PoisonError};
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

/// A clock that stands still until somebody sets it, for a demonstration: what is to happen between two instants may take
/// as long as it takes. Once it is let run it goes on as time does. It never goes back.
#[derive(Debug)]
pub struct SteppedClock {
    hand: Mutex<Hand>,
}

#[derive(Debug, Clone, Copy)]
enum Hand {
    Stands(Timestamp),
    Runs { from: Timestamp, since: Instant },
}

impl SteppedClock {
    /// A clock that stands at `at` (UTC).
    #[must_use]
    pub const fn standing_at(at: Timestamp) -> Self {
        Self { hand: Mutex::new(Hand::Stands(at)) }
    }

    /// Sets it to `at` (UTC), where it stands still; an instant that has passed changes nothing.
    pub fn set(&self, at: Timestamp) {
        self.change(|now| Hand::Stands(now.max(at)));
    }

    /// Lets it run from where it stands, as fast as time.
    pub fn run(&self) {
        self.change(|from| Hand::Runs { from, since: Instant::now() });
    }

    fn change(&self, to: impl FnOnce(Timestamp) -> Hand) {
        // A hand is set in one go: a panic in another thread leaves a whole one behind.
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        *hand = to(hand.now());
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner).now()
    }
}

impl Hand {
    fn now(self) -> Timestamp {
        match self {
            Self::Stands(at) => at,
            Self::Runs { from, since } => {
                let passed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
                from.checked_add(passed).unwrap_or(Timestamp::MAX)
            }
        }
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

    #[test]
    fn a_stepped_clock_stands_where_it_was_set_never_goes_back_and_runs_once_it_is_let() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let clock = SteppedClock::standing_at(at("2024-10-28T00:05:00Z"));
        clock.set(at("2024-10-28T06:05:00Z"));
        clock.set(at("2024-10-28T03:05:00Z"));
        assert_eq!(clock.now(), at("2024-10-28T06:05:00Z"));
        clock.run();
        std::thread::sleep(Duration::from_millis(5));
        let passed = clock.now().duration_since(at("2024-10-28T06:05:00Z"));
        assert!(passed >= SignedDuration::from_millis(5) && passed < SignedDuration::from_mins(1), "{passed}");
    }
}

//! The one place that asks the machine what time it is.

use domain::clock::Clock;
use jiff::Timestamp;

/// The machine's clock (UTC).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

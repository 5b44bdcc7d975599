//! How often somebody may ask: a steady number a minute, the whole minute's worth at once at most.

use std::hash::Hash;
use std::num::NonZeroU32;

use domain::error::Failure;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Askers that are remembered before those who stopped asking are forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// How often each of many askers may ask.
pub(crate) struct Pace<K: Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>);

impl<K: Hash + Eq + Clone> Pace<K> {
    /// So many times a minute, at least once.
    pub(crate) fn a_minute(times: u32) -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN))))
    }

    /// So many times an hour, at least once.
    pub(crate) fn an_hour(times: u32) -> Self {
        Self(RateLimiter::keyed(Quota::per_hour(NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN))))
    }

    /// Counts one time.
    ///
    /// # Errors
    /// [`Failure::TooMany`] with the time after which it makes sense to ask again.
    pub(crate) fn keep(&self, asker: &K) -> Result<(), Failure> {
        if self.0.len() > MOST_REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(asker).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(DefaultClock::default().now());
            Failure::TooMany { retry_after_s: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1) }
        })
    }
}

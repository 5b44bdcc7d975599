//! Keeps what a source said: fresh for a while, stale for a day, and silent for a minute after a failure.

use std::future::Future;

use domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tracing::warn;

use super::EventError;

/// How long a stale answer is given while no new one is to be had.
const STALE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a source that failed is left alone.
const LEFT_ALONE_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The last answer of one source.
pub(super) struct Kept<T> {
    name: &'static str,
    fresh_for: SignedDuration,
    /// Held while the source is asked, so that whoever comes meanwhile waits for the same answer.
    state: Mutex<State<T>>,
}

struct State<T> {
    answer: Option<(T, Timestamp)>,
    failed_at: Option<Timestamp>,
}

impl<T: Clone> Kept<T> {
    pub(super) fn new(name: &'static str, fresh_for: SignedDuration) -> Self {
        Self { name, fresh_for, state: Mutex::new(State { answer: None, failed_at: None }) }
    }

    /// What is kept, where it is fresh; else what the source says now; else what is kept, up to a day old.
    pub(super) async fn get<F>(&self, clock: &dyn Clock, ask: impl FnOnce() -> F + Send) -> Option<T>
    where
        F: Future<Output = Result<T, EventError>> + Send,
    {
        let mut state = self.state.lock().await;
        let now = clock.now();
        // A clock that was set back makes nothing fresh for longer: an age below zero is none.
        let is_within = |since: Timestamp, most: SignedDuration| {
            let age = now.duration_since(since);
            age >= SignedDuration::ZERO && age < most
        };
        let is_fresh = state.answer.as_ref().is_some_and(|(_, at)| is_within(*at, self.fresh_for));
        let is_left_alone = state.failed_at.is_some_and(|at| is_within(at, LEFT_ALONE_FOR));
        if !is_fresh && !is_left_alone {
            match ask().await {
                Ok(answer) => {
                    state.answer = Some((answer, now));
                    state.failed_at = None;
                }
                Err(error) => {
                    warn!(source = self.name, %error, "A source of market events is unavailable");
                    // From the end of the attempt on, so that a slow source is left alone as long as a quick one.
                    state.failed_at = Some(clock.now());
                }
            }
        }
        state.answer.as_ref().filter(|(_, at)| is_within(*at, STALE_FOR)).map(|(answer, _)| answer.clone())
    }
}

//! How much is let in at once. What does not fit is turned away at once with 503 and Retry-After, which keeps the
//! answers of everybody else fast; what takes too long is given up.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::error::Failure;
use tokio::sync::Semaphore;

use crate::telemetry::metrics;

use super::problem::Problem;

/// Seconds after which a client that was turned away should come back: what is in flight takes milliseconds.
const RETRY_AFTER_S: u32 = 1;

/// A door that lets a fixed number of requests in. Clones are the same door.
#[derive(Clone, Debug)]
pub struct Gate {
    name: &'static str,
    places: Arc<Semaphore>,
    timeout: Duration,
}

impl Gate {
    /// A door for `in_flight` requests at once, each given up after `timeout`.
    #[must_use]
    pub fn new(name: &'static str, in_flight: u32, timeout: Duration) -> Self {
        Self { name, places: Arc::new(Semaphore::new(in_flight as usize)), timeout }
    }

    async fn pass(&self, request: Request, next: Next) -> Result<Response, Problem> {
        let Ok(_place) = self.places.try_acquire() else {
            metrics::rejected(self.name);
            return Err(Failure::Busy { retry_after_s: RETRY_AFTER_S }.into());
        };
        tokio::time::timeout(self.timeout, next.run(request)).await.map_err(|_| {
            metrics::rejected("timeout");
            tracing::warn!(gate = self.name, "Gave up a request after {} seconds", self.timeout.as_secs());
            Problem::timed_out()
        })
    }
}

/// Lets a request of the API in, or says why not as a problem.
pub async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    gate.pass(request, next).await.unwrap_or_else(IntoResponse::into_response)
}

/// Lets a request for a page in, or says why not as a page.
pub async fn admit_page(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    gate.pass(request, next).await.unwrap_or_else(Problem::into_page)
}

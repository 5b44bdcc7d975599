//! Asks the sources over HTTP: one try, three seconds, a bounded body, and no way to another kind of address.

use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;
use tracing::warn;

use super::EventError;
use crate::market::http::{describe, install_crypto_provider};

const USER_AGENT: &str = concat!("InvestBuddy/", env!("CARGO_PKG_VERSION"));
/// From the request to the last byte.
const TIMEOUT: Duration = Duration::from_secs(3);
const MOST_REDIRECTS: usize = 3;
/// The largest JSON answer, in bytes.
const JSON_BYTES: usize = 64 * 1024;
/// The largest feed, in bytes.
pub(super) const FEED_BYTES: usize = 2 * 1024 * 1024;

/// The client that all sources share.
pub(super) struct Web {
    client: Client,
}

impl Web {
    /// None where the machine cannot speak HTTPS; that is logged, and every source is unavailable.
    pub(super) fn new() -> Option<Self> {
        install_crypto_provider();
        let client = Client::builder().user_agent(USER_AGENT).timeout(TIMEOUT).redirect(Policy::custom(follow)).build();
        match client {
            Ok(client) => Some(Self { client }),
            Err(error) => {
                warn!(%error, "Market events are unavailable: there is no HTTP client");
                None
            }
        }
    }

    /// Gets JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, url: &str, query: &[(&str, &str)]) -> Result<T, EventError> {
        let body = self.bytes(url, query, JSON_BYTES).await?;
        serde_json::from_slice(&body).map_err(|error| EventError::Malformed { cause: error.to_string() })
    }

    /// Gets a body of at most `most` bytes.
    pub(super) async fn bytes(&self, url: &str, query: &[(&str, &str)], most: usize) -> Result<Vec<u8>, EventError> {
        let mut response = self.client.get(url).query(query).send().await.map_err(|error| unreachable(&error))?;
        if !response.status().is_success() {
            return Err(EventError::Refused { status: response.status().as_u16() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + chunk.len() > most {
                return Err(EventError::Malformed { cause: format!("it is larger than {most} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Follows a few redirects: to `https` from anywhere, and without it only within the same server.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let from = attempt.previous().last().cloned();
    let is_allowed = attempt.url().scheme() == "https" || from.is_some_and(|from| is_same_server(&from, attempt.url()));
    if is_allowed && attempt.previous().len() <= MOST_REDIRECTS {
        attempt.follow()
    } else {
        // The redirect itself is the answer then, and its status is no success.
        attempt.stop()
    }
}

fn is_same_server(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The innermost cause, without the address.
fn unreachable(error: &reqwest::Error) -> EventError {
    if error.is_timeout() {
        return EventError::Unreachable { cause: format!("nothing within {} s", TIMEOUT.as_secs()) };
    }
    EventError::Unreachable { cause: describe(error) }
}

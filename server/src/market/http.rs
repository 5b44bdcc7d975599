//! Asks exchanges over HTTP: one client for all, bounded tries, jittered pauses, and respect for rate limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::Rng;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use tracing::debug;

use super::MarketSettings;
use super::source::SourceError;

const USER_AGENT: &str = concat!("InvestBuddy/", env!("CARGO_PKG_VERSION"));
/// A source that wants a longer pause than this is left alone; the caller decides when to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// What a 429 or 418 without `Retry-After` stands for.
const DEFAULT_RETRY_AFTER_S: u64 = 60;
/// No page of candles is larger.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// The client that all sources share.
///
/// # Errors
/// [`SourceError::NoClient`] where the machine cannot speak HTTPS.
pub fn client(settings: &MarketSettings) -> Result<Client, SourceError> {
    install_crypto_provider();
    let timeout = Duration::from_millis(settings.request_timeout_ms);
    Client::builder()
        .user_agent(USER_AGENT)
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .build()
        .map_err(|cause| SourceError::NoClient { cause: cause.to_string() })
}

/// Makes ring the process's provider of cryptography, unless one is there already.
pub fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Two threads may come here at once; the second one finds the provider of the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Pauses between tries: exponential, with jitter so that many clients do not come back at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BackOff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl BackOff {
    pub(crate) fn new(settings: &MarketSettings) -> Self {
        Self {
            first: Duration::from_millis(settings.retry_pause_ms),
            longest: Duration::from_millis(settings.longest_pause_ms),
        }
    }

    /// The pause after `failures` failures in a row (1 or more): between half and all of first · 2^(failures − 1).
    pub(crate) fn pause(self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(self.longest);
        doubled.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

/// Looks at the headers of every answer and says how long to wait before the next request.
pub(crate) type Brake = Arc<dyn Fn(&HeaderMap) -> Duration + Send + Sync>;

/// Fetches JSON from one source.
#[derive(Clone)]
pub(crate) struct Fetcher {
    source_name: &'static str,
    client: Client,
    back_off: BackOff,
    attempts: u32,
    brake: Option<Brake>,
    gate: Arc<Mutex<Gate>>,
}

/// When the source may be asked again.
#[derive(Debug, Default)]
struct Gate {
    /// The source has refused us until then: nothing is sent before.
    refused_until: Option<Instant>,
    /// We slow down by ourselves until then.
    slow_until: Option<Instant>,
}

/// What one try came to.
enum Try<T> {
    Done(T),
    /// Final: trying again would give the same.
    Failed(SourceError),
    /// Try again after a pause.
    Again(SourceError),
}

impl Fetcher {
    pub(crate) fn new(source_name: &'static str, client: &Client, settings: &MarketSettings) -> Self {
        Self {
            source_name,
            client: client.clone(),
            back_off: BackOff::new(settings),
            attempts: settings.attempts.max(1),
            brake: None,
            gate: Arc::default(),
        }
    }

    /// With a look at the headers of every answer.
    pub(crate) fn with_brake(self, brake: Brake) -> Self {
        Self { brake: Some(brake), ..self }
    }

    /// Gets JSON. Connections that break, timeouts, 5xx and answers that cannot be read are tried again, and so
    /// are 429 and 418 once the time that they ask for has passed.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str, query: &[(&str, String)]) -> Result<T, SourceError> {
        let mut failures = 0;
        loop {
            self.wait_at_gate().await?;
            let error = match self.try_once(url, query).await {
                Try::Done(answer) => return Ok(answer),
                Try::Failed(error) => return Err(error),
                Try::Again(error) => error,
            };
            failures += 1;
            if failures >= self.attempts {
                return Err(error);
            }
            debug!(source = self.source_name, %error, failures, "Asking again");
            if !matches!(error, SourceError::RateLimited { .. }) {
                tokio::time::sleep(self.back_off.pause(failures)).await;
            }
        }
    }

    /// Waits until the source may be asked; an error where that takes longer than a request may wait.
    async fn wait_at_gate(&self) -> Result<(), SourceError> {
        let (refused, slow) = {
            let gate = self.gate();
            let left = |until: Option<Instant>| {
                until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
            };
            (left(gate.refused_until), left(gate.slow_until))
        };
        if refused > LONGEST_WAIT {
            return Err(SourceError::RateLimited {
                source_name: self.source_name,
                retry_after_s: refused.as_secs_f64().ceil() as u64,
            });
        }
        tokio::time::sleep(refused.max(slow)).await;
        Ok(())
    }

    async fn try_once<T: DeserializeOwned>(&self, url: &str, query: &[(&str, String)]) -> Try<T> {
        let source_name = self.source_name;
        let unreachable = |cause: String| Try::Again(SourceError::Unreachable { source_name, cause });
        let mut response = match self.client.get(url).query(query).send().await {
            Ok(response) => response,
            Err(error) => return unreachable(describe(&error)),
        };
        let status = response.status();
        self.heed(response.headers());
        if is_rate_limit(status) {
            let retry_after_s = retry_after_s(response.headers());
            self.gate().refused_until = Instant::now().checked_add(Duration::from_secs(retry_after_s));
            return Try::Again(SourceError::RateLimited { source_name, retry_after_s });
        }
        if status.is_server_error() {
            return unreachable(format!("status {}", status.as_u16()));
        }
        if !status.is_success() {
            return Try::Failed(SourceError::Refused { source_name, status: status.as_u16() });
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER_BYTES => {
                    let cause = format!("more than {MAX_ANSWER_BYTES} bytes are no page of candles");
                    return Try::Failed(SourceError::BadAnswer { source_name, cause });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return unreachable(describe(&error)),
            }
        }
        match serde_json::from_slice(&body) {
            Ok(answer) => Try::Done(answer),
            Err(error) => Try::Again(SourceError::BadAnswer { source_name, cause: error.to_string() }),
        }
    }

    /// Slows down where the headers say that the limit is near.
    fn heed(&self, headers: &HeaderMap) {
        let pause = self.brake.as_ref().map_or(Duration::ZERO, |brake| brake(headers));
        if !pause.is_zero() {
            debug!(source = self.source_name, pause_ms = pause.as_millis(), "Slowing down before the rate limit");
            self.gate().slow_until = Instant::now().checked_add(pause);
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 429, and Binance's 418 for those who went on after a 429.
fn is_rate_limit(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::IM_A_TEAPOT)
}

/// The seconds of `Retry-After`. Exchanges give seconds, never a date.
fn retry_after_s(headers: &HeaderMap) -> u64 {
    headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).unwrap_or(DEFAULT_RETRY_AFTER_S)
}

/// The innermost cause, which says more than "error sending request", and no address with a query.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { "timeout".to_owned() } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_stay_below_the_longest_and_never_vanish() {
        let back_off = BackOff { first: Duration::from_millis(100), longest: Duration::from_secs(2) };
        for (failures, full_ms) in [(1, 100), (2, 200), (3, 400), (6, 2_000), (99, 2_000)] {
            let pause = back_off.pause(failures).as_millis();
            assert!((full_ms / 2..=full_ms).contains(&pause), "{failures}: {pause}");
        }
    }

    #[test]
    fn a_rate_limit_without_a_time_still_means_a_pause() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after_s(&headers), DEFAULT_RETRY_AFTER_S);
        headers.insert(RETRY_AFTER, "7".parse().expect("a header"));
        assert_eq!(retry_after_s(&headers), 7);
    }
}

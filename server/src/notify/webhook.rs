//! Tells programs that listen: events as JSON, signed, so that they know who speaks and when.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use sha2::Sha256;

use super::SendError;
use crate::config::{Secret, WebhookSettings};
use crate::hex::hex;
use crate::market::http::{describe, install_crypto_provider};

/// `t=SECONDS,v1=HEX`: see [`signature`].
pub const SIGNATURE: &str = "X-InvestBuddy-Signature";
/// The name of the delivery, the same at every try: whoever gets it twice knows.
pub const DELIVERY: &str = "X-InvestBuddy-Delivery";

const USER_AGENT: &str = concat!("InvestBuddy/", env!("CARGO_PKG_VERSION"));
/// How long a program gets.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The shortest secret, in bytes; [`WebhookError::Secret`] says it.
const MIN_SECRET_BYTES: usize = 16;

/// Why programs cannot be told with these settings.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Not an address of the web.
    #[error(
        "INVESTBUDDY_WEBHOOKS__URLS holds something that is no http or https address; separate addresses by spaces"
    )]
    Url,
    /// Anybody could say that he is us.
    #[error(
        "INVESTBUDDY_WEBHOOKS__URLS is set, and events are signed with a secret; set INVESTBUDDY_WEBHOOKS__SECRET to 16 or more random characters (openssl rand -base64 32)"
    )]
    Secret,
    /// The machine cannot speak HTTPS.
    #[error("webhooks cannot be sent from this machine: {cause}")]
    Client {
        /// Why.
        cause: String,
    },
}

/// Programs that listen.
#[derive(Debug, Clone)]
pub struct Webhooks {
    client: Client,
    urls: Vec<Url>,
    secret: Secret,
}

impl Webhooks {
    /// From the settings; none where nobody listens.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn of(settings: &WebhookSettings) -> Result<Option<Self>, WebhookError> {
        let urls: Vec<Url> = settings.each().map(address).collect::<Result<_, _>>()?;
        if urls.is_empty() {
            return Ok(None);
        }
        let secret = settings.secret.clone().filter(|secret| secret.expose().len() >= MIN_SECRET_BYTES);
        let secret = secret.ok_or(WebhookError::Secret)?;
        install_crypto_provider();
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT / 3)
            // What listens elsewhere is not what was set.
            .redirect(Policy::none())
            .build()
            .map_err(|error| WebhookError::Client { cause: error.to_string() })?;
        Ok(Some(Self { client, urls, secret }))
    }

    /// Who listens: one parcel for each.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().map(Url::as_str)
    }

    /// Tells one program. `id` is the name of the delivery, the same at every try; `at` is now.
    ///
    /// # Errors
    /// [`SendError::Refused`] where the program says no for good or is not of the settings any more, else
    /// [`SendError::Later`].
    pub async fn send(&self, url: &str, body: &str, id: &str, at: Timestamp) -> Result<(), SendError> {
        let Some(url) = self.urls.iter().find(|known| known.as_str() == url) else {
            return Err(SendError::refused("the address is none of INVESTBUDDY_WEBHOOKS__URLS"));
        };
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature(&self.secret, at, body))
            .header(DELIVERY, id)
            .body(body.to_owned());
        match request.send().await {
            Ok(answer) => judge(answer.status()),
            // An address may hold a secret of the program's: it is not told.
            Err(error) => Err(SendError::Later {
                may_have_arrived: !error.is_connect() && !error.is_builder(),
                cause: describe(&error.without_url()),
            }),
        }
    }
}

/// The value of [`SIGNATURE`]: `t` is the time in seconds since 1970, `v1` the HMAC-SHA256 of `t`, a dot and the body,
/// in hexadecimal digits. Whoever checks it refuses what is older than a few minutes, so that nobody can send it again.
#[must_use]
pub fn signature(secret: &Secret, at: Timestamp, body: &str) -> String {
    let at_s = at.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of every length");
    mac.update(format!("{at_s}.").as_bytes());
    mac.update(body.as_bytes());
    format!("t={at_s},v1={}", hex(&mac.finalize().into_bytes()))
}

fn address(text: &str) -> Result<Url, WebhookError> {
    let url = Url::parse(text).map_err(|_| WebhookError::Url)?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if is_web { Ok(url) } else { Err(WebhookError::Url) }
}

fn judge(status: StatusCode) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    let cause = format!("the program answered {}", status.as_u16());
    let passes = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if status.is_client_error() && !passes { Err(SendError::refused(cause)) } else { Err(SendError::later(cause)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        // printf '1733234400.{"event":"alert"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let secret = Secret::new("0123456789abcdef".to_owned());
        let at = Timestamp::from_second(1_733_234_400).expect("a time");
        assert_eq!(
            signature(&secret, at, "{\"event\":\"alert\"}"),
            "t=1733234400,v1=31bb0cfd010bbf17c58919018eaadb8f15c28683a3fc9bf602ce5f8b9515c8b7"
        );
    }

    #[test]
    fn answers_are_for_good_or_worth_another_try() {
        for (status, expected) in [
            (200, None),
            (204, None),
            (301, Some(true)),
            (400, Some(false)),
            (404, Some(false)),
            (408, Some(true)),
            (410, Some(false)),
            (429, Some(true)),
            (500, Some(true)),
            (503, Some(true)),
        ] {
            let judged = judge(StatusCode::from_u16(status).expect("a status")).err();
            assert_eq!(judged.as_ref().map(SendError::is_worth_another_try), expected, "{status}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_and_a_secret_that_cannot_be_guessed_will_do() {
        let of = |urls: &str, secret: &str| {
            let urls = (!urls.is_empty()).then(|| urls.to_owned());
            let secret = (!secret.is_empty()).then(|| Secret::new(secret.to_owned()));
            Webhooks::of(&WebhookSettings { urls, secret, ..WebhookSettings::default() })
        };
        assert!(of("", "").expect("fine").is_none());
        assert!(of("https://n8n.example/x http://127.0.0.1:5678/y", "0123456789abcdef").expect("fine").is_some());
        for wrong in ["n8n.example", "ftp://n8n.example/x", "file:///etc/passwd", "http://"] {
            assert!(matches!(of(wrong, "0123456789abcdef"), Err(WebhookError::Url)), "{wrong}");
        }
        for secret in ["", "short"] {
            assert!(matches!(of("https://n8n.example/x", secret), Err(WebhookError::Secret)), "{secret}");
        }
    }
}

//! Language models behind an OpenAI-compatible address: OpenAI, vLLM, Ollama, llama.cpp's server and others.
//!
//! async-openai asks again by itself, at most three times and before anything has come: after 429 (minding
//! `Retry-After`), 5xx and connections that cannot be made. All of that is inside of the time for the first word.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::SecretString;

use super::LlmError;
use crate::config::Secret;
use crate::market::http::install_crypto_provider;

mod chat;
mod embeddings;
mod errors;

pub use chat::EndpointChat;
pub use embeddings::EndpointEmbedder;

const USER_AGENT: &str = concat!("InvestBuddy/", env!("CARGO_PKG_VERSION"));

/// Where an endpoint is and what it is asked for.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address, up to and with `/v1`.
    pub url: String,
    /// The key, where one is needed.
    pub key: Option<Secret>,
    /// The model.
    pub model: String,
    /// How long is waited.
    pub patience: Patience,
}

/// How long an endpoint is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the first word, or for a whole answer that does not stream; asking again included.
    pub first: Duration,
    /// For each word after the first.
    pub between: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), first: Duration::from_secs(60), between: Duration::from_secs(30) }
    }
}

/// The address and key, as async-openai wants them. Its own configuration would take keys from the environment.
#[derive(Clone)]
struct Access {
    base: String,
    key: SecretString,
    headers: HeaderMap,
}

impl Access {
    fn new(endpoint: &Endpoint) -> Result<Self, LlmError> {
        let key = endpoint.key.as_ref().map_or("", Secret::expose);
        let mut headers = HeaderMap::new();
        if !key.is_empty() {
            let bearer = HeaderValue::from_str(&format!("Bearer {key}"));
            let mut bearer =
                bearer.map_err(|_| LlmError::Failed { cause: "a key cannot hold line breaks".to_owned() })?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(Self { base: endpoint.url.trim_end_matches('/').to_owned(), key: key.to_owned().into(), headers })
    }
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

fn client(endpoint: &Endpoint) -> Result<Client<Access>, LlmError> {
    install_crypto_provider();
    let http = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(endpoint.patience.connect)
        .build()
        .map_err(|error| LlmError::Failed { cause: error.to_string() })?;
    Ok(Client::build(http, Access::new(endpoint)?))
}

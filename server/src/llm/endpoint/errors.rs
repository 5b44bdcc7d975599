//! What async-openai says, in our own words.

use async_openai::error::{OpenAIError, StreamError};
use serde::Deserialize;

use super::Endpoint;
use crate::config::Secret;
use crate::llm::LlmError;

/// The longest piece of an endpoint's own text that is kept, in characters.
const MOST_CHARS: usize = 300;
/// A 4xx whose number async-openai does not tell us.
const SOME_REFUSAL: u16 = 400;

/// An error object that async-openai could not read: it takes no number as `code`, and many servers send one.
#[derive(Deserialize)]
struct Wrapped {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    code: serde_json::Value,
}

/// Our error, without the key.
pub(super) fn from_openai(endpoint: &Endpoint, error: OpenAIError) -> LlmError {
    match error {
        OpenAIError::Reqwest(error) => LlmError::Unreachable { cause: crate::market::http::describe(&error) },
        OpenAIError::ApiError(answer) if answer.status_code.is_server_error() => LlmError::Unreachable {
            cause: shown(endpoint, &format!("status {}: {}", answer.status_code.as_u16(), answer.api_error.message)),
        },
        OpenAIError::ApiError(answer) => {
            LlmError::Refused { status: answer.status_code.as_u16(), cause: shown(endpoint, &answer.api_error.message) }
        }
        OpenAIError::JSONDeserialize(_, content) => unread(endpoint, &content),
        OpenAIError::StreamError(error) => LlmError::Unreachable {
            cause: match *error {
                StreamError::EventStream(cause) => shown(endpoint, &format!("it broke off: {cause}")),
                StreamError::UnknownEvent(_) => "an event that is none of OpenAI's".to_owned(),
            },
        },
        other => LlmError::Failed { cause: shown(endpoint, &other.to_string()) },
    }
}

/// Something that is no answer of OpenAI's: an error object of another kind, or anything at all.
fn unread(endpoint: &Endpoint, content: &str) -> LlmError {
    let Ok(Wrapped { error }) = serde_json::from_str::<Wrapped>(content) else {
        return LlmError::Unreachable {
            cause: format!(
                "what answers is no OpenAI-compatible endpoint; is the address right, with its /v1? It says: {}",
                shown(endpoint, content)
            ),
        };
    };
    let status = error.code.as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    let cause = shown(endpoint, &error.message);
    match status {
        Some(status) if status >= 500 => LlmError::Unreachable { cause: format!("status {status}: {cause}") },
        _ => LlmError::Refused { status: status.unwrap_or(SOME_REFUSAL), cause },
    }
}

/// A text of the endpoint: on one line, not too long, and without the key, which some endpoints repeat.
fn shown(endpoint: &Endpoint, text: &str) -> String {
    let key = endpoint.key.as_ref().map_or("", Secret::expose);
    let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "********") };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MOST_CHARS).collect()
}

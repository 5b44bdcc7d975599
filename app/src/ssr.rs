//! What the server puts in the context of a page, and what a page says back to the server.
//!
//! The types exist on both sides so that callers need no `cfg`; in the browser nothing is ever provided.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::error::Failure;
use domain::ports::Desk;
use leptos::prelude::*;

#[cfg(not(target_family = "wasm"))]
use crate::api::error::ApiError;
#[cfg(not(target_family = "wasm"))]
use domain::{chat::VisitorId, ports::AnswerStream, user::Role};

/// Addresses of the built files, with their hashes: `/pkg/investbuddy.1a2b3c4d.js`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The JavaScript module that starts the page's WebAssembly.
    pub js: Arc<str>,
    /// The WebAssembly itself.
    pub wasm: Arc<str>,
    /// The style sheet.
    pub css: Arc<str>,
    /// The chart library, an ES module.
    pub charts: Arc<str>,
    /// The files of each part of the WebAssembly that only some pages need, by the part's name.
    pub parts: Arc<BTreeMap<String, Vec<String>>>,
}

/// Gives the pages of this request what they may ask for.
pub fn provide_desk(desk: Arc<dyn Desk>) {
    provide_context(desk);
}

/// Gives the document of this request the addresses of its files.
pub fn provide_assets(assets: Assets) {
    provide_context(assets);
}

/// What the pages may ask for.
///
/// # Errors
/// [`Failure::Internal`] where the server forgot [`provide_desk`]; the incident names the cause.
pub fn desk() -> Result<Arc<dyn Desk>, Failure> {
    use_context().ok_or_else(|| Failure::Internal { incident: "no-desk".to_owned() })
}

/// Whose request this is, as the server's middleware wrote it into the request's extensions.
///
/// # Errors
/// [`Failure::Internal`] where the middleware is missing; the incident names the cause.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn visitor() -> Result<VisitorId, Failure> {
    let parts = use_context::<axum::http::request::Parts>();
    let visitor = parts.and_then(|parts| parts.extensions.get::<VisitorId>().cloned());
    visitor.ok_or_else(|| Failure::Internal { incident: "no-visitor".to_owned() })
}

/// What whoever asks may do, as the server's middleware wrote it into the request's extensions.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn role() -> Role {
    let parts = use_context::<axum::http::request::Parts>();
    parts.and_then(|parts| parts.extensions.get::<Role>().copied()).unwrap_or(Role::Visitor)
}

/// The events of an answer as lines of JSON, one a frame. The answer lives inside the stream: when the response's
/// body is dropped, so is whoever writes the answer.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn frames(
    answer: Box<dyn AnswerStream>,
) -> impl futures::Stream<Item = Result<Vec<u8>, ApiError>> + Send + 'static {
    futures::stream::unfold(answer, |mut answer| async move {
        let event = answer.next().await?;
        let frame = serde_json::to_vec(&event).map_err(|_| ApiError::Transport).map(|mut line| {
            line.push(b'\n');
            line
        });
        Some((frame, answer))
    })
}

/// A value as JSON for the page that is being rendered. The browser renders no page: there it is empty.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    // Plain structs of numbers and texts always serialise; an empty text reads as a failure.
    serde_json::to_string(value).unwrap_or_default()
}

/// A value as JSON for the page that is being rendered. The browser renders no page: there it is empty.
#[cfg(target_family = "wasm")]
pub(crate) fn json(_value: &impl serde::Serialize) -> String {
    String::new()
}

/// Sets the HTTP status of the page that is being rendered. In the browser it does nothing.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn answer_with_status(status: u16) {
    use leptos_axum::ResponseOptions;

    // The status type comes with the options, so that this crate needs no http crate of its own.
    if let Some(options) = use_context::<ResponseOptions>()
        && let Ok(code) = status.try_into()
    {
        options.set_status(code);
    }
}

/// Sets the HTTP status of the page that is being rendered. In the browser it does nothing.
#[cfg(target_family = "wasm")]
pub(crate) fn answer_with_status(_status: u16) {}

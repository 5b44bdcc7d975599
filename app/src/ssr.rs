//! What the server puts in the context of a page, and what a page says back to the server.
//!
//! The types exist on both sides so that callers need no `cfg`; in the browser nothing is ever provided.

use std::sync::Arc;

use domain::error::Failure;
use domain::ports::Desk;
use leptos::prelude::*;

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

//! What is shown: the document, the pages, their components and charts, and the only server functions.
//!
//! Invariants: this crate depends on `domain` alone; it reaches the server through [`domain::ports::Desk`].
//! Server rendering and hydration are chosen by the compilation target, never by a feature; `cfg` stands only in
//! this file, in `ssr` and in `browser`, and never changes the tree of a view.

#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "the component macro writes `pub` whatever it is given")]
#![expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]

pub mod api;
mod app;
mod asked;
mod browser;
mod charts;
mod chat;
mod components;
pub mod format;
mod links;
mod live;
mod markdown;
mod pages;
pub mod ssr;
mod words;

#[cfg(not(target_family = "wasm"))]
pub mod documents;
#[cfg(not(target_family = "wasm"))]
mod shell;

pub use app::App;
#[cfg(not(target_family = "wasm"))]
pub use shell::{THEME_SCRIPT, shell};

/// Takes over the page that the server rendered, as soon as its code is here. Called once, by the browser's entry
/// point. A page whose code does not come stays as the server rendered it, as without JavaScript.
#[cfg(target_family = "wasm")]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let path = leptos::prelude::window().location().pathname().unwrap_or_default();
    let Some(page) = pages::Apart::at(&path) else {
        return leptos::mount::hydrate_body(App);
    };
    wasm_bindgen_futures::spawn_local(async move {
        if page.fetch().await.is_ok() {
            leptos::mount::hydrate_body(App);
        }
    });
}

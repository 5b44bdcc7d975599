//! Frames and scrolling where there is no browser. Only effects and events ask for them, and none of those runs here.

use leptos::web_sys::HtmlElement;

pub(crate) async fn next_frame() -> f64 {
    std::future::ready(0.0).await
}

pub(crate) fn prefers_stillness() -> bool {
    true
}

pub(crate) async fn copy(_text: &str) -> bool {
    std::future::ready(false).await
}

/// Something that follows, of which there is none.
pub(crate) enum Follower {}

impl Follower {
    pub(crate) fn watch(_end: &HtmlElement, _on_change: impl Fn(bool) + 'static) -> Option<Self> {
        None
    }

    pub(crate) fn stick(&self) {
        match *self {}
    }

    pub(crate) fn jump(&self) {
        match *self {}
    }
}

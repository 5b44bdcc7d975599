//! The typed side of `js/buddy.js`: frames, the clipboard and following the end of a conversation.

use leptos::web_sys::HtmlElement;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/js/buddy.js")]
extern "C" {
    #[wasm_bindgen(js_name = nextFrame)]
    async fn next_frame_js() -> JsValue;

    #[wasm_bindgen(js_name = prefersStillness)]
    pub(crate) fn prefers_stillness() -> bool;

    #[wasm_bindgen(js_name = copyText)]
    async fn copy_text(text: &str) -> JsValue;

    type JsFollower;

    fn follow(end: &HtmlElement, on_change: &JsValue) -> JsFollower;

    #[wasm_bindgen(method)]
    fn stick(this: &JsFollower);

    #[wasm_bindgen(method)]
    fn jump(this: &JsFollower);

    #[wasm_bindgen(method)]
    fn destroy(this: &JsFollower);
}

/// Waits until the browser paints again; returns the time in milliseconds since the page began.
pub(crate) async fn next_frame() -> f64 {
    next_frame_js().await.as_f64().unwrap_or_default()
}

/// Puts a text on the clipboard; says whether that worked.
pub(crate) async fn copy(text: &str) -> bool {
    copy_text(text).await.as_bool().unwrap_or_default()
}

/// Keeps the end of the conversation in sight until the reader scrolls up. Dropping it ends that.
pub(crate) struct Follower(SendWrapper<Following>);

struct Following {
    inner: JsFollower,
    // The page calls it for as long as it lives.
    _on_change: Closure<dyn FnMut(bool)>,
}

impl Follower {
    /// Begins to follow `end`; `on_change` hears whether it is followed. None where there is no browser.
    pub(crate) fn watch(end: &HtmlElement, on_change: impl Fn(bool) + 'static) -> Option<Self> {
        let on_change: Closure<dyn FnMut(bool)> = Closure::new(on_change);
        let inner = follow(end, on_change.as_ref());
        Some(Self(SendWrapper::new(Following { inner, _on_change: on_change })))
    }

    /// Keeps the end in sight, if it is followed.
    pub(crate) fn stick(&self) {
        self.0.inner.stick();
    }

    /// Goes to the end and follows it.
    pub(crate) fn jump(&self) {
        self.0.inner.jump();
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.inner.destroy();
    }
}

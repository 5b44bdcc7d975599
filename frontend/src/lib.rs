//! The browser's entry point: hydrate, nothing else.

/// Called by the generated loader as soon as the WebAssembly is there.
#[cfg(target_family = "wasm")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    app::hydrate();
}

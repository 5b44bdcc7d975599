//! The mark: a line that opens into a fan, which is what the product draws.

use leptos::prelude::*;

/// The mark without the name.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
            <rect class="logo__ground" width="32" height="32" rx="8" />
            <path class="logo__outer" d="M15 17 L27 7 V26 Z" />
            <path class="logo__inner" d="M15 17 L27 12 V21 Z" />
            <path class="logo__line" d="M5 20 L9 15 L12 19 L15 17 L27 16" fill="none" />
        </svg>
    }
}

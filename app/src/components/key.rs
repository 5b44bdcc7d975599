//! What the marks of a chart mean.

use leptos::prelude::*;

/// A sample of a mark, drawn in a square of sixteen units, with its meaning.
pub(crate) fn key_entry(mark: impl IntoView + 'static, text: &'static str) -> impl IntoView {
    key_entry_in("key__entry", mark, text)
}

/// The same in an element of other classes.
pub(crate) fn key_entry_in(classes: &'static str, mark: impl IntoView + 'static, text: &'static str) -> impl IntoView {
    view! {
        <span class=classes>
            <svg class="key__sample" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                {mark}
            </svg>
            {text}
        </span>
    }
}

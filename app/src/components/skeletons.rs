//! Grey shapes that hold the place of what is being loaded, so that nothing jumps when it comes.

use leptos::prelude::*;

use crate::words::use_words;

/// Nine cards.
pub(crate) fn cards() -> AnyView {
    let words = use_words();
    let card = || view! { <li class="skeleton skeleton--card"></li> };
    view! {
        <div role="status" class="visually-hidden">
            {words.site.loading}
        </div>
        <p class="lead skeleton skeleton--lead" aria-hidden="true"></p>
        <ul class="cards" role="list" aria-hidden="true">
            {(0..domain::market::COINS.len()).map(|_| card()).collect_view()}
        </ul>
    }
    .into_any()
}

/// The top of a coin's page.
pub(crate) fn coin_head() -> AnyView {
    let words = use_words();
    view! {
        <div role="status" class="skeleton skeleton--head">
            <span class="visually-hidden">{words.site.loading}</span>
        </div>
    }
    .into_any()
}

/// A block of text or a table.
pub(crate) fn block() -> AnyView {
    view! { <div class="skeleton skeleton--block" aria-hidden="true"></div> }.into_any()
}

/// A page of panels.
pub(crate) fn page() -> AnyView {
    let words = use_words();
    view! {
        <div role="status" class="skeleton skeleton--head">
            <span class="visually-hidden">{words.site.loading}</span>
        </div>
        <div class="skeleton skeleton--block" aria-hidden="true"></div>
    }
    .into_any()
}

/// No shape at all, for what may never come.
pub(crate) fn nothing() -> AnyView {
    ().into_any()
}

//! The terms of the pages, explained where they are used.

use leptos::prelude::*;

use crate::components::key::key_entry;
use crate::words::use_words;

/// A folded list of the four terms that a reader needs.
#[component]
pub(crate) fn Explain() -> impl IntoView {
    let words = &use_words().overview;
    let terms = [
        (words.term_volatility, words.meaning_volatility),
        (words.term_high, words.meaning_high),
        (words.term_chance, words.meaning_chance),
        (words.term_interval, words.meaning_interval),
    ];
    view! {
        <details class="explain">
            <summary>{words.explain_title}</summary>
            {terms_list(terms)}
        </details>
    }
}

/// What the marks on the cards are, each with a sample.
#[component]
pub(crate) fn MarksKey() -> impl IntoView {
    let words = &use_words().risk;
    view! {
        <p class="key">
            {key_entry(view! { <rect class="meter__base" x="7" y="1" width="2" height="14" rx="1" /> }, words.base_rate)}
            {key_entry(view! { <rect class="band__usual" x="0" y="2" width="16" height="12" rx="3" /> }, words.usual_range)}
            {key_entry(view! { <rect class="band__interval" x="0" y="4" width="16" height="8" rx="3" /> }, words.interval80)}
            {key_entry(view! { <rect class="band__median" x="6.5" y="1" width="3" height="14" rx="1.5" /> }, words.median)}
        </p>
    }
}

/// Terms and what they mean.
pub(crate) fn terms_list(terms: impl IntoIterator<Item = (&'static str, &'static str)>) -> impl IntoView {
    let entry = |(term, meaning): (&'static str, &'static str)| {
        view! {
            <div class="terms__entry">
                <dt>{term}</dt>
                <dd>{meaning}</dd>
            </div>
        }
    };
    view! { <dl class="terms">{terms.into_iter().map(entry).collect_view()}</dl> }
}

//! How the last forecast was: two links to the page that takes an answer. They work without JavaScript.

use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

use crate::links;
use crate::words::use_words;

/// Two links: it was right, it was wrong. They lead to a document outside the router.
#[component]
pub(crate) fn Judge(symbol: Symbol, horizon: Horizon) -> impl IntoView {
    let words = use_words();
    let link = |verdict: &str, text: &'static str| {
        let path = format!("/feedback?coin={}&horizon={horizon}&v={verdict}", symbol.ticker());
        let href = links::localised(words.language, &path);
        view! {
            <a class="button button--quiet button--small" rel="external nofollow" href=href>
                {text}
            </a>
        }
    };
    view! {
        <p class="judge" role="group" aria-label=words.coin.judge>
            <span class="label">{words.coin.judge}</span>
            {link("right", words.coin.was_right)}
            {link("wrong", words.coin.was_wrong)}
        </p>
    }
}

//! What an answer may cite, folded: title, excerpt, where it is from and under which licence.

use domain::chat::Citation;
use domain::forecast::Horizon;
use leptos::prelude::*;

use crate::components::markdown::Cites;
use crate::links::Page;
use crate::words::use_words;

/// The citations of an answer.
#[component]
pub(super) fn Sources(
    /// The citations.
    cites: Cites,
) -> impl IntoView {
    let words = &use_words().buddy;
    let given = cites.given.get_untracked();
    (!given.is_empty()).then(|| {
        let sources: Vec<AnyView> = given.into_iter().map(|citation| source(citation, &cites)).collect();
        view! {
            <section class="sources" aria-label=words.sources>
                <p class="label">{words.sources}</p>
                <ol class="sources__list" role="list">
                    {sources}
                </ol>
            </section>
        }
    })
}

fn source(citation: Citation, cites: &Cites) -> AnyView {
    let words = use_words();
    let Citation { number, title, excerpt, source, licence, url, symbol } = citation;
    let url = url.filter(|url| url.starts_with("https://")).map(|url| {
        let text = url.clone();
        view! {
            <p>
                <a href=url rel="external noopener noreferrer">
                    {text}
                </a>
            </p>
        }
    });
    let coin = symbol.filter(|symbol| symbol.coin().is_some()).map(|symbol| {
        let name = symbol.name().to_owned();
        view! {
            <p>
                <a href=Page::Coin(symbol, Horizon::default()).href(words.language)>{name}</a>
            </p>
        }
    });
    view! {
        <li>
            <details class="source" id=cites.id(number)>
                <summary>
                    <span class="source__number">{number.to_string()}</span>
                    {title}
                </summary>
                <blockquote class="source__excerpt">{excerpt}</blockquote>
                <p class="note">{(words.buddy.provenance)(&source, &licence)}</p>
                {url}
                {coin}
            </details>
        </li>
    }
    .into_any()
}

//! From one coin's page to another's.

use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

use crate::links::Page;
use crate::words::use_words;

/// A row of links to every coin.
#[component]
pub(crate) fn CoinSwitcher(
    /// The coin whose page this is.
    current: Symbol,
    /// The horizon to keep.
    horizon: Memo<Horizon>,
) -> impl IntoView {
    let words = use_words();
    let entry = move |symbol: Symbol| {
        let is_current = (symbol == current).then_some("page");
        let label = symbol.name().to_owned();
        let ticker = symbol.ticker().to_owned();
        view! {
            <li>
                <a
                    class="chip"
                    href=move || Page::Coin(symbol.clone(), horizon.get()).href(words.language)
                    aria-current=is_current
                    title=label
                >
                    {ticker}
                </a>
            </li>
        }
    };
    view! {
        <nav class="switcher" aria-label=words.site.coins>
            <ul class="switcher__list" role="list">
                {Symbol::followed().into_iter().map(entry).collect_view()}
            </ul>
        </nav>
    }
}

//! The choice of the horizon.

use domain::forecast::Horizon;
use leptos::prelude::*;

use crate::links::Page;
use crate::words::use_words;

/// Both horizons as links: it works without JavaScript and can be shared.
#[component]
pub(crate) fn HorizonSwitcher(
    /// The horizon that is shown.
    current: Memo<Horizon>,
    /// The page of a horizon.
    page: Callback<Horizon, Page>,
) -> impl IntoView {
    let words = use_words();
    let link = move |to: Horizon| {
        view! {
            <li>
                <a
                    class="segment"
                    href=move || page.run(to).href(words.language)
                    data-noscroll=""
                    aria-current=move || (current.get() == to).then_some("true")
                >
                    {(words.risk.next_hours)(to)}
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label=words.coin.horizon>
            <ul class="segments" role="list">
                {Horizon::ALL.map(link)}
            </ul>
        </nav>
    }
}

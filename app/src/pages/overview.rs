//! The first page: every coin at a glance.

use std::sync::Arc;

use domain::forecast::Horizon;
use domain::overview::{CoinCard, Overview};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api;
use crate::asked::Asked;
use crate::components::coin_card::Card;
use crate::components::explain::{Explain, MarksKey};
use crate::components::loaded::Loaded;
use crate::components::page_head::PageHead;
use crate::components::skeletons;
use crate::format;
use crate::links::{Page, Sort};
use crate::live::Live;
use crate::words::{Words, use_words};

/// From this chance on a coin counts as likely to be unusually volatile.
const LIKELY: f64 = 0.5;

/// The first page.
#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let words = use_words();
    let live = Live::of_page();
    let overview = Asked::new(move || live.revision.get(), |_| api::overview());
    let query = use_query_map();
    let sort = Memo::new(move |_| Sort::parse(query.read().get_str("sort")));

    view! {
        <PageHead
            title=words.overview.title.to_owned()
            description=words.overview.description.to_owned()
            page=Some(Page::Overview(Sort::default()))
        />
        <h1>{words.overview.heading}</h1>
        <Loaded
            of=overview
            skeleton=skeletons::cards
            content=Arc::new(move |overview| view! { <Content overview sort /> }.into_any())
        />
    }
}

#[component]
fn Content(overview: Overview, sort: Memo<Sort>) -> impl IntoView {
    let words = use_words();
    let summary = summary(&overview.cards, words);
    let is_loading = overview.market.loading.is_some();
    let cards = Arc::new(overview.cards);
    let list = {
        let cards = Arc::clone(&cards);
        move || sorted(&cards, sort.get()).into_iter().map(|card| view! { <Card card is_loading /> }).collect_view()
    };
    view! {
        <p class="lead" role="status">
            {summary}
        </p>
        <div class="overview__bar">
            <Explain />
            <SortLinks sort />
        </div>
        <MarksKey />
        {if cards.is_empty() {
            view! { <p class="empty">{words.overview.empty}</p> }.into_any()
        } else {
            view! {
                <ul class="cards" role="list" aria-label=words.overview.cards>
                    {list}
                </ul>
            }
                .into_any()
        }}
    }
}

#[component]
fn SortLinks(sort: Memo<Sort>) -> impl IntoView {
    let words = use_words();
    let link = move |to: Sort, text: &'static str| {
        view! {
            <li>
                <a
                    class="segment"
                    href=Page::Overview(to).href(words.language)
                    data-noscroll=""
                    aria-current=move || (sort.get() == to).then_some("true")
                >
                    {text}
                </a>
            </li>
        }
    };
    view! {
        <nav class="sort" aria-label=words.overview.sort_by>
            <span class="sort__label" aria-hidden="true">
                {words.overview.sort_by}
            </span>
            <ul class="segments" role="list">
                {link(Sort::Risk, words.overview.sort_risk)}
                {link(Sort::Market, words.overview.sort_market)}
            </ul>
        </nav>
    }
}

/// The cards in the wanted order; coins without a forecast come last.
fn sorted(cards: &[CoinCard], sort: Sort) -> Vec<CoinCard> {
    let mut cards = cards.to_vec();
    if sort == Sort::Risk {
        cards.sort_by(|one, other| chance_of(other).total_cmp(&chance_of(one)));
    }
    cards
}

/// The chance for the next 24 hours; below every chance where there is no forecast.
fn chance_of(card: &CoinCard) -> f64 {
    card.forecast(Horizon::Day).map_or(-1.0, |forecast| forecast.high_volatility)
}

/// What all cards say, in one sentence.
fn summary(cards: &[CoinCard], words: &Words) -> String {
    let known = sorted(cards, Sort::Risk).into_iter().filter(|card| chance_of(card) >= 0.0).collect::<Vec<_>>();
    let likely: Vec<&str> =
        known.iter().filter(|card| chance_of(card) >= LIKELY).map(|card| card.symbol.name()).collect();
    let highest = known.first().map(|card| (card.symbol.name(), format::chance(words.language, chance_of(card))));
    let highest = highest.as_ref().map(|(name, chance)| (*name, chance.as_str()));
    (words.overview.summary)(&likely, known.len(), highest)
}

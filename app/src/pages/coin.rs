//! A coin's page: what is expected, how sure that is, why, and how earlier forecasts did.

mod advice;
mod headline;
mod numbers;
mod reasons;
mod record;

use std::sync::Arc;

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::overview::CoinDetail;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api;
use crate::asked::Asked;
use crate::charts::interactive::ChartSection;
use crate::components::coin_switcher::CoinSwitcher;
use crate::components::explain::Explain;
use crate::components::loaded::Loaded;
use crate::components::page_head::PageHead;
use crate::components::skeletons;
use crate::links::{Page, Sort};
use crate::live::Live;
use crate::pages::NotFoundPage;
use crate::words::use_words;

use self::advice::{AdviceCard, advice_of};
use self::headline::Headline;
use self::numbers::Numbers;
use self::reasons::Reasons;
use self::record::Record;

/// The page of the coin in the address, or the page for what does not exist.
#[component]
pub(crate) fn CoinPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let symbol = Memo::new(move |_| {
        let text = params.read().get("symbol").unwrap_or_default();
        Symbol::parse(&text).ok().filter(|symbol| symbol.coin().is_some())
    });
    let horizon = Memo::new(move |_| {
        query.read().get_str("horizon").and_then(|text| Horizon::parse(text).ok()).unwrap_or_default()
    });
    move || match symbol.get() {
        Some(symbol) => view! { <Followed symbol horizon /> }.into_any(),
        None => view! { <NotFoundPage /> }.into_any(),
    }
}

/// The page of a coin that we follow.
#[component]
fn Followed(symbol: Symbol, horizon: Memo<Horizon>) -> impl IntoView {
    let words = use_words();
    let live = Live::of_page();
    let detail = {
        let symbol = symbol.clone();
        Asked::new(move || live.revision.get(), move |_| api::coin(symbol.clone()))
    };
    let advice = advice_of(symbol.clone(), horizon, live.revision);
    let name = symbol.name().to_owned();

    view! {
        <PageHead
            title=(words.coin.title)(&name)
            description=(words.coin.description)(&name)
            page=Some(Page::Coin(symbol.clone(), Horizon::Day))
        />
        <div class="coin__bar">
            <nav class="breadcrumbs" aria-label=words.site.breadcrumbs>
                <ol role="list">
                    <li>
                        <a href=Page::Overview(Sort::default()).href(words.language)>{words.site.overview}</a>
                    </li>
                    <li aria-current="page">{name}</li>
                </ol>
            </nav>
            <CoinSwitcher current=symbol.clone() horizon />
        </div>
        <h1>
            {symbol.name().to_owned()} " " <span class="coin__ticker">{symbol.ticker().to_owned()}</span>
        </h1>
        <Loaded
            of=detail
            skeleton=skeletons::coin_head
            content=Arc::new(move |detail: CoinDetail| view! { <Headline card=detail.card horizon /> }.into_any())
        />
        <AdviceCard symbol=symbol.clone() advice />
        <ChartSection symbol horizon detail />
        <Loaded
            of=detail
            skeleton=skeletons::block
            quiet=true
            content=Arc::new(move |detail| view! { <Below detail horizon /> }.into_any())
        />
        <Explain />
    }
}

/// What stands below the chart.
#[component]
fn Below(detail: CoinDetail, horizon: Memo<Horizon>) -> impl IntoView {
    let CoinDetail { card, records, .. } = detail;
    let (forecasts, records) = (Arc::new(card.forecasts), Arc::new(records));
    let reasons = {
        let forecasts = Arc::clone(&forecasts);
        move || {
            let forecast = forecasts.iter().find(|forecast| forecast.horizon == horizon.get()).cloned();
            forecast.map(|forecast| view! { <Reasons forecast /> })
        }
    };
    let record = move || {
        let record = records.iter().find(|record| record.horizon == horizon.get()).cloned();
        view! { <Record record /> }
    };
    view! {
        <div class="coin__columns">
            {reasons}
            <Numbers forecasts=forecasts.to_vec() />
        </div>
        {record}
    }
}

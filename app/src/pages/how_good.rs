//! How good the forecasts are: what was said against what happened, of all coins or of one.

mod answer;
mod calibration;
mod failures;
mod methods;
mod months;
mod protocol;
mod warnings;

use std::sync::Arc;

use domain::evaluation::{HowGood, Report};
use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api;
use crate::asked::Asked;
use crate::components::horizon_switcher::HorizonSwitcher;
use crate::components::loaded::Loaded;
use crate::components::page_head::PageHead;
use crate::components::skeletons;
use crate::links::Page;
use crate::words::use_words;

use self::answer::Answer;
use self::calibration::{Outcomes, Reliability};
use self::failures::Failures;
use self::methods::Methods;
use self::months::Months;
use self::protocol::Protocol;
use self::warnings::Warnings;

/// The page of the coin and horizon in the address.
#[component]
pub(crate) fn HowGoodPage() -> impl IntoView {
    let words = use_words();
    let query = use_query_map();
    let symbol = Memo::new(move |_| {
        let symbol = query.read().get_str("coin").and_then(|text| Symbol::parse(text).ok());
        symbol.filter(|symbol| symbol.coin().is_some())
    });
    let horizon = Memo::new(move |_| {
        query.read().get_str("horizon").and_then(|text| Horizon::parse(text).ok()).unwrap_or_default()
    });
    let good = Asked::new(move || symbol.get(), api::how_good);
    let page = Callback::new(move |to| Page::HowGood(symbol.get(), to));
    view! {
        <PageHead
            title=words.how_good.title.to_owned()
            description=words.how_good.description.to_owned()
            page=Some(Page::HowGood(None, Horizon::default()))
        />
        <h1>{words.how_good.title}</h1>
        <div class="how-good__bar">
            <SubjectSwitcher symbol horizon />
            <HorizonSwitcher current=horizon page />
        </div>
        <Loaded
            of=good
            skeleton=skeletons::page
            content=Arc::new(move |good: Option<HowGood>| match good {
                None => view! { <p class="empty">{words.how_good.empty}</p> }.into_any(),
                Some(good) => view! { <Subject good=Arc::new(good) symbol horizon /> }.into_any(),
            })
        />
    }
}

/// From one coin to another, or to all of them.
#[component]
fn SubjectSwitcher(symbol: Memo<Option<Symbol>>, horizon: Memo<Horizon>) -> impl IntoView {
    let words = use_words();
    let entry = move |subject: Option<Symbol>| {
        let (name, short) = match &subject {
            None => (words.how_good.all_coins.to_owned(), words.how_good.all.to_owned()),
            Some(symbol) => (symbol.name().to_owned(), symbol.ticker().to_owned()),
        };
        let this = subject.clone();
        view! {
            <li>
                <a
                    class="chip"
                    href=move || Page::HowGood(subject.clone(), horizon.get()).href(words.language)
                    data-noscroll=""
                    aria-current=move || (symbol.get() == this).then_some("true")
                    title=name
                >
                    {short}
                </a>
            </li>
        }
    };
    let subjects = std::iter::once(None).chain(Symbol::followed().into_iter().map(Some));
    view! {
        <nav class="switcher" aria-label=words.site.coins>
            <ul class="switcher__list" role="list">
                {subjects.map(entry).collect_view()}
            </ul>
        </nav>
    }
}

/// Everything about one subject and horizon.
#[component]
fn Subject(good: Arc<HowGood>, symbol: Memo<Option<Symbol>>, horizon: Memo<Horizon>) -> impl IntoView {
    let words = use_words();
    // What was read may be about another coin than the address for a moment: its own reports say which one.
    let subject = good.evaluation.reports.iter().find_map(|report| report.symbol.clone());
    move || {
        let horizon = horizon.get();
        let subject = symbol.get().and(subject.as_ref());
        let Some(report) = good.evaluation.report(subject, horizon).cloned() else {
            return view! { <p class="empty">{words.how_good.empty}</p> }.into_any();
        };
        let Report { warnings, reliability, outcomes, months, parts, misses, .. } = report;
        let good = Arc::clone(&good);
        let subject = subject.cloned();
        view! {
            <Answer good=Arc::clone(&good) subject=subject.clone() horizon warnings />
            <Warnings warnings />
            <div class="how-good__columns">
                <Outcomes bins=outcomes />
                <Reliability bins=reliability />
            </div>
            <Months months baseline=good.evaluation.baseline />
            <Failures parts misses />
            <Methods good=Arc::clone(&good) subject horizon />
            <Protocol good />
        }
        .into_any()
    }
}

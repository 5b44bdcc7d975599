//! What to make of a coin's forecast: stance, reasons with their evidence, and one thing to do.

use domain::advice::{Advice, Ground};
use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

use crate::asked::Asked;
use crate::components::level::Level;
use crate::components::moment::AsOf;
use crate::links::Page;
use crate::words::use_words;

/// The card; it holds its place while the advice is on its way, and says so where there is none.
#[component]
pub(super) fn AdviceCard(
    /// The coin.
    symbol: Symbol,
    /// The advice for the horizon that is shown, with that horizon.
    advice: Asked<Advice>,
) -> impl IntoView {
    let words = use_words();
    let content = move || {
        Suspend::new(async move {
            match advice.ready().await {
                Ok(advice) => view! { <Content advice /> }.into_any(),
                Err(_) => view! {
                    <p class="empty">{words.advice.unavailable}</p>
                    <button class="quiet-button scripted-only" type="button" on:click=move |_| advice.refetch()>
                        {words.site.retry}
                    </button>
                }
                .into_any(),
            }
        })
    };
    let ticker = symbol.ticker().to_owned();
    let ask = Page::AskBuddy(symbol, (words.advice.question)(&ticker)).href(words.language);
    view! {
        <section class="panel advice">
            <h2>{words.advice.title}</h2>
            <Transition fallback=|| {
                view! { <div class="skeleton skeleton--advice" aria-hidden="true"></div> }
            }>{content}</Transition>
            <p class="advice__foot">
                <a href=ask>{(words.advice.ask)(&ticker)}</a>
                <span class="note">{words.advice.note}</span>
            </p>
        </section>
    }
}

#[component]
fn Content(advice: Advice) -> impl IntoView {
    let words = use_words();
    let Advice {
        level, stance, confidence, grounds, summary, action_words, as_of, worded_by, dropped_sentences, ..
    } = advice;
    let worded = match worded_by.as_str() {
        "rules" => words.advice.by_rules.to_owned(),
        model => (words.advice.worded_by)(model),
    };
    let dropped = (dropped_sentences > 0).then(|| format!(" {}", (words.buddy.dropped)(dropped_sentences)));
    let ground = |Ground { words, source, .. }: Ground| {
        view! {
            <li>
                {words}
                <span class="note advice__source">{source}</span>
            </li>
        }
    };
    view! {
        <dl class="advice__facts">
            <div>
                <dt class="visually-hidden">{words.advice.title}</dt>
                <dd>
                    <Level level />
                </dd>
            </div>
            <div>
                <dt>{words.advice.stance}</dt>
                <dd>{(words.advice.stance_word)(stance)}</dd>
            </div>
            <div>
                <dt>{words.advice.confidence}</dt>
                <dd>{(words.advice.confidence_word)(confidence)}</dd>
            </div>
        </dl>
        <p class="advice__summary">{summary}</p>
        <div class="advice__body">
            <div>
                <h3 class="label">{words.advice.reasons}</h3>
                <ul class="advice__grounds">{grounds.into_iter().map(ground).collect_view()}</ul>
            </div>
            <div>
                <h3 class="label">{words.advice.action}</h3>
                <p class="advice__action">{action_words}</p>
            </div>
        </div>
        <p class="note">
            <AsOf at=as_of />
            ". "
            {worded}
            {dropped}
        </p>
    }
}

/// The advice for a coin, read again with every new forecast.
pub(super) fn advice_of(symbol: Symbol, horizon: Memo<Horizon>, revision: RwSignal<u32>) -> Asked<Advice> {
    let language = use_words().language;
    Asked::new(
        move || (horizon.get(), revision.get()),
        move |(horizon, _)| crate::api::advice(symbol.clone(), horizon, language),
    )
}

//! The chart of a coin's page: the still picture first, then the interactive chart in its place.

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::overview::CoinDetail;
use leptos::html::Div;
use leptos::prelude::*;

use crate::asked::Asked;
use crate::charts::legend::Legend;
use crate::charts::picture::Picture;
use crate::charts::range::Range;
use crate::charts::session::{Session, Status};
use crate::components::key::key_entry_in;
use crate::words::use_words;

/// The chart with its tools and its legend. The picture and the chart share one box, so nothing jumps when one
/// takes the other's place.
#[component]
pub(crate) fn ChartSection(
    /// The coin.
    symbol: Symbol,
    /// The horizon of the forecasts that are drawn.
    horizon: Memo<Horizon>,
    /// The page's data, for the picture and the fan.
    detail: Asked<CoinDetail>,
) -> impl IntoView {
    let words = use_words();
    let host = NodeRef::<Div>::new();
    let session = Session::start(host, symbol, horizon, detail);
    let is_ready = move || session.status.get() == Status::Ready;
    let has_failed = move || session.status.get() == Status::Failed;
    view! {
        <section class="panel chart">
            <div class="chart__head">
                <h2>{words.chart.title}</h2>
                <RangeChoice session />
            </div>
            <div class="legend scripted-only">
                <Legend session />
            </div>
            <div class="chart__frame" class:chart__frame--ready=is_ready>
                <div class="chart__picture">
                    <Transition>
                        {move || Suspend::new(async move {
                            let card = detail.ready().await.ok()?.card;
                            let picture = move || {
                                let forecast = card.forecast(horizon.get())?.clone();
                                Some(view! { <Picture card=card.clone() forecast /> })
                            };
                            Some(picture)
                        })}
                    </Transition>
                </div>
                <div
                    class="chart__host"
                    node_ref=host
                    role="group"
                    aria-label=words.chart.region
                    tabindex=move || if is_ready() { "0" } else { "-1" }
                ></div>
            </div>
            <ChartKey />
            <p class="note" role="status">
                {move || {
                    if has_failed() {
                        words.chart.failed
                    } else if session.is_loading_older.get() {
                        words.chart.older
                    } else {
                        words.chart.note
                    }
                }}
            </p>
        </section>
    }
}

/// The choice of the range, as radio buttons: arrow keys work as everywhere.
#[component]
fn RangeChoice(session: Session) -> impl IntoView {
    let words = use_words();
    let choice = move |range: Range| {
        view! {
            <label class="segment">
                <input
                    class="segment__input"
                    type="radio"
                    name="range"
                    checked=range == Range::default()
                    on:change=move |_| session.range.set(range)
                />
                <span>{range.word(words)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="segments scripted-only">
            <legend class="visually-hidden">{words.chart.range}</legend>
            {Range::ALL.map(choice)}
        </fieldset>
    }
}

/// What the lines and areas are.
#[component]
fn ChartKey() -> impl IntoView {
    let words = use_words();
    // The picture has no earlier forecasts: their marks are explained where the interactive chart can come.
    let key = |class: &'static str, d: &'static str, text: &'static str| {
        let entry = if class.starts_with("timeline") { "key__entry scripted-only" } else { "key__entry" };
        key_entry_in(entry, view! { <path class=class d=d /> }, text)
    };
    view! {
        <p class="key">
            {key("picture__line", "M0 12L5 5L10 9L16 3", words.chart.volatility_pane)}
            {key("fan fan--50", "M0 8L16 2V14Z", words.chart.fan)}
            {key("timeline__interval", "M8 1V15", words.chart.past)}
            {key("timeline__outcome", "M8 8h0", words.coin.key_outcome)}
            {key("timeline__outcome timeline__outcome--outside", "M8 8h0", words.coin.key_outcome_outside)}
            {key("picture__bound", "M0 8H16", words.coin.key_threshold)}
        </p>
    }
}

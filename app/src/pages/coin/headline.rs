//! The top of a coin's page: the price, the chances and the forecast as sentences.

use std::sync::Arc;

use domain::forecast::{Forecast, Horizon};
use domain::market::Symbol;
use domain::overview::CoinCard;
use leptos::prelude::*;

use crate::components::chance::Chance;
use crate::components::horizon_switcher::HorizonSwitcher;
use crate::components::judge::Judge;
use crate::components::moment::AsOf;
use crate::components::price::Price;
use crate::format;
use crate::links::Page;
use crate::words::use_words;

/// Price, both chances, and the sentences of the chosen horizon.
#[component]
pub(crate) fn Headline(card: CoinCard, horizon: Memo<Horizon>) -> impl IntoView {
    let words = use_words();
    let CoinCard { symbol, price, change_24h, as_of, forecasts, .. } = card;
    let forecasts = Arc::new(forecasts);
    let chances = forecasts.iter().cloned().map(|forecast| view! { <Chance forecast /> }).collect_view();
    let has_forecast = !forecasts.is_empty();
    let sentences = {
        let symbol = symbol.clone();
        move || {
            let chosen = forecasts.iter().find(|forecast| forecast.horizon == horizon.get()).cloned();
            match chosen {
                Some(forecast) => view! { <Sentences symbol=symbol.clone() forecast /> }.into_any(),
                None => view! { <p class="empty">{words.risk.no_forecast}</p> }.into_any(),
            }
        }
    };
    let page = Callback::new(move |to| Page::Coin(symbol.clone(), to));
    view! {
        <section class="headline">
            <div class="headline__head">
                <Price price change=change_24h />
                <p class="headline__as-of">{as_of.map(|at| view! { <AsOf at /> })}</p>
            </div>
            <div class="headline__body">
                <div class="headline__sentences" aria-live="polite">
                    {sentences}
                    <HorizonSwitcher current=horizon page />
                </div>
                {has_forecast
                    .then(|| {
                        view! {
                            <div class="headline__chances" role="group" aria-label=words.risk.chance_of_high>
                                <p class="label">{words.risk.chance_of_high}</p>
                                <div class="card__chances">{chances}</div>
                            </div>
                        }
                    })}
            </div>
        </section>
    }
}

/// One horizon in plain words, with its uncertainty.
#[component]
fn Sentences(symbol: Symbol, forecast: Forecast) -> impl IntoView {
    let words = use_words();
    let volatility = |value| format::volatility(words.language, value);
    let Forecast { horizon, quantiles, usual, .. } = forecast;
    let chance = format::chance(words.language, forecast.high_volatility);
    view! {
        <p class="headline__verdict">{(words.coin.headline)(symbol.name(), forecast.level, horizon)}</p>
        <p>{(words.coin.chance)(&chance, horizon)}</p>
        <p>
            {(words.coin.expectation)(
                &volatility(quantiles.q50),
                &volatility(quantiles.q10),
                &volatility(quantiles.q90),
                horizon,
            )} " "
            {(words.coin.against_usual)(&volatility(usual.middle), &volatility(usual.low), &volatility(usual.high))}
        </p>
        <Judge symbol horizon />
    }
}

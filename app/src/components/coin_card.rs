//! One coin on the overview.

use domain::forecast::{Forecast, Horizon};
use domain::overview::CoinCard;
use leptos::prelude::*;

use crate::charts::band::Band;
use crate::charts::sparkline::Sparkline;
use crate::components::chance::Chance;
use crate::components::moment::AsOf;
use crate::components::price::Price;
use crate::format;
use crate::links::Page;
use crate::words::{Words, use_words};

/// Chances, the forecast against the usual range, the last month and the price.
#[component]
pub(crate) fn Card(
    card: CoinCard,
    /// Whether what is missing may still come.
    is_loading: bool,
) -> impl IntoView {
    let words = use_words();
    let href = Page::Coin(card.symbol.clone(), Horizon::Day).href(words.language);
    let forecasts = if card.forecasts.is_empty() {
        let text = if is_loading { words.site.loading } else { words.risk.no_forecast };
        view! { <p class="card__empty">{text}</p> }.into_any()
    } else {
        let chances = card.forecasts.iter().cloned().map(|forecast| view! { <Chance forecast /> }).collect_view();
        let expected = card.forecast(Horizon::Day).cloned().map(|forecast| view! { <Expected forecast words /> });
        view! {
            <div>
                <p class="label">{words.risk.chance_of_high}</p>
                <div class="card__chances">{chances}</div>
            </div>
            {expected}
        }
        .into_any()
    };
    let month = (!card.sparkline.is_empty()).then(|| {
        view! {
            <div>
                <p class="label">{words.risk.last_month}</p>
                <Sparkline values=card.sparkline />
            </div>
        }
    });
    view! {
        <li class="card">
            <article class="card__inner" aria-label=card.symbol.name().to_owned()>
                <header class="card__head">
                    <h2 class="card__title">
                        <a class="card__link" href=href>
                            {card.symbol.name().to_owned()}
                        </a>
                        <span class="card__ticker">{card.symbol.ticker().to_owned()}</span>
                    </h2>
                    <Price price=card.price change=card.change_24h />
                </header>
                {forecasts}
                {month}
                <p class="card__foot">{card.as_of.map(|at| view! { <AsOf at /> })}</p>
            </article>
        </li>
    }
}

/// The median and the interval in words, above the band that draws them.
#[component]
fn Expected(forecast: Forecast, words: &'static Words) -> impl IntoView {
    let volatility = |value| format::volatility(words.language, value);
    let quantiles = forecast.quantiles;
    view! {
        <div class="card__expected">
            <p class="label">{words.risk.expected}</p>
            <p class="expected">
                <strong class="expected__median">{volatility(quantiles.q50)}</strong>
                " "
                {words.risk.per_day}
                <span class="expected__interval">
                    {(words.risk.between)(&volatility(quantiles.q10), &volatility(quantiles.q90))}
                </span>
            </p>
            <Band forecast />
        </div>
    }
}

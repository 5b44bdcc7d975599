//! The chance of a high-volatility period: a large number, a word and a meter that shows the average beside it.

use domain::forecast::Forecast;
use leptos::prelude::*;

use crate::components::level::{Level, level_class};
use crate::format;
use crate::words::use_words;

/// How often a high-volatility period happens, by its definition.
const BASE_RATE: f64 = 0.2;

/// The chance for one horizon.
#[component]
pub(crate) fn Chance(forecast: Forecast) -> impl IntoView {
    let words = use_words();
    let chance = format::chance(words.language, forecast.high_volatility);
    let label = (words.risk.meter)(&chance);
    view! {
        <div class=format!("chance chance--{}", level_class(forecast.level))>
            <p class="chance__when">{(words.risk.next_hours)(forecast.horizon)}</p>
            <p class="chance__value">{chance}</p>
            <Level level=forecast.level />
            <svg class="meter" role="img" aria-label=label width="100%" height="14">
                <rect class="meter__track" x="0" y="4" width="100%" height="6" rx="3" />
                <rect class="meter__fill" x="0" y="4" width=share(forecast.high_volatility) height="6" rx="3" />
                <rect class="meter__base" x=share(BASE_RATE) y="0" width="2" height="14" rx="1" />
            </svg>
        </div>
    }
}

/// A share of the whole width.
fn share(fraction: f64) -> String {
    format!("{:.1}%", fraction.clamp(0.0, 1.0) * 100.0)
}

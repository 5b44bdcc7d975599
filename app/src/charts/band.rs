//! A forecast's 80 % interval against what is usual for the coin.

use domain::forecast::Forecast;
use leptos::prelude::*;

use crate::charts::scale::Scale;
use crate::components::level::level_class;
use crate::format;
use crate::words::use_words;

/// The usual range as a grey track, the interval as a bar on it and the median as a tick.
#[component]
pub(crate) fn Band(forecast: Forecast) -> impl IntoView {
    let words = use_words();
    let Forecast { quantiles, usual, .. } = &forecast;
    let scale = Scale::new((0.0, quantiles.q90.max(usual.high) * 1.12), (0.0, 100.0));
    let volatility = |value| format::volatility(words.language, value);
    let label = (words.risk.band)(
        &volatility(quantiles.q50),
        &volatility(quantiles.q10),
        &volatility(quantiles.q90),
        &volatility(usual.low),
        &volatility(usual.high),
    );
    let bar = |class: &'static str, low: f64, high: f64, y: &'static str, height: &'static str| {
        let (x, width) = (scale.at(low), (scale.at(high) - scale.at(low)).max(0.5));
        view! {
            <rect class=class x=format!("{x:.1}%") width=format!("{width:.1}%") y=y height=height rx="3" />
        }
    };
    view! {
        <svg class=format!("band band--{}", level_class(forecast.level)) role="img" aria-label=label width="100%" height="28">
            <line class="band__axis" x1="0" x2="100%" y1="14" y2="14" />
            {bar("band__usual", usual.low, usual.high, "3", "22")}
            {bar("band__interval", quantiles.q10, quantiles.q90, "9", "10")}
            <rect class="band__median" x=format!("{:.1}%", scale.at(quantiles.q50)) y="4" width="3" height="20" rx="1.5" />
        </svg>
    }
}

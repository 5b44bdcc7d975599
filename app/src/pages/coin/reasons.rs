//! Why a forecast is what it is: the strongest reasons as sentences, with bars that show their weight.

use domain::forecast::{Forecast, Reason};
use leptos::prelude::*;

use crate::words::{Days, use_words};

/// The reasons of one forecast, strongest first.
#[component]
pub(crate) fn Reasons(forecast: Forecast) -> impl IntoView {
    let words = use_words();
    let days = Days::of(forecast.origin.as_second(), forecast.horizon);
    let strongest = forecast.reasons.iter().map(|reason| reason.effect.abs()).fold(0.05, f64::max);
    let item = move |reason: Reason| {
        view! {
            <li class="reason">
                <p class="reason__text">{(words.coin.reason)(&reason, &days)}</p>
                <EffectBar effect=reason.effect strongest />
            </li>
        }
    };
    let list = if forecast.reasons.is_empty() {
        view! { <p class="empty">{words.coin.reasons_empty}</p> }.into_any()
    } else {
        view! {
            <ol class="reasons" role="list">
                {forecast.reasons.into_iter().map(item).collect_view()}
            </ol>
        }
        .into_any()
    };
    view! {
        <section class="panel">
            <h2>{words.coin.reasons_title}</h2>
            {list}
            <p class="note">{words.coin.reasons_note}</p>
        </section>
    }
}

/// A bar to the right of the middle where a reason raises the forecast, to the left where it lowers it.
/// The sentence beside it says the same, so it is hidden from screen readers.
#[component]
fn EffectBar(effect: f64, strongest: f64) -> impl IntoView {
    let width = (effect.abs() / strongest).min(1.0) * 50.0;
    let (class, x) = if effect >= 0.0 {
        ("effect__bar effect__bar--up", 50.0)
    } else {
        ("effect__bar effect__bar--down", 50.0 - width)
    };
    view! {
        <svg class="effect" width="100%" height="8" aria-hidden="true" focusable="false">
            <rect class="effect__track" x="0" y="3" width="100%" height="2" rx="1" />
            <rect class=class x=format!("{x:.1}%") y="0" width=format!("{width:.1}%") height="8" rx="2" />
            <rect class="effect__middle" x="50%" y="0" width="1" height="8" />
        </svg>
    }
}

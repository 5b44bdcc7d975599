//! A price and its change over a day.

use leptos::prelude::*;

use crate::format;
use crate::words::use_words;

/// Last close in USDT and the change over 24 hours, whose direction an arrow tells as well as a colour.
#[component]
pub(crate) fn Price(price: Option<f64>, change: Option<f64>) -> impl IntoView {
    let words = use_words();
    let change = change.map(|change| {
        let (class, arrow) = match change {
            c if c >= 0.000_05 => ("change change--up", "▲"),
            c if c <= -0.000_05 => ("change change--down", "▼"),
            _ => ("change", ""),
        };
        view! {
            <span class=class>
                <span aria-hidden="true" class="change__arrow">
                    {arrow}
                </span>
                {format::change(words.language, change)}
                <span class="change__span">" "{words.risk.change_24h}</span>
            </span>
        }
    });
    view! {
        <p class="price">
            <span class="price__value">
                {price.map_or_else(|| "–".to_owned(), |price| format::price(words.language, price))}
            </span>
            <span class="price__unit">" USDT "</span>
            {change}
        </p>
    }
}

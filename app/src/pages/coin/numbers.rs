//! Both forecasts as a table that can be read aloud.

use domain::forecast::{Forecast, Quantiles};
use leptos::prelude::*;

use crate::format;
use crate::words::use_words;

/// Quantiles as rows, horizons as columns, then what is usual and what has just been.
#[component]
pub(crate) fn Numbers(forecasts: Vec<Forecast>) -> impl IntoView {
    let words = use_words();
    let volatility = move |value| format::volatility(words.language, value);
    let first = forecasts.first()?.clone();
    let readings = [
        words.coin.q025,
        words.coin.q10,
        words.coin.q25,
        words.coin.q50,
        words.coin.q75,
        words.coin.q90,
        words.coin.q975,
    ];
    let quantile = |index: usize, reading: &'static str| {
        let level = Quantiles::LEVELS[index];
        let decimals = if (level * 100.0).fract() == 0.0 { 0 } else { 1 };
        let class = if index == 3 { "table__row--strong" } else { "" };
        let cells = forecasts
            .iter()
            .map(|forecast| view! { <td class="table__number">{volatility(forecast.quantiles.to_array()[index])}</td> })
            .collect_view();
        view! {
            <tr class=class>
                <th scope="row">
                    {format::percent(words.language, level, decimals)}
                    <span class="table__reading">{reading}</span>
                </th>
                {cells}
            </tr>
        }
    };
    let rows = readings.into_iter().enumerate().map(|(index, reading)| quantile(index, reading)).collect_view();
    let heads = forecasts
        .iter()
        .map(
            |forecast| view! { <th scope="col" class="table__number">{(words.risk.next_hours)(forecast.horizon)}</th> },
        )
        .collect_view();
    let usual = forecasts
        .iter()
        .map(|forecast| {
            let range = (words.risk.between)(&volatility(forecast.usual.low), &volatility(forecast.usual.high));
            view! { <td class="table__number">{range}</td> }
        })
        .collect_view();
    let just_realised = forecasts
        .iter()
        .map(|forecast| view! { <td class="table__number">{volatility(forecast.just_realised)}</td> })
        .collect_view();
    let origin = format::minute(first.origin);
    Some(view! {
        <section class="panel">
            <h2>{words.coin.table_title}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=words.coin.table_title>
                <table class="table">
                    <caption>{words.coin.table_caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{words.coin.table_quantile}</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>
                        {rows}
                        <tr class="table__row--rule">
                            <th scope="row">{words.coin.usual_row}</th>
                            {usual}
                        </tr>
                        <tr>
                            <th scope="row">{words.coin.just_realised}</th>
                            {just_realised}
                        </tr>
                    </tbody>
                </table>
            </div>
            <p class="note">{(words.coin.made_by)(first.model.as_str(), &origin)}</p>
        </section>
    })
}

//! Whether forecasts and chances are right on average.

use domain::evaluation::{OutcomeBin, ReliabilityBin};
use leptos::prelude::*;

use crate::charts::{outcomes, reliability};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::key::key_entry;
use crate::format;
use crate::words::use_words;

/// Forecast against outcome.
#[component]
pub(crate) fn Outcomes(bins: Vec<OutcomeBin>) -> impl IntoView {
    let words = use_words();
    let volatility = |value| format::volatility(words.language, value);
    let rows = bins
        .iter()
        .map(|bin| {
            view! {
                <tr>
                    <th scope="row" class="table__number">{volatility(bin.forecast)}</th>
                    <td class="table__number">{volatility(bin.q10)}</td>
                    <td class="table__number">{volatility(bin.q50)}</td>
                    <td class="table__number">{volatility(bin.q90)}</td>
                    <td class="table__number">{format::number(words.language, f64::from(bin.count), 0)}</td>
                </tr>
            }
        })
        .collect_view();
    let summary = bins.first().zip(bins.last()).map(|(first, last)| {
        (words.how_good.outcomes_picture)(
            bins.len(),
            &volatility(first.forecast),
            &volatility(first.q50),
            &volatility(last.forecast),
            &volatility(last.q50),
        )
    });
    view! {
        <section class="panel">
            <h2>{words.how_good.outcomes_title}</h2>
            <p>{summary}</p>
            <figure class="plot">
                <p class="plot__axis">"↑ " {words.how_good.outcome_axis}</p>
                <div class="plot__square">
                    <outcomes::Outcomes bins />
                </div>
                <p class="plot__axis plot__axis--end">{words.how_good.forecast_axis} " →"</p>
                <figcaption class="key">
                    {key("outcomes__line", words.how_good.key_middle)}
                    {key("outcomes__band", words.how_good.key_band)}
                    {key("picture__diagonal", words.how_good.key_diagonal)}
                </figcaption>
            </figure>
            <p class="note">{words.how_good.outcomes_note}</p>
            <FoldedTable
                summary=words.how_good.as_table
                label=words.how_good.outcomes_title
                caption=format!("{}, {}", words.how_good.outcomes_title, words.risk.per_day)
                heads=[
                    words.how_good.forecast,
                    words.how_good.tenth,
                    words.how_good.median,
                    words.how_good.ninetieth,
                    words.how_good.count,
                ]
                    .map(Head::Number)
                    .to_vec()
                rows=rows.into_any()
            />
        </section>
    }
}

/// Chances against what happened.
#[component]
pub(crate) fn Reliability(bins: Vec<ReliabilityBin>) -> impl IntoView {
    let words = use_words();
    let share = |value| format::percent(words.language, value, 0);
    let rows = bins
        .iter()
        .map(|bin| {
            view! {
                <tr>
                    <th scope="row" class="table__number">{share(bin.chance)}</th>
                    <td class="table__number">{share(bin.happened)}</td>
                    <td class="table__number">{format::number(words.language, f64::from(bin.count), 0)}</td>
                </tr>
            }
        })
        .collect_view();
    let close = bins.iter().filter(|bin| reliability::is_close(bin)).count();
    let summary = (words.how_good.reliability_picture)(close, bins.len());
    view! {
        <section class="panel">
            <h2>{words.how_good.reliability_title}</h2>
            <p>{summary}</p>
            <figure class="plot">
                <p class="plot__axis">"↑ " {words.how_good.happened_axis}</p>
                <div class="plot__square">
                    <reliability::Reliability bins />
                </div>
                <p class="plot__axis plot__axis--end">{words.how_good.chance_axis} " →"</p>
                <figcaption class="key">
                    {key_entry(view! { <circle class="reliability__dot" cx="8" cy="8" r="6" /> }, words.how_good.key_dots)}
                    {key("reliability__band", words.how_good.key_tolerance)}
                </figcaption>
            </figure>
            <p class="note">{words.how_good.reliability_note}</p>
            <FoldedTable
                summary=words.how_good.as_table
                label=words.how_good.reliability_title
                caption=words.risk.chance_of_high.to_owned()
                heads=[words.how_good.given, words.how_good.happened, words.how_good.count].map(Head::Number).to_vec()
                rows=rows.into_any()
            />
        </section>
    }
}

/// A mark of a chart with its meaning; a band is drawn as one, anything else as a line.
pub(super) fn key(class: &'static str, text: &'static str) -> impl IntoView {
    let shape = if class.ends_with("band") { "M0 2H16V14H0Z" } else { "M0 8H16" };
    key_entry(view! { <path class=class d=shape /> }, text)
}

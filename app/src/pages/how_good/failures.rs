//! Where the forecasts fail.

use domain::evaluation::{Miss, Part, PartScore};
use leptos::prelude::*;

use crate::components::moment::Moment;
use crate::format;
use crate::words::use_words;

/// The error by part of the forecasts, and the forecasts that were furthest off.
#[component]
pub(crate) fn Failures(parts: Vec<PartScore>, misses: Vec<Miss>) -> impl IntoView {
    let words = use_words();
    let largest = parts.iter().map(|part| part.qlike).fold(f64::MIN_POSITIVE, f64::max);
    let weakest = parts
        .iter()
        .filter(|part| !matches!(part.part, Part::Year(_)))
        .max_by(|a, b| a.qlike.total_cmp(&b.qlike))
        .map(|part| (words.how_good.weakest)(&(words.how_good.part_name)(part.part)));
    let row = |part: PartScore| {
        let name = (words.how_good.part_name)(part.part);
        let class = if part.part == Part::Calm { "table__row--rule" } else { "" };
        view! {
            <tr class=class>
                <th scope="row">{name}</th>
                <td class="table__number">{format::number(words.language, part.qlike, 3)}</td>
                <td class="failures__bar">
                    <svg width="100%" height="10" aria-hidden="true" focusable="false">
                        <rect class="failures__fill" width=format!("{:.1}%", 100.0 * part.qlike / largest) height="10" rx="2" />
                        <rect
                            class="failures__mark"
                            x=format!("{:.1}%", (100.0 * part.baseline / largest).min(99.0))
                            width="2"
                            height="10"
                        />
                    </svg>
                </td>
                <td class="table__number">{format::number(words.language, part.baseline, 3)}</td>
                <td class="table__number">
                    {format::signed_percent(words.language, 1.0 - part.qlike / part.baseline)}
                </td>
                <td class="table__number">{format::percent(words.language, part.coverage80, 0)}</td>
                <td class="table__number">{format::number(words.language, f64::from(part.count), 0)}</td>
            </tr>
        }
    };
    let misses = (!misses.is_empty()).then(|| view! { <Misses misses /> });
    view! {
        <section class="panel">
            <h2>{words.how_good.failures_title}</h2>
            {weakest.map(|text| view! { <p>{text}</p> })}
            <div class="table-scroll" tabindex="0" role="region" aria-label=words.how_good.failures_title>
                <table class="table failures">
                    <caption>{words.how_good.parts_caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{words.how_good.part}</th>
                            <th scope="col" class="table__number">{words.how_good.ours}</th>
                            <td class="failures__bar"></td>
                            <th scope="col" class="table__number">{words.how_good.theirs}</th>
                            <th scope="col" class="table__number">{words.how_good.smaller_by}</th>
                            <th scope="col" class="table__number">{words.how_good.inside}</th>
                            <th scope="col" class="table__number">{words.how_good.count}</th>
                        </tr>
                    </thead>
                    <tbody>{parts.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            {misses}
        </section>
    }
}

#[component]
fn Misses(
    /// Worst first.
    misses: Vec<Miss>,
) -> impl IntoView {
    let words = use_words();
    let volatility = |value| format::volatility(words.language, value);
    let row = |miss: Miss| {
        let times = (miss.realised / miss.q50).max(miss.q50 / miss.realised);
        view! {
            <tr>
                <th scope="row">{miss.symbol.name().to_owned()}</th>
                <td>
                    <Moment at=miss.origin />
                </td>
                <td class="table__number">{(words.risk.between)(&volatility(miss.q10), &volatility(miss.q90))}</td>
                <td class="table__number">{volatility(miss.q50)}</td>
                <td class="table__number failures__outcome">{volatility(miss.realised)}</td>
                <td class="table__number">{format::number(words.language, times, 1)}</td>
            </tr>
        }
    };
    view! {
        <h3 class="how-good__sub">{words.how_good.misses_title}</h3>
        <div class="table-scroll" tabindex="0" role="region" aria-label=words.how_good.misses_title>
            <table class="table misses">
                <caption>{words.how_good.misses_note}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.how_good.coin}</th>
                        <th scope="col">{words.how_good.made}</th>
                        <th scope="col" class="table__number">{words.how_good.interval}</th>
                        <th scope="col" class="table__number">{words.how_good.median}</th>
                        <th scope="col" class="table__number">{words.how_good.realised}</th>
                        <th scope="col" class="table__number">{words.how_good.times}</th>
                    </tr>
                </thead>
                <tbody>{misses.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

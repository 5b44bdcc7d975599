//! The stored evaluation on the card of the model that serves.

use domain::evaluation::HowGood;
use domain::forecast::Horizon;
use leptos::prelude::*;

use crate::components::score_cells::{score_cells, score_heads};
use crate::words::use_words;

/// The model and its baseline over all coins, each horizon, with confidence intervals.
#[component]
pub(crate) fn Judged(good: HowGood) -> impl IntoView {
    let words = use_words();
    let evaluation = good.evaluation;
    let rows: Vec<_> = Horizon::ALL
        .into_iter()
        .flat_map(|horizon| [evaluation.served, evaluation.baseline].map(|model| (model, horizon)))
        .filter_map(|(model, horizon)| {
            let row = evaluation.row(model, None, horizon)?;
            let class = if model == evaluation.served { "table__row--strong" } else { "" };
            Some(view! {
                <tr class=class>
                    <th scope="row">
                        {(words.models.family)(model)}
                        <span class="table__reading">{(words.risk.next_hours)(horizon)}</span>
                    </th>
                    {score_cells(words, row)}
                </tr>
            })
        })
        .collect();
    let heads =
        score_heads(words).map(|head| view! { <th scope="col" class="table__number">{head}</th> }).collect_view();
    view! {
        <div class="table-scroll model__judged" tabindex="0" role="region" aria-label=words.models.judged>
            <table class="table">
                <caption>{words.models.judged}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.how_good.model}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

//! Every method side by side.

use std::sync::Arc;

use domain::evaluation::{HowGood, Row};
use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

use crate::components::score_cells::{score_cells, score_heads};
use crate::format;
use crate::words::use_words;

/// The scores of every method on one subject and horizon, the smallest error first.
#[component]
pub(crate) fn Methods(good: Arc<HowGood>, subject: Option<Symbol>, horizon: Horizon) -> impl IntoView {
    let words = use_words();
    let evaluation = &good.evaluation;
    let mut rows: Vec<&Row> =
        evaluation.rows.iter().filter(|row| row.symbol == subject && row.score.horizon == horizon).collect();
    rows.sort_by(|a, b| a.score.qlike.total_cmp(&b.score.qlike));
    let best = words.how_good.best;
    let number = |value, decimals| format::number(words.language, value, decimals);
    let row = |row: &Row| {
        let is_ours = row.model == evaluation.served;
        let pair = evaluation.comparison(row.model, evaluation.served, horizon);
        let p = match pair {
            Some(pair) if pair.p < 0.001 => format!("<\u{202f}{}", number(0.001, 3)),
            Some(pair) => number(pair.p, 3),
            None => "–".to_owned(),
        };
        let is_best = match evaluation.is_among_best(row.model, horizon) {
            Some(true) => view! { <span class="methods__yes">"✓ " {words.how_good.yes}</span> }.into_any(),
            Some(false) => words.how_good.no.into_any(),
            None => "–".into_any(),
        };
        view! {
            <tr class=if is_ours { "table__row--strong" } else { "" }>
                <th scope="row">
                    {(words.models.family)(row.model)}
                    {is_ours
                        .then(|| {
                            view! {
                                " "
                                <span class="badge">{words.how_good.serves}</span>
                            }
                        })}
                </th>
                {score_cells(words, row)}
                <td class="table__number">{if is_ours { "–".to_owned() } else { p }}</td>
                <td>{is_best}</td>
            </tr>
        }
    };
    let heads =
        score_heads(words).map(|head| view! { <th scope="col" class="table__number">{head}</th> }).collect_view();
    let rows = rows.into_iter().map(row).collect_view();
    let pooled = subject.is_some().then(|| format!(" {}", words.how_good.models_pooled));
    view! {
        <section class="panel">
            <h2>{words.how_good.models_title}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=words.how_good.models_title>
                <table class="table methods">
                    <thead>
                        <tr>
                            <th scope="col">{words.how_good.model}</th>
                            {heads}
                            <th scope="col" class="table__number">{words.how_good.p}</th>
                            <th scope="col">{best}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="note">{words.how_good.models_note} {pooled}</p>
        </section>
    }
}

//! Every method side by side.

use std::sync::Arc;

use domain::evaluation::{HowGood, Row};
use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

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
        let Row { score, intervals, .. } = row;
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
        let share = |value| format::percent(words.language, value, 1);
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
                <td class="table__number">
                    {number(score.qlike, 3)}
                    <span class="methods__interval">
                        {between(&number(intervals.qlike[0], 3), &number(intervals.qlike[1], 3))}
                    </span>
                </td>
                <td class="table__number">
                    {number(score.r2_log, 2)}
                    <span class="methods__interval">
                        {between(&number(intervals.r2_log[0], 2), &number(intervals.r2_log[1], 2))}
                    </span>
                </td>
                <td class="table__number">
                    {number(score.auc, 3)}
                    <span class="methods__interval">
                        {between(&number(intervals.auc[0], 3), &number(intervals.auc[1], 3))}
                    </span>
                </td>
                <td class="table__number">
                    {share(score.coverage80)}
                    <span class="methods__interval">
                        {between(&share(intervals.coverage80[0]), &share(intervals.coverage80[1]))}
                    </span>
                </td>
                <td class="table__number">{if is_ours { "–".to_owned() } else { p }}</td>
                <td>{is_best}</td>
            </tr>
        }
    };
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
                            <th scope="col" class="table__number">{words.how_good.error}</th>
                            <th scope="col" class="table__number">{words.how_good.explained}</th>
                            <th scope="col" class="table__number">{words.how_good.separation}</th>
                            <th scope="col" class="table__number">{words.how_good.inside}</th>
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

fn between(low: &str, high: &str) -> String {
    format!("{low} – {high}")
}

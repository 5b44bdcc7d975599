//! Scores with their confidence intervals, as cells of a table.

use domain::evaluation::Row;
use leptos::prelude::*;

use crate::format;
use crate::words::Words;

/// What the cells of [`score_cells`] are, in their order.
pub(crate) const fn score_heads(words: &Words) -> [&'static str; 4] {
    let words = &words.how_good;
    [words.error, words.explained, words.separation, words.inside]
}

/// Error, share explained, separation and coverage of one model, each over its interval.
pub(crate) fn score_cells(words: &'static Words, row: &Row) -> impl IntoView + use<> {
    let number = |decimals| move |value| format::number(words.language, value, decimals);
    let share = |value| format::percent(words.language, value, 1);
    let (score, intervals) = (&row.score, &row.intervals);
    [
        cell(score.qlike, intervals.qlike, &number(3)),
        cell(score.r2_log, intervals.r2_log, &number(2)),
        cell(score.auc, intervals.auc, &number(3)),
        cell(score.coverage80, intervals.coverage80, &share),
    ]
}

fn cell(value: f64, [low, high]: [f64; 2], show: &dyn Fn(f64) -> String) -> impl IntoView + use<> {
    let interval = format!("{} – {}", show(low), show(high));
    view! {
        <td class="table__number">
            {show(value)} <span class="table__interval">{interval}</span>
        </td>
    }
}

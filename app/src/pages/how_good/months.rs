//! Our error against the baseline's, month by month.

use domain::evaluation::MonthScore;
use domain::model::Family;
use leptos::prelude::*;

use crate::charts::months::{self, gain};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::key::key_entry;
use crate::format;
use crate::words::{lower_first, use_words};

/// Bars of the difference, in how many months it was ours that was smaller, and every month as a table.
#[component]
pub(crate) fn Months(months: Vec<MonthScore>, baseline: Family) -> impl IntoView {
    let words = use_words();
    let error = |value| format::number(words.language, value, 3);
    let rows = months
        .iter()
        .rev()
        .map(|month| {
            view! {
                <tr>
                    <th scope="row">{month.month.strftime("%Y-%m").to_string()}</th>
                    <td class="table__number">{error(month.qlike)}</td>
                    <td class="table__number">{error(month.baseline)}</td>
                    <td class="table__number">{format::signed_percent(words.language, gain(month))}</td>
                    <td class="table__number">{format::number(words.language, f64::from(month.count), 0)}</td>
                </tr>
            }
        })
        .collect_view();
    let better = months.iter().filter(|month| gain(month) > 0.0).count();
    let summary = (words.how_good.months_picture)(better, months.len());
    let method = lower_first((words.models.family)(baseline));
    let sample = |class: &'static str, text: &'static str| {
        key_entry(view! { <rect class=class x="4" y="2" width="8" height="12" /> }, text)
    };
    view! {
        <section class="panel">
            <h2>{words.how_good.months_title}</h2>
            <p>{summary}</p>
            <figure class="plot">
                <div class="plot__wide">
                    <months::Months months />
                </div>
                <figcaption class="key">
                    {sample("months__bar--better", words.how_good.key_better)}
                    {sample("months__bar--worse", words.how_good.key_worse)}
                </figcaption>
            </figure>
            <p class="note">{(words.how_good.months_note)(&method)}</p>
            <FoldedTable
                summary=words.how_good.as_table
                label=words.how_good.months_title
                caption=words.how_good.months_title.to_owned()
                heads=vec![
                    Head::Text(words.how_good.month),
                    Head::Number(words.how_good.ours),
                    Head::Number(words.how_good.theirs),
                    Head::Number(words.how_good.smaller_by),
                    Head::Number(words.how_good.count),
                ]
                rows=rows.into_any()
            />
        </section>
    }
}

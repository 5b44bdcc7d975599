//! A table under a line that opens it: the numbers of a chart, or more of them than most readers want.

use leptos::prelude::*;

/// The head of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Head {
    /// Words, set from the left.
    Text(&'static str),
    /// Numbers, set from the right.
    Number(&'static str),
}

/// A folded table that scrolls by itself where it is too wide.
#[component]
pub(crate) fn FoldedTable(
    /// The line that opens it.
    summary: &'static str,
    /// What it is called while one moves through it.
    label: &'static str,
    /// What stands over it.
    caption: String,
    /// One head a column.
    heads: Vec<Head>,
    /// The rows of its body.
    rows: AnyView,
) -> impl IntoView {
    let head = |head: Head| match head {
        Head::Text(text) => view! { <th scope="col">{text}</th> }.into_any(),
        Head::Number(text) => view! { <th scope="col" class="table__number">{text}</th> }.into_any(),
    };
    view! {
        <details class="explain">
            <summary>{summary}</summary>
            <div class="table-scroll" tabindex="0" role="region" aria-label=label>
                <table class="table">
                    <caption>{caption}</caption>
                    <thead>
                        <tr>{heads.into_iter().map(head).collect_view()}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

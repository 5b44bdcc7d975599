//! Hits and misses of warnings.

use domain::evaluation;
use leptos::prelude::*;

use crate::format;
use crate::words::use_words;

/// Two lines, with a warning and without one; each is split by what came.
#[component]
pub(crate) fn Warnings(warnings: evaluation::Warnings) -> impl IntoView {
    let words = use_words();
    let evaluation::Warnings { right, wrong, missed, calm } = warnings;
    let number = move |count: u32| format::number(words.language, f64::from(count), 0);
    view! {
        <section class="panel">
            <h2>{words.how_good.warnings_title}</h2>
            <div class="warnings">
                <Line head=(words.how_good.warned_head)(&number(right + wrong)) came=right stayed=wrong is_warned=true />
                <Line
                    head=(words.how_good.unwarned_head)(&number(missed + calm))
                    came=missed
                    stayed=calm
                    is_warned=false
                />
            </div>
            <p class="note">{words.how_good.warnings_note}</p>
        </section>
    }
}

/// One line: a bar in two parts, and what they are.
#[component]
fn Line(
    head: String,
    /// Forecasts that a high-volatility period followed.
    came: u32,
    /// Forecasts that none followed.
    stayed: u32,
    is_warned: bool,
) -> impl IntoView {
    let words = use_words();
    let all = f64::from(came) + f64::from(stayed);
    let share = if all > 0.0 { f64::from(came) / all } else { 0.0 };
    // What was said right has one colour on both lines, what was said wrong the other; the words say which is which.
    let (class_came, class_stayed) = if is_warned {
        ("warnings__bar--right", "warnings__bar--wrong")
    } else {
        ("warnings__bar--wrong", "warnings__bar--right")
    };
    let entry = |class: &'static str, text: &'static str, count: u32, share: f64| {
        let count = format::number(words.language, f64::from(count), 0);
        view! {
            <li class="warnings__entry">
                <svg class="warnings__sample" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">
                    <rect class=class width="12" height="12" rx="3" />
                </svg>
                {(words.how_good.bar)(text, &count, &format::percent(words.language, share, 0))}
            </li>
        }
    };
    let entries = (all > 0.0).then(|| {
        view! {
            <ul class="warnings__entries" role="list">
                {entry(class_came, words.how_good.came, came, share)}
                {entry(class_stayed, words.how_good.did_not_come, stayed, 1.0 - share)}
            </ul>
        }
    });
    view! {
        <div class="warnings__line">
            <h3 class="warnings__head">{head}</h3>
            <svg class="warnings__bar" width="100%" height="28" aria-hidden="true" focusable="false">
                <rect class="warnings__track" width="100%" height="28" rx="6" />
                <rect class=class_came width=format!("{:.2}%", 100.0 * share) height="28" rx="6" />
                <rect
                    class=class_stayed
                    x=format!("{:.2}%", 100.0 * share + 0.4)
                    width=format!("{:.2}%", if all > 0.0 { (99.6 - 100.0 * share).max(0.0) } else { 0.0 })
                    height="28"
                    rx="6"
                />
            </svg>
            {entries}
        </div>
    }
}

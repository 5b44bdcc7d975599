//! The answer in four sentences.

use std::sync::Arc;

use domain::evaluation::{HowGood, Warnings};
use domain::forecast::Horizon;
use domain::market::Symbol;
use leptos::prelude::*;

use crate::format;
use crate::words::{lower_first, use_words};

/// How many forecasts there were, and what came of them.
#[component]
pub(crate) fn Answer(
    good: Arc<HowGood>,
    subject: Option<Symbol>,
    horizon: Horizon,
    warnings: Warnings,
) -> impl IntoView {
    let words = use_words();
    let evaluation = &good.evaluation;
    let count = format::number(words.language, f64::from(warnings.all()), 0);
    let lead = (words.how_good.lead)(&count, &format::day(evaluation.from), &format::day(evaluation.to));
    let ours = evaluation.row(evaluation.served, subject.as_ref(), horizon);
    let theirs = evaluation.row(evaluation.baseline, subject.as_ref(), horizon);
    let coverage = ours.map(|row| (words.how_good.coverage)(&format::percent(words.language, row.score.coverage80, 1)));
    let against = ours.zip(theirs).map(|(ours, theirs)| {
        let method = lower_first((words.models.family)(evaluation.baseline));
        // The test takes all coins together: it says nothing about one of them.
        let pair = evaluation.comparison(evaluation.served, evaluation.baseline, horizon);
        let p = pair.filter(|_| subject.is_none()).map(|pair| pair.p);
        (words.how_good.against)(1.0 - ours.score.qlike / theirs.score.qlike, &method, p)
    });
    let name = subject.map_or(words.how_good.all_coins, |symbol| symbol.coin().map_or("", |coin| coin.name));
    view! {
        <section class="how-good__answer" aria-live="polite">
            <h2>
                {name} <span class="how-good__horizon">{(words.risk.next_hours)(horizon)}</span>
            </h2>
            <p class="lead">{lead}</p>
            <ul class="counts how-good__counts" role="list">
                <li>{(words.how_good.warned)(&warnings)}</li>
                <li>{(words.how_good.missed)(&warnings)}</li>
                {coverage.map(|text| view! { <li>{text}</li> })}
                {against.map(|text| view! { <li>{text}</li> })}
            </ul>
        </section>
    }
}

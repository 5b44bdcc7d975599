//! How the figures were made, and what they do not say.

use std::sync::Arc;

use domain::evaluation::HowGood;
use leptos::prelude::*;

use crate::format;
use crate::links::PROTOCOL;
use crate::words::use_words;

/// The protocol in three sentences, and the honest limits.
#[component]
pub(crate) fn Protocol(good: Arc<HowGood>) -> impl IntoView {
    let words = &use_words().how_good;
    let evaluation = &good.evaluation;
    let first = (words.protocol_1)(
        &format::day(evaluation.from),
        &format::day(evaluation.to),
        &evaluation.refit_days.to_string(),
    );
    let limits = [words.limit_1, words.limit_2, words.limit_3, words.limit_4];
    view! {
        <div class="how-good__columns how-good__reading">
            <section>
                <h2>{words.protocol_title}</h2>
                <p>{first} " " {words.protocol_2} " " {words.protocol_3}</p>
                <p>
                    <a href=PROTOCOL rel="external">
                        {words.protocol_link}
                    </a>
                </p>
            </section>
            <section>
                <h2>{words.limits_title}</h2>
                <ul>{limits.map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
            </section>
        </div>
    }
}

//! A moment in time, readable by people and machines.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::format;
use crate::words::use_words;

/// A day and a minute in UTC.
#[component]
pub(crate) fn Moment(at: Timestamp) -> impl IntoView {
    view! { <time datetime=format::machine(at)>{format::minute(at)}</time> }
}

/// A day in UTC.
#[component]
pub(crate) fn Day(at: Timestamp) -> impl IntoView {
    view! { <time datetime=format::machine(at)>{format::day(at)}</time> }
}

/// "Data as of" with the moment marked up as one, wherever the language puts it in the sentence.
#[component]
pub(crate) fn AsOf(at: Timestamp) -> impl IntoView {
    const PLACE: &str = "\u{1}";
    let sentence = (use_words().market.as_of)(PLACE);
    let (before, after) = sentence.split_once(PLACE).unwrap_or((&sentence, ""));
    view! {
        {before.to_owned()}
        <Moment at />
        {after.to_owned()}
    }
}

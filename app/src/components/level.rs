//! The level of risk as a word with a shape: colour alone never says it.

use domain::forecast::RiskLevel;
use leptos::prelude::*;

use crate::words::use_words;

/// The name of a level in style sheets.
pub(crate) const fn level_class(level: RiskLevel) -> &'static str {
    match level {
        RiskLevel::Low => "low",
        RiskLevel::Moderate => "moderate",
        RiskLevel::High => "high",
        RiskLevel::Critical => "critical",
    }
}

/// One to four rising bars and the word.
#[component]
pub(crate) fn Level(level: RiskLevel) -> impl IntoView {
    let words = use_words();
    let filled = match level {
        RiskLevel::Low => 1,
        RiskLevel::Moderate => 2,
        RiskLevel::High => 3,
        RiskLevel::Critical => 4,
    };
    let bar = move |index: u32| {
        let height = 4 + index * 3;
        let class = if index <= filled { "level__bar level__bar--on" } else { "level__bar" };
        view! {
            <rect class=class x=((index - 1) * 5).to_string() y=(16 - height).to_string() width="3.5"
                height=height.to_string() rx="1" />
        }
    };
    view! {
        <span class=format!("level level--{}", level_class(level))>
            <svg viewBox="0 0 19 16" width="19" height="16" aria-hidden="true" focusable="false">
                {(1..=4).map(bar).collect_view()}
            </svg>
            {words.level(level)}
        </span>
    }
}

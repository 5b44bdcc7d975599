//! By how much our error was smaller than the baseline's, month by month.

use domain::evaluation::MonthScore;
use leptos::prelude::*;

use crate::charts::path;
use crate::charts::scale::{Scale, ticks};
use crate::format;
use crate::words::use_words;

const LEFT: f64 = 0.5;
const RIGHT: f64 = 87.0;
const TOP: f64 = 4.0;
const BOTTOM: f64 = 90.0;

/// Share of a month's place that its bar takes.
const FILL: f64 = 0.74;

/// By how much our error was smaller, as a fraction of the baseline's; negative where it was larger.
pub(crate) fn gain(month: &MonthScore) -> f64 {
    1.0 - month.qlike / month.baseline
}

/// A bar up where our error was smaller, a bar down where it was larger; nothing without months.
#[component]
pub(crate) fn Months(
    /// Oldest first.
    months: Vec<MonthScore>,
) -> impl IntoView {
    let words = use_words();
    let months: Vec<MonthScore> = months.into_iter().filter(|month| gain(month).is_finite()).collect();
    if months.is_empty() {
        return None;
    }
    let highest = months.iter().map(gain).fold(0.05, f64::max) * 1.05;
    let lowest = months.iter().map(gain).fold(-0.02, f64::min) * 1.05;
    let down = Scale::new((lowest, highest), (BOTTOM, TOP));
    let place = (RIGHT - LEFT) / months.len() as f64;
    let left = |index: usize| LEFT + place * index as f64;
    let marks = ticks(lowest, highest, 5)
        .into_iter()
        .map(|tick| {
            let text = if tick.abs() < 1e-9 {
                format::percent(words.language, 0.0, 0)
            } else {
                format::signed_percent(words.language, tick)
            };
            view! {
                <text class="picture__label" x="99.5%" y=format!("{:.1}%", down.at(tick)) dy="0.35em" text-anchor="end">
                    {text}
                </text>
            }
        })
        .collect_view();
    let grid = ticks(lowest, highest, 5)
        .into_iter()
        .flat_map(|tick| [Some((LEFT, down.at(tick))), Some((RIGHT, down.at(tick))), None])
        .collect::<Vec<_>>();
    let bars = months
        .iter()
        .enumerate()
        .map(|(index, month)| {
            let gain = gain(month);
            let (top, bottom) = (down.at(gain.max(0.0)), down.at(gain.min(0.0)));
            let class = if gain >= 0.0 { "months__bar months__bar--better" } else { "months__bar months__bar--worse" };
            let name = month.month.strftime("%Y-%m").to_string();
            view! {
                <rect
                    class=class
                    x=format!("{:.2}%", left(index) + place * (1.0 - FILL) / 2.0)
                    width=format!("{:.2}%", place * FILL)
                    y=format!("{top:.2}%")
                    height=format!("{:.2}%", (bottom - top).max(0.3))
                >
                    <title>
                        {(words.how_good.bar_of_month)(&name, &format::signed_percent(words.language, gain))}
                    </title>
                </rect>
            }
        })
        .collect_view();
    let years = months
        .iter()
        .enumerate()
        .filter(|(index, month)| month.month.month() == 1 || (*index == 0 && month.month.month() < 8))
        .map(|(index, month)| {
            view! {
                <text class="picture__label" x=format!("{:.1}%", left(index)) y="98%" text-anchor="start">
                    {month.month.year().to_string()}
                </text>
            }
        })
        .collect_view();
    let better = months.iter().filter(|month| gain(month) > 0.0).count();
    let label = (words.how_good.months_picture)(better, months.len());
    Some(view! {
        <svg class="picture months" role="img" aria-label=label width="100%" height="100%">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="picture__grid" d=path::line(grid) />
                <path class="months__zero" d=path::line([Some((LEFT, down.at(0.0))), Some((RIGHT, down.at(0.0)))]) />
            </svg>
            {bars}
            {marks}
            {years}
        </svg>
    })
}

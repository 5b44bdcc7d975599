//! What was realised against what was forecast, on logarithmic scales.

use domain::evaluation::OutcomeBin;
use leptos::prelude::*;

use crate::charts::path::{self, Point};
use crate::charts::scale::{Scale, extent, log_ticks};
use crate::format;
use crate::words::use_words;

const LEFT: f64 = 1.0;
const RIGHT: f64 = 87.0;
const TOP: f64 = 2.0;
const BOTTOM: f64 = 92.0;

/// The median outcome as a line, eight outcomes in ten as a band, the diagonal dashed; nothing for fewer than two
/// groups.
#[component]
pub(crate) fn Outcomes(
    /// From the calmest forecasts to the wildest.
    bins: Vec<OutcomeBin>,
) -> impl IntoView {
    let words = use_words();
    let (first, last) = (*bins.first()?, *bins.last()?);
    if bins.len() < 2 {
        return None;
    }
    let (low, high) = extent(bins.iter().flat_map(|bin| [bin.forecast, bin.q10, bin.q90]))?;
    if low <= 0.0 {
        return None;
    }
    let (low, high) = (low / 1.12, high * 1.12);
    let across = Scale::new((low.ln(), high.ln()), (LEFT, RIGHT));
    let down = Scale::new((low.ln(), high.ln()), (BOTTOM, TOP));
    let place = |bin: &OutcomeBin, value: f64| -> Point { (across.at(bin.forecast.ln()), down.at(value.ln())) };
    let upper: Vec<Point> = bins.iter().map(|bin| place(bin, bin.q90)).collect();
    let lower: Vec<Point> = bins.iter().map(|bin| place(bin, bin.q10)).collect();
    let middle: Vec<Point> = bins.iter().map(|bin| place(bin, bin.q50)).collect();
    let ticks = log_ticks(low, high);
    let grid = ticks.iter().flat_map(|&tick| {
        let (x, y) = (across.at(tick.ln()), down.at(tick.ln()));
        [Some((x, TOP)), Some((x, BOTTOM)), None, Some((LEFT, y)), Some((RIGHT, y)), None]
    });
    let volatility = |value| format::volatility(words.language, value);
    let label = (words.how_good.outcomes_picture)(
        bins.len(),
        &volatility(first.forecast),
        &volatility(first.q50),
        &volatility(last.forecast),
        &volatility(last.q50),
    );
    let marks = ticks
        .iter()
        .map(|&tick| {
            let text = format::percent(words.language, tick, if tick < 0.01 { 1 } else { 0 });
            view! {
                <text class="picture__label" x=format!("{:.1}%", across.at(tick.ln())) y="98.5%" text-anchor="middle">
                    {text.clone()}
                </text>
                <text
                    class="picture__label"
                    x="99.5%"
                    y=format!("{:.1}%", down.at(tick.ln()))
                    dy="0.35em"
                    text-anchor="end"
                >
                    {text}
                </text>
            }
        })
        .collect_view();
    Some(view! {
        <svg class="picture outcomes" role="img" aria-label=label width="100%" height="100%">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="picture__grid" d=path::line(grid) />
                <path class="outcomes__band" d=path::area(&upper, &lower) />
                <path class="picture__diagonal" d=path::line([Some((LEFT, BOTTOM)), Some((RIGHT, TOP))]) />
                <path class="outcomes__line" d=path::line(middle.iter().copied().map(Some)) />
                <path class="outcomes__dots" d=path::dots(middle) />
            </svg>
            {marks}
        </svg>
    })
}

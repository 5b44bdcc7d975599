//! Chances that were given against what happened.

use domain::evaluation::ReliabilityBin;
use leptos::prelude::*;

use crate::charts::path;
use crate::charts::scale::Scale;
use crate::format;
use crate::words::use_words;

const LEFT: f64 = 2.0;
const RIGHT: f64 = 87.0;
const TOP: f64 = 3.0;
const BOTTOM: f64 = 91.0;

/// How far what happened may lie from the chance that was given before the chance counts as wrong.
const TOLERANCE: f64 = 0.05;

/// Radius of the dot of the largest group and of one that holds next to nothing, in pixels.
const LARGEST: f64 = 13.0;
const SMALLEST: f64 = 3.5;

/// Whether what happened lies within [`TOLERANCE`] of the chance.
pub(crate) fn is_close(bin: &ReliabilityBin) -> bool {
    (bin.happened - bin.chance).abs() <= TOLERANCE + 1e-12
}

/// One dot a group, its area by the number of forecasts, on the diagonal with its band; nothing without groups.
#[component]
pub(crate) fn Reliability(bins: Vec<ReliabilityBin>) -> impl IntoView {
    let words = use_words();
    let most = f64::from(bins.iter().map(|bin| bin.count).max()?);
    let across = Scale::new((0.0, 1.0), (LEFT, RIGHT));
    let down = Scale::new((0.0, 1.0), (BOTTOM, TOP));
    let at = |x: f64, y: f64| (across.at(x), down.at(y));
    let band = path::area(
        &[at(0.0, TOLERANCE), at(1.0 - TOLERANCE, 1.0), at(1.0, 1.0)],
        &[at(0.0, 0.0), at(TOLERANCE, 0.0), at(1.0, 1.0 - TOLERANCE)],
    );
    let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let grid = ticks.iter().flat_map(|&tick| {
        [Some(at(tick, 0.0)), Some(at(tick, 1.0)), None, Some(at(0.0, tick)), Some(at(1.0, tick)), None]
    });
    let marks = ticks
        .iter()
        .map(|&tick| {
            let text = format::percent(words.language, tick, 0);
            // Half of the first label would lie outside the picture.
            let anchor = if tick > 0.0 { "middle" } else { "start" };
            view! {
                <text class="picture__label" x=format!("{:.1}%", across.at(tick)) y="98.5%" text-anchor=anchor>
                    {text.clone()}
                </text>
                <text class="picture__label" x="99.5%" y=format!("{:.1}%", down.at(tick)) dy="0.35em" text-anchor="end">
                    {text}
                </text>
            }
        })
        .collect_view();
    let dots = bins
        .iter()
        .map(|bin| {
            let radius = SMALLEST + (LARGEST - SMALLEST) * (f64::from(bin.count) / most).sqrt();
            let share = |value| format::percent(words.language, value, 0);
            let count = format::number(words.language, f64::from(bin.count), 0);
            let class = if is_close(bin) { "reliability__dot" } else { "reliability__dot reliability__dot--off" };
            view! {
                <circle
                    class=class
                    cx=format!("{:.1}%", across.at(bin.chance))
                    cy=format!("{:.1}%", down.at(bin.happened))
                    r=format!("{radius:.1}")
                >
                    <title>{(words.how_good.dot)(&share(bin.chance), &share(bin.happened), &count)}</title>
                </circle>
            }
        })
        .collect_view();
    let label = (words.how_good.reliability_picture)(bins.iter().filter(|bin| is_close(bin)).count(), bins.len());
    Some(view! {
        <svg class="picture reliability" role="img" aria-label=label width="100%" height="100%">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="picture__grid" d=path::line(grid) />
                <path class="reliability__band" d=band />
                <path class="picture__diagonal" d=path::line([Some(at(0.0, 0.0)), Some(at(1.0, 1.0))]) />
            </svg>
            {marks}
            {dots}
        </svg>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_points_are_still_close() {
        let bin = |chance, happened| ReliabilityBin { chance, happened, count: 60 };
        assert!(is_close(&bin(0.30, 0.35)) && is_close(&bin(0.30, 0.25)));
        assert!(!is_close(&bin(0.30, 0.36)));
    }
}

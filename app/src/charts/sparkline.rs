//! Thirty days of realised volatility in the space of a word.

use leptos::prelude::*;

use crate::charts::path;
use crate::charts::scale::{Scale, extent};
use crate::format;
use crate::words::use_words;

/// A small line with a dot on its last value; nothing where there are fewer than two values.
#[component]
pub(crate) fn Sparkline(
    /// Oldest first, fractions per day.
    values: Vec<f64>,
) -> impl IntoView {
    let words = use_words();
    let (low, high) = extent(values.iter().copied())?;
    let last = values.iter().copied().rfind(|value| value.is_finite())?;
    if values.len() < 2 {
        return None;
    }
    let across = Scale::new((0.0, (values.len() - 1) as f64), (0.5, 98.5));
    let down = Scale::new((low.min(high * 0.6), high), (94.0, 8.0));
    let points: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(day, &value)| value.is_finite().then(|| (across.at(day as f64), down.at(value))))
        .collect();
    let known: Vec<_> = points.iter().copied().flatten().collect();
    let floor: Vec<_> = known.iter().map(|&(x, _)| (x, 100.0)).collect();
    let volatility = |value| format::volatility(words.language, value);
    let label = (words.risk.sparkline)(&volatility(last), &volatility(low), &volatility(high));
    Some(view! {
        <svg class="sparkline" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=label>
            <path class="sparkline__area" d=path::area(&known, &floor) />
            <path class="sparkline__line" d=path::line(points) />
            <path class="sparkline__dot" d=path::dots(known.last().copied()) />
        </svg>
    })
}

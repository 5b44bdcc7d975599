//! Forecasts that were made and what came of them, day by day.

use domain::clock::instant;
use domain::forecast::PastForecast;
use leptos::prelude::*;

use crate::charts::axis;
use crate::charts::path;
use crate::charts::scale::{Scale, extent};
use crate::format;
use crate::words::use_words;

/// The most days that fit in the picture before strokes touch on a narrow screen.
const MAX_DAYS: usize = 90;
const LEFT: f64 = 1.5;
const RIGHT: f64 = 92.0;
const TOP: f64 = 5.0;
const BOTTOM: f64 = 88.0;

/// Where an outcome ended against its 80 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Between the 10th and the 90th percentile.
    Inside,
    /// Above the 90th.
    Above,
    /// Below the 10th.
    Below,
    /// The horizon still runs.
    Open,
}

impl Verdict {
    /// The verdict on a forecast.
    pub(crate) fn of(forecast: &PastForecast) -> Self {
        match forecast.realised {
            None => Self::Open,
            Some(realised) if realised > forecast.q90 => Self::Above,
            Some(realised) if realised < forecast.q10 => Self::Below,
            Some(_) => Self::Inside,
        }
    }
}

/// Intervals as strokes, medians as a line, outcomes as dots; nothing where there is no forecast.
#[component]
pub(crate) fn Timeline(
    /// Oldest first; the newest ones are shown.
    forecasts: Vec<PastForecast>,
) -> impl IntoView {
    let words = use_words();
    let shown = &forecasts[forecasts.len().saturating_sub(MAX_DAYS)..];
    let (first, last) = (shown.first()?, shown.last()?);
    let heights = shown.iter().flat_map(|f| [f.q90, f.threshold, f.realised.unwrap_or(0.0)]);
    let (_, highest) = extent(heights)?;
    let top = highest * 1.06;
    let across = Scale::new((first.origin_s as f64, last.origin_s.max(first.origin_s + 86_400) as f64), (LEFT, RIGHT));
    let down = Scale::new((0.0, top), (BOTTOM, TOP));
    let place = |f: &PastForecast, value: f64| (across.at(f.origin_s as f64), down.at(value));

    let intervals = path::strokes(shown.iter().map(|f| {
        let (x, low) = place(f, f.q10);
        (x, low, down.at(f.q90))
    }));
    let medians = path::line(shown.iter().map(|f| Some(place(f, f.q50))));
    let bounds = path::line(shown.iter().map(|f| Some(place(f, f.threshold))));
    let outcomes = |inside: bool| {
        let wanted = shown.iter().filter(|f| (Verdict::of(f) == Verdict::Inside) == inside);
        path::dots(wanted.filter_map(|f| f.realised.map(|realised| place(f, realised))))
    };
    let marks = axis::percentages(&down, top, words.language);
    Some(view! {
        <svg class="timeline" role="img" aria-label=words.coin.record_picture width="100%" height="100%">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="timeline__interval" d=intervals />
                <path class="timeline__bound" d=bounds />
                <path class="timeline__median" d=medians />
                <path class="timeline__outcome" d=outcomes(true) />
                <path class="timeline__outcome timeline__outcome--outside" d=outcomes(false) />
            </svg>
            {marks}
            <text class="picture__label" x=format!("{LEFT}%") y="98%" text-anchor="start">
                {format::day(instant(first.origin_s))}
            </text>
            <text class="picture__label" x=format!("{RIGHT}%") y="98%" text-anchor="end">
                {format::day(instant(last.origin_s))}
            </text>
        </svg>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(realised: Option<f64>) -> PastForecast {
        PastForecast {
            origin_s: 0,
            ends_at_s: 86_400,
            q10: 0.01,
            q50: 0.02,
            q90: 0.03,
            high_volatility: 0.2,
            threshold: 0.025,
            realised,
        }
    }

    #[test]
    fn the_bounds_of_the_interval_belong_to_it() {
        assert_eq!(Verdict::of(&forecast(Some(0.01))), Verdict::Inside);
        assert_eq!(Verdict::of(&forecast(Some(0.03))), Verdict::Inside);
        assert_eq!(Verdict::of(&forecast(Some(0.031))), Verdict::Above);
        assert_eq!(Verdict::of(&forecast(Some(0.009))), Verdict::Below);
        assert_eq!(Verdict::of(&forecast(None)), Verdict::Open);
    }
}

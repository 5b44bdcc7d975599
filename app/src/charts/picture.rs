//! The still picture of a coin's volatility: the last 30 days and the forecast ahead. It stands where the
//! interactive chart will be, and stays where there is no JavaScript.

use domain::forecast::Forecast;
use domain::overview::CoinCard;
use jiff::{Timestamp, ToSpan};
use leptos::prelude::*;

use crate::charts::axis;
use crate::charts::path::{self, Point};
use crate::charts::scale::{Scale, extent};
use crate::format;
use crate::words::use_words;

/// Where the plot lies in its box, in percent: room for labels on the right and below.
const LEFT: f64 = 1.0;
const RIGHT: f64 = 92.0;
const TOP: f64 = 5.0;
const BOTTOM: f64 = 90.0;
/// In how many steps the edges of the fan are drawn.
const FAN_STEPS: u32 = 12;

/// The picture of one horizon; nothing where there is neither history nor forecast.
#[component]
pub(crate) fn Picture(card: CoinCard, forecast: Forecast) -> impl IntoView {
    let words = use_words();
    let Layout { across, down, top, .. } = Layout::of(&card.sparkline, &forecast)?;
    let history = card.sparkline.iter().enumerate().map(|(index, &value)| {
        let days_ago = (card.sparkline.len() - 1 - index) as f64;
        value.is_finite().then(|| (across.at(-days_ago), down.at(value)))
    });
    let start = card.sparkline.last().copied().filter(|value| value.is_finite()).unwrap_or(forecast.just_realised);
    let fan = Fan { start, days: forecast.horizon.days(), across, down };
    let quantiles = forecast.quantiles;
    let volatility = |value| format::volatility(words.language, value);
    let label = (words.chart.picture)(
        card.symbol.name(),
        &volatility(quantiles.q50),
        &volatility(quantiles.q10),
        &volatility(quantiles.q90),
    );
    let usual = path::area(
        &[(LEFT, down.at(forecast.usual.high)), (RIGHT, down.at(forecast.usual.high))],
        &[(LEFT, down.at(forecast.usual.low)), (RIGHT, down.at(forecast.usual.low))],
    );
    let bound = path::line([Some((LEFT, down.at(forecast.usual.high))), Some((RIGHT, down.at(forecast.usual.high)))]);
    let now = path::strokes([(across.at(0.0), TOP, BOTTOM)]);
    let heights = axis::percentages(&down, top, words.language);
    let dates = [-28, -21, -14, -7, 0]
        .into_iter()
        .map(|days| {
            view! {
                <text class="picture__label" x=format!("{:.1}%", across.at(f64::from(days))) y="98%" text-anchor="middle">
                    {short_day(forecast.origin, days)}
                </text>
            }
        })
        .collect_view();
    Some(view! {
        <svg class="picture" role="img" aria-label=label width="100%" height="100%">
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="picture__usual" d=usual />
                <path class="picture__bound" d=bound />
                <path class="picture__now" d=now />
                <path class="fan fan--95" d=fan.area(quantiles.q025, quantiles.q975) />
                <path class="fan fan--80" d=fan.area(quantiles.q10, quantiles.q90) />
                <path class="fan fan--50" d=fan.area(quantiles.q25, quantiles.q75) />
                <path class="picture__line" d=path::line(history) />
                <path class="picture__median" d=fan.line(quantiles.q50) />
            </svg>
            {heights}
            {dates}
        </svg>
    })
}

/// The scales of a picture.
struct Layout {
    /// From days after the origin to places.
    across: Scale,
    /// From volatility to places.
    down: Scale,
    /// The top of the axis, fraction per day.
    top: f64,
}

impl Layout {
    fn of(history: &[f64], forecast: &Forecast) -> Option<Self> {
        let edges = [forecast.quantiles.q975, forecast.usual.high, forecast.just_realised];
        let (_, highest) = extent(history.iter().copied().chain(edges))?;
        let top = highest * 1.06;
        let days = forecast.horizon.days();
        Some(Self {
            across: Scale::new((-29.0, days), (LEFT, RIGHT)),
            down: Scale::new((0.0, top), (BOTTOM, TOP)),
            top,
        })
    }
}

/// The way from the last value to a forecast: uncertainty grows with the square root of time.
struct Fan {
    start: f64,
    days: f64,
    across: Scale,
    down: Scale,
}

impl Fan {
    fn edge(&self, end: f64) -> Vec<Point> {
        (0..=FAN_STEPS)
            .map(|step| {
                let share = f64::from(step) / f64::from(FAN_STEPS);
                let value = self.start + (end - self.start) * share.sqrt();
                (self.across.at(share * self.days), self.down.at(value))
            })
            .collect()
    }

    fn area(&self, low: f64, high: f64) -> String {
        path::area(&self.edge(high), &self.edge(low))
    }

    fn line(&self, middle: f64) -> String {
        path::line(self.edge(middle).into_iter().map(Some))
    }
}

/// Month and day, so many days after the origin.
fn short_day(origin: Timestamp, days: i32) -> String {
    let at = origin.checked_add((i64::from(days) * 24).hours()).unwrap_or(origin);
    format::day(at)[5..].to_owned()
}

//! The values under the crosshair as text, where screen readers and copying find them.

use domain::chart::Bar;
use domain::clock::instant;
use leptos::prelude::*;

use crate::charts::session::Session;
use crate::components::moment::Moment;
use crate::format;
use crate::words::use_words;

/// The bar under the crosshair, or the last one.
#[component]
pub(crate) fn Legend(session: Session) -> impl IntoView {
    let words = use_words();
    let bar = Memo::new(move |_| session.bars.with(|bars| find(bars, session.hovered.get())));
    let entry = |name: &'static str, value: String| {
        view! {
            <span class="legend__entry">
                <span class="legend__name">{name}</span>
                <span class="legend__value">{value}</span>
            </span>
        }
    };
    move || {
        let bar = bar.get()?;
        let price = |value| format::price(words.language, value);
        let volatility = bar.volatility.map_or_else(|| "–".to_owned(), |v| format::volatility(words.language, v));
        Some(view! {
            <Moment at=instant(bar.opens_at_s) />
            {entry(words.chart.open, price(bar.open))}
            {entry(words.chart.high, price(bar.high))}
            {entry(words.chart.low, price(bar.low))}
            {entry(words.chart.close, price(bar.close))}
            {entry(words.chart.volume, format::number(words.language, bar.volume, 0))}
            {entry(words.chart.volatility, volatility)}
        })
    }
}

/// The bar that opens at an instant; the last one where there is none.
fn find(bars: &[Bar], at: Option<i64>) -> Option<Bar> {
    let hovered = at.and_then(|at| bars.binary_search_by_key(&at, |bar| bar.opens_at_s).ok());
    hovered.map_or_else(|| bars.last(), |index| bars.get(index)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(opens_at_s: i64) -> Bar {
        Bar { opens_at_s, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 0.0, volatility: None }
    }

    #[test]
    fn outside_the_bars_the_legend_shows_the_last_one() {
        let bars = [bar(0), bar(3_600), bar(7_200)];
        let opening = |at| find(&bars, at).map(|bar| bar.opens_at_s);
        assert_eq!(opening(Some(3_600)), Some(3_600));
        assert_eq!(opening(Some(10_800)), Some(7_200));
        assert_eq!(opening(None), Some(7_200));
        assert_eq!(find(&[], Some(0)), None);
    }
}

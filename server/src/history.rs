//! Slices of a coin's history for charts: bars of any length, each with the volatility of the day that ended with it.

use domain::chart::{Bar, ChartQuery, ChartSlice};
use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::PastForecast;
use domain::market::CandleSeries;

/// Hours over which a bar's volatility is measured.
const VOLATILITY_HOURS: i64 = 24;

/// Hours of them that must be there.
const MIN_HOURS: usize = 22;

/// The newest bars that a query asks for, and the past forecasts made inside them.
#[must_use]
pub fn slice(series: &CandleSeries, past: &[PastForecast], query: &ChartQuery) -> ChartSlice {
    let length_s = query.resolution.seconds();
    let limit = query.limit.clamp(1, ChartQuery::MAX_BARS) as usize;
    let end = query.before_s.map_or(series.len(), |before| {
        // A bar belongs to the slice by its own start, so its hours are cut at the bar's edge.
        let edge = before - before.rem_euclid(length_s);
        series.opens_at_s.partition_point(|&at| at < edge)
    });

    let mut bars: Vec<Bar> = Vec::with_capacity(limit);
    let mut start = end;
    while start > 0 && bars.len() < limit {
        let opens_at_s = series.opens_at_s[start - 1].div_euclid(length_s) * length_s;
        let first = series.opens_at_s[..start].partition_point(|&at| at < opens_at_s);
        bars.push(bar(series, first, start, opens_at_s));
        start = first;
    }
    bars.reverse();

    let shown = bars.first().map_or(i64::MAX, |bar| bar.opens_at_s)
        ..bars.last().map_or(i64::MIN, |bar| bar.opens_at_s.saturating_add(length_s + 1));
    let forecasts = past.iter().filter(|forecast| shown.contains(&forecast.origin_s)).copied().collect();
    ChartSlice { symbol: query.symbol.clone(), resolution: query.resolution, bars, forecasts, has_older: start > 0 }
}

fn bar(series: &CandleSeries, first: usize, end: usize, opens_at_s: i64) -> Bar {
    let hours = first..end;
    Bar {
        opens_at_s,
        open: series.open[first],
        high: series.high[hours.clone()].iter().copied().fold(f64::MIN, f64::max),
        low: series.low[hours.clone()].iter().copied().fold(f64::MAX, f64::min),
        close: series.close[end - 1],
        volume: series.volume[hours].iter().sum(),
        volatility: volatility_at(series, end),
    }
}

/// Realised volatility of the 24 hours that ended with the candle before `end`, fraction per day; none where more
/// than two of their returns are missing.
#[must_use]
pub fn volatility_at(series: &CandleSeries, end: usize) -> Option<f64> {
    let last_s = *series.opens_at_s.get(end.checked_sub(1)?)?;
    let from_s = last_s - (VOLATILITY_HOURS - 1) * SECONDS_PER_HOUR;
    let first = series.opens_at_s[..end].partition_point(|&at| at < from_s).max(1);
    let (sum, known) = (first..end)
        .filter(|&index| series.opens_at_s[index] - series.opens_at_s[index - 1] == SECONDS_PER_HOUR)
        .map(|index| (series.close[index] / series.close[index - 1]).ln().powi(2))
        .fold((0.0, 0_usize), |(sum, known), square| (sum + square, known + 1));
    (known >= MIN_HOURS).then(|| (sum / known as f64 * VOLATILITY_HOURS as f64).sqrt())
}

/// Realised volatility of each of the last `days` days, oldest first, fraction per day; days with a gap are left out.
#[must_use]
pub fn daily_volatility(series: &CandleSeries, days: usize) -> Vec<f64> {
    let Some(last_s) = series.opens_at_s.last() else { return Vec::new() };
    (0..days as i64)
        .rev()
        .filter_map(|day| {
            let at_s = last_s - day * 24 * SECONDS_PER_HOUR;
            let end = series.opens_at_s.partition_point(|&at| at <= at_s);
            (end > 0 && series.opens_at_s[end - 1] == at_s).then(|| volatility_at(series, end))?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::chart::Resolution;
    use domain::clock::instant;
    use domain::forecast::Horizon;
    use domain::market::{Candle, Symbol};

    use super::*;

    fn series(hours: impl IntoIterator<Item = i64>) -> CandleSeries {
        hours
            .into_iter()
            .map(|hour| {
                let close = if hour % 2 == 0 { 100.0 } else { 101.0 };
                Candle {
                    opens_at: instant(hour * SECONDS_PER_HOUR),
                    open: 100.5,
                    high: 102.0 + hour as f64,
                    low: 99.0,
                    close,
                    volume: 1.0,
                }
            })
            .collect()
    }

    fn query(resolution: Resolution, before_s: Option<i64>, limit: u32) -> ChartQuery {
        let symbol = Symbol::parse("BTC").expect("a symbol");
        ChartQuery { symbol, resolution, horizon: Horizon::Day, before_s, limit }
    }

    #[test]
    fn hours_are_gathered_into_days_and_older_ones_follow_without_overlap() {
        let series = series(0..100);
        let newest = slice(&series, &[], &query(Resolution::Day, None, 2));
        assert_eq!(newest.bars.iter().map(|bar| bar.opens_at_s).collect::<Vec<_>>(), [3 * 86_400, 4 * 86_400]);
        assert_eq!((newest.bars[0].volume, newest.bars[1].volume), (24.0, 4.0));
        assert_eq!(newest.bars[0].high, 102.0 + 95.0);
        assert!(newest.has_older);
        let older = slice(&series, &[], &query(Resolution::Day, Some(newest.bars[0].opens_at_s), 10));
        assert_eq!(older.bars.len(), 3);
        assert!(!older.has_older);
    }

    #[test]
    fn a_missing_hour_is_a_missing_bar_and_no_volatility_where_too_much_is_gone() {
        let with_gap = series((0..60).filter(|hour| !(30..36).contains(hour)));
        let hourly = slice(&with_gap, &[], &query(Resolution::Hour, None, 2_000));
        assert_eq!(hourly.bars.len(), 54);
        let at = |hour: i64| hourly.bars.iter().find(|bar| bar.opens_at_s == hour * SECONDS_PER_HOUR).expect("a bar");
        assert!(at(29).volatility.is_some());
        assert!(at(40).volatility.is_none());
        let expected = (101.0_f64 / 100.0).ln() * 24.0_f64.sqrt();
        assert!((at(29).volatility.expect("known") - expected).abs() < 1e-12);
    }

    #[test]
    fn an_empty_series_gives_an_empty_slice() {
        let empty = slice(&CandleSeries::default(), &[], &query(Resolution::Hour, Some(i64::MIN + 4_000), 10));
        assert!(empty.bars.is_empty() && !empty.has_older);
        assert!(daily_volatility(&CandleSeries::default(), 30).is_empty());
    }
}

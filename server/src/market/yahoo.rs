//! Yahoo's chart endpoint: `GET /v8/finance/chart/{pair}`. Not documented by Yahoo; the shape is that which
//! yfinance reads. Hourly history goes back 730 days, rows may be null, and volumes are in dollars.

use std::sync::Arc;

use domain::clock::{Clock, SECONDS_PER_HOUR, floor_to_hour};
use domain::market::Symbol;
use reqwest::Client;
use serde::Deserialize;

use super::MarketSettings;
use super::http::Fetcher;
use super::raw::{RawRow, RawRows, to_millis};
use super::source::{Capabilities, Fetch, Page, Source, SourceError};

const NAME: &str = "yahoo";
const PAGE_LIMIT: u32 = 1_000;
/// Yahoo gives hourly rows of the last 730 days; one day of grace, for a request takes time.
const HISTORY_DAYS: u32 = 729;
const NOT_FOUND: u16 = 404;

/// Yahoo's chart endpoint.
pub struct Yahoo {
    fetcher: Fetcher,
    url: String,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Answer {
    chart: Chart,
}

#[derive(Deserialize)]
struct Chart {
    result: Option<Vec<Series>>,
}

#[derive(Deserialize)]
struct Series {
    /// Absent where the window holds no trade.
    #[serde(default)]
    timestamp: Vec<i64>,
    indicators: Indicators,
}

#[derive(Deserialize)]
struct Indicators {
    quote: Vec<Quote>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Quote {
    open: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    low: Vec<Option<f64>>,
    close: Vec<Option<f64>>,
    volume: Vec<Option<f64>>,
}

impl Yahoo {
    /// Yahoo at the address of the settings.
    #[must_use]
    pub fn new(client: &Client, settings: &MarketSettings, clock: Arc<dyn Clock>) -> Self {
        let url = settings.yahoo_url.trim_end_matches('/').to_owned();
        Self { fetcher: Fetcher::new(NAME, client, settings), url, clock }
    }

    async fn page(&self, symbol: &Symbol, from_s: i64, limit: u32) -> Result<Page, SourceError> {
        let now_hour_s = floor_to_hour(self.clock.now().as_second());
        let oldest_s = now_hour_s - i64::from(HISTORY_DAYS) * 86_400;
        let from_s = from_s.max(oldest_s);
        let end_s = (from_s + i64::from(limit.clamp(1, PAGE_LIMIT)) * SECONDS_PER_HOUR).min(now_hour_s);
        if from_s >= end_s {
            return Ok(Page::default());
        }
        let url = format!("{}/v8/finance/chart/{}-USD", self.url, symbol.ticker());
        let query = [
            ("interval", "60m".to_owned()),
            ("period1", from_s.to_string()),
            ("period2", end_s.to_string()),
            ("includePrePost", "false".to_owned()),
        ];
        let answer: Answer = match self.fetcher.get(&url, &query).await {
            Err(SourceError::Refused { status: NOT_FOUND, .. }) => {
                return Err(SourceError::NotListed { source_name: NAME, symbol: symbol.clone() });
            }
            other => other?,
        };
        let mut rows = raw_rows(answer)?;
        rows.rows.retain(|row| (from_s..end_s).contains(&(row.open_time_ms / 1_000)));
        Ok(Page { rows, next_from_s: (end_s < now_hour_s).then_some(end_s) })
    }
}

impl Source for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { page_limit: PAGE_LIMIT, history_days: Some(HISTORY_DAYS), streams: false }
    }

    fn klines<'a>(&'a self, symbol: &'a Symbol, from_s: i64, limit: u32) -> Fetch<'a> {
        Box::pin(self.page(symbol, from_s, limit))
    }
}

/// The rows that hold values. A row of nulls is an hour without a quote: no candle, hence a gap.
fn raw_rows(answer: Answer) -> Result<RawRows, SourceError> {
    let lacks = |what: &str| SourceError::BadAnswer { source_name: NAME, cause: format!("it holds no {what}") };
    let series = answer.chart.result.and_then(|series| series.into_iter().next()).ok_or_else(|| lacks("result"))?;
    let quote = series.indicators.quote.into_iter().next().ok_or_else(|| lacks("quote"))?;
    let value = |column: &[Option<f64>], index: usize| column.get(index).copied().flatten();
    let rows = series.timestamp.iter().enumerate().filter_map(|(index, &time)| {
        let close = value(&quote.close, index)?;
        Some(RawRow {
            row: None,
            open_time_ms: to_millis(time),
            open: value(&quote.open, index)?,
            high: value(&quote.high, index)?,
            low: value(&quote.low, index)?,
            close,
            // Dollars become units of the coin.
            volume: value(&quote.volume, index).unwrap_or(0.0) / close,
        })
    });
    Ok(RawRows { rows: rows.collect(), unreadable: Vec::new() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_nulls_are_left_out_and_dollars_become_coins() {
        let answer = json!({"chart": {"error": null, "result": [{"meta": {"symbol": "BTC-USD"},
            "timestamp": [1_700_000_000 / 3_600 * 3_600, 1_700_003_600 / 3_600 * 3_600],
            "indicators": {"quote": [{"open": [100.0, null], "high": [120.0, null], "low": [90.0, null],
                "close": [110.0, null], "volume": [2_200, null]}]}}]}});
        let rows = raw_rows(serde_json::from_value(answer).expect("Yahoo's shape")).expect("rows");
        assert_eq!(rows.rows.len(), 1);
        assert_eq!(rows.rows[0].volume, 20.0);
    }

    #[test]
    fn an_answer_without_a_result_is_a_bad_answer() {
        let answer = json!({"chart": {"result": null, "error": {"code": "Not Found", "description": "No data"}}});
        let rows = raw_rows(serde_json::from_value(answer).expect("Yahoo's shape"));
        assert!(matches!(rows, Err(SourceError::BadAnswer { .. })));
    }
}

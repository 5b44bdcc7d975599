//! Coinbase Exchange: `GET /products/{pair}/candles`
//! (<https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles>).
//!
//! Pairs are against the US dollar, which is where Coinbase's trading is; the dollar and USDT have stayed within
//! a fraction of a per cent of each other, which volatility does not see.

use std::sync::Arc;

use domain::clock::{Clock, SECONDS_PER_HOUR, floor_to_hour, instant};
use domain::market::Symbol;
use reqwest::Client;
use serde_json::Value;

use super::MarketSettings;
use super::http::Fetcher;
use super::raw::{RawRow, RawRows, Unreadable, to_millis};
use super::source::{Capabilities, Fetch, Page, Source, SourceError};

const NAME: &str = "coinbase";
const PAGE_LIMIT: u32 = 300;
const NOT_FOUND: u16 = 404;

/// Coinbase Exchange's REST interface.
pub struct Coinbase {
    fetcher: Fetcher,
    url: String,
    clock: Arc<dyn Clock>,
}

impl Coinbase {
    /// Coinbase at the address of the settings.
    #[must_use]
    pub fn new(client: &Client, settings: &MarketSettings, clock: Arc<dyn Clock>) -> Self {
        let url = settings.coinbase_url.trim_end_matches('/').to_owned();
        Self { fetcher: Fetcher::new(NAME, client, settings), url, clock }
    }

    /// An answer covers a window of time, whatever is in it; the window is at most 300 hours.
    async fn page(&self, symbol: &Symbol, from_s: i64, limit: u32) -> Result<Page, SourceError> {
        let hours = i64::from(limit.clamp(1, PAGE_LIMIT));
        let now_hour_s = floor_to_hour(self.clock.now().as_second());
        let end_s = (from_s + hours * SECONDS_PER_HOUR).min(now_hour_s);
        if from_s >= end_s {
            return Ok(Page::default());
        }
        let url = format!("{}/products/{}-USD/candles", self.url, symbol.ticker());
        let query = [
            ("granularity", SECONDS_PER_HOUR.to_string()),
            ("start", instant(from_s).to_string()),
            // Both ends are part of the answer.
            ("end", instant(end_s - SECONDS_PER_HOUR).to_string()),
        ];
        let answer: Vec<Value> = match self.fetcher.get(&url, &query).await {
            Err(SourceError::Refused { status: NOT_FOUND, .. }) => {
                return Err(SourceError::NotListed { source_name: NAME, symbol: symbol.clone() });
            }
            other => other?,
        };
        let mut rows = RawRows::default();
        // The newest candle comes first.
        for value in answer.iter().rev() {
            match candle_row(value) {
                // Coinbase may add candles around the window that was asked for.
                Some(row) if !(from_s..end_s).contains(&(row.open_time_ms / 1_000)) => {}
                Some(row) => rows.rows.push(row),
                None => rows.unreadable.push(Unreadable::new(None, &value.to_string())),
            }
        }
        Ok(Page { rows, next_from_s: (end_s < now_hour_s).then_some(end_s) })
    }
}

impl Source for Coinbase {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { page_limit: PAGE_LIMIT, history_days: None, streams: false }
    }

    fn klines<'a>(&'a self, symbol: &'a Symbol, from_s: i64, limit: u32) -> Fetch<'a> {
        Box::pin(self.page(symbol, from_s, limit))
    }
}

/// One candle: time in seconds, low, high, open, close, volume, all numbers.
fn candle_row(value: &Value) -> Option<RawRow> {
    let columns = value.as_array()?;
    let number = |index: usize| columns.get(index)?.as_f64();
    Some(RawRow {
        row: None,
        open_time_ms: to_millis(columns.first()?.as_i64()?),
        open: number(3)?,
        high: number(2)?,
        low: number(1)?,
        close: number(4)?,
        volume: number(5)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_candle_is_read_in_coinbase_s_order() {
        let row = candle_row(&json!([1_415_398_768, 0.32, 4.2, 0.35, 4.1, 12.3])).expect("a candle");
        assert_eq!((row.open, row.high, row.low, row.close, row.volume), (0.35, 4.2, 0.32, 4.1, 12.3));
        assert_eq!(row.open_time_ms, 1_415_398_768_000);
        assert_eq!(candle_row(&json!(["x", 1, 2, 3, 4, 5])), None);
    }
}

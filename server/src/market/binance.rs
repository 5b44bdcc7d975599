//! Binance spot: `GET /api/v3/klines` (<https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints>).

use std::sync::Arc;
use std::time::Duration;

use domain::clock::{Clock, SECONDS_PER_HOUR, floor_to_hour};
use domain::market::Symbol;
use reqwest::Client;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::MarketSettings;
use super::http::Fetcher;
use super::raw::{RawRow, RawRows, Unreadable, to_millis};
use super::source::{Capabilities, Fetch, Page, Source, SourceError};

const NAME: &str = "binance";
const PAGE_LIMIT: u32 = 1_000;
/// Share of the weight of a minute after which we wait for the next minute.
const CAREFUL_SHARE: f64 = 0.8;
/// The status for a symbol that does not exist.
const BAD_REQUEST: u16 = 400;

/// Binance's REST interface.
pub struct Binance {
    fetcher: Fetcher,
    url: String,
    clock: Arc<dyn Clock>,
}

impl Binance {
    /// Binance at the address of the settings.
    #[must_use]
    pub fn new(client: &Client, settings: &MarketSettings, clock: Arc<dyn Clock>) -> Self {
        let weight_per_minute = settings.binance_weight_per_minute;
        let brake_clock = Arc::clone(&clock);
        let fetcher = Fetcher::new(NAME, client, settings).with_brake(Arc::new(move |headers| {
            let now_ms = brake_clock.now().as_millisecond();
            used_weight(headers).map_or(Duration::ZERO, |used| pause_for_weight(used, weight_per_minute, now_ms))
        }));
        Self { fetcher, url: format!("{}/api/v3/klines", settings.binance_url.trim_end_matches('/')), clock }
    }

    async fn page(&self, symbol: &Symbol, from_s: i64, limit: u32) -> Result<Page, SourceError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        let query = [
            ("symbol", symbol.as_str().to_owned()),
            ("interval", "1h".to_owned()),
            ("startTime", (from_s * 1_000).to_string()),
            ("limit", limit.to_string()),
        ];
        let answer: Vec<Value> = match self.fetcher.get(&self.url, &query).await {
            Err(SourceError::Refused { status: BAD_REQUEST, .. }) => {
                return Err(SourceError::NotListed { source_name: NAME, symbol: symbol.clone() });
            }
            other => other?,
        };
        let is_full = answer.len() >= limit as usize;
        let mut rows = RawRows::default();
        for value in &answer {
            match kline_row(value) {
                Some(row) => rows.rows.push(row),
                None => rows.unreadable.push(Unreadable::new(None, &value.to_string())),
            }
        }
        let newest_ms = rows.rows.iter().map(|row| row.open_time_ms).max();
        let next_from_s = newest_ms.filter(|_| is_full).map(|newest_ms| newest_ms / 1_000 + SECONDS_PER_HOUR);
        drop_open_candle(&mut rows, self.clock.now().as_second());
        Ok(Page { rows, next_from_s })
    }
}

impl Source for Binance {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { page_limit: PAGE_LIMIT, history_days: None, streams: true }
    }

    fn klines<'a>(&'a self, symbol: &'a Symbol, from_s: i64, limit: u32) -> Fetch<'a> {
        Box::pin(self.page(symbol, from_s, limit))
    }
}

/// Leaves out the hour that is still going on; its numbers will change.
fn drop_open_candle(rows: &mut RawRows, now_s: i64) {
    let open_hour_ms = floor_to_hour(now_s) * 1_000;
    rows.rows.retain(|row| row.open_time_ms != open_hour_ms);
}

/// One kline: open time, open, high, low, close, volume, close time, quote volume, trades, taker volumes, unused;
/// prices and volumes are strings.
fn kline_row(value: &Value) -> Option<RawRow> {
    let columns = value.as_array()?;
    let number = |index: usize| columns.get(index)?.as_str()?.parse::<f64>().ok();
    Some(RawRow {
        row: None,
        open_time_ms: to_millis(columns.first()?.as_i64()?),
        open: number(1)?,
        high: number(2)?,
        low: number(3)?,
        close: number(4)?,
        volume: number(5)?,
    })
}

/// The weight used in the present minute. Binance has sent the header under both names.
fn used_weight(headers: &HeaderMap) -> Option<u32> {
    ["x-mbx-used-weight-1m", "x-mbx-used-weight"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok()?.parse().ok())
}

/// Nothing while there is room; else the rest of the minute, after which the weight starts at zero.
fn pause_for_weight(used: u32, weight_per_minute: u32, now_ms: i64) -> Duration {
    const MINUTE_MS: i64 = 60_000;
    if f64::from(used) < f64::from(weight_per_minute) * CAREFUL_SHARE {
        return Duration::ZERO;
    }
    Duration::from_millis((MINUTE_MS - now_ms.rem_euclid(MINUTE_MS)).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kline_is_read_as_binance_documents_it() {
        let value = json!([
            1499040000000i64,
            "0.01634790",
            "0.80000000",
            "0.01575800",
            "0.01577100",
            "148976.11427815",
            1499644799999i64,
            "2434.19055334",
            308,
            "1756.87402397",
            "28.46694368",
            "0"
        ]);
        let row = kline_row(&value).expect("a kline");
        assert_eq!((row.open_time_ms, row.high, row.volume), (1_499_040_000_000, 0.8, 148_976.11427815));
        assert_eq!(kline_row(&json!([1499040000000i64, "0.1"])), None);
        assert_eq!(kline_row(&json!({"code": -1121})), None);
    }

    #[test]
    fn near_the_rate_limit_we_wait_for_the_next_minute() {
        assert_eq!(pause_for_weight(4_799, 6_000, 15_000), Duration::ZERO);
        assert_eq!(pause_for_weight(4_800, 6_000, 15_000), Duration::from_secs(45));
        assert_eq!(pause_for_weight(6_000, 6_000, 60_000), Duration::from_secs(60));
    }

    #[test]
    fn both_names_of_the_weight_header_are_read() {
        for name in ["X-MBX-USED-WEIGHT", "X-MBX-USED-WEIGHT-1M"] {
            let headers: HeaderMap =
                [(name.parse().expect("a name"), "37".parse().expect("a value"))].into_iter().collect();
            assert_eq!(used_weight(&headers), Some(37));
        }
        assert_eq!(used_weight(&HeaderMap::new()), None);
    }
}

//! Coins, candles and where a market comes from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::{SECONDS_PER_HOUR, instant};
use crate::error::Failure;

/// A coin that the product follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coin {
    /// The trading pair against USDT, which is the coin's identity everywhere: `BTCUSDT`.
    pub symbol: &'static str,
    /// The ticker that people write: `BTC`.
    pub ticker: &'static str,
    /// The coin's name.
    pub name: &'static str,
}

/// The coins that the product follows, in the order in which they are shown.
pub const COINS: [Coin; 9] = [
    Coin { symbol: "BTCUSDT", ticker: "BTC", name: "Bitcoin" },
    Coin { symbol: "ETHUSDT", ticker: "ETH", name: "Ethereum" },
    Coin { symbol: "BNBUSDT", ticker: "BNB", name: "BNB" },
    Coin { symbol: "SOLUSDT", ticker: "SOL", name: "Solana" },
    Coin { symbol: "XRPUSDT", ticker: "XRP", name: "XRP" },
    Coin { symbol: "ADAUSDT", ticker: "ADA", name: "Cardano" },
    Coin { symbol: "DOGEUSDT", ticker: "DOGE", name: "Dogecoin" },
    Coin { symbol: "AVAXUSDT", ticker: "AVAX", name: "Avalanche" },
    Coin { symbol: "LINKUSDT", ticker: "LINK", name: "Chainlink" },
];

/// A trading pair in upper case, letters and digits only: `BTCUSDT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

impl Symbol {
    const MAX_CHARS: usize = 20;

    /// Reads a pair (`BTCUSDT`), a ticker of ours (`btc`) or a pair with a separator (`btc-usdt`).
    ///
    /// # Errors
    /// [`Failure::UnknownSymbol`] where the text cannot be a symbol at all. A well-formed symbol that the
    /// product does not follow parses; whoever looks it up finds nothing.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let upper: String =
            text.trim().chars().filter(|c| !matches!(c, '-' | '_' | '/')).map(|c| c.to_ascii_uppercase()).collect();
        let is_plain = !upper.is_empty()
            && upper.len() <= Self::MAX_CHARS
            && upper.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !is_plain {
            return Err(Failure::unknown_symbol(text));
        }
        match COINS.iter().find(|coin| coin.ticker == upper) {
            Some(coin) => Ok(Self(coin.symbol.to_owned())),
            None => Ok(Self(upper)),
        }
    }

    /// The pair as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The coin behind the pair, where the product follows it.
    #[must_use]
    pub fn coin(&self) -> Option<&'static Coin> {
        COINS.iter().find(|coin| coin.symbol == self.0)
    }

    /// The place among the coins that the product follows, as they are shown; whatever it does not follow comes after
    /// them.
    #[must_use]
    pub fn place(&self) -> usize {
        COINS.iter().position(|coin| coin.symbol == self.0).unwrap_or(COINS.len())
    }

    /// The ticker that people write: `BTC` for `BTCUSDT`.
    #[must_use]
    pub fn ticker(&self) -> &str {
        self.coin().map_or_else(|| self.0.strip_suffix("USDT").unwrap_or(&self.0), |coin| coin.ticker)
    }

    /// The coin's name, or the ticker where it has none here.
    #[must_use]
    pub fn name(&self) -> &str {
        self.coin().map_or_else(|| self.ticker(), |coin| coin.name)
    }

    /// Every coin that the product follows, in the order in which they are shown.
    #[must_use]
    pub fn followed() -> Vec<Self> {
        COINS.iter().map(|coin| Self(coin.symbol.to_owned())).collect()
    }
}

impl TryFrom<String> for Symbol {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

impl std::fmt::Display for Symbol {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::str::FromStr for Symbol {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        Self::parse(text)
    }
}

/// One hour of trading. Prices in quote currency (USDT), volume in base currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candle {
    /// When the hour began (UTC, on the hour).
    pub opens_at: Timestamp,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units of the base currency that changed hands.
    pub volume: f64,
}

impl Candle {
    /// When the hour ended, which is the first instant at which the candle is known.
    #[must_use]
    pub fn closes_at(&self) -> Timestamp {
        instant(self.opens_at.as_second() + SECONDS_PER_HOUR)
    }
}

/// Hourly candles of one coin as columns, strictly ordered by time. Hours that are missing are simply
/// not there: a gap stays a gap.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CandleSeries {
    /// Start of each hour, epoch seconds, strictly increasing multiples of 3,600.
    pub opens_at_s: Vec<i64>,
    /// First price of each hour.
    pub open: Vec<f64>,
    /// Highest price of each hour.
    pub high: Vec<f64>,
    /// Lowest price of each hour.
    pub low: Vec<f64>,
    /// Last price of each hour.
    pub close: Vec<f64>,
    /// Units of the base currency that changed hands in each hour.
    pub volume: Vec<f64>,
}

impl CandleSeries {
    /// How many candles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.opens_at_s.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opens_at_s.is_empty()
    }

    /// Adds a candle later than all others; returns false and changes nothing where it is not later.
    pub fn push(&mut self, candle: &Candle) -> bool {
        let opens_at_s = candle.opens_at.as_second();
        if self.opens_at_s.last().is_some_and(|&last| last >= opens_at_s) {
            return false;
        }
        self.opens_at_s.push(opens_at_s);
        self.open.push(candle.open);
        self.high.push(candle.high);
        self.low.push(candle.low);
        self.close.push(candle.close);
        self.volume.push(candle.volume);
        true
    }

    /// The candle at a position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Candle> {
        Some(Candle {
            opens_at: instant(*self.opens_at_s.get(index)?),
            open: self.open[index],
            high: self.high[index],
            low: self.low[index],
            close: self.close[index],
            volume: self.volume[index],
        })
    }

    /// Every candle in order.
    pub fn iter(&self) -> impl Iterator<Item = Candle> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The candles whose hour begins in `[from_s, to_s)`.
    #[must_use]
    pub fn between(&self, from_s: i64, to_s: i64) -> Self {
        let start = self.opens_at_s.partition_point(|&at| at < from_s);
        let end = self.opens_at_s.partition_point(|&at| at < to_s).max(start);
        Self {
            opens_at_s: self.opens_at_s[start..end].to_vec(),
            open: self.open[start..end].to_vec(),
            high: self.high[start..end].to_vec(),
            low: self.low[start..end].to_vec(),
            close: self.close[start..end].to_vec(),
            volume: self.volume[start..end].to_vec(),
        }
    }

    /// When the last candle became known: the end of its hour, epoch seconds.
    #[must_use]
    pub fn closes_at_s(&self) -> Option<i64> {
        self.opens_at_s.last().map(|&at| at + SECONDS_PER_HOUR)
    }
}

impl FromIterator<Candle> for CandleSeries {
    /// Collects candles in order; one that is not later than the one before is left out.
    fn from_iter<I: IntoIterator<Item = Candle>>(candles: I) -> Self {
        let mut series = Self::default();
        for candle in candles {
            series.push(&candle);
        }
        series
    }
}

/// Where the candles that are shown come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketOrigin {
    /// Files of real candles.
    Archive,
    /// A live exchange.
    Exchange,
    /// The seeded simulator: not a real market, and every page says so.
    Simulated,
}

/// How the market data stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketState {
    /// Where the newest candles came from.
    pub origin: MarketOrigin,
    /// The end of the newest candle of any coin (UTC); none while nothing is loaded.
    pub as_of: Option<Timestamp>,
    /// Whether the newest candle is older than two hours.
    pub is_stale: bool,
    /// Whether no exchange can be reached at the moment.
    pub is_offline: bool,
    /// When the exchange will be tried again (UTC).
    pub retries_at: Option<Timestamp>,
    /// Share of the archive read so far, 0 to 1, while it is being read.
    pub loading: Option<f32>,
    /// Hours missing between the first and the last candle, over all coins.
    pub missing_hours: u32,
    /// Rows refused because they cannot be true, over all coins.
    pub quarantined_rows: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_read_however_people_write_it() {
        for text in ["BTCUSDT", "btcusdt", "btc", " BTC ", "btc-usdt", "BTC/USDT", "btc_usdt"] {
            assert_eq!(Symbol::parse(text).map(String::from), Ok("BTCUSDT".to_owned()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_symbol_is_refused_and_echoed_short() {
        for text in ["", "€", "BTC USDT", "'; drop table", &"X".repeat(500)] {
            let failure = Symbol::parse(text).expect_err(text);
            assert_eq!(failure.code(), "unknown_symbol");
            assert!(failure.to_string().len() < 200);
        }
    }

    fn candle(hour: i64) -> Candle {
        Candle { opens_at: instant(hour * SECONDS_PER_HOUR), open: 1.0, high: 2.0, low: 0.5, close: 1.5, volume: 3.0 }
    }

    #[test]
    fn a_series_refuses_candles_that_are_not_later() {
        let mut series: CandleSeries = [candle(1), candle(2), candle(5)].into_iter().collect();
        assert!(!series.push(&candle(5)));
        assert!(!series.push(&candle(3)));
        assert_eq!(series.len(), 3);
        assert_eq!(series.closes_at_s(), Some(6 * SECONDS_PER_HOUR));
        assert_eq!(series.between(2 * SECONDS_PER_HOUR, 5 * SECONDS_PER_HOUR).len(), 1);
    }
}

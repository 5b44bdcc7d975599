//! What a person may set about market data.

use std::path::PathBuf;

use domain::market::Symbol;
use serde::{Deserialize, Serialize};

/// The exchanges that can be asked, by the name used in settings, on the command line and in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// Binance spot: whole history, live stream.
    Binance,
    /// Coinbase Exchange, pairs against the US dollar: whole history, no stream here.
    Coinbase,
    /// Yahoo's chart endpoint, pairs against the US dollar: the last two years.
    Yahoo,
}

impl Exchange {
    /// As it is written in settings and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Coinbase => "coinbase",
            Self::Yahoo => "yahoo",
        }
    }
}

/// When the seeded simulator stands in for a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Simulate {
    /// Where neither archive nor exchange is in reach.
    #[default]
    WhenNothingElse,
    /// Always: nothing is read and nobody is asked.
    Always,
    /// Never: the pages stay empty until there is real data.
    Never,
}

/// Settings of the market data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarketSettings {
    /// The coins that are followed.
    pub symbols: Vec<Symbol>,
    /// A folder of candle files (CSV, Parquet, Binance's zip files), looked at before `archive_folders`.
    pub archive: Option<PathBuf>,
    /// Folders in which an archive is looked for; the first one with candle files wins. Relative to where the
    /// server is started.
    pub archive_folders: Vec<PathBuf>,
    /// Whether exchanges are asked at all.
    pub live: bool,
    /// The exchanges, the preferred one first.
    pub sources: Vec<Exchange>,
    /// How many days of history are asked for where there are none, in days.
    pub backfill_days: u32,
    /// Where Binance's REST interface is. The default is its host for public market data.
    pub binance_url: String,
    /// Where Binance's WebSocket streams are.
    pub binance_stream_url: String,
    /// How much request weight a minute Binance allows; we stop short of it.
    pub binance_weight_per_minute: u32,
    /// Where Coinbase Exchange's REST interface is.
    pub coinbase_url: String,
    /// Where Yahoo's chart endpoint is.
    pub yahoo_url: String,
    /// How long one request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How often one request is tried.
    pub attempts: u32,
    /// The first pause before trying again, in milliseconds; it doubles with every failure.
    pub retry_pause_ms: u64,
    /// The longest pause between two tries to reach an exchange, in milliseconds.
    pub longest_pause_ms: u64,
    /// After how long without a word a stream counts as dead, in milliseconds.
    pub stream_silence_ms: u64,
    /// When the simulator stands in.
    pub simulate: Simulate,
    /// The seed of the simulated market.
    pub simulator_seed: u64,
    /// Whether the archive is shown as if it were happening: nothing before the clock says so, nothing stored.
    pub replay: bool,
}

impl Default for MarketSettings {
    fn default() -> Self {
        Self {
            symbols: Symbol::followed(),
            archive: None,
            archive_folders: vec![PathBuf::from("data/market"), PathBuf::from("../shared/data/market")],
            live: true,
            sources: vec![Exchange::Binance, Exchange::Coinbase, Exchange::Yahoo],
            backfill_days: 1_460,
            binance_url: "https://data-api.binance.vision".to_owned(),
            binance_stream_url: "wss://data-stream.binance.vision".to_owned(),
            binance_weight_per_minute: 6_000,
            coinbase_url: "https://api.exchange.coinbase.com".to_owned(),
            yahoo_url: "https://query1.finance.yahoo.com".to_owned(),
            request_timeout_ms: 10_000,
            attempts: 5,
            retry_pause_ms: 1_000,
            longest_pause_ms: 300_000,
            stream_silence_ms: 60_000,
            simulate: Simulate::WhenNothingElse,
            simulator_seed: 7,
            replay: false,
        }
    }
}

//! The port behind which every exchange stands.

use std::future::Future;
use std::pin::Pin;

use domain::market::Symbol;

use super::raw::RawRows;

/// What a source can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The most candles in one answer.
    pub page_limit: u32,
    /// How far back its hourly history goes, in days; none where it goes back to the listing.
    pub history_days: Option<u32>,
    /// Whether it announces closed candles by itself.
    pub streams: bool,
}

/// One answer of a source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Its rows as they came, without the hour that has not ended yet.
    pub rows: RawRows,
    /// Start of the first hour that this answer says nothing about, epoch seconds; none where the source has
    /// nothing newer.
    pub next_from_s: Option<i64>,
}

/// An answer that takes a moment.
pub type Fetch<'a> = Pin<Box<dyn Future<Output = Result<Page, SourceError>> + Send + 'a>>;

/// Somewhere hourly candles can be had.
pub trait Source: Send + Sync + 'static {
    /// Its name in settings, in the log and in the store.
    fn name(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Closed candles of a coin from the hour that begins at `from_s` (epoch seconds) on, at most `limit` of them.
    fn klines<'a>(&'a self, symbol: &'a Symbol, from_s: i64, limit: u32) -> Fetch<'a>;
}

/// Why a source gave no candles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No answer after every try: no network, no name, cut connections, timeouts or 5xx.
    #[error("{source_name} cannot be reached: {cause}")]
    Unreachable {
        /// Which source.
        source_name: &'static str,
        /// What the last try met.
        cause: String,
    },
    /// The source wants to be left alone for longer than one request may wait.
    #[error("{source_name} asks to wait {retry_after_s} s")]
    RateLimited {
        /// Which source.
        source_name: &'static str,
        /// For how long, in seconds.
        retry_after_s: u64,
    },
    /// The source refuses the request as such, for example from this country (451).
    #[error("{source_name} refuses the request with status {status}")]
    Refused {
        /// Which source.
        source_name: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The source does not trade the coin.
    #[error("{source_name} has no {symbol}")]
    NotListed {
        /// Which source.
        source_name: &'static str,
        /// The coin.
        symbol: Symbol,
    },
    /// The answer is not what the source's documentation promises.
    #[error("{source_name} gave an answer that cannot be read: {cause}")]
    BadAnswer {
        /// Which source.
        source_name: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The client for HTTP cannot be built, for example because the machine has no root certificates.
    #[error("cannot speak HTTPS on this machine: {cause}; is the package ca-certificates installed?")]
    NoClient {
        /// What the library said.
        cause: String,
    },
}

//! Binance's live candles over one WebSocket (<https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams>).
//! Updates come every two seconds; only those that close an hour are passed on. Binance ends every connection
//! after a day, so that a reconnect is nothing special.

use std::time::Duration;

use domain::market::Symbol;
use futures::StreamExt;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tracing::debug;

use super::MarketSettings;
use super::http::install_crypto_provider;
use super::raw::{RawRow, to_millis};

/// A kline message has a few hundred bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Why a stream ended or never began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// No connection in time.
    #[error("the stream did not open in {0:?}")]
    SlowToOpen(Duration),
    /// Connected, but nothing comes.
    #[error("the stream was silent for {0:?}")]
    Silent(Duration),
    /// The other side closed it.
    #[error("the stream was closed")]
    Closed,
    /// The connection broke.
    #[error("the stream broke: {0}")]
    Broken(Box<tungstenite::Error>),
}

impl From<tungstenite::Error> for StreamError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Broken(Box::new(error))
    }
}

/// An open stream.
pub(crate) struct KlineStream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    silence: Duration,
}

/// A candle whose hour has ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClosedCandle {
    pub(crate) symbol: Symbol,
    pub(crate) row: RawRow,
}

impl KlineStream {
    /// Subscribes to the hourly candles of every coin.
    pub(crate) async fn open(settings: &MarketSettings, symbols: &[Symbol]) -> Result<Self, StreamError> {
        install_crypto_provider();
        let limit = Duration::from_millis(settings.request_timeout_ms);
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES));
        let url = address(&settings.binance_stream_url, symbols);
        let (socket, _) = timeout(limit, connect_async_with_config(url, Some(config), true))
            .await
            .map_err(|_| StreamError::SlowToOpen(limit))??;
        Ok(Self { socket, silence: Duration::from_millis(settings.stream_silence_ms) })
    }

    /// Waits for the next candle that closes. Pings are answered by the library while this reads.
    ///
    /// # Errors
    /// [`StreamError`] when the stream is over.
    pub(crate) async fn next_closed(&mut self) -> Result<ClosedCandle, StreamError> {
        loop {
            let message = timeout(self.silence, self.socket.next())
                .await
                .map_err(|_| StreamError::Silent(self.silence))?
                .ok_or(StreamError::Closed)??;
            match message {
                Message::Text(text) => match serde_json::from_str::<Envelope>(&text) {
                    Ok(envelope) => {
                        if let Some(candle) = envelope.data.k.closed() {
                            return Ok(candle);
                        }
                    }
                    // Answers to control messages and future kinds of events are none of our business.
                    Err(error) => debug!(%error, "Passed over a message of the stream"),
                },
                Message::Close(_) => return Err(StreamError::Closed),
                _ => {}
            }
        }
    }
}

fn address(base: &str, symbols: &[Symbol]) -> String {
    let names: Vec<String> =
        symbols.iter().map(|symbol| format!("{}@kline_1h", symbol.as_str().to_ascii_lowercase())).collect();
    format!("{}/stream?streams={}", base.trim_end_matches('/'), names.join("/"))
}

#[derive(Deserialize)]
struct Envelope {
    data: Event,
}

#[derive(Deserialize)]
struct Event {
    k: Kline,
}

/// The fields of a kline event that we use, under Binance's names.
#[derive(Deserialize)]
struct Kline {
    t: i64,
    s: Symbol,
    i: String,
    o: String,
    h: String,
    l: String,
    c: String,
    v: String,
    x: bool,
}

impl Kline {
    fn closed(self) -> Option<ClosedCandle> {
        if !self.x || self.i != "1h" {
            return None;
        }
        // What is no number becomes NaN, which the quarantine refuses with a reason.
        let number = |text: &str| text.parse().unwrap_or(f64::NAN);
        let row = RawRow {
            row: None,
            open_time_ms: to_millis(self.t),
            open: number(&self.o),
            high: number(&self.h),
            low: number(&self.l),
            close: number(&self.c),
            volume: number(&self.v),
        };
        Some(ClosedCandle { symbol: self.s, row })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"stream":"bnbusdt@kline_1h","data":{"e":"kline","E":1672515782136,"s":"BNBUSDT","k":{
        "t":1672513200000,"T":1672516799999,"s":"BNBUSDT","i":"1h","f":100,"L":200,"o":"0.0010","c":"0.0020",
        "h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}}"#;

    #[test]
    fn only_the_event_that_closes_the_hour_is_a_candle() {
        let open: Envelope = serde_json::from_str(EVENT).expect("Binance's shape");
        assert_eq!(open.data.k.closed(), None);
        let closed: Envelope =
            serde_json::from_str(&EVENT.replace("\"x\":false", "\"x\":true")).expect("the same shape");
        let candle = closed.data.k.closed().expect("closed");
        assert_eq!(candle.symbol.as_str(), "BNBUSDT");
        assert_eq!((candle.row.open_time_ms, candle.row.close), (1_672_513_200_000, 0.0020));
    }

    #[test]
    fn one_connection_carries_every_coin() {
        let symbols = &Symbol::followed()[..2];
        assert_eq!(address("wss://x:9443/", symbols), "wss://x:9443/stream?streams=btcusdt@kline_1h/ethusdt@kline_1h");
    }
}

//! An exchange on this machine: Binance's, Coinbase's and Yahoo's real shapes and headers, faults on demand.
//! It serves the closed candles that a test gave it, and the hour that is still going on.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::clock::{Clock, SECONDS_PER_HOUR, floor_to_hour, instant};
use domain::market::{Candle, CandleSeries, Symbol};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// What goes wrong with one answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// 429 or 418 with `Retry-After`.
    RateLimited { status: u16, retry_after_s: u64 },
    /// Some other status.
    Status(u16),
    /// The connection breaks in the middle of the body.
    Cut,
    /// The answer comes late.
    Slow(Duration),
    /// JSON of another shape.
    WrongJson,
    /// Two candles have changed places.
    OutOfOrder,
    /// One candle comes twice.
    Doubled,
    /// One candle has its high below its low.
    Impossible,
}

/// A request for candles, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) from_s: i64,
    pub(crate) at: Instant,
}

/// The exchange. Dropping it closes its port.
pub(crate) struct FakeExchange {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    listeners: broadcast::Sender<ToListener>,
}

#[derive(Default)]
struct Book {
    candles: BTreeMap<Symbol, CandleSeries>,
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    asked: Vec<Asked>,
    opened_streams: u32,
    pongs: u32,
    used_weight: u32,
}

#[derive(Debug, Clone)]
enum ToListener {
    Event(String),
    Drop,
}

impl FakeExchange {
    pub(crate) async fn start(clock: Arc<dyn Clock>) -> Self {
        Self::start_at(clock, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn start_at(clock: Arc<dyn Clock>, address: SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.expect("binds a port");
        let address = listener.local_addr().expect("has an address");
        let shared = Arc::new(Shared { clock, book: Mutex::default(), listeners: broadcast::Sender::new(64) });
        let router = Router::new()
            .route("/api/v3/klines", get(binance_klines))
            .route("/products/{pair}/candles", get(coinbase_candles))
            .route("/v8/finance/chart/{pair}", get(yahoo_chart))
            .route("/stream", get(binance_stream))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        Self { shared, address, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn stream_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn list(&self, symbol: &Symbol, candles: CandleSeries) {
        self.book().candles.insert(symbol.clone(), candles);
    }

    /// The next answers go wrong, one fault each.
    pub(crate) fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.book().faults.extend(faults);
    }

    /// Every answer goes wrong, or none any more.
    pub(crate) fn fail_always(&self, fault: Option<Fault>) {
        self.book().always = fault;
    }

    /// The request weight of the present minute, as Binance counts it.
    pub(crate) fn set_used_weight(&self, weight: u32) {
        self.book().used_weight = weight;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    pub(crate) fn forget_asked(&self) {
        self.book().asked.clear();
    }

    pub(crate) fn opened_streams(&self) -> u32 {
        self.book().opened_streams
    }

    pub(crate) fn pongs(&self) -> u32 {
        self.book().pongs
    }

    /// Tells every listener of a candle, as Binance does when an hour closes (or goes on).
    pub(crate) fn announce(&self, symbol: &Symbol, candle: &Candle, is_closed: bool) {
        let event = kline_event(symbol, candle, is_closed).to_string();
        // Nobody listening is no fault of the exchange.
        let _ = self.shared.listeners.send(ToListener::Event(event));
    }

    pub(crate) fn drop_streams(&self) {
        let _ = self.shared.listeners.send(ToListener::Drop);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.shared.book()
    }
}

impl Drop for FakeExchange {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no test panics while it holds the lock")
    }

    fn now_s(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Notes a request and says what is to go wrong with its answer.
    fn note(&self, from_s: i64) -> Option<Fault> {
        let mut book = self.book();
        book.asked.push(Asked { from_s, at: Instant::now() });
        book.faults.pop_front().or_else(|| book.always.clone())
    }

    /// Candles whose hour has begun, in `[from_s, to_s)`; the open one with half its volume.
    fn candles(&self, symbol: &str, from_s: i64, to_s: i64) -> Option<Vec<Candle>> {
        let symbol = Symbol::parse(symbol).ok()?;
        let book = self.book();
        let series = book.candles.get(&symbol)?;
        let now_s = self.now_s();
        let mut candles: Vec<Candle> =
            series.between(from_s, to_s.min(floor_to_hour(now_s) + SECONDS_PER_HOUR)).iter().collect();
        if let Some(last) = candles.last_mut()
            && last.opens_at.as_second() + SECONDS_PER_HOUR > now_s
        {
            last.volume /= 2.0;
        }
        Some(candles)
    }
}

/// The answer with its fault.
async fn answer(
    fault: Option<Fault>,
    headers: HeaderMap,
    mut rows: Vec<Value>,
    wrap: impl Fn(Vec<Value>) -> Value,
) -> Response {
    let with_headers = |status: u16, body: Value| {
        let status = StatusCode::from_u16(status).expect("a status");
        (status, headers.clone(), axum::Json(body)).into_response()
    };
    match fault {
        Some(Fault::RateLimited { status, retry_after_s }) => {
            let mut response = with_headers(status, json!({"code": -1003, "msg": "Too much request weight used."}));
            response.headers_mut().insert("retry-after", HeaderValue::from(retry_after_s));
            return response;
        }
        Some(Fault::Status(status)) => return with_headers(status, json!({"msg": "Internal error."})),
        Some(Fault::Cut) => {
            let parts = [Ok("[[17040"), Err(std::io::Error::other("cut"))];
            return Body::from_stream(stream::iter(parts)).into_response();
        }
        Some(Fault::WrongJson) => return with_headers(200, json!({"maintenance": true})),
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::OutOfOrder) if rows.len() > 4 => rows.swap(1, 3),
        Some(Fault::Doubled) if rows.len() > 2 => rows.insert(1, rows[1].clone()),
        Some(Fault::Impossible) if rows.len() > 2 => {
            let low = rows[1][3].clone();
            rows[1][3] = rows[1][2].clone();
            rows[1][2] = low;
        }
        Some(Fault::OutOfOrder | Fault::Doubled | Fault::Impossible) | None => {}
    }
    with_headers(200, wrap(rows))
}

async fn binance_klines(State(shared): State<Arc<Shared>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let symbol = query.get("symbol").map_or("", String::as_str);
    let from_s = number("startTime").unwrap_or(0) / 1_000;
    let limit = usize::try_from(number("limit").unwrap_or(500).min(1_000)).unwrap_or(0);
    let fault = shared.note(from_s);
    let Some(mut candles) = shared.candles(symbol, from_s, i64::MAX) else {
        return (StatusCode::BAD_REQUEST, axum::Json(json!({"code": -1121, "msg": "Invalid symbol."}))).into_response();
    };
    candles.truncate(limit);
    let rows = candles.iter().map(|candle| {
        let ms = candle.opens_at.as_millisecond();
        let quote = candle.volume * candle.close;
        json!([
            ms,
            text(candle.open),
            text(candle.high),
            text(candle.low),
            text(candle.close),
            text(candle.volume),
            ms + SECONDS_PER_HOUR * 1_000 - 1,
            text(quote),
            308,
            text(candle.volume / 2.0),
            text(quote / 2.0),
            "0"
        ])
    });
    let mut headers = HeaderMap::new();
    let used_weight = shared.book().used_weight;
    headers.insert("x-mbx-used-weight", HeaderValue::from(used_weight));
    headers.insert("x-mbx-used-weight-1m", HeaderValue::from(used_weight));
    answer(fault, headers, rows.collect(), Value::Array).await
}

async fn coinbase_candles(
    State(shared): State<Arc<Shared>>,
    Path(pair): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let second = |name: &str| query.get(name).and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::as_second);
    let symbol = pair.replace("-USD", "USDT");
    let (from_s, last_s) = (second("start").unwrap_or(0), second("end").unwrap_or(i64::MAX / 2));
    let fault = shared.note(from_s);
    if (last_s - from_s) / SECONDS_PER_HOUR >= 300 {
        let message = "granularity too small for the requested time range. Count of aggregations requested exceeds 300";
        return (StatusCode::BAD_REQUEST, axum::Json(json!({"message": message}))).into_response();
    }
    let Some(candles) = shared.candles(&symbol, from_s, last_s + 1) else {
        return (StatusCode::NOT_FOUND, axum::Json(json!({"message": "NotFound"}))).into_response();
    };
    let rows = candles.iter().rev().map(|candle| {
        json!([candle.opens_at.as_second(), candle.low, candle.high, candle.open, candle.close, candle.volume])
    });
    answer(fault, HeaderMap::new(), rows.collect(), Value::Array).await
}

async fn yahoo_chart(
    State(shared): State<Arc<Shared>>,
    Path(pair): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let symbol = pair.replace("-USD", "USDT");
    let (from_s, to_s) = (number("period1").unwrap_or(0), number("period2").unwrap_or(i64::MAX));
    let fault = shared.note(from_s);
    let Some(candles) = shared.candles(&symbol, from_s, to_s) else {
        let error = json!({"code": "Not Found", "description": "No data found, symbol may be delisted"});
        return (StatusCode::NOT_FOUND, axum::Json(json!({"chart": {"result": null, "error": error}}))).into_response();
    };
    let rows = candles.iter().map(|candle| json!(candle.opens_at.as_second())).collect();
    answer(fault, HeaderMap::new(), rows, |times| {
        let of = |value: fn(&Candle) -> f64| candles.iter().map(value).collect::<Vec<f64>>();
        let quote = json!({"open": of(|c| c.open), "high": of(|c| c.high), "low": of(|c| c.low),
            "close": of(|c| c.close), "volume": of(|c| c.volume * c.close)});
        let meta = json!({"symbol": pair, "currency": "USD", "dataGranularity": "1h"});
        json!({"chart": {"error": null, "result": [{"meta": meta, "timestamp": times, "indicators": {"quote": [quote]}}]}})
    })
    .await
}

async fn binance_stream(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| talk(shared, socket))
}

async fn talk(shared: Arc<Shared>, mut socket: WebSocket) {
    let mut orders = shared.listeners.subscribe();
    shared.book().opened_streams += 1;
    if socket.send(Message::Ping("are you there".into())).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Ok(ToListener::Event(event)) => {
                    if socket.send(Message::Text(event.into())).await.is_err() {
                        return;
                    }
                }
                // Without a word, as a broken network does it.
                Ok(ToListener::Drop) | Err(_) => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Pong(_))) => shared.book().pongs += 1,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

fn kline_event(symbol: &Symbol, candle: &Candle, is_closed: bool) -> Value {
    let opens_ms = candle.opens_at.as_millisecond();
    let closes_ms = opens_ms + SECONDS_PER_HOUR * 1_000 - 1;
    json!({
        "stream": format!("{}@kline_1h", symbol.as_str().to_ascii_lowercase()),
        "data": {"e": "kline", "E": closes_ms, "s": symbol, "k": {
            "t": opens_ms, "T": closes_ms, "s": symbol, "i": "1h", "f": 100, "L": 200,
            "o": text(candle.open), "c": text(candle.close), "h": text(candle.high), "l": text(candle.low),
            "v": text(candle.volume), "n": 100, "x": is_closed, "q": "1.0", "V": "0.5", "Q": "0.5", "B": "0"
        }}
    })
}

/// Prices travel as text; Rust's shortest form reads back to the same number.
fn text(value: f64) -> String {
    value.to_string()
}

/// The candle of an hour of the series.
pub(crate) fn candle_at(series: &CandleSeries, opens_at_s: i64) -> Candle {
    series.iter().find(|candle| candle.opens_at == instant(opens_at_s)).expect("the series has that hour")
}

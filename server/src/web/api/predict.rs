//! `POST /api/v1/predict`: a forecast on demand.

use axum::Json;
use axum::extract::{Request, State};
use domain::clock::{SECONDS_PER_HOUR, floor_to_hour, instant};
use domain::error::Failure;
use domain::forecast::Horizon;
use domain::market::{Candle, Symbol};
use domain::ports::PredictRequest;
use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

use super::body;
use super::query::{INSTANT_HINT, instant_from_text};
use super::wire::{Forecast, Source};
use crate::forecasting::own;
use crate::telemetry::metrics;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// The name of a forecast whose candles came without one.
const UNNAMED: &str = "CUSTOM";

/// What is wanted: a coin that we follow, or the caller's own hourly candles.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"symbol": "BTCUSDT", "horizon": "24h"}))]
pub(super) struct Wanted {
    /// The coin, as a trading pair (`BTCUSDT`) or ticker (`btc`). With own candles only a name, and optional.
    #[schema(example = "BTCUSDT")]
    symbol: Option<String>,
    /// `24h` (the default) or `48h`.
    #[schema(example = "24h")]
    horizon: Option<String>,
    /// The caller's own hourly candles, oldest first, without a gap at the end. Ours where there are none.
    candles: Option<Vec<OwnCandle>>,
}

/// One hour of the caller's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnCandle {
    /// When the hour began: RFC 3339 or whole epoch seconds, on the hour (UTC).
    #[serde(deserialize_with = "epoch_seconds")]
    #[schema(value_type = String, format = DateTime, example = "2025-06-30T22:00:00Z")]
    opens_at: i64,
    /// When the hour ended; optional, and one hour after `opens_at`.
    #[serde(default, deserialize_with = "maybe_epoch_seconds")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<i64>,
    /// First price.
    #[schema(exclusive_minimum = 0)]
    open: f64,
    /// Highest price.
    #[schema(exclusive_minimum = 0)]
    high: f64,
    /// Lowest price.
    #[schema(exclusive_minimum = 0)]
    low: f64,
    /// Last price.
    #[schema(exclusive_minimum = 0)]
    close: f64,
    /// Units of the coin that changed hands.
    #[schema(minimum = 0)]
    volume: f64,
}

/// Forecast on demand
///
/// For a coin that we follow, from our newest candles; or from the caller's own hourly candles.
#[utoipa::path(
    post,
    path = "/api/v1/predict",
    tag = "forecasts",
    request_body = Wanted,
    responses(
        (status = 200, description = "The forecast", body = Forecast),
        (status = 404, description = "`unknown_symbol`: a coin that we do not follow", body = Details, content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Details, content_type = "application/problem+json"),
        (status = 415, description = "`wrong_content_type`", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`malformed_body` or `invalid`, naming the field; `too_few_candles`, saying how many are needed", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `not_ready` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn predict(State(web): State<Web>, request: Request) -> Result<Json<Forecast>, Problem> {
    let wanted: Wanted = body::json(request, web.body_bytes, hint).await?;
    let request = wanted.into_request()?;
    let source = if request.candles.is_some() { Source::Own } else { web.desk.market().origin.into() };
    let forecast = web.desk.predict(request).await?;
    metrics::forecasts_served("predict", 1);
    Ok(Json(Forecast::new(forecast, source)))
}

impl Wanted {
    fn into_request(self) -> Result<PredictRequest, Failure> {
        let symbol = match (&self.symbol, &self.candles) {
            (Some(text), _) => Symbol::parse(text)?,
            (None, Some(_)) => Symbol::parse(UNNAMED)?,
            (None, None) => return Err(Failure::invalid("symbol", "is missing; name a coin or send candles")),
        };
        let horizon = self.horizon.as_deref().map_or(Ok(Horizon::default()), Horizon::parse)?;
        let candles = self.candles.map(|own| checked(&own)).transpose()?;
        Ok(PredictRequest { symbol, horizon, candles })
    }
}

/// Candles that can be true, in order.
fn checked(given: &[OwnCandle]) -> Result<Vec<Candle>, Failure> {
    let mut candles: Vec<Candle> = Vec::with_capacity(given.len());
    for (position, candle) in given.iter().enumerate() {
        let OwnCandle { opens_at, closes_at, open, high, low, close, volume } = *candle;
        let is_on_the_hour = floor_to_hour(opens_at) == opens_at;
        if is_on_the_hour && closes_at.is_some_and(|at| at != opens_at + SECONDS_PER_HOUR) {
            return Err(Failure::invalid(format!("candles[{position}].closes_at"), "must be one hour after opens_at"));
        }
        let candle = Candle { opens_at: instant(opens_at), open, high, low, close, volume };
        own::check(position, &candle, candles.last())?;
        candles.push(candle);
    }
    Ok(candles)
}

/// What must stand at a path of the body.
fn hint(path: &str) -> &'static str {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    match leaf {
        "symbol" => "must be text, such as \"BTCUSDT\"",
        "horizon" => "must be \"24h\" or \"48h\"",
        "candles" => "must be a list of candles",
        "opens_at" | "closes_at" => INSTANT_HINT,
        "open" | "high" | "low" | "close" | "volume" => "must be a number",
        _ if leaf.starts_with("candles[") => "must be an object with opens_at, open, high, low, close and volume",
        _ => "must be a JSON object with symbol, horizon or candles",
    }
}

fn epoch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(EpochSeconds)
}

fn maybe_epoch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    epoch_seconds(deserializer).map(Some)
}

/// Reads a time written as text or as a whole number.
struct EpochSeconds;

impl de::Visitor<'_> for EpochSeconds {
    type Value = i64;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a time")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<i64, E> {
        jiff::Timestamp::from_second(seconds).map(jiff::Timestamp::as_second).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<i64, E> {
        i64::try_from(seconds).map_err(E::custom).and_then(|seconds| self.visit_i64(seconds))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<i64, E> {
        instant_from_text(text).ok_or_else(|| E::custom("not a time"))
    }
}

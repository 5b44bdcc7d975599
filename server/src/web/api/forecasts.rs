//! `GET /api/v1/forecasts` and `GET /api/v1/forecasts/{symbol}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use super::query::{Parameters, symbol_of};
use super::wire::{Forecast, ForecastList, Source};
use crate::telemetry::metrics;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// Newest forecasts of every coin
///
/// One entry a coin and horizon; coins whose history is too short or has a gap at its end have none.
#[utoipa::path(
    get,
    path = "/api/v1/forecasts",
    tag = "forecasts",
    responses(
        (status = 200, description = "The forecasts", body = ForecastList),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(State(web): State<Web>, parameters: Parameters) -> Result<Json<ForecastList>, Problem> {
    parameters.only(&[])?;
    let market = web.desk.market();
    let source = Source::from(market.origin);
    let forecasts = web.desk.forecasts().await?;
    metrics::forecasts_served("forecasts", forecasts.len() as u64);
    let forecasts = forecasts.into_iter().map(|forecast| Forecast::new(forecast, source)).collect();
    Ok(Json(ForecastList { market: market.into(), forecasts }))
}

/// Newest forecast of one coin
#[utoipa::path(
    get,
    path = "/api/v1/forecasts/{symbol}",
    tag = "forecasts",
    params(
        ("symbol" = String, Path, description = "The coin, as a trading pair (`BTCUSDT`) or ticker (`btc`)", example = "BTCUSDT"),
        ("horizon" = Option<String>, Query, description = "`24h` (the default) or `48h`", example = "24h")
    ),
    responses(
        (status = 200, description = "The forecast", body = Forecast),
        (status = 404, description = "`unknown_symbol`: a coin that we do not follow", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter; `too_few_candles`: our history of the coin is too short", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn one(
    State(web): State<Web>,
    symbol: Result<Path<String>, PathRejection>,
    parameters: Parameters,
) -> Result<Json<Forecast>, Problem> {
    let symbol = symbol_of(symbol)?;
    let horizon = parameters.only(&["horizon"])?.horizon()?;
    let source = Source::from(web.desk.market().origin);
    let forecast = web.desk.forecast(symbol, horizon).await?;
    metrics::forecasts_served("forecast", 1);
    Ok(Json(Forecast::new(forecast, source)))
}

//! `GET /api/v1/advice/{symbol}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use super::query::{Parameters, symbol_of};
use super::wire::chat::Advice;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// What to make of a coin's forecast
///
/// Made by rules from the forecast and from market events, with the evidence for each reason. Information, not
/// financial advice; it never says to buy or to sell.
#[utoipa::path(
    get,
    path = "/api/v1/advice/{symbol}",
    tag = "buddy",
    params(
        ("symbol" = String, Path, description = "The coin, as a trading pair (`BTCUSDT`) or ticker (`btc`)", example = "BTCUSDT"),
        ("horizon" = Option<String>, Query, description = "`24h` (the default) or `48h`", example = "24h"),
        ("language" = Option<String>, Query, description = "`en` (the default) or `fr`", example = "en")
    ),
    responses(
        (status = 200, description = "The advice", body = Advice),
        (status = 404, description = "`unknown_symbol`: a coin that we do not follow", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn read(
    State(web): State<Web>,
    symbol: Result<Path<String>, PathRejection>,
    parameters: Parameters,
) -> Result<Json<Advice>, Problem> {
    let symbol = symbol_of(symbol)?;
    let parameters = parameters.only(&["horizon", "language"])?;
    let advice = web.desk.advice(symbol, parameters.horizon()?, parameters.language()?).await?;
    Ok(Json(advice.into()))
}

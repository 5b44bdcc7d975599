//! `GET /api/v1/candles`.

use axum::Json;
use axum::extract::State;
use domain::error::Failure;
use domain::ports::CandleQuery;

use super::query::Parameters;
use super::wire::CandleList;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// How many candles an answer has where the caller does not say.
const USUAL_CANDLES: u32 = 500;

/// Stored hourly candles
///
/// Oldest first. Where more candles match than `limit`, the newest win: page back with `to` set to the first
/// `opens_at` of the answer.
#[utoipa::path(
    get,
    path = "/api/v1/candles",
    tag = "data",
    params(
        ("symbol" = String, Query, description = "The coin, as a trading pair (`BTCUSDT`) or ticker (`btc`)", example = "BTCUSDT"),
        ("from" = Option<String>, Query, description = "Only hours that begin at or after: RFC 3339, a date, or epoch seconds", example = "2025-06-01"),
        ("to" = Option<String>, Query, description = "Only hours that begin before: RFC 3339, a date, or epoch seconds", example = "2025-06-02"),
        ("limit" = Option<u32>, Query, description = "How many at most, 1 to 5000; 500 where it is not set", example = 24)
    ),
    responses(
        (status = 200, description = "The candles", body = CandleList),
        (status = 404, description = "`unknown_symbol`: a coin that we do not follow", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(State(web): State<Web>, parameters: Parameters) -> Result<Json<CandleList>, Problem> {
    let query = query(parameters)?;
    let symbol = query.symbol.to_string();
    let candles = web.desk.candles(query).await?;
    Ok(Json(CandleList { symbol, candles: candles.into_iter().map(Into::into).collect() }))
}

fn query(parameters: Parameters) -> Result<CandleQuery, Failure> {
    let parameters = parameters.only(&["symbol", "from", "to", "limit"])?;
    let query = CandleQuery {
        symbol: parameters.symbol("symbol")?,
        from_s: parameters.instant("from")?,
        to_s: parameters.instant("to")?,
        limit: parameters.count("limit", USUAL_CANDLES, CandleQuery::MAX_CANDLES)?,
    };
    match (query.from_s, query.to_s) {
        (Some(from_s), Some(to_s)) if from_s >= to_s => Err(Failure::invalid("to", "must be later than from")),
        _ => Ok(query),
    }
}

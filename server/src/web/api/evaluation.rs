//! `GET /api/v1/evaluation`.

use axum::Json;
use axum::extract::State;

use super::query::Parameters;
use super::wire::evaluation::Evaluation;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// How good the forecasts are
///
/// The stored walk-forward evaluation of the model that serves, beside every other model under the same protocol:
/// for all coins together, and for one coin where `symbol` names it.
#[utoipa::path(
    get,
    path = "/api/v1/evaluation",
    tag = "models",
    params(("symbol" = Option<String>, Query, description = "A coin, as a trading pair (`BTCUSDT`) or ticker (`btc`)", example = "BTCUSDT")),
    responses(
        (status = 200, description = "The evaluation", body = Evaluation),
        (status = 404, description = "`not_evaluated`: none is stored for the model that serves; `unknown_symbol`: a coin that was not evaluated", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn read(State(web): State<Web>, parameters: Parameters) -> Result<Json<Evaluation>, Problem> {
    let symbol = parameters.only(&["symbol"])?.maybe_symbol("symbol")?;
    Ok(Json(web.desk.how_good(symbol).await?.into()))
}

//! `GET /api/v1/market`.

use axum::Json;
use axum::extract::State;

use super::query::Parameters;
use super::wire::Market;
use crate::web::Web;
use crate::web::problem::Problem;

/// How the market data stands
///
/// Where the candles come from, how old they are, and what is missing. Never waits.
#[utoipa::path(
    get,
    path = "/api/v1/market",
    tag = "data",
    responses((status = 200, description = "The state", body = Market))
)]
pub(super) async fn state(State(web): State<Web>, parameters: Parameters) -> Result<Json<Market>, Problem> {
    parameters.only(&[])?;
    Ok(Json(web.desk.market().into()))
}

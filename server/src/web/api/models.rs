//! `GET /api/v1/models`.

use axum::Json;
use axum::extract::State;

use super::query::Parameters;
use super::wire::ModelList;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// Models in the registry
///
/// Champions first, each with its scores on days that it was not trained on, beside those of the baseline.
#[utoipa::path(
    get,
    path = "/api/v1/models",
    tag = "data",
    responses(
        (status = 200, description = "The models", body = ModelList),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(State(web): State<Web>, parameters: Parameters) -> Result<Json<ModelList>, Problem> {
    parameters.only(&[])?;
    let models = web.desk.models().await?;
    Ok(Json(ModelList { models: models.into_iter().map(Into::into).collect() }))
}

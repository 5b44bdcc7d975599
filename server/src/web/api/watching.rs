//! `GET /api/v1/monitoring/drift`, `/performance` and `/health`: what the server measures about itself, for operators.

use axum::Json;
use axum::extract::State;
use domain::error::Failure;
use domain::model::Version;

use super::query::Parameters;
use super::wire::watching::drift::DriftState;
use super::wire::watching::health::HealthState;
use super::wire::watching::performance::PerformanceState;
use crate::incident;
use crate::watching::{DriftQuery, PerformanceQuery, WINDOWS, WatchError};
use crate::web::Web;
use crate::web::identity::Identity;
use crate::web::problem::{Details, Problem};

/// Drift
///
/// Whether the published forecasts of the last days, their features and their outcomes look like what the champion was
/// trained on: the verdict, each column with its tests, thresholds and both distributions, and the model's own error
/// over time.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/drift",
    tag = "operator",
    params(
        ("horizon" = Option<String>, Query, description = "`24h` (usual) or `48h`", example = "24h"),
        ("days" = Option<u32>, Query, description = "Length of the current window: 7 (usual) or 30", example = 7)
    ),
    responses(
        (status = 200, description = "How it stands", body = DriftState),
        (status = 401, description = "`sign_in_needed`", body = Details, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: for operators only", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn drift(
    State(web): State<Web>,
    identity: Identity,
    parameters: Parameters,
) -> Result<Json<DriftState>, Problem> {
    identity.operator()?;
    let parameters = parameters.only(&["horizon", "days"])?;
    let days = match parameters.get("days") {
        None => WINDOWS[0],
        Some(text) => text.parse().unwrap_or_default(),
    };
    let query = DriftQuery::new(parameters.horizon()?, days)?;
    Ok(Json(web.watching.drift_board(query).await.map_err(|error| broken(&error))?.into()))
}

/// Performance
///
/// Published forecasts against what happened over the last year, beside HAR with calendar on the same origins: together,
/// by week, by coin and by model; chances against what happened; what people said.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/performance",
    tag = "operator",
    params(
        ("horizon" = Option<String>, Query, description = "`24h` (usual) or `48h`", example = "24h"),
        ("symbol" = Option<String>, Query, description = "A coin, as a trading pair (`BTCUSDT`) or ticker (`btc`)", example = "BTCUSDT"),
        ("model" = Option<String>, Query, description = "A model's name in the registry", example = "lstm-20250701-1a2b3c4d")
    ),
    responses(
        (status = 200, description = "The numbers", body = PerformanceState),
        (status = 401, description = "`sign_in_needed`", body = Details, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: for operators only", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn performance(
    State(web): State<Web>,
    identity: Identity,
    parameters: Parameters,
) -> Result<Json<PerformanceState>, Problem> {
    identity.operator()?;
    let parameters = parameters.only(&["horizon", "symbol", "model"])?;
    let model = parameters.get("model").map(Version::parse).transpose();
    let query = PerformanceQuery {
        horizon: parameters.horizon()?,
        symbol: parameters.maybe_symbol("symbol")?,
        model: model.map_err(|_| Failure::invalid("model", "must be a model's name in the registry"))?,
    };
    Ok(Json(web.watching.performance_board(&query).await.map_err(|error| broken(&error))?.into()))
}

/// How the data stand
///
/// How fresh the candles of each coin are, what is missing, what was refused and why, sources that failed, the newest
/// forecast and the age of the champion.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/health",
    tag = "operator",
    responses(
        (status = 200, description = "How they stand", body = HealthState),
        (status = 401, description = "`sign_in_needed`", body = Details, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: for operators only", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn health(
    State(web): State<Web>,
    identity: Identity,
    parameters: Parameters,
) -> Result<Json<HealthState>, Problem> {
    identity.operator()?;
    parameters.only(&[])?;
    Ok(Json(web.watching.health_board().await.map_err(|error| broken(&error))?.into()))
}

fn broken(error: &WatchError) -> Problem {
    incident::report(error).into()
}

//! Production data and what to compare it with, for operators and their tools.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;

use super::query::Parameters;
use crate::incident;
use crate::monitoring::MonitoringError;
use crate::web::Web;
use crate::web::identity::Identity;
use crate::web::problem::{Details, Problem};

/// When to ask again for a reference that cannot be computed yet, in seconds.
const RETRY_AFTER_S: u32 = 60;

/// Production data
///
/// Every published forecast as CSV, the oldest origin first. Columns: `timestamp` (where the horizon starts, UTC),
/// `symbol`, `horizon`; one column a feature that the model reads, by its name; `prediction` (1 for a chance of one
/// half or more), `target` (1 where the period was one of high volatility; empty while that is not known),
/// `prediction_proba` (the chance); `model`, `q10`, `q50`, `q90` and `high_above` (fractions per day); `feedback`
/// (`confirmed`, `denied` or `mixed`), `seen` (`calm`, `usual`, `high` or `mixed`), `outcome` (realised volatility,
/// fraction per day), and how many `confirmed` and `denied` it. These are the columns that Evidently takes.
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/prod_data.csv",
    tag = "operator",
    responses(
        (status = 200, description = "The table, streamed", body = String, content_type = "text/csv"),
        (status = 401, description = "`sign_in_needed`", body = Details, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: for operators only", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn production(
    State(web): State<Web>,
    identity: Identity,
    parameters: Parameters,
) -> Result<Response, Problem> {
    identity.operator()?;
    parameters.only(&[])?;
    let pieces = web.monitoring.production().inspect_err(|error| {
        incident::report(error);
    });
    Ok(csv("prod_data.csv", Body::from_stream(pieces)))
}

/// Reference data
///
/// The end of what the champion was trained on as CSV, at most 10,000 rows, one a coin, horizon and day: `timestamp`,
/// `symbol`, `horizon`, the same columns of features as production data, `target` (1 for a period of high
/// volatility), `model`, and `high_above` and `outcome` (fractions per day).
#[utoipa::path(
    get,
    path = "/api/v1/monitoring/ref_data.csv",
    tag = "operator",
    responses(
        (status = 200, description = "The table", body = String, content_type = "text/csv"),
        (status = 401, description = "`sign_in_needed`", body = Details, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: for operators only", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`not_ready`: no champion, or no candles of its training", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn reference(
    State(web): State<Web>,
    identity: Identity,
    parameters: Parameters,
) -> Result<Response, Problem> {
    identity.operator()?;
    parameters.only(&[])?;
    let table = web.monitoring.reference().await.map_err(|error| refusal(&error))?;
    Ok(csv("ref_data.csv", Body::from(table.to_vec())))
}

fn csv(name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}

fn refusal(error: &MonitoringError) -> Problem {
    match error {
        // Operators may read it: it says what to do.
        MonitoringError::NoCandles(_) | MonitoringError::Registry(_) => {
            Problem::not_ready(error.to_string(), RETRY_AFTER_S)
        }
        MonitoringError::Store(_)
        | MonitoringError::Features(_)
        | MonitoringError::Table(_)
        | MonitoringError::Broken(_) => incident::report(error).into(),
    }
}

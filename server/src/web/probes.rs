//! What orchestrators and Prometheus ask. These stand outside the gates: a busy server is still alive.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::error::Failure;
use domain::ports::Desk;
use serde_json::json;

use crate::telemetry::metrics;

use super::Web;
use super::problem::Problem;

/// Seconds after which an orchestrator should ask again.
const RETRY_AFTER_S: u32 = 2;

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(web: Web) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(web)
}

async fn alive() -> Response {
    let body = Json(json!({ "status": "alive", "version": env!("CARGO_PKG_VERSION") }));
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

async fn ready(State(web): State<Web>) -> Response {
    match what_is_missing(web.desk.as_ref()).await {
        None => ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "status": "ready" }))).into_response(),
        Some(reason) => Problem::not_ready(reason, RETRY_AFTER_S).into_response(),
    }
}

/// Why the product cannot do its job yet, if so: it needs a market and a model.
async fn what_is_missing(desk: &dyn Desk) -> Option<String> {
    let market = desk.market();
    if market.as_of.is_none() {
        let share = market.loading.map(|share| format!(" ({:.0} %)", share * 100.0)).unwrap_or_default();
        return Some(format!("The market is still being read{share}."));
    }
    match tokio::time::timeout(Duration::from_secs(2), desk.forecasts()).await {
        Ok(Ok(forecasts)) if !forecasts.is_empty() => None,
        Ok(Ok(_)) => Some("No coin has enough history for a forecast.".to_owned()),
        Ok(Err(Failure::NotReady { .. })) => Some("The market and the model are still being read.".to_owned()),
        Ok(Err(failure)) => Some(failure.to_string()),
        Err(_) => Some("The forecaster does not answer.".to_owned()),
    }
}

async fn numbers(State(web): State<Web>) -> Response {
    metrics::market(&web.desk.market(), web.clock.now().as_second());
    metrics::memory();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::recorder().render()).into_response()
}

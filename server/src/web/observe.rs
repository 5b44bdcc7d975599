//! One span, one log line, one count and one id for each request; a panic becomes an incident.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::error::Failure;
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::telemetry::metrics;

use super::problem::Problem;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request inside its span. The path is logged as its pattern, so that nothing a person typed is kept.
pub async fn request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Uuid::now_v7();
    let method = method_label(request.method());
    let is_api = request.uri().path().starts_with("/api");
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);

    let span = tracing::info_span!("request", request_id = %id, method, route);
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone())
        .await
        .unwrap_or_else(|_| incident(id, is_api));

    let took = started.elapsed();
    let status = response.status().as_u16();
    metrics::request(route, method, status, took);
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1_000.0;
        if response.status().is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            tracing::warn!(status, duration_ms, "Answered {status}");
        } else {
            tracing::debug!(status, duration_ms, "Answered {status}");
        }
    });
    if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}

/// The panic hook has logged the cause inside the request's span; the reader gets the span's id.
fn incident(id: Uuid, is_api: bool) -> Response {
    metrics::panicked();
    let problem = Problem::from(Failure::Internal { incident: id.to_string() });
    if is_api { problem.into_response() } else { problem.into_page() }
}

/// Methods are labels of a metric: whatever is not in the list is one label, however it is spelt.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

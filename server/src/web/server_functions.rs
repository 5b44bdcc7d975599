//! Server functions answer every failure with status 500 in Leptos 0.8. A coin that does not exist is no fault of
//! ours, and caches, probes and alarms go by the status: here it becomes the one that the failure stands for.

use app::api::error::ApiError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// The header by which Leptos marks the answer of a server function that failed.
const FAILED: &str = "serverfnerror";

/// No failure is longer than this.
const MAX_BYTES: usize = 64 * 1024;

/// Gives a failed server function the status of its failure. The body stays as the browser's half expects it.
pub async fn with_their_status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key(FAILED) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BYTES).await else { return Problem::incomplete_body().into_response() };
    if let Ok(ApiError::Failure(failure)) = serde_json::from_slice(&bytes) {
        head.status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(seconds) = failure.retry_after_s() {
            head.headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(head, Body::from(bytes))
}

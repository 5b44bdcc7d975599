//! Documents that pages link to, as they lie in the repository.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// How the forecasts are judged, in full.
const PROTOCOL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ml-protocol.md"));

/// Every document, each at its own address.
pub fn router() -> Router {
    Router::new().route("/ml-protocol.md", get(protocol))
}

async fn protocol() -> Response {
    // As plain text a browser shows it; as Markdown it would offer to save it.
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, PROTOCOL).into_response()
}

//! Requests that change something must come from our own pages. Server functions have no protection of their own
//! against another site that makes a reader's browser send one (cross-site request forgery).

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::telemetry::metrics;

use super::problem::Problem;

/// Refuses requests other than GET and HEAD that a browser sent for another site. Programs that are not browsers
/// send neither `Sec-Fetch-Site` nor `Origin`; they carry nobody's rights and pass.
pub async fn same_origin_only(request: Request, next: Next) -> Response {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD);
    if changes_nothing || is_same_origin(request.headers()) {
        return next.run(request).await;
    }
    metrics::rejected("cross_site");
    Problem::cross_site().into_response()
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host_of_origin = origin.split_once("://").map(|(_, host)| host);
    host_of_origin.is_some() && host_of_origin == text(header::HOST.as_str())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_our_own_pages_and_programs_that_are_no_browsers_pass() {
        let table: &[(&[(&'static str, &'static str)], bool)] = &[
            (&[], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("host", "localhost:3000"), ("origin", "http://localhost:3000")], true),
            (&[("host", "localhost:3000"), ("origin", "https://evil.example")], false),
            (&[("host", "localhost:3000"), ("origin", "null")], false),
            (&[("origin", "http://localhost:3000")], false),
        ];
        for (headers, expected) in table {
            let map: HeaderMap = headers
                .iter()
                .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_same_origin(&map), *expected, "{headers:?}");
        }
    }
}

//! What a client gets when something is wrong: `application/problem+json` (RFC 9457) with a stable code.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::error::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// The content type of every error of the API.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error of the API (RFC 9457), small enough to be returned by value.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Details>);

/// An error of the API (RFC 9457). Match on `code`: it never changes its meaning; `detail` is for people.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:investbuddy:problem:too_few_candles",
    "title": "Too few candles",
    "status": 422,
    "code": "too_few_candles",
    "detail": "A forecast needs 721 hourly candles without a gap at the end; 24 were given.",
    "field": "candles",
    "needed": 721,
    "given": 24
}))]
pub struct Details {
    /// The kind of problem as a URI: `urn:investbuddy:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every problem of the kind.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status, again.
    pub status: u16,
    /// The stable code.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What happened this time and what to do about it, for people.
    pub detail: String,
    /// The field or parameter that is not right, as the caller wrote it: `candles[3].high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How many hourly candles are needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<u32>,
    /// How many hourly candles were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<u32>,
    /// The most that is read, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    /// After how many seconds to ask again; also in the header Retry-After.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The number under which our log holds the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl Problem {
    /// A problem with nothing but its kind and a sentence.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("urn:investbuddy:problem:{code}"),
            title: title(code),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            field: None,
            needed: None,
            given: None,
            limit_bytes: None,
            retry_after_s: None,
            incident: None,
        }))
    }

    /// A body that is not JSON, or not the JSON that is wanted.
    #[must_use]
    pub fn malformed(field: String, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed_body", detail);
        problem.0.field = Some(field);
        problem
    }

    /// A path under `/api` that leads nowhere.
    #[must_use]
    pub fn no_such_route() -> Self {
        let detail = "There is nothing at this address. /api/docs lists what there is.";
        Self::new(StatusCode::NOT_FOUND, "unknown_route", detail)
    }

    /// A method that the path does not know.
    #[must_use]
    pub fn wrong_method() -> Self {
        let detail = "This address does not take this method; the header Allow lists those it takes.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", detail)
    }

    /// A body that does not say that it is JSON.
    #[must_use]
    pub fn not_json() -> Self {
        let detail = "The body must be JSON, with the header Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", detail)
    }

    /// An answer that took too long.
    #[must_use]
    pub fn timed_out() -> Self {
        let detail = "The answer took too long and was given up. Try again in 5 seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).retry_after(5)
    }

    /// A product that cannot do its job yet.
    #[must_use]
    pub fn not_ready(reason: impl Into<String>, retry_after_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", reason).retry_after(retry_after_s)
    }

    /// A body that stopped arriving.
    #[must_use]
    pub fn incomplete_body() -> Self {
        let detail = "The request's body broke off before its end.";
        Self::new(StatusCode::BAD_REQUEST, "incomplete_body", detail)
    }

    /// A request that another site made a reader's browser send.
    #[must_use]
    pub fn cross_site() -> Self {
        let detail = "This request came from another site. Only InvestBuddy's own pages may send it.";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail)
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The same problem as a short page, for addresses that people visit.
    #[must_use]
    pub fn into_page(self) -> Response {
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title} · InvestBuddy</title><h1>{title}</h1><p>{detail}</p>",
            title = self.0.title,
            detail = escape(&self.0.detail),
        );
        self.respond("text/html; charset=utf-8", body)
    }

    fn respond(&self, content_type: &'static str, body: String) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let Self(mut details) = Self::new(status, failure.code(), failure.to_string());
        details.retry_after_s = failure.retry_after_s();
        match failure {
            Failure::UnknownSymbol { .. } => details.field = Some("symbol".to_owned()),
            Failure::UnknownModel { .. } => details.field = Some("version".to_owned()),
            Failure::Invalid { field, hint } => {
                details.detail = format!("{field} {hint}");
                details.field = Some(field);
            }
            Failure::TooFewCandles { needed, given } => {
                details.needed = Some(needed);
                details.given = Some(given);
            }
            Failure::TooLarge { limit_bytes } => details.limit_bytes = Some(limit_bytes),
            Failure::Internal { incident } => details.incident = Some(incident),
            Failure::NotEvaluated
            | Failure::NotReady { .. }
            | Failure::Busy { .. }
            | Failure::UnknownConversation
            | Failure::SignInNeeded
            | Failure::NotAllowed
            | Failure::TooMany { .. }
            | Failure::WriterUnavailable { .. } => {}
        }
        Self(details)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A struct of texts and numbers always serialises.
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        self.respond(PROBLEM_JSON, body)
    }
}

const fn title(code: &str) -> &'static str {
    match code.as_bytes() {
        b"unknown_symbol" => "Unknown symbol",
        b"unknown_model" => "Unknown model",
        b"not_evaluated" => "Not evaluated yet",
        b"unknown_conversation" => "Unknown conversation",
        b"sign_in_needed" => "Sign-in needed",
        b"not_allowed" => "Not allowed",
        b"too_many" => "Too many questions",
        b"writer_unavailable" => "Language model unavailable",
        b"feedback_over" => "Too late for feedback",
        b"feedback_closed" => "Feedback can no longer be changed",
        b"unknown_forecast" => "Unknown forecast",
        b"invalid" => "Invalid field",
        b"too_few_candles" => "Too few candles",
        b"too_large" => "Request too large",
        b"not_ready" => "Not ready yet",
        b"busy" => "Too many requests at once",
        b"malformed_body" => "Malformed body",
        b"unknown_route" => "No such address",
        b"wrong_method" => "Wrong method",
        b"wrong_content_type" => "Wrong content type",
        b"timeout" => "Timed out",
        b"incomplete_body" => "Incomplete body",
        b"cross_site" => "Request from another site",
        b"internal" => "Something went wrong on our side",
        _ => "Problem",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! Who asks: a browser by its cookie, a machine by its address.
//!
//! The cookie is set when a first question is asked, not when a page is looked at. Whoever holds it reads that
//! visitor's conversations, so scripts cannot read it and other sites cannot send it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::api::error::ApiError;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::Cookie;
use domain::chat::VisitorId;
use domain::error::Failure;
use leptos::server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};
use uuid::Uuid;

use crate::config::{Mode, Settings};
use crate::pace::Pace;
use crate::signing::SigningKey;
use crate::telemetry::metrics;

use super::identity::Identity;
use super::problem::Problem;

/// The cookie that names a visitor.
pub const COOKIE: &str = "investbuddy_visitor";

/// Where questions are asked: by our own pages, and by programs.
pub const ASK_PATHS: [&str; 2] = ["/ui/ask", "/api/v1/ask"];

/// How long a browser keeps the cookie, in seconds: a year.
const KEPT_S: u32 = 365 * 24 * 3_600;

/// Visitors behind one address: a household or an office share one, a script that throws its cookie away does not.
const VISITORS_BEHIND_AN_ADDRESS: u32 = 10;

/// The address of the network that asks; none where nobody can say. In the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct CallerAddress(pub Option<IpAddr>);

/// The visitor whose cookie came with the request, whether or not somebody is signed in.
#[derive(Debug, Clone)]
pub struct CookieVisitor(pub Option<VisitorId>);

impl<S: Sync> FromRequestParts<S> for CookieVisitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(known_visitor(&parts.headers)))
    }
}

/// In an answer's extensions: whoever asked said something, and is to be known again.
#[derive(Debug, Clone, Copy)]
pub struct Remember;

/// How visitors are told apart, and how often one address may ask. Cheap to clone.
#[derive(Clone)]
pub struct Visitors {
    pace: Arc<Pace<IpAddr>>,
    key: SigningKey,
    behind_proxy: bool,
    secure: bool,
}

impl Visitors {
    /// As the settings say.
    #[must_use]
    pub fn new(settings: &Settings, key: SigningKey) -> Self {
        let a_minute = settings.chat.questions_per_minute.saturating_mul(VISITORS_BEHIND_AN_ADDRESS);
        Self {
            pace: Arc::new(Pace::a_minute(a_minute)),
            key,
            behind_proxy: settings.chat.behind_proxy,
            secure: settings.mode == Mode::Production,
        }
    }

    /// The address that asks; none where nobody can say.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        // The last entry is the one that our own proxy wrote; the earlier ones are whatever the client sent.
        let forwarded =
            || request.headers().get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
        if self.behind_proxy { forwarded().or(peer) } else { peer }
    }

    fn cookie(&self, visitor: &VisitorId) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{COOKIE}={visitor}; Path=/; HttpOnly; SameSite=Lax; Max-Age={KEPT_S}{secure}").parse().ok()
    }
}

/// Tells who asks to whatever stands behind, and lets no address ask too often.
pub async fn recognise(State(visitors): State<Visitors>, mut request: Request, next: Next) -> Response {
    let asks = ASK_PATHS.contains(&request.uri().path());
    let address = visitors.address(&request);
    request.extensions_mut().insert(CallerAddress(address));
    if asks
        && let Some(address) = address
        && let Err(failure) = visitors.pace.keep(&address)
    {
        metrics::rejected("too_many");
        return refused(&request, failure);
    }
    let account = request.extensions().get::<Identity>().and_then(Identity::account);
    // A member's conversations follow him from one browser to the next.
    let known = account.map(|account| visitors.key.visitor(&account.id)).or_else(|| known_visitor(request.headers()));
    let is_new = known.is_none();
    let visitor = known.unwrap_or_else(|| VisitorId::from_bits(Uuid::new_v4().as_u128()));
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if (asks || response.extensions().get::<Remember>().is_some())
        && is_new
        && response.status().is_success()
        && let Some(cookie) = visitors.cookie(&visitor)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn known_visitor(headers: &HeaderMap) -> Option<VisitorId> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| Cookie::split_parse(value.to_owned()))
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == COOKIE)
        .and_then(|cookie| VisitorId::parse(cookie.value()).ok())
}

/// A refusal as whoever asks can read it: our own pages, or a program.
fn refused(request: &Request, failure: Failure) -> Response {
    if request.uri().path() != ASK_PATHS[0] {
        return Problem::from(failure).into_response();
    }
    let retry_after = failure.retry_after_s().unwrap_or_default();
    let body = ApiError::from(failure).ser();
    let headers = [
        (header::RETRY_AFTER.as_str(), retry_after.to_string()),
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        (SERVER_FN_ERROR_HEADER, ASK_PATHS[0].to_owned()),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
}

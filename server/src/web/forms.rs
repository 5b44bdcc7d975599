//! Forms: the pages of [`app::documents`], and what happens when one is sent.
//!
//! A form is read field by field, its mistakes are said beside the fields, and nothing that was typed is lost. What
//! changes something is a POST that came from our own page; opening a link changes nothing.

use std::net::IpAddr;
use std::sync::Arc;

use app::documents::{Form, Frame, Page, address};
use app::ssr::Assets;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use domain::clock::Clock;
use domain::error::Failure;
use domain::language::Language;

use super::headers::page_policy;
use super::identity::Identity;
use super::origin;
use super::problem::Problem;
use super::site::Site;
use super::visitor::CallerAddress;
use crate::alerts::Alerts;
use crate::auth::Accounts;
use crate::feedback::Feedback;
use crate::jobs::Jobs;
use crate::monitoring::Monitoring;
use crate::notify::Notify;
use crate::registry::Registry;
use crate::retraining::Retraining;
use crate::watching::Watching;

mod account;
mod alerts;
mod feedback;
mod operator;

/// The largest form that is read, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// What the forms work with. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    /// Accounts and sessions.
    pub accounts: Accounts,
    /// Rules and what they fire.
    pub alerts: Alerts,
    /// What people say about forecasts.
    pub feedback: Feedback,
    /// Production data and what they are compared with.
    pub monitoring: Monitoring,
    /// What runs by itself.
    pub jobs: Jobs,
    /// Letters that lie here.
    pub notify: Arc<Notify>,
    /// The models on disk.
    pub registry: Registry,
    /// What the server measures about itself.
    pub watching: Watching,
    /// How new models come and go.
    pub retraining: Retraining,
}

/// What every form's handler may use.
#[derive(Clone)]
pub struct Forms {
    members: Members,
    clock: Arc<dyn Clock>,
    assets: Assets,
}

/// Every form, in both languages.
pub fn router(site: &Site, clock: &Arc<dyn Clock>, members: Members) -> Router {
    let forms = Forms { members, clock: Arc::clone(clock), assets: site.assets().clone() };
    let routes = || {
        Router::new()
            .merge(account::router())
            .merge(alerts::router())
            .merge(feedback::router())
            .merge(operator::router())
    };
    routes().nest("/fr", routes()).layer(from_fn(origin::same_origin_only)).with_state(forms)
}

/// The page that somebody asked for: where, in which language, and who he is.
#[derive(Clone)]
pub struct Visit {
    path: String,
    query: String,
    /// The language of the address.
    pub language: Language,
    /// Who asks.
    pub identity: Identity,
    /// From where.
    pub from: Option<IpAddr>,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        // Nested routes see a path without the language.
        let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
        let language = app::documents::language_of(&path);
        let from = parts.extensions.get::<CallerAddress>().and_then(|address| address.0);
        let identity = Identity::from_request_parts(parts, state).await?;
        Ok(Self { path, query, language, identity, from })
    }
}

impl Visit {
    /// A field of the query; empty where it is not there.
    #[must_use]
    pub fn asked(&self, field: &str) -> String {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(name, _)| name == field)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    /// Goes to another document of ours after a form was taken.
    #[must_use]
    pub fn go(&self, path: &str) -> Response {
        Redirect::to(&address(self.language, path)).into_response()
    }

    /// Sends whoever is not signed in to do so, and back here afterwards.
    #[must_use]
    pub fn sign_in_first(&self) -> Response {
        let here = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        Redirect::to(&format!("{}?next={next}", address(self.language, "/account/sign-in"))).into_response()
    }
}

impl Forms {
    /// A page with a status.
    pub fn page(&self, visit: &Visit, status: StatusCode, page: impl FnOnce(Language) -> Page) -> Response {
        let frame = Frame {
            language: visit.language,
            path: visit.path.clone(),
            query: visit.query.clone(),
            assets: self.assets.clone(),
            role: visit.identity.role(),
        };
        let rendered = frame.render(page);
        let mut response = (status, axum::response::Html(rendered.html)).into_response();
        let headers = response.headers_mut();
        if let Some(policy) = page_policy(&rendered.nonce) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// A page as it is.
    pub fn show(&self, visit: &Visit, page: impl FnOnce(Language) -> Page) -> Response {
        self.page(visit, StatusCode::OK, page)
    }

    /// A form that has to be filled in once more.
    pub fn again(&self, visit: &Visit, page: impl FnOnce(Language) -> Page) -> Response {
        self.page(visit, StatusCode::UNPROCESSABLE_ENTITY, page)
    }
}

/// A form that a browser sent: `application/x-www-form-urlencoded`, at most [`MOST_BYTES`].
pub struct Sent(pub Form);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Err(Problem::from(Failure::invalid("body", "must be a form")).into_page());
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .ok()
            .filter(|bytes| bytes.len() <= MOST_BYTES)
            .ok_or_else(|| Problem::from(Failure::TooLarge { limit_bytes: MOST_BYTES as u64 }).into_page())?;
        Ok(Self(Form::sent(form_urlencoded::parse(&bytes).into_owned())))
    }
}

/// The page of something that broke on our side: it has the number of an incident, and nothing of the cause.
fn broken(error: &dyn std::error::Error) -> Response {
    Problem::from(crate::incident::report(error)).into_page()
}

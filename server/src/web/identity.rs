//! Who asks: the session's account, if there is one, as every handler behind finds it.

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum_login::tower_sessions::cookie::SameSite;
use axum_login::tower_sessions::{Expiry, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, AuthSession};
use domain::error::Failure;
use domain::user::{Account, Role};
use std::sync::Arc;
use time::Duration;

use crate::auth::{Accounts, Backend, Sessions};

use super::problem::Problem;

/// The session's cookie.
pub const COOKIE: &str = "investbuddy_session";

/// How long a session lasts.
const LASTS: Duration = Duration::days(30);

/// The session with whoever is signed in.
pub type Session = AuthSession<Backend>;

/// Whoever is signed in; a visitor where nobody is.
#[derive(Debug, Clone, Default)]
pub struct Identity(Option<Arc<Account>>);

impl Identity {
    /// His account.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.0.as_deref()
    }

    /// What he may do.
    #[must_use]
    pub fn role(&self) -> Role {
        self.0.as_ref().map_or(Role::Visitor, |account| account.role)
    }

    /// His account.
    ///
    /// # Errors
    /// [`Failure::SignInNeeded`] for a visitor.
    pub fn member(&self) -> Result<&Account, Failure> {
        self.account().ok_or(Failure::SignInNeeded)
    }

    /// His account, if he looks after this server.
    ///
    /// # Errors
    /// [`Failure::SignInNeeded`] for a visitor, [`Failure::NotAllowed`] for a member.
    pub fn operator(&self) -> Result<&Account, Failure> {
        self.member()
            .and_then(|account| if account.role == Role::Operator { Ok(account) } else { Err(Failure::NotAllowed) })
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Lets every route of `router` know who asks. Whoever sends no cookie costs no look into the store.
pub fn known(router: Router, accounts: &Accounts, clock: &Arc<dyn domain::clock::Clock>, secure: bool) -> Router {
    let sessions = Sessions::new(accounts.store().clone(), Arc::clone(clock));
    let sessions = SessionManagerLayer::new(sessions)
        .with_name(COOKIE)
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(LASTS));
    let signed_in = AuthManagerLayerBuilder::new(Backend(accounts.clone()), sessions).build();
    router.layer(from_fn(identify)).layer(signed_in).layer(from_fn(never_blank))
}

async fn identify(mut request: Request, next: Next) -> Response {
    let account = request.extensions().get::<Session>().and_then(|session| session.user.as_ref());
    let identity = Identity(account.map(|signed_in| Arc::new(signed_in.account().clone())));
    request.extensions_mut().insert(identity.role());
    let is_member = identity.account().is_some();
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    if is_member {
        // No cache between us and a member may keep what is his.
        response.headers_mut().insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("private, no-cache"));
    }
    response
}

/// Where the store does not answer, the session's library answers with an empty page; ours says what happened.
async fn never_blank(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let is_blank = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && !response.headers().contains_key(header::CONTENT_TYPE);
    if !is_blank {
        return response;
    }
    let problem = Problem::from(Failure::Busy { retry_after_s: 5 });
    if is_api { axum::response::IntoResponse::into_response(problem) } else { problem.into_page() }
}

//! The web: routes, what stands before them, and how the server listens.
//!
//! Invariant: nothing here computes. Handlers parse at the door, ask the [`Desk`], and write the answer down.
//! No error text of a library reaches a browser: whatever goes wrong becomes a [`problem::Problem`].

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use domain::clock::Clock;
use domain::ports::Desk;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::config::{Mode, Settings};
use crate::feedback::Feedback;
use crate::monitoring::Monitoring;
use crate::telemetry::metrics;
use crate::watching::Watching;

pub mod admission;
pub mod api;
pub mod documents;
pub mod forms;
pub mod headers;
pub mod identity;
pub mod listen;
pub mod observe;
pub mod origin;
pub mod pages;
pub mod probes;
pub mod problem;
pub mod server_functions;
pub mod site;
pub mod visitor;

use admission::Gate;
use forms::Members;
use site::Site;
use visitor::Visitors;

/// Bodies smaller than this leave as they are: compressing them costs more than it saves.
const COMPRESS_ABOVE_BYTES: u16 = 1_024;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// What the product can be asked.
    pub desk: Arc<dyn Desk>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What people say about forecasts.
    pub feedback: Feedback,
    /// Production data and what they are compared with.
    pub monitoring: Monitoring,
    /// What the server measures about itself.
    pub watching: Watching,
    /// The largest body that is read, in bytes.
    pub body_bytes: usize,
}

/// Everything that answers, for one desk.
pub fn router(settings: &Settings, desk: &Arc<dyn Desk>, clock: &Arc<dyn Clock>, members: Members) -> Router {
    // Counting starts with the first request, not with the first look at the numbers.
    metrics::recorder();
    let limits = &settings.limits;
    let timeout = settings.request_timeout();
    let predictions = Gate::new("predictions", limits.predictions_in_flight, timeout);
    let requests = Gate::new("requests", limits.requests_in_flight, timeout);
    let site = Site::at(&settings.site_dir());
    let web = Web {
        desk: Arc::clone(desk),
        clock: Arc::clone(clock),
        feedback: members.feedback.clone(),
        monitoring: members.monitoring.clone(),
        watching: members.watching.clone(),
        body_bytes: limits.body_bytes as usize,
    };

    let accounts = members.accounts.clone();
    let visitors = Visitors::new(settings, accounts.key().clone());
    let forms = forms::router(&site, clock, members)
        .layer(from_fn_with_state(requests.clone(), admission::admit_page))
        .layer(from_fn_with_state(visitors.clone(), visitor::recognise));
    let pages = pages::router(settings, &site, desk)
        .layer(from_fn(server_functions::with_their_status))
        .layer(from_fn(origin::same_origin_only))
        .layer(from_fn_with_state(requests.clone(), admission::admit_page))
        .layer(from_fn_with_state(visitors.clone(), visitor::recognise));
    let api = api::router(web.clone(), &requests, &predictions).layer(from_fn_with_state(visitors, visitor::recognise));

    let known = Router::new().merge(api).merge(forms).merge(pages);
    identity::known(known, &accounts, clock, settings.mode == Mode::Production)
        .merge(site.router())
        .merge(documents::router())
        .layer(compression())
        .merge(probes::router(web))
        .layer(from_fn(headers::secure))
        .layer(from_fn(observe::request))
}

/// Compresses what is made on the fly; files of the site are compressed when they are built.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(COMPRESS_ABOVE_BYTES)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("font/"))
        // Streams: compressing would hold words back until there are enough of them.
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/x-ndjson"))
        .and(NotForContentType::const_new("application/wasm"));
    CompressionLayer::new().compress_when(worth_it)
}

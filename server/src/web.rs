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

use crate::config::Settings;
use crate::telemetry::metrics;

pub mod admission;
pub mod api;
pub mod documents;
pub mod headers;
pub mod listen;
pub mod observe;
pub mod origin;
pub mod pages;
pub mod probes;
pub mod problem;
pub mod server_functions;
pub mod site;

use admission::Gate;
use site::Site;

/// Bodies smaller than this leave as they are: compressing them costs more than it saves.
const COMPRESS_ABOVE_BYTES: u16 = 1_024;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// What the product can be asked.
    pub desk: Arc<dyn Desk>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The largest body that is read, in bytes.
    pub body_bytes: usize,
}

/// Everything that answers, for one desk.
pub fn router(settings: &Settings, desk: &Arc<dyn Desk>, clock: &Arc<dyn Clock>) -> Router {
    // Counting starts with the first request, not with the first look at the numbers.
    metrics::recorder();
    let limits = &settings.limits;
    let timeout = settings.request_timeout();
    let predictions = Gate::new("predictions", limits.predictions_in_flight, timeout);
    let requests = Gate::new("requests", limits.requests_in_flight, timeout);
    let site = Site::at(&settings.site_dir());
    let web = Web { desk: Arc::clone(desk), clock: Arc::clone(clock), body_bytes: limits.body_bytes as usize };

    let pages = pages::router(settings, &site, desk)
        .layer(from_fn(server_functions::with_their_status))
        .layer(from_fn(origin::same_origin_only))
        .layer(from_fn_with_state(requests.clone(), admission::admit_page));
    let api = api::router(web.clone(), &requests, &predictions);

    Router::new()
        .merge(api)
        .merge(site.router())
        .merge(documents::router())
        .merge(pages)
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
        .and(NotForContentType::const_new("application/wasm"));
    CompressionLayer::new().compress_when(worth_it)
}

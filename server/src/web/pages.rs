//! The pages: rendered here first, then alive in the browser.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use domain::ports::Desk;
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};

use crate::config::Settings;

use super::headers::page_policy;
use super::site::{PACKAGE, Site, files};

/// The name that the build gives to the browser's half.
pub const OUTPUT_NAME: &str = "investbuddy";

/// Every page, every server function, the files in the root of the site folder, and the page for whatever else.
pub fn router(settings: &Settings, site: &Site, desk: &Arc<dyn Desk>) -> Router {
    let options = options(settings, site);
    let context = context(site, desk);
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let not_found = {
        let render = leptos_axum::render_app_async_with_context(context.clone(), shell.clone());
        let page = move |State(()): State<()>, request: Request| {
            let page = render(request);
            async move { as_not_found(page.await) }
        };
        page.with_state(())
    };
    Router::new()
        .leptos_routes_with_context(&options, routes(), context, shell)
        .fallback_service(files(site.root()).call_fallback_on_method_not_allowed(true).fallback(not_found))
        .with_state(options)
        .layer(from_fn(asked_first))
}

/// The binary knows where its site is; no environment is needed.
fn options(settings: &Settings, site: &Site) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(site.root().display().to_string())
        .site_pkg_dir(PACKAGE)
        .site_addr(settings.addr)
        .build()
}

/// What every page and server function finds in its context.
fn context(site: &Site, desk: &Arc<dyn Desk>) -> impl Fn() + Clone + Send + Sync + 'static {
    let assets = site.assets().clone();
    let desk = Arc::clone(desk);
    move || {
        app::ssr::provide_desk(Arc::clone(&desk));
        app::ssr::provide_assets(assets.clone());
        set_policy();
    }
}

/// The policy names the nonce that Leptos gives to the scripts of this very answer.
fn set_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    if let Some(policy) = page_policy(&nonce) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Walks the app once a process: listing routes from two threads at once is not safe in Leptos 0.8.
fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(app::App)).clone()
}

fn as_not_found(page: impl IntoResponse) -> Response<Body> {
    let mut response = page.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Pages carry fresh numbers: a browser may keep one, and asks before it shows it again.
async fn asked_first(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}

//! The site folder: what the build made for browsers, compressed beforehand and cached for good where the name
//! carries a hash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::ssr::Assets;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde::Deserialize;
use tower_http::services::ServeDir;

/// The folder inside the site, and the path on the web, of compiled files.
pub const PACKAGE: &str = "pkg";

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// What the build wrote about its files.
#[derive(Debug, Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
    charts: String,
    #[serde(default)]
    parts: BTreeMap<String, Vec<String>>,
}

/// The site folder and the addresses of its main files.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
    assets: Assets,
    is_hashed: bool,
}

impl Site {
    /// Reads `manifest.json` of a site folder. Without one (a plain `wasm-bindgen` or `cargo leptos` build) files
    /// carry their plain names and browsers ask each time whether they have changed.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        let manifest = std::fs::read(root.join("manifest.json")).ok();
        match manifest.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok()) {
            Some(Manifest { js, wasm, css, charts, parts }) => {
                let [js, wasm, css, charts] = [js, wasm, css, charts].map(Into::into);
                let assets = Assets { js, wasm, css, charts, parts: Arc::new(parts) };
                Self { root: root.to_owned(), assets, is_hashed: true }
            }
            None => {
                let named = |file: &str| format!("/{PACKAGE}/{file}").into();
                let assets = Assets {
                    js: named("investbuddy.js"),
                    wasm: named("investbuddy.wasm"),
                    css: named("investbuddy.css"),
                    charts: named("charts.mjs"),
                    parts: Arc::default(),
                };
                Self { root: root.to_owned(), assets, is_hashed: false }
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The addresses of the main files.
    #[must_use]
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Compiled files under `/pkg`. Where their names carry a hash, browsers keep them for good.
    pub fn router(&self) -> Router {
        let policy = if self.is_hashed { FOR_GOOD } else { ASK_FIRST };
        Router::new()
            .nest_service(&format!("/{PACKAGE}"), files(&self.root.join(PACKAGE)))
            .layer(from_fn_with_state(policy, cached))
    }
}

/// Files of a folder, with their compressed twins where the browser takes them.
pub fn files(folder: &Path) -> ServeDir {
    ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

async fn cached(State(policy): State<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, policy);
    }
    response
}

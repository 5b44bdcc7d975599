//! The JSON API, version 1, and the document that describes it.
//!
//! The OpenAPI document is made from the handlers below: a route cannot exist without being in it. Shapes on the
//! wire live in [`wire`], apart from the domain's types, so that the API stays still while the product moves.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::Web;
use super::admission::{Gate, admit};
use super::origin::same_origin_only;
use super::problem::Problem;

mod advice;
mod ask;
mod body;
mod candles;
mod conversations;
mod evaluation;
mod feedback;
mod forecasts;
mod market;
mod models;
mod monitoring;
mod predict;
mod query;
mod watching;
pub mod wire;

/// Where the OpenAPI document is.
pub const DOCUMENT_PATH: &str = "/api/openapi.json";

/// Where the document can be browsed.
pub const DOCS_PATH: &str = "/api/docs";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "InvestBuddy",
        description = "Will the next one to two days of a coin be unusually volatile, how sure are we, and why?\n\n\
            **Units.** Volatility is realised volatility as a fraction per day (0.03 is 3 % a day): the square root of \
            the sum of squared hourly log returns, scaled to one day. Prices are in USDT, volumes in units of the \
            coin. Times are UTC, RFC 3339. A candle covers one hour and is known when it closes.\n\n\
            **Errors** are `application/problem+json` (RFC 9457) with a stable `code`.\n\n\
            Forecasts are statistics, not advice. Where the market is simulated, every forecast says so in `source`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "forecasts", description = "What is expected"),
        (name = "buddy", description = "The teaching agent: questions, conversations, advice"),
        (name = "feedback", description = "How forecasts were"),
        (name = "operator", description = "For whoever looks after this server"),
        (name = "models", description = "What makes the forecasts, and how good it is"),
        (name = "data", description = "What the forecasts are made from")
    )
)]
struct Document;

/// Every route under `/api`, each behind its gate.
pub fn router(web: Web, requests: &Gate, predictions: &Gate) -> Router {
    let (routes, document) = described(web, requests, predictions).split_for_parts();
    let docs = SwaggerUi::new(DOCS_PATH)
        .url(DOCUMENT_PATH, document)
        .config(Config::default().try_it_out_enabled(true).display_request_duration(true).validator_url("none"));
    routes
        .merge(docs)
        .method_not_allowed_fallback(wrong_method)
        .route("/api", any(no_such_route))
        .route("/api/", any(no_such_route))
        .route("/api/{*rest}", any(no_such_route))
}

fn described(web: Web, requests: &Gate, predictions: &Gate) -> OpenApiRouter {
    let reads = OpenApiRouter::new()
        .routes(routes!(forecasts::list))
        .routes(routes!(forecasts::one))
        .routes(routes!(candles::list))
        .routes(routes!(models::list))
        .routes(routes!(models::card))
        .routes(routes!(evaluation::read))
        .routes(routes!(market::state))
        .routes(routes!(advice::read))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::read, conversations::rename, conversations::delete))
        .routes(routes!(conversations::export))
        .routes(routes!(conversations::judge))
        .routes(routes!(ask::ask))
        .routes(routes!(feedback::give))
        .routes(routes!(monitoring::production))
        .routes(routes!(monitoring::reference))
        .routes(routes!(watching::drift))
        .routes(routes!(watching::performance))
        .routes(routes!(watching::health))
        .layer(from_fn(same_origin_only))
        .layer(from_fn_with_state(requests.clone(), admit));
    let on_demand =
        OpenApiRouter::new().routes(routes!(predict::predict)).layer(from_fn_with_state(predictions.clone(), admit));
    OpenApiRouter::with_openapi(Document::openapi()).merge(reads).merge(on_demand).with_state(web)
}

async fn no_such_route() -> Problem {
    Problem::no_such_route()
}

async fn wrong_method() -> Problem {
    Problem::wrong_method()
}

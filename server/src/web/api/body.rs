//! Reads a JSON body: bounded, with the name of the field that is wrong.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use domain::error::Failure;
use futures::StreamExt;
use serde::de::DeserializeOwned;

use crate::web::problem::Problem;

/// How much of a body that is too large is read and thrown away, so that the client gets to read our answer
/// instead of a broken connection.
const DRAIN_BYTES: usize = 128 * 1024 * 1024;

/// What must stand in a field, by the path at which reading failed.
pub(super) type Hints = fn(path: &str) -> &'static str;

/// Reads the body of a request as JSON.
///
/// # Errors
/// A [`Problem`]: wrong content type, too large, broken off, or not what is wanted; then it names the field.
pub(super) async fn json<T: DeserializeOwned>(request: Request, limit: usize, hints: Hints) -> Result<T, Problem> {
    if !says_json(request.headers()) {
        return Err(Problem::not_json());
    }
    let bytes = bounded(request.into_body(), limit).await?;
    parse(&bytes, hints)
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(Ok(content_type)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn bounded(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    let mut seen = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::incomplete_body())?;
        seen += chunk.len();
        if seen <= limit {
            whole.extend_from_slice(&chunk);
        } else if seen > limit + DRAIN_BYTES {
            break;
        } else {
            whole = Vec::new();
        }
    }
    if seen > limit { Err(Failure::TooLarge { limit_bytes: limit as u64 }.into()) } else { Ok(whole.into()) }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], hints: Hints) -> Result<T, Problem> {
    // A list of values would do for an object, as far as serde is concerned; not for us.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::malformed("body".to_owned(), format!("body {}", hints("body"))));
    }
    // Reading with a record of the path costs time; only a body that is wrong pays for it.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => Err(explain(&error.path().to_string(), error.inner(), hints)),
        Ok(value) => match reader.end() {
            Ok(()) => Ok(value),
            Err(_) => Err(Problem::malformed("body".to_owned(), "body goes on after the end of the JSON value")),
        },
    }
}

/// Our own words for what the reader of JSON found: its texts are not ours to promise.
fn explain(path: &str, error: &serde_json::Error, hints: Hints) -> Problem {
    // "." is the whole body, and "?" a place that the reader cannot name.
    let path = path.trim_end_matches(['.', '?']);
    let text = error.to_string();
    let about = |kind: &str| text.strip_prefix(kind).and_then(|rest| rest.split('`').nth(1));
    if let Some(name) = about("missing field") {
        let field = join(path, name);
        return Problem::malformed(field.clone(), format!("{field} is missing; it {}", hints(&field)));
    }
    if let Some(name) = about("unknown field") {
        let name: String = name.chars().take(32).collect();
        let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
        let field = join(parent, &name);
        return Problem::malformed(field.clone(), format!("{field} is not a field of this request"));
    }
    if let Some(name) = about("duplicate field") {
        let field = if path.ends_with(name) { path.to_owned() } else { join(path, name) };
        return Problem::malformed(field.clone(), format!("{field} is given twice"));
    }
    let field = if path.is_empty() { "body".to_owned() } else { path.chars().take(80).collect() };
    if error.is_data() || text.starts_with("number out of range") {
        return Problem::malformed(field.clone(), format!("{field} {}", hints(&field)));
    }
    let place = format!("line {}, column {}", error.line(), error.column());
    let detail = if error.is_eof() {
        format!("The body is not JSON: it ends too early, at {place}.")
    } else {
        format!("The body is not JSON: it cannot be read at {place}.")
    };
    Problem::malformed(field, detail)
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

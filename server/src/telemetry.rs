//! What the operator sees: log lines and numbers.
//!
//! Log lines carry fields with the same names everywhere (`request_id`, `route`, `status`, `duration_ms`) and never
//! bodies, addresses of people or query strings.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Settings};

pub mod metrics;

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error(
        "The setting log is \"{filter}\", but it must be a level (info) or the syntax of RUST_LOG (warn,server=debug)."
    )]
    Filter {
        /// The filter as it was set.
        filter: String,
    },
}

/// Silences everything of a crate.
fn silent(target: &str) -> Result<Directive, TelemetryError> {
    let filter = format!("{target}=off");
    filter.parse().map_err(|_| TelemetryError::Filter { filter })
}

/// Starts logging to standard error, and logs panics where they happen. Does nothing where logging is on already,
/// so that tests may call it.
///
/// # Errors
/// [`TelemetryError`] where the filter cannot be read.
pub fn start(settings: &Settings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|_| TelemetryError::Filter { filter: settings.log.chars().take(60).collect() })?
        // It logs what endpoints say, and some say the key. Whatever matters of it is in our own errors.
        .add_directive(silent("async_openai")?);
    let is_terminal = std::io::stderr().is_terminal();
    let as_json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !is_terminal,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .with_span_events(FmtSpan::NONE)
        .with_target(as_json);
    let started = if as_json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
    } else {
        lines.compact().finish().try_init()
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// A panic is logged here and nowhere else. Inside a request the surrounding span carries the request's id, which
/// is the incident number that the reader gets.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(panic.message = message, panic.place = place, thread = thread.name(), "Panicked: {message}");
}

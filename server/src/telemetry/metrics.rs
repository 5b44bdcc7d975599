//! Numbers for Prometheus: their names, what they count, and the one recorder of this process.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Requests by route, method and status.
const REQUESTS: &str = "investbuddy_http_requests_total";
/// Seconds until the head of the answer was ready, by route.
const DURATION: &str = "investbuddy_http_request_duration_seconds";
/// Requests turned away, by reason.
const REJECTED: &str = "investbuddy_rejected_requests_total";
/// Forecasts that left the house, by route.
const FORECASTS: &str = "investbuddy_forecasts_served_total";
/// Panics caught in requests.
const PANICS: &str = "investbuddy_panics_total";
/// Age of the newest candle.
const MARKET_AGE: &str = "investbuddy_market_age_seconds";
/// Missing hours of all coins.
const MISSING_HOURS: &str = "investbuddy_market_missing_hours";
/// Refused rows of all coins.
const QUARANTINED: &str = "investbuddy_market_quarantined_rows";
/// Whether no exchange is in reach.
const OFFLINE: &str = "investbuddy_market_offline";
/// Resident memory.
const MEMORY: &str = "process_resident_memory_bytes";

/// Upper bounds of the latency histogram, in seconds: fine around the 20 ms that a forecast may take.
const LATENCY_BOUNDS_S: &[f64] = &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The recorder of this process; the first caller installs it.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), LATENCY_BOUNDS_S)
            .expect("the list of bounds is not empty")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_ok() {
            describe();
        }
        handle
    })
}

/// Folds what was recorded into the histograms every few seconds, whether or not anybody reads them: samples wait
/// in memory until then. Never ends.
pub async fn keep_tidy() {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        recorder().run_upkeep();
    }
}

fn describe() {
    describe_counter!(REQUESTS, "HTTP requests by route, method and status.");
    describe_histogram!(DURATION, "Seconds until the head of the answer was ready, by route.");
    describe_counter!(REJECTED, "Requests turned away, by reason.");
    describe_counter!(FORECASTS, "Forecasts served, by route.");
    describe_counter!(PANICS, "Panics caught in requests.");
    describe_gauge!(MARKET_AGE, "Seconds since the end of the newest candle of any coin.");
    describe_gauge!(MISSING_HOURS, "Hours missing between the first and the last candle, over all coins.");
    describe_gauge!(QUARANTINED, "Rows refused because they cannot be true, over all coins.");
    describe_gauge!(OFFLINE, "1 while no exchange can be reached.");
    describe_gauge!(MEMORY, "Resident memory of the process, in bytes.");
}

/// Counts one answered request.
pub fn request(route: &str, method: &'static str, status: u16, took: Duration) {
    counter!(REQUESTS, "route" => route.to_owned(), "method" => method, "status" => status_label(status)).increment(1);
    histogram!(DURATION, "route" => route.to_owned()).record(took.as_secs_f64());
}

/// Counts one request that was turned away.
pub fn rejected(reason: &'static str) {
    counter!(REJECTED, "reason" => reason).increment(1);
}

/// Counts forecasts that were handed out.
pub fn forecasts_served(route: &'static str, count: u64) {
    counter!(FORECASTS, "route" => route).increment(count);
}

/// Counts a panic.
pub fn panicked() {
    counter!(PANICS).increment(1);
}

/// Sets the gauges of the market from its state at `now_s` (epoch seconds).
pub fn market(state: &domain::market::MarketState, now_s: i64) {
    if let Some(as_of) = state.as_of {
        gauge!(MARKET_AGE).set((now_s - as_of.as_second()) as f64);
    }
    gauge!(MISSING_HOURS).set(f64::from(state.missing_hours));
    gauge!(QUARANTINED).set(f64::from(state.quarantined_rows));
    gauge!(OFFLINE).set(if state.is_offline { 1.0 } else { 0.0 });
}

/// Sets the gauge of resident memory, where the system tells it.
pub fn memory() {
    if let Some(bytes) = resident_bytes() {
        gauge!(MEMORY).set(bytes as f64);
    }
}

/// Resident memory of this process in bytes; known on Linux.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

/// The most resident memory that this process has had, in bytes; known on Linux.
#[must_use]
pub fn peak_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// A field of Linux' `/proc/self/status`, in bytes.
fn status_bytes(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}

/// The usual statuses without an allocation.
fn status_label(status: u16) -> metrics::SharedString {
    match status {
        200 => "200".into(),
        304 => "304".into(),
        404 => "404".into(),
        422 => "422".into(),
        503 => "503".into(),
        other => other.to_string().into(),
    }
}

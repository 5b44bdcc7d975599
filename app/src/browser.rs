//! What only a browser has. On the server the same names exist, so that no view needs a `cfg`; there a chart can
//! never be mounted, and effects, which alone ask for one, never run.

#[cfg(target_family = "wasm")]
mod chart;
#[cfg(not(target_family = "wasm"))]
#[path = "browser/chart_on_server.rs"]
mod chart;

pub(crate) use chart::Chart;

/// The chart could not be shown: the library did not load, or there is no browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChartUnavailable;

//! What only a browser has. On the server the same names exist, so that no view needs a `cfg`; there a chart can
//! never be mounted, and effects, which alone ask for one, never run.

#[cfg(target_family = "wasm")]
mod chart;
#[cfg(not(target_family = "wasm"))]
#[path = "browser/chart_on_server.rs"]
mod chart;

#[cfg(target_family = "wasm")]
mod page;
#[cfg(not(target_family = "wasm"))]
#[path = "browser/page_on_server.rs"]
mod page;

pub(crate) use chart::Chart;
pub(crate) use page::{Follower, copy, next_frame, prefers_stillness};

/// The chart could not be shown: the library did not load, or there is no browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChartUnavailable;

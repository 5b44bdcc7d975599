//! How good a forecast was.

pub mod metrics;

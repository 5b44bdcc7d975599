//! Behaviour of the crate from outside, one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod comparison;
mod drift;
mod evaluation;
mod features;
#[cfg(feature = "frame")]
mod frame;
mod garch;
mod golden;
mod look_ahead;
mod metrics;
mod models;
mod reasons;
mod support;

//! The shared vocabulary of InvestBuddy.
//!
//! Plain data that the server, the forecaster and the browser agree on. Invariant: no async runtime,
//! no web framework, no storage derive, no clock of its own; everything compiles to `wasm32`.

pub mod advice;
pub mod alert;
pub mod chart;
pub mod chat;
pub mod clock;
pub mod error;
pub mod evaluation;
pub mod feedback;
pub mod forecast;
pub mod language;
pub mod market;
pub mod model;
pub mod overview;
pub mod ports;
pub mod user;

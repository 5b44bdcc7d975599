//! InvestBuddy's server: everything that touches the outside world, and the wiring.
//!
//! The binary `investbuddy` is a thin shell over [`verbs`]. Modules depend on each other downwards only:
//! `verbs` wires `web` and the desk, which reads `market`, which writes `store`.

pub mod clock;
pub mod config;
pub mod desk;
pub mod evaluations;
pub mod forecasting;
pub mod history;
mod incident;
pub mod market;
pub mod registry;
pub mod store;
pub mod telemetry;
pub mod verbs;
pub mod web;
mod whole_file;

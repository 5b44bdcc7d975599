//! InvestBuddy's server: everything that touches the outside world, and the wiring.
//!
//! The binary `investbuddy` is a thin shell over [`verbs`]. Modules depend on each other downwards only:
//! `verbs` wires `web` and the desk, which reads `market`, which writes `store`.

pub mod advice;
pub mod alerts;
pub mod auth;
pub mod buddy;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod desk;
pub mod evaluations;
pub mod events;
pub mod feedback;
pub mod forecasting;
pub mod grounding;
mod hex;
pub mod history;
mod incident;
pub mod jobs;
pub mod llm;
pub mod market;
pub mod monitoring;
pub mod notify;
pub mod outbox;
mod pace;
pub mod rag;
pub mod registry;
pub mod retraining;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod verbs;
pub mod watching;
pub mod web;
mod whole_file;

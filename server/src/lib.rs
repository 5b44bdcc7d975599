//! InvestBuddy's server: everything that touches the outside world, and the wiring.

pub mod clock;
pub mod desk;
pub mod forecasting;
pub mod history;
mod incident;
pub mod market;
pub mod registry;
pub mod store;

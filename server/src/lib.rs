//! InvestBuddy's server: everything that touches the outside world, and the wiring.

pub mod market;
pub mod store;

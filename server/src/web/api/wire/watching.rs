//! What the API says about the watch.

pub mod drift;
pub mod health;
pub mod performance;

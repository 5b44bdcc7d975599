//! Pure computation on rows and tensors: features, models, evaluation, artefacts.
//!
//! Invariants: no network, no database, no clock, no global state. The same rows and the same seed give the
//! same numbers, bit for bit, on the same machine. Features and
//! scores know nothing of polars and compile to wasm32.

pub mod artefact;
pub mod calibration;
pub mod dataset;
pub mod drift;
pub mod evaluate;
pub mod features;
pub mod forecaster;
#[cfg(feature = "frame")]
pub mod frame;
pub mod linear;
pub mod model;
pub mod seed;
pub mod split;
mod student;
pub mod train;

//! Language models that run on this machine, by candle, on threads of their own.

mod chat;
mod embedder;
mod exponential;

pub use chat::{ChatText, LocalChat};
pub use embedder::LocalEmbedder;

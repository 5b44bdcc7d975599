//! The library on its vector stores: in this process, and a Qdrant that is spoken to over a real wire.

mod documents;
mod embedder;
mod endpoint;
mod engine;
mod killed;
mod outages;
mod qdrant;
mod room;
mod stores;

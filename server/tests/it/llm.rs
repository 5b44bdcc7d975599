//! Language models: the files, the local embedder, and endpoints on loopback.

mod choose;
mod endpoint;
mod fetching;
mod local;
mod local_chat;
mod models;
mod peers;

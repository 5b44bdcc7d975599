//! An OpenAI-compatible embeddings server on loopback that waits when it is told to.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use server::llm::endpoint::{Endpoint, EndpointEmbedder, Patience};
use server::llm::{Embedder as _, TextKind};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::embedder::{Hashing, USUAL};

const MODEL: &str = "hashing";

/// A server of vectors; ends with the test.
pub(crate) struct EmbeddingsServer {
    url: String,
    /// What makes the vectors. Every text counts as a passage, questions as well.
    pub(crate) embedder: Arc<Hashing>,
    _stop: DropGuard,
}

impl EmbeddingsServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let embedder = Arc::new(Hashing::new(MODEL, 64, USUAL));
        let router = Router::new().route("/v1/embeddings", post(answer)).with_state(Arc::clone(&embedder));
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move { axum::serve(listener, router).await }));
        Self { url, embedder, _stop: stop.drop_guard() }
    }

    /// The product's own client of it.
    pub(crate) async fn client(&self) -> Arc<EndpointEmbedder> {
        let patience = Patience::default();
        let endpoint = Endpoint { url: self.url.clone(), key: None, model: MODEL.to_owned(), patience };
        Arc::new(EndpointEmbedder::connect(endpoint).await.expect("it answers"))
    }

    /// Lets the program use it.
    pub(crate) fn serve<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("INVESTBUDDY_LM__EMBEDDINGS_URL", &self.url).env("INVESTBUDDY_LM__EMBEDDINGS_MODEL", MODEL)
    }

    /// What it was asked for of the terms that nobody asks about: no probe of a client and no question.
    pub(crate) fn terms(&self) -> Vec<String> {
        let all = self.embedder.passages.lock().expect("a lock").clone();
        all.into_iter().filter(|text| text.starts_with("termum")).collect()
    }
}

async fn answer(State(embedder): State<Arc<Hashing>>, Json(request): Json<Value>) -> Json<Value> {
    let texts = request["input"].as_array().expect("texts").iter();
    let texts = texts.map(|text| text.as_str().expect("a text").to_owned()).collect();
    let vectors = embedder.embed(TextKind::Passage, texts).await.expect("vectors");
    let data: Vec<Value> = vectors
        .iter()
        .zip(0..)
        .map(|(vector, index)| json!({ "object": "embedding", "index": index, "embedding": vector }))
        .collect();
    Json(json!({
        "object": "list", "model": MODEL, "data": data, "usage": { "prompt_tokens": 1, "total_tokens": 1 }
    }))
}

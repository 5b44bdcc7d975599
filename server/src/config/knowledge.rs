//! Settings of the Buddy: language models, vectors, market events, the chat itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;
use super::paths::Roots;

/// Language models: where they are and which one serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageModels {
    /// The folder of model files that `investbuddy fetch` fills.
    pub dir: PathBuf,
    /// What makes vectors of texts.
    pub embeddings: EmbeddingsEngine,
    /// The endpoint that makes vectors, up to and with `/v1`.
    pub embeddings_url: Option<String>,
    /// The endpoint's key.
    pub embeddings_key: Option<Secret>,
    /// The endpoint's model.
    pub embeddings_model: Option<String>,
    /// What writes answers.
    pub chat: ChatEngine,
    /// The endpoint that writes, up to and with `/v1`.
    pub chat_url: Option<String>,
    /// The endpoint's key.
    pub chat_key: Option<Secret>,
    /// The endpoint's model.
    pub chat_model: Option<String>,
    /// A GGUF file of an instruct model (Llama or Qwen2), run here.
    pub chat_file: Option<PathBuf>,
    /// Threads of a model that runs here.
    pub threads: u32,
}

/// What makes vectors of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingsEngine {
    /// The endpoint where one is set, else the local model where its files are, else words alone.
    #[default]
    Auto,
    /// The local model; its files must be there.
    Local,
    /// The endpoint.
    Endpoint,
    /// No vectors: words alone.
    None,
}

/// What writes answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatEngine {
    /// The endpoint where one is set, else the local file where one is set, else the composer.
    #[default]
    Auto,
    /// The endpoint.
    Endpoint,
    /// The local file.
    Local,
    /// No language model: answers are put together from passages and figures.
    Composer,
    /// A model that says the same words at a steady pace; for tests.
    Scripted,
}

/// Where vectors are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// In this process, or a Qdrant server.
    pub engine: VectorEngine,
    /// The gRPC address of Qdrant.
    pub qdrant_url: Option<String>,
    /// Qdrant's key.
    pub qdrant_key: Option<Secret>,
}

/// Where vectors are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorEngine {
    /// Exact search in this process over a memory-mapped matrix.
    #[default]
    Embedded,
    /// A Qdrant server or cluster.
    Qdrant,
}

/// Where market events come from. They are asked only where `live` allows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The Fear & Greed index (alternative.me).
    pub fear_and_greed_url: String,
    /// Funding rates (Binance futures).
    pub funding_url: String,
    /// News feeds (RSS or Atom), separated by spaces.
    pub feeds: String,
}

/// The chat itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Questions a minute that one visitor may ask.
    pub questions_per_minute: u32,
    /// Questions a minute that one member may ask.
    pub member_questions_per_minute: u32,
    /// Answers that may be written at once.
    pub answers_at_once: u32,
    /// Whether a proxy in front says who the visitor is (`X-Forwarded-For`).
    pub behind_proxy: bool,
}

impl LanguageModels {
    /// The defaults for some folders.
    #[must_use]
    pub fn defaults(roots: &Roots) -> Self {
        Self {
            dir: roots.data.join("lm"),
            embeddings: EmbeddingsEngine::default(),
            embeddings_url: None,
            embeddings_key: None,
            embeddings_model: None,
            chat: ChatEngine::default(),
            chat_url: None,
            chat_key: None,
            chat_model: None,
            chat_file: None,
            threads: 2,
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self {
            fear_and_greed_url: "https://api.alternative.me".to_owned(),
            funding_url: "https://fapi.binance.com".to_owned(),
            feeds: "https://www.coindesk.com/arc/outboundfeeds/rss https://cointelegraph.com/rss".to_owned(),
        }
    }
}

impl Default for Chat {
    fn default() -> Self {
        Self { questions_per_minute: 12, member_questions_per_minute: 30, answers_at_once: 256, behind_proxy: false }
    }
}

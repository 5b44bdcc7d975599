//! Language models behind two ports: one makes vectors of texts, one writes.
//!
//! `local` runs both on this machine with candle, `endpoint` speaks to any OpenAI-compatible server, `scripted` says
//! what a test tells it to. Which one serves is a matter of settings ([`crate::config::LanguageModels`]).
//! Invariant: no key and no text of a provider is in a message that a reader may see.

use std::pin::Pin;

use futures::Stream;
use futures::future::BoxFuture;

pub mod choose;
pub mod endpoint;
pub mod files;
pub mod local;
pub mod scripted;

/// Why a language model could not do what it was asked. For logs and for the command line, never for a reader.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LlmError {
    /// A file of the model is not there.
    #[error("{file} is not there; run `investbuddy fetch`, or set {setting}")]
    Missing {
        /// The file.
        file: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A setting without which the endpoint cannot be asked.
    #[error("{setting} is not set")]
    Unset {
        /// The setting.
        setting: &'static str,
    },
    /// A file of the model is not what it should be.
    #[error("{file} cannot be used: {cause}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The endpoint does not answer, or broke off.
    #[error("the endpoint does not answer: {cause}")]
    Unreachable {
        /// What happened; without keys.
        cause: String,
    },
    /// The endpoint refuses: a wrong key, an unknown model, a prompt that is too long.
    #[error("the endpoint refuses with status {status}: {cause}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says; without keys.
        cause: String,
    },
    /// The prompt does not fit into the model's context.
    #[error("the prompt has {tokens} tokens, the model reads {most}")]
    TooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// The most that fits.
        most: usize,
    },
    /// The computation failed.
    #[error("the model failed: {cause}")]
    Failed {
        /// What happened.
        cause: String,
    },
}

/// What a text is embedded as: asymmetric models want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// Something that is looked for.
    Query,
    /// Something that may be found.
    Passage,
}

/// Turns texts into vectors.
pub trait Embedder: Send + Sync {
    /// Names the model and everything that changes its vectors; another name means another index.
    fn identity(&self) -> &str;

    /// The length of a vector.
    fn dimensions(&self) -> usize;

    /// One vector of length 1 (L2) for each text, in their order. Runs off the caller's thread.
    fn embed(&self, kind: TextKind, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, LlmError>>;
}

/// Who says a line of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We, to the model.
    System,
    /// The reader.
    User,
    /// The model.
    Assistant,
}

/// A line of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// What a model is to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The lines, oldest first.
    pub lines: Vec<Line>,
    /// The most tokens of the answer.
    pub max_tokens: u32,
    /// 0 always takes the likeliest token.
    pub temperature: f32,
}

/// A piece of what a model writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, as it comes.
    Text(String),
    /// What it took, where the model counts; the last piece.
    Usage {
        /// Tokens read.
        prompt_tokens: u32,
        /// Tokens written.
        answer_tokens: u32,
    },
}

/// What a model writes, piece by piece. Dropping it stops the model.
pub type Writing = Pin<Box<dyn Stream<Item = Result<Piece, LlmError>> + Send>>;

/// Writes.
pub trait ChatModel: Send + Sync {
    /// The model's name, for the record.
    fn name(&self) -> &str;

    /// Whether it is good enough to be trusted with facts that are in the prompt; a very small model is not.
    fn is_experimental(&self) -> bool {
        false
    }

    /// Starts to write. An error here means that nothing was written.
    fn write(&self, prompt: Prompt) -> BoxFuture<'_, Result<Writing, LlmError>>;
}

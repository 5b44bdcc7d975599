//! The library: what the Buddy may cite, and how the right passages are found.
//!
//! Everything that is read becomes [`Passage`]s with source and licence. [`Knowledge`] finds the best of them for a
//! question, or none: a passage that does not answer is worse than an honest "I do not know".

use std::sync::Arc;

use domain::language::Language;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

pub mod benchmark;
mod corpus;
mod dictionary;
pub mod documents;
pub mod glossary;
mod index;
mod items;
mod lexicon;
mod library;
pub(crate) mod names;
mod passages;
mod question;
mod ranking;
mod shelf;
mod vectors;
mod words;

pub use index::{Embedded, Progress};
pub use library::{Library, Standing};
pub use passages::{GLOSSARY_LICENCE, GLOSSARY_SOURCE, passage_id};
pub use shelf::Shelf;

use glossary::Glossary;

/// A piece of text that can be cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Its name: a hash of source, title and text, so that the same text has the same name.
    pub id: String,
    /// The glossary entry it belongs to, where it does ([`glossary::Entry::id`]); else the term it explains, as the
    /// document writes it; none for running text.
    pub term: Option<String>,
    /// What it is called: the term in its language, or the title of the section.
    pub title: String,
    /// Other names of the same thing, in any language.
    pub names: Vec<String>,
    /// How people ask about it who do not know its name. Looked for, never shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<String>,
    /// The text, plain.
    pub text: String,
    /// The language of the text.
    pub language: Language,
    /// Who says so: "InvestBuddy glossary", a file's name.
    pub source: String,
    /// Under which licence; "unknown" where nothing says so.
    pub licence: String,
}

/// A passage that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The passage.
    pub passage: Arc<Passage>,
    /// How sure the search is, 0 to 1; everything below the floor was left out.
    pub score: f32,
}

/// Why nothing can be found.
#[derive(Debug, thiserror::Error)]
pub enum RagError {
    /// The question could not be turned into a vector, and words alone found nothing either.
    #[error(transparent)]
    Embedding(#[from] crate::llm::LlmError),
    /// The vector store does not answer.
    #[error("the vector store does not answer: {0}")]
    VectorStore(String),
    /// The files of the library cannot be read or written.
    #[error("{folder} cannot be used: {cause}")]
    Files {
        /// The folder.
        folder: String,
        /// What is wrong.
        cause: String,
    },
}

/// Finds passages.
pub trait Knowledge: Send + Sync {
    /// The passages that answer a question best, best first, none below the floor. Passages in `language` win over
    /// translations of the same entry; of one glossary entry only one language is returned.
    fn search<'a>(
        &'a self,
        question: &'a str,
        language: Language,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, RagError>>;

    /// The glossary that ships with the product.
    fn glossary(&self) -> &Glossary;
}

fn files_error(folder: &std::path::Path, cause: impl std::fmt::Display) -> RagError {
    RagError::Files { folder: folder.display().to_string(), cause: cause.to_string() }
}

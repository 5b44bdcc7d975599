//! What a model reads: lines of a prompt become text by its template, and text becomes tokens.

use std::path::Path;

use super::header::Header;
use super::template::Template;
use super::tokenizer::Tokenizer;
use super::{Unusable, damaged, failed, open};
use crate::llm::{Line, LlmError};

/// How a model reads: its template and its tokenizer, without its weights.
pub struct ChatText {
    pub(super) tokenizer: Tokenizer,
    template: Template,
}

impl ChatText {
    /// Reads both from a GGUF file.
    ///
    /// # Errors
    /// As [`super::LocalChat::open`].
    pub fn open(path: &Path) -> Result<Self, LlmError> {
        Self::read_from(&open(path)?).map_err(|error| damaged(path, error))
    }

    /// Reads both.
    pub(super) fn read_from(header: &Header) -> Result<Self, Unusable> {
        Ok(Self { tokenizer: Tokenizer::read_from(header)?, template: Template::read_from(header)? })
    }

    /// The tokens of a prompt, up to where the answer begins. What reads like a control token in a line is text.
    ///
    /// # Errors
    /// [`LlmError::Failed`] where the template refuses the lines.
    pub fn prompt(&self, lines: &[Line]) -> Result<Vec<u32>, LlmError> {
        let text = self.template.render(lines, &self.tokenizer).map_err(failed)?;
        self.tokenizer.encode(&text).map_err(failed)
    }

    /// The tokens of a text by itself, in which no control token is looked for.
    ///
    /// # Errors
    /// [`LlmError::Failed`] where it cannot be split.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, LlmError> {
        self.tokenizer.encode(&self.tokenizer.disarm(text)).map_err(failed)
    }
}

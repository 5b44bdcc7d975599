//! Advice in a language model's words. The rules decide; the model only words, and the guard reads along.
//!
//! Nobody waits for it: the first reader of a forecast gets the rules' own words, later ones the model's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::advice::Advice;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use futures::StreamExt;
use tokio::sync::Semaphore;

use super::prompt;
use crate::advice::reworded;
use crate::llm::{ChatModel, LlmError, Piece};

/// Advice that is worded at once.
const AT_ONCE: usize = 1;

type Key = (Symbol, Horizon, Language);

/// Wordings that are there or on their way. Cheap to clone.
#[derive(Clone)]
pub(super) struct Wordings {
    writer: Arc<dyn ChatModel>,
    kept: Arc<Mutex<HashMap<Key, Wording>>>,
    places: Arc<Semaphore>,
}

/// A wording of one advice, which it carries along: another one needs other words.
struct Wording {
    of: Advice,
    worded: Option<Advice>,
}

impl Wordings {
    pub(super) fn new(writer: Arc<dyn ChatModel>) -> Self {
        Self { writer, kept: Arc::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The advice in the model's words where they are there; else as it is, and the model is asked for the next reader.
    pub(super) fn best(&self, advice: Advice, language: Language) -> Advice {
        let key = (advice.symbol.clone(), advice.horizon, language);
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(wording) = kept.get(&key).filter(|wording| wording.of == advice) {
                return wording.worded.clone().unwrap_or(advice);
            }
            kept.insert(key.clone(), Wording { of: advice.clone(), worded: None });
        }
        // Not part of any reader's answer: it is for whoever comes next, so it may outlive this one.
        tokio::spawn(self.clone().word(key, advice.clone(), language));
        advice
    }

    async fn word(self, key: Key, advice: Advice, language: Language) {
        // The semaphore is never closed.
        let Ok(_place) = self.places.acquire().await else { return };
        match self.text(&advice, language).await {
            Ok(text) => {
                let worded = reworded(advice, &text, self.writer.name());
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(wording) = kept.get_mut(&key) {
                    wording.worded = Some(worded);
                }
            }
            Err(error) => tracing::warn!(model = self.writer.name(), error = %error, "The advice keeps its own words"),
        }
    }

    async fn text(&self, advice: &Advice, language: Language) -> Result<String, LlmError> {
        let mut writing = self.writer.write(prompt::advice(advice, language)).await?;
        let mut text = String::new();
        while let Some(piece) = writing.next().await {
            if let Piece::Text(piece) = piece? {
                text.push_str(&piece);
            }
        }
        Ok(text)
    }
}

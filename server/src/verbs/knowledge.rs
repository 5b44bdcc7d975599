//! What the verbs that work with the library share: the embedder of the settings, and a bar for what it does.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::VerbError;
use super::watch::say;
use crate::config::Settings;
use crate::llm::{Embedder, choose};
use crate::rag::Embedded;

/// Where nobody watches, a line is said each time so many more texts have their vectors.
const LINE_EVERY: usize = 1_000;

/// The embedder of the settings; none where words alone are searched.
///
/// # Errors
/// [`VerbError`] where the one that was asked for cannot be used.
pub(super) async fn embedder(settings: &Settings) -> Result<Option<Arc<dyn Embedder>>, VerbError> {
    choose::embedder(&settings.lm).await.map_err(VerbError::because)
}

/// How many texts have their vectors: a bar in a terminal, a line now and then elsewhere.
pub(super) struct Bar {
    bar: ProgressBar,
    is_terminal: bool,
    said: AtomicUsize,
}

impl Bar {
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} vectors  {elapsed} of about {duration}") {
            bar.set_style(style);
        }
        Self { bar, is_terminal, said: AtomicUsize::new(0) }
    }

    pub(super) fn show(&self, embedded: Embedded) {
        let Embedded { done, of, new } = embedded;
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        let is_due = new >= self.said.load(Ordering::Relaxed) + LINE_EVERY || (new > 0 && done == of);
        if !self.is_terminal && is_due {
            self.said.store(new, Ordering::Relaxed);
            say(&format!("{done} of {of} vectors"));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

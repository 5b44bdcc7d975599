//! A GGUF file of an instruct model, run in this process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;

use futures::future::BoxFuture;
use futures::stream;
use rayon::ThreadPoolBuilder;
use tokio::sync::{mpsc as channel, oneshot, watch};

use crate::llm::{ChatModel, LlmError, Piece, Prompt, Writing};

mod attention;
mod blocks;
mod decoder;
mod header;
mod kernels;
mod linear;
mod sampling;
mod template;
mod text;
mod tokenizer;
mod writer;

pub use text::ChatText;

use header::Header;
use writer::{Job, Writer};

/// Models with fewer weights are not trusted with facts.
const FEWEST_TRUSTED: usize = 1_000_000_000;

/// A model of Llama's or Qwen2's architecture on threads of its own. It writes one answer at a time; others wait.
pub struct LocalChat {
    name: String,
    is_experimental: bool,
    jobs: mpsc::Sender<Job>,
    ready: watch::Receiver<Option<Result<(), LlmError>>>,
}

/// Why a file cannot be run, in words that follow "cannot be used:".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unusable(String);

impl LocalChat {
    /// Judges the file and begins to read its weights on another thread; until they are there, prompts wait. Takes a
    /// tenth of a second; not for the web runtime's threads.
    ///
    /// # Errors
    /// [`LlmError::Missing`] where there is no file, [`LlmError::Damaged`] where it is not whole or of a kind that does
    /// not run here, [`LlmError::Failed`] where the system gives us no threads.
    pub fn open(path: &Path, threads: usize) -> Result<Self, LlmError> {
        let header = open(path)?;
        let is_experimental = header.shape.parameters < FEWEST_TRUSTED;
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|index| format!("writer-{index}"))
            .build()
            .map_err(failed)?;
        let (jobs, waiting) = mpsc::channel();
        let (tell, ready) = watch::channel(None);
        // The pool ends when this does: when nobody can ask any more.
        let file = path.to_owned();
        pool.spawn(move || serve(&file, header, &waiting, &tell));
        let name = path.file_stem().map_or_else(|| "local".to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, is_experimental, jobs, ready })
    }

    /// Waits until the weights are there.
    ///
    /// # Errors
    /// [`LlmError`] where they cannot be used.
    pub async fn ready(&self) -> Result<(), LlmError> {
        let mut ready = self.ready.clone();
        let told = ready.wait_for(Option::is_some).await;
        told.map_or_else(|_| Err(ended()), |told| told.clone().unwrap_or(Ok(())))
    }

    async fn start(&self, prompt: Prompt) -> Result<Writing, LlmError> {
        let (begun, has_begun) = oneshot::channel();
        let (pieces, receive) = channel::unbounded_channel();
        self.jobs.send(Job { prompt, begun, pieces }).map_err(|_| ended())?;
        has_begun.await.unwrap_or_else(|_| Err(ended()))?;
        Ok(Box::pin(stream::unfold((receive, false), next)))
    }
}

impl ChatModel for LocalChat {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_experimental(&self) -> bool {
        self.is_experimental
    }

    fn write(&self, prompt: Prompt) -> BoxFuture<'_, Result<Writing, LlmError>> {
        Box::pin(self.start(prompt))
    }
}

type Receiving = channel::UnboundedReceiver<Result<Piece, LlmError>>;

/// The next piece. An answer that ends without its count broke off.
async fn next((mut receive, is_over): (Receiving, bool)) -> Option<(Result<Piece, LlmError>, (Receiving, bool))> {
    if is_over {
        return None;
    }
    let piece = receive.recv().await.unwrap_or_else(|| Err(ended()));
    let is_over = matches!(piece, Ok(Piece::Usage { .. }) | Err(_));
    Some((piece, (receive, is_over)))
}

/// Reads the weights, then writes whatever is asked for until nobody can ask any more.
fn serve(
    file: &Path,
    mut header: Header,
    waiting: &mpsc::Receiver<Job>,
    ready: &watch::Sender<Option<Result<(), LlmError>>>,
) {
    // candle asserts where a file contradicts itself.
    let read = catch_unwind(AssertUnwindSafe(|| Writer::read_from(&mut header)));
    drop(header);
    let read = read.unwrap_or_else(|_| Err(Unusable::new("its weights contradict each other")));
    let mut writer = match read {
        Ok(writer) => writer,
        Err(error) => {
            let error = damaged(file, error);
            tracing::error!(%error, "The local language model does not serve");
            ready.send_replace(Some(Err(error.clone())));
            for job in waiting {
                let _ = job.begun.send(Err(error.clone()));
            }
            return;
        }
    };
    ready.send_replace(Some(Ok(())));
    tracing::info!(file = %file.display(), "The local language model is ready");
    for job in waiting {
        // Whoever asked may have gone while others were answered.
        if job.is_wanted() && catch_unwind(AssertUnwindSafe(|| writer.write(job))).is_err() {
            writer.forget();
        }
    }
}

/// Judges a file.
fn open(path: &Path) -> Result<Header, LlmError> {
    if !path.is_file() {
        return Err(LlmError::Missing { file: path.display().to_string(), setting: "lm.chat_file" });
    }
    Header::read(path).map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, Unusable(cause): Unusable) -> LlmError {
    LlmError::Damaged { file: path.display().to_string(), cause }
}

fn ended() -> LlmError {
    LlmError::Failed { cause: "the model's thread ended".to_owned() }
}

fn failed(error: impl std::fmt::Display) -> LlmError {
    LlmError::Failed { cause: error.to_string() }
}

impl Unusable {
    fn new(cause: impl Into<String>) -> Self {
        Self(cause.into())
    }
}

impl From<candle_core::Error> for Unusable {
    fn from(error: candle_core::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Unusable {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

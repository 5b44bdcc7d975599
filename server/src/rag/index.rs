//! Where vectors are searched: in this process, or in Qdrant. Both are built beside what serves and take over when
//! they are complete.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::corpus::Corpus;
use super::items::{self, Digest128, Item, Part};
use super::vectors::KeptVectors;
use super::{RagError, files_error};
use crate::config::{VectorEngine, Vectors};
use crate::hex::hex;
use crate::llm::Embedder;

mod embedded;
mod qdrant;

/// How many texts are embedded at once. What is lost by a kill is at most as much.
const BATCH: usize = 32;

/// Searches vectors.
pub(super) trait VectorIndex: Send + Sync {
    /// The items of a part whose vectors have the largest cosine to a vector, best first, with the passage that each
    /// stands for.
    fn search<'a>(
        &'a self,
        part: Part,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u32, f32)>, RagError>>;
}

/// How far the vectors have come: texts done, texts in all, and how many of these were not there before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Embedded {
    /// Texts that have a vector.
    pub done: usize,
    /// Texts in all.
    pub of: usize,
    /// Vectors that were made by this run.
    pub new: usize,
}

/// Hears how far the vectors have come.
pub type Progress<'a> = &'a (dyn Fn(Embedded) + Send + Sync);

/// Makes what is missing of an index and opens it. None where it was stopped; what was done is kept.
///
/// # Errors
/// [`RagError`] where the embedder, the disk or Qdrant fails; what was done is kept.
pub(super) async fn build(
    corpus: &Corpus,
    folder: &Path,
    embedder: &Arc<dyn Embedder>,
    settings: &Vectors,
    progress: Progress<'_>,
    stop: &CancellationToken,
) -> Result<Option<Arc<dyn VectorIndex>>, RagError> {
    let items = items::of(corpus);
    let collection = collection(embedder.as_ref(), corpus);
    if let Some(index) = open(&collection, folder, &items, corpus, embedder.dimensions(), settings).await? {
        progress(Embedded { done: items.len(), of: items.len(), new: 0 });
        return Ok(Some(index));
    }
    let Some(kept) = embed(&items, folder, embedder, progress, stop).await? else { return Ok(None) };
    match settings.engine {
        VectorEngine::Embedded => {
            embedded::write(folder, &collection, &items, &kept, embedder.dimensions())
                .map_err(|error| files_error(folder, error))?;
        }
        VectorEngine::Qdrant => {
            qdrant::fill(settings, &collection, &items, &kept, corpus, embedder.dimensions()).await?;
        }
    }
    drop(kept);
    open(&collection, folder, &items, corpus, embedder.dimensions(), settings).await
}

/// The complete index, where there is one.
async fn open(
    collection: &str,
    folder: &Path,
    items: &[Item],
    corpus: &Corpus,
    dimensions: usize,
    settings: &Vectors,
) -> Result<Option<Arc<dyn VectorIndex>>, RagError> {
    Ok(match settings.engine {
        VectorEngine::Embedded => embedded::open(folder, collection, items, dimensions)
            .map_err(|error| files_error(folder, error))?
            .map(|index| Arc::new(index) as Arc<dyn VectorIndex>),
        VectorEngine::Qdrant => {
            qdrant::open(settings, collection, corpus).await?.map(|index| Arc::new(index) as Arc<dyn VectorIndex>)
        }
    })
}

/// Embeds what has no vector yet. None where it was stopped.
async fn embed(
    items: &[Item],
    folder: &Path,
    embedder: &Arc<dyn Embedder>,
    progress: Progress<'_>,
    stop: &CancellationToken,
) -> Result<Option<KeptVectors>, RagError> {
    let failed = |error| files_error(folder, error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let path = folder.join(format!("{}.vectors", short(embedder.identity())));
    let (dimensions, stopped) = (embedder.dimensions(), stop.clone());
    let opened = tokio::task::spawn_blocking(move || KeptVectors::open(&path, dimensions, &|| stopped.is_cancelled()));
    let Some(mut kept) = opened.await.map_err(|error| failed(std::io::Error::other(error)))?.map_err(failed)? else {
        return Ok(None);
    };
    let missing = missing(items, &kept);
    let mut report = Embedded { done: items.len() - missing.len(), of: items.len(), new: 0 };
    progress(report);
    for batch in batches(&missing) {
        let texts = batch.iter().map(|(_, item)| item.text.clone()).collect();
        let embedding = embedder.embed(batch[0].1.part.kind(), texts);
        let Some(vectors) = stop.run_until_cancelled(embedding).await else { return Ok(None) };
        let vectors: Vec<(Digest128, Vec<f32>)> = batch.iter().map(|(digest, _)| *digest).zip(vectors?).collect();
        kept.keep(&vectors).map_err(failed)?;
        report = Embedded { done: report.done + batch.len(), new: report.new + batch.len(), ..report };
        progress(report);
    }
    Ok(Some(kept))
}

/// What is embedded in one go: never two parts, never nothing.
fn batches<'a, 'b>(missing: &'b [(Digest128, &'a Item)]) -> Vec<&'b [(Digest128, &'a Item)]> {
    missing.chunk_by(|(_, one), (_, next)| one.part == next.part).flat_map(|alike| alike.chunks(BATCH)).collect()
}

/// What has no vector yet, each text once, by part, short ones first: texts of like length make full batches.
fn missing<'a>(items: &'a [Item], kept: &KeptVectors) -> Vec<(Digest128, &'a Item)> {
    let mut missing: Vec<(Digest128, &Item)> =
        items.iter().map(|item| (item.digest(), item)).filter(|(digest, _)| !kept.has(digest)).collect();
    missing.sort_by_key(|(digest, item)| (item.part.name(), item.text.len(), *digest));
    missing.dedup_by_key(|(digest, _)| *digest);
    missing
}

/// The name of an index: what made its vectors and what they are of.
fn collection(embedder: &dyn Embedder, corpus: &Corpus) -> String {
    format!("investbuddy-{}-{}", short(embedder.identity()), corpus.content())
}

fn short(name: &str) -> String {
    hex(&Sha256::digest(name)[..8])
}

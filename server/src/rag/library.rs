//! The library that serves: finds by words at once, by meaning as soon as every passage has its vector.
//!
//! What serves is swapped as a whole. A task in the background reads what was added, makes the vectors that are missing
//! and swaps; until then, what served before goes on serving.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::language::Language;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::corpus::Corpus;
use super::glossary::Glossary;
use super::index::{self, Embedded, VectorIndex};
use super::items::Part;
use super::question::Question;
use super::ranking::{self, Near};
use super::shelf::Shelf;
use super::{Hit, Knowledge, Passage, RagError, files_error, passages};
use crate::config::Vectors;
use crate::llm::{Embedder, TextKind};

/// How often the shelf is looked at for new documents.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// After which time an index that could not be built is tried again.
const RETRY: Duration = Duration::from_secs(30);

/// How many texts each vector of a question brings, of each part. More than could ever be shown: what stands out by one
/// of them is to be judged by the other too.
const NEAREST: usize = 200;

/// Finds passages in the glossary and in the documents that were read in.
pub struct Library {
    glossary: Glossary,
    serving: Arc<ArcSwap<Serving>>,
    embedder: watch::Sender<Option<Arc<dyn Embedder>>>,
    standing: watch::Receiver<Standing>,
    /// Ends the task in the background with the library.
    _task: DropGuard,
}

/// What serves at a moment.
struct Serving {
    corpus: Arc<Corpus>,
    meaning: Option<Meaning>,
}

/// Search by meaning: a complete index and the embedder that made it.
#[derive(Clone)]
struct Meaning {
    embedder: Arc<dyn Embedder>,
    index: Arc<dyn VectorIndex>,
}

/// How the library stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Passages that can be found.
    pub passages: usize,
    /// The embedder whose vectors serve; none where only words do.
    pub embedder: Option<String>,
    /// How far the next index is, while one is made.
    pub building: Option<Embedded>,
    /// Why the last index could not be made. For logs, not for readers.
    pub trouble: Option<String>,
}

impl Library {
    /// Reads glossary and documents and serves them by words at once. Inside a tokio runtime; the vectors are made, and
    /// new documents noticed, by a task that ends with `stop` or with the library.
    ///
    /// # Errors
    /// [`RagError::Files`] where glossary or documents cannot be read.
    pub fn open(
        glossary_dir: &Path,
        library_dir: &Path,
        embedder: Option<Arc<dyn Embedder>>,
        vectors: &Vectors,
        stop: &CancellationToken,
    ) -> Result<Self, RagError> {
        let glossary = Glossary::read(glossary_dir).map_err(|error| files_error(glossary_dir, error))?;
        let shelf = Shelf::new(library_dir);
        let revision = shelf.revision();
        let corpus = Arc::new(corpus(&glossary, &shelf)?);
        let (embedder, embedders) = watch::channel(embedder);
        let (said, standing) = watch::channel(Standing { passages: corpus.passages().len(), ..Standing::default() });
        let serving = Arc::new(ArcSwap::from_pointee(Serving { corpus, meaning: None }));
        let stop = stop.child_token();
        let keeper = Keeper {
            folder: library_dir.to_owned(),
            glossary: glossary.clone(),
            shelf,
            vectors: vectors.clone(),
            serving: Arc::clone(&serving),
            embedders,
            said,
            stop: stop.clone(),
        };
        tokio::spawn(keeper.keep(revision));
        Ok(Self { glossary, serving, embedder, standing, _task: stop.drop_guard() })
    }

    /// Another embedder from now on. What serves goes on serving, with the embedder that made it, until every passage
    /// has its vector.
    pub fn use_embedder(&self, embedder: Option<Arc<dyn Embedder>>) {
        self.embedder.send_replace(embedder);
    }

    /// How the library stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Waits until the library stands as is asked, or the task in the background has ended.
    pub async fn wait_until(&self, is_so: impl FnMut(&Standing) -> bool) -> Standing {
        let mut standing = self.standing.clone();
        let _ = standing.wait_for(is_so).await;
        standing.borrow().clone()
    }

    /// Every passage that can be found.
    #[must_use]
    pub fn passages(&self) -> Vec<Arc<Passage>> {
        self.serving.load().corpus.passages().to_vec()
    }

    /// The vectors of a question; none where words alone are searched. [`Knowledge::search`] makes them by itself.
    ///
    /// # Errors
    /// [`RagError::Embedding`] where the embedder fails.
    pub async fn embedded(&self, text: &str, language: Language) -> Result<Vec<Vec<f32>>, RagError> {
        let serving = self.serving.load_full();
        let question = Question::read(text, language, &serving.corpus);
        match &serving.meaning {
            Some(meaning) => meaning.embedded(text, &question).await,
            None => Ok(Vec::new()),
        }
    }

    /// Like [`Knowledge::search`], with the question's vectors at hand.
    ///
    /// # Errors
    /// [`RagError::VectorStore`] where the vector store fails and words alone find nothing.
    pub async fn search_embedded(
        &self,
        text: &str,
        language: Language,
        limit: usize,
        vectors: Vec<Vec<f32>>,
    ) -> Result<Vec<Hit>, RagError> {
        let serving = self.serving.load_full();
        let question = Question::read(text, language, &serving.corpus);
        let near = match &serving.meaning {
            Some(meaning) if !vectors.is_empty() => Some(meaning.near(vectors).await),
            _ => None,
        };
        serving.ranked(&question, near, language, limit)
    }

    async fn find(&self, text: &str, language: Language, limit: usize) -> Result<Vec<Hit>, RagError> {
        let serving = self.serving.load_full();
        let question = Question::read(text, language, &serving.corpus);
        if question.is_empty() {
            return Ok(Vec::new());
        }
        let near = match &serving.meaning {
            Some(meaning) => Some(match meaning.embedded(text, &question).await {
                Ok(vectors) => meaning.near(vectors).await,
                Err(error) => Err(error),
            }),
            None => None,
        };
        serving.ranked(&question, near, language, limit)
    }
}

impl Serving {
    /// What answers best; by words alone where the search by meaning failed.
    fn ranked(
        &self,
        question: &Question,
        near: Option<Result<Near, RagError>>,
        language: Language,
        limit: usize,
    ) -> Result<Vec<Hit>, RagError> {
        let (near, failure) = match near.transpose() {
            Ok(near) => (near, None),
            Err(error) => {
                tracing::warn!(%error, "Searching by words alone");
                (None, Some(error))
            }
        };
        let hits = ranking::rank(question, near.as_ref(), language, limit, &self.corpus);
        match failure {
            Some(error) if hits.is_empty() => Err(error),
            _ => Ok(hits),
        }
    }
}

impl Knowledge for Library {
    fn search<'a>(
        &'a self,
        question: &'a str,
        language: Language,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, RagError>> {
        Box::pin(self.find(question, language, limit))
    }

    fn glossary(&self) -> &Glossary {
        &self.glossary
    }
}

impl Meaning {
    /// The vectors of a question, and of what it is about without the words around it.
    async fn embedded(&self, text: &str, question: &Question) -> Result<Vec<Vec<f32>>, RagError> {
        let mut texts = vec![text.to_lowercase()];
        texts.extend(
            [&question.topic].into_iter().chain(&question.english_topic).filter(|text| !text.is_empty()).cloned(),
        );
        Ok(self.embedder.embed(TextKind::Query, texts).await?)
    }

    /// What is near any of some vectors.
    async fn near(&self, vectors: Vec<Vec<f32>>) -> Result<Near, RagError> {
        let mut near = Near::default();
        for (number, vector) in vectors.iter().enumerate() {
            near.said.extend(self.index.search(Part::Said, vector, NEAREST).await?);
            // Nobody asks in single words.
            if number == 0 {
                near.asked = self.index.search(Part::Asked, vector, NEAREST).await?;
            }
        }
        Ok(near)
    }
}

fn corpus(glossary: &Glossary, shelf: &Shelf) -> Result<Corpus, RagError> {
    let mut all = passages::of_glossary(glossary);
    all.extend(shelf.passages()?);
    Ok(Corpus::new(all))
}

/// The task in the background.
struct Keeper {
    folder: PathBuf,
    glossary: Glossary,
    shelf: Shelf,
    vectors: Vectors,
    serving: Arc<ArcSwap<Serving>>,
    embedders: watch::Receiver<Option<Arc<dyn Embedder>>>,
    said: watch::Sender<Standing>,
    stop: CancellationToken,
}

impl Keeper {
    async fn keep(mut self, mut revision: String) {
        let mut corpus = Arc::clone(&self.serving.load().corpus);
        loop {
            let embedder = self.embedders.borrow_and_update().clone();
            let is_done = self.refresh(&corpus, embedder).await;
            let Some(changed) = self.next_change(&revision, is_done).await else { return };
            if let Change::Documents = changed {
                revision = self.shelf.revision();
                match self.read_again().await {
                    Ok(read) => corpus = read,
                    Err(error) => {
                        tracing::warn!(%error, "The documents cannot be read; the earlier ones go on serving");
                    }
                }
            }
        }
    }

    /// Serves a corpus, by meaning where there is an embedder. False where it is to be tried again.
    async fn refresh(&self, corpus: &Arc<Corpus>, embedder: Option<Arc<dyn Embedder>>) -> bool {
        let Some(embedder) = embedder else {
            self.serve(corpus, None);
            return true;
        };
        if self.serving.load().meaning.is_none() {
            self.serve(corpus, None);
        }
        let building = |embedded| self.said.send_modify(|standing| standing.building = Some(embedded));
        match index::build(corpus, &self.folder, &embedder, &self.vectors, &building, &self.stop).await {
            Ok(Some(index)) => {
                self.serve(corpus, Some(Meaning { embedder, index }));
                true
            }
            Ok(None) => true,
            Err(error) => {
                tracing::warn!(%error, "The index of the library cannot be made; trying again in half a minute");
                self.said.send_modify(|standing| {
                    standing.building = None;
                    standing.trouble = Some(error.to_string());
                });
                false
            }
        }
    }

    fn serve(&self, corpus: &Arc<Corpus>, meaning: Option<Meaning>) {
        let standing = Standing {
            passages: corpus.passages().len(),
            embedder: meaning.as_ref().map(|meaning| meaning.embedder.identity().to_owned()),
            building: None,
            trouble: None,
        };
        tracing::info!(passages = standing.passages, embedder = standing.embedder, "The library serves");
        self.serving.store(Arc::new(Serving { corpus: Arc::clone(corpus), meaning }));
        self.said.send_replace(standing);
    }

    /// Reading and indexing words takes a second of one core for a large library, so it has a thread of its own.
    async fn read_again(&self) -> Result<Arc<Corpus>, RagError> {
        let (glossary, shelf) = (self.glossary.clone(), self.shelf.clone());
        let read = tokio::task::spawn_blocking(move || corpus(&glossary, &shelf)).await;
        Ok(Arc::new(read.map_err(|error| files_error(&self.folder, error))??))
    }

    /// Waits for a reason to do something. None when it is time to stop.
    async fn next_change(&mut self, revision: &str, is_done: bool) -> Option<Change> {
        let retry = tokio::time::sleep(if is_done { Duration::MAX } else { RETRY });
        tokio::pin!(retry);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = self.embedders.changed() => return changed.is_ok().then_some(Change::Embedder),
                () = &mut retry => return Some(Change::Embedder),
                () = tokio::time::sleep(LOOK_AGAIN) => {
                    if self.shelf.revision() != revision {
                        return Some(Change::Documents);
                    }
                }
            }
        }
    }
}

/// Why the task in the background has something to do.
enum Change {
    Embedder,
    Documents,
}

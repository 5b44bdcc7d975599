//! An embedder that needs no model: a vector for each word, and words that mean the same share one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::future::BoxFuture;
use server::llm::{Embedder, LlmError, TextKind};
use tokio::sync::watch;

/// Words of questions and the words of documents that mean the same.
pub(crate) type Synonyms = &'static [(&'static str, &'static str)];

/// What most tests know: a French and an English word for a thing that documents call a gizmotron.
pub(crate) const USUAL: Synonyms = &[("bidulotron", "gizmotron"), ("doohickey", "gizmotron")];

/// How much a word counts that has no synonym: what is said around the thing that is asked about.
const AROUND: f32 = 0.08;

/// A bag of words as a vector. It can be made to wait and to fail, and it remembers what it made.
pub(crate) struct Hashing {
    identity: String,
    dimensions: usize,
    synonyms: Synonyms,
    /// How many passages may be embedded in all.
    allowed: watch::Sender<usize>,
    done: AtomicUsize,
    fails: AtomicBool,
    /// Every passage that was embedded, in order.
    pub(crate) passages: Mutex<Vec<String>>,
}

impl Hashing {
    pub(crate) fn new(identity: &str, dimensions: usize, synonyms: Synonyms) -> Self {
        Self {
            identity: identity.to_owned(),
            dimensions,
            synonyms,
            allowed: watch::Sender::new(usize::MAX),
            done: AtomicUsize::new(0),
            fails: AtomicBool::new(false),
            passages: Mutex::default(),
        }
    }

    /// Embeds only so many passages until it is told more.
    pub(crate) fn allow(&self, passages: usize) {
        self.allowed.send_replace(passages);
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// How many passages it embedded.
    pub(crate) fn count(&self) -> usize {
        self.passages.lock().expect("a lock").len()
    }

    pub(crate) fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; self.dimensions];
        let folded: String = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
        for word in folded.to_lowercase().split_whitespace() {
            let known = self.synonyms.iter().find(|(name, same)| *name == word || *same == word);
            let (concept, weight) = known.map_or((word, AROUND), |(_, same)| (*same, 1.0));
            vector.iter_mut().zip(direction(concept)).for_each(|(sum, value)| *sum += weight * value);
        }
        let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm == 0.0 {
            vector[0] = 1.0;
            return vector;
        }
        vector.into_iter().map(|value| value / norm).collect()
    }
}

/// Random numbers that depend on nothing but a word: FNV-1a for the seed, then xorshift.
fn direction(word: &str) -> impl Iterator<Item = f32> {
    let seed = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    std::iter::successors(Some(seed | 1), |&state| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    })
    .skip(8)
    .map(|state| (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0)
}

impl Embedder for Hashing {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, kind: TextKind, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, LlmError>> {
        Box::pin(async move {
            if self.fails.load(Ordering::SeqCst) {
                return Err(LlmError::Unreachable { cause: "the embedder of the test is away".to_owned() });
            }
            if kind == TextKind::Passage {
                let after = self.done.load(Ordering::SeqCst) + texts.len();
                let mut allowed = self.allowed.subscribe();
                allowed.wait_for(|allowed| after <= *allowed).await.expect("the sender is in this embedder");
                self.done.store(after, Ordering::SeqCst);
                self.passages.lock().expect("a lock").extend(texts.iter().cloned());
            }
            Ok(texts.iter().map(|text| self.vector(text)).collect())
        })
    }
}

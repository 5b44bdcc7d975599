//! Search by words: BM25 over the passages of each language.

use std::collections::{BTreeMap, HashMap};

use bm25::{Embedding, Scorer, TokenEmbedder as _, TokenEmbedding};
use domain::language::Language;

use super::Passage;
use super::names::ways_of_writing;
use super::words::{Stems, stem};

/// How quickly more of the same word stops to count (BM25's k1).
const SATURATION: f32 = 1.2;

/// How much long passages are held back (BM25's b). Less than usual: a long definition is no worse.
const LENGTH: f32 = 0.5;

/// How often the title counts.
const TITLE_WEIGHT: usize = 3;

/// The passages of both languages.
pub(super) struct Lexicon {
    english: Half,
    french: Half,
    /// The stems of each passage, hashed, sorted.
    stems: Vec<Vec<u32>>,
    /// Those of each title without what it has in parentheses.
    titles: Vec<Vec<u32>>,
}

/// The passages of one language.
struct Half {
    scorer: Scorer<u32>,
    /// In how many passages a stem is.
    frequencies: HashMap<u32, u32>,
    passages: u32,
}

impl Lexicon {
    /// Reads passages; they are named by their place from then on.
    pub(super) fn new<'a>(passages: impl ExactSizeIterator<Item = &'a Passage>) -> Self {
        let mut texts: Vec<(Language, Vec<u32>)> = Vec::with_capacity(passages.len());
        let mut titles = Vec::with_capacity(passages.len());
        let (mut english, mut french) = (Stems::new(Language::English), Stems::new(Language::French));
        for passage in passages {
            let stems = if passage.language == Language::English { &mut english } else { &mut french };
            texts.push((passage.language, tokens(passage, stems)));
            let bare = ways_of_writing(&passage.title).pop().unwrap_or_default();
            titles.push(sorted_set(stems.of(&bare).iter().map(|stem| u32::embed(stem)).collect()));
        }
        let half = |language| Half::new(language, &texts);
        let (english, french) = (half(Language::English), half(Language::French));
        let stems = texts.into_iter().map(|(_, tokens)| sorted_set(tokens)).collect();
        Self { english, french, stems, titles }
    }

    /// The passages of a language that hold any of these stems, which have weights, best first.
    pub(super) fn search(&self, stems: &BTreeMap<u32, f32>, language: Language, limit: usize) -> Vec<(u32, f32)> {
        let query: Vec<_> = stems.iter().map(|(&index, &value)| TokenEmbedding { index, value }).collect();
        if query.is_empty() {
            return Vec::new();
        }
        let mut found = self.half(language).scorer.matches(&Embedding(query));
        // Equals come in any order.
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        found.truncate(limit);
        found.into_iter().map(|document| (document.id, document.score)).collect()
    }

    /// Whether a passage holds a stem.
    pub(super) fn holds(&self, passage: u32, stem: u32) -> bool {
        self.stems[passage as usize].binary_search(&stem).is_ok()
    }

    /// The stems of a passage's title, each once.
    pub(super) fn title(&self, passage: u32) -> &[u32] {
        &self.titles[passage as usize]
    }

    /// How much a stem tells, 0 (every passage of the language has it) to 1 (none has).
    pub(super) fn weight(&self, stem: u32, language: Language) -> f32 {
        let half = self.half(language);
        let frequency = half.frequencies.get(&stem).copied().unwrap_or_default();
        rarity(half.passages, frequency) / rarity(half.passages, 0)
    }

    const fn half(&self, language: Language) -> &Half {
        match language {
            Language::English => &self.english,
            Language::French => &self.french,
        }
    }
}

impl Half {
    fn new(language: Language, texts: &[(Language, Vec<u32>)]) -> Self {
        let own = || texts.iter().zip(0_u32..).filter(|((of, _), _)| *of == language);
        let passages = own().count() as u32;
        let words: usize = own().map(|((_, tokens), _)| tokens.len()).sum();
        let average = (words as f32 / passages.max(1) as f32).max(1.0);
        let (mut scorer, mut frequencies) = (Scorer::new(), HashMap::new());
        for ((_, tokens), passage) in own() {
            let embedding = embedding(tokens, average);
            embedding.indices().for_each(|&stem| *frequencies.entry(stem).or_default() += 1);
            scorer.upsert(&passage, embedding);
        }
        Self { scorer, frequencies, passages }
    }
}

/// The number of a stem.
pub(super) fn token(word: &str, language: Language) -> u32 {
    u32::embed(&stem(word, language))
}

fn tokens(passage: &Passage, stems: &mut Stems) -> Vec<u32> {
    let title = stems.of(&passage.title);
    let mut all: Vec<String> = std::iter::repeat_n(title, TITLE_WEIGHT).flatten().collect();
    all.extend(passage.names.iter().flat_map(|name| stems.of(name)));
    all.extend(stems.of(&passage.text));
    all.extend(passage.asked.iter().flat_map(|question| stems.of(question)));
    all.iter().map(|stem| u32::embed(stem)).collect()
}

/// BM25's view of a passage, each stem once. The crate counts a stem that is there twice twice, also where it looks
/// for it, so that its own embedding is slower to search and no better.
fn embedding(tokens: &[u32], average: f32) -> Embedding {
    let mut counts: HashMap<u32, f32> = HashMap::new();
    for &token in tokens {
        *counts.entry(token).or_default() += 1.0;
    }
    let length = 1.0 - LENGTH + LENGTH * tokens.len() as f32 / average;
    let value = |count: f32| count * (SATURATION + 1.0) / (count + SATURATION * length);
    Embedding(counts.into_iter().map(|(token, count)| TokenEmbedding { index: token, value: value(count) }).collect())
}

fn sorted_set(mut tokens: Vec<u32>) -> Vec<u32> {
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// BM25's inverse document frequency.
fn rarity(passages: u32, frequency: u32) -> f32 {
    let (passages, frequency) = (passages as f32, frequency as f32);
    (1.0 + (passages - frequency + 0.5) / (frequency + 0.5)).ln()
}

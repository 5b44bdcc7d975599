//! Which of the passages that were found answer best, and whether they answer at all.

use std::collections::HashMap;

use domain::language::Language;

use super::Hit;
use super::corpus::Corpus;
use super::passages::GLOSSARY_SOURCE;
use super::question::Question;

/// Below this a passage does not answer. Set on the questions in `data/questions` and on questions about the weather.
pub(super) const FLOOR: f32 = 0.40;

/// How many passages each way of searching may bring.
const EACH: usize = 40;

/// How many passages about one term of a document are shown.
const PASSAGES_PER_TERM: usize = 2;

/// A passage that may answer, and what speaks for it.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    /// The share of the question that names the passage's subject; above 1 where the question is nothing but the name.
    name: f32,
    /// How far question and title are the same.
    title: f32,
    /// The share of the question's words that the passage holds.
    cover: f32,
    /// Its place among what was found by words, 1 for the first, towards 0.
    words: f32,
    /// The cosine of what it says to the question.
    said: f32,
    /// The cosine of how people ask about it to the question; none where nothing says how they ask.
    asked: Option<f32>,
}

/// What was found by meaning: passages and the cosine of their vectors to the question's.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// By what they say.
    pub(super) said: Vec<(u32, f32)>,
    /// By how people ask about them.
    pub(super) asked: Vec<(u32, f32)>,
}

/// Ranks what words, names and meaning find.
pub(super) fn rank(
    question: &Question,
    near: Option<&Near>,
    language: Language,
    limit: usize,
    corpus: &Corpus,
) -> Vec<Hit> {
    tracing::trace!(topic = question.topic, "Ranking");
    let mut ranked: Vec<(u32, f32)> = Vec::new();
    for (place, evidence) in gather(question, near, language, corpus) {
        let score = if near.is_some() { with_meaning(&evidence) } else { words_alone(&evidence) };
        let score = (score - disadvantage(place, language, corpus)).clamp(0.0, 1.0);
        tracing::trace!(title = corpus.passage(place).title, ?evidence, score, "May answer");
        if score >= FLOOR {
            ranked.push((place, score));
        }
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut shown: HashMap<u32, usize> = HashMap::new();
    ranked.retain(|(place, _)| {
        let count = shown.entry(corpus.subject(*place)).or_default();
        *count += 1;
        *count <= PASSAGES_PER_TERM
    });
    ranked.truncate(limit);
    ranked.into_iter().map(|(place, score)| Hit { passage: corpus.passage(place).clone(), score }).collect()
}

/// What speaks for each passage that would be shown. An entry of the glossary is shown in the reader's language, and
/// what speaks for it in any language speaks for it.
fn gather(question: &Question, near: Option<&Near>, language: Language, corpus: &Corpus) -> HashMap<u32, Evidence> {
    let mut places: HashMap<u32, Evidence> = HashMap::new();
    for language in [Language::English, Language::French] {
        let by_words = corpus.lexicon.search(&question.stems(language), language, EACH);
        for (rank, (place, _)) in by_words.into_iter().enumerate() {
            places.entry(place).or_default().words = 1.0 / (1.0 + rank as f32 / 4.0);
        }
    }
    for named in &question.named {
        for &place in corpus.about(named.subject) {
            places.entry(place).or_default().name = if named.is_all { 1.2 } else { named.share };
        }
    }
    if let Some(Near { said, asked }) = near {
        for &(place, cosine) in said {
            let evidence = places.entry(place).or_default();
            evidence.said = evidence.said.max(cosine);
        }
        for &(place, cosine) in asked {
            let evidence = places.entry(place).or_default();
            evidence.asked = Some(evidence.asked.map_or(cosine, |asked| asked.max(cosine)));
        }
    }
    let mut shown: HashMap<u32, Evidence> = HashMap::new();
    for (place, mut evidence) in places {
        evidence.cover = question.covered_by(place, corpus);
        evidence.title = question.titled_by(place, corpus);
        if near.is_some() && !corpus.passage(place).asked.is_empty() {
            // What was not found is further away than all that was.
            evidence.asked = evidence.asked.or(Some(0.0));
        }
        shown.entry(corpus.translated(place, language)).or_default().join(&evidence);
    }
    shown
}

impl Evidence {
    /// The stronger of each.
    fn join(&mut self, other: &Self) {
        self.name = self.name.max(other.name);
        self.title = self.title.max(other.title);
        self.cover = self.cover.max(other.cover);
        self.words = self.words.max(other.words);
        self.said = self.said.max(other.said);
        self.asked = if other.asked > self.asked { other.asked } else { self.asked };
    }
}

/// A cosine of e5's vectors as a number from 0 to 1, from one that texts have that share nothing.
const fn nearness(cosine: f32, from: f32, to: f32) -> f32 {
    ((cosine - from) / (to - from)).clamp(0.0, 1.0)
}

fn words_alone(evidence: &Evidence) -> f32 {
    0.50 * evidence.name + 0.20 * evidence.title + 0.40 * evidence.cover + 0.10 * evidence.words
}

fn with_meaning(evidence: &Evidence) -> f32 {
    let said = nearness(evidence.said, 0.78, 0.92);
    let meaning = evidence.asked.map_or(said, |asked| (said + nearness(asked, 0.82, 0.96)) / 2.0);
    0.25 * evidence.name + 0.10 * evidence.title + 0.15 * evidence.cover + 0.10 * evidence.words + 0.60 * meaning
}

/// Our own glossary comes before others who say the same, and the reader's language before another.
fn disadvantage(place: u32, language: Language, corpus: &Corpus) -> f32 {
    let passage = corpus.passage(place);
    let foreign = if passage.language == language { 0.0 } else { 0.02 };
    let others = if passage.source == GLOSSARY_SOURCE { 0.0 } else { 0.02 };
    foreign + others
}

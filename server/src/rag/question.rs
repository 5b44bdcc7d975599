//! A question as the search sees it: its language, what it is about, the names in it.

use std::collections::BTreeMap;
use std::ops::Range;

use bm25::TokenEmbedder as _;
use domain::language::Language;

use super::corpus::Corpus;
use super::dictionary::{Translation, translations};
use super::lexicon::token;
use super::names::{Mention, ways_of_writing};
use super::words::{Stems, is_empty_word, is_stop_word, language_of, words};

/// How many ways of saying a French term in English are looked for.
const WAYS: usize = 4;

/// How much a second way of saying something counts where words are counted.
const OTHER_WAY: f32 = 0.5;

/// The least share of a question that the name is with which it begins.
const LEADING: f32 = 0.5;

/// A question that was read.
pub(super) struct Question {
    /// The words that say what it is about.
    content: Vec<Content>,
    /// Names in it.
    pub(super) named: Vec<Named>,
    /// Stems of names in English that the question gives in another language.
    english_names: Vec<u32>,
    /// What is left where the words before and after the subject are taken away.
    pub(super) topic: String,
    /// A French topic in English, word by word.
    pub(super) english_topic: Option<String>,
}

/// A word that says what a question is about.
struct Content {
    /// The ways of saying it in English, the most usual first, each as the stems that are all needed.
    english: Vec<Vec<u32>>,
    french: u32,
    /// How much it tells, 0 to 1.
    weight: f32,
    place: usize,
}

/// A subject that a question names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) subject: u32,
    /// The share of the question's content that the name is, 0 to 1.
    pub(super) share: f32,
    /// Whether the question asks about nothing else.
    pub(super) is_all: bool,
}

impl Question {
    /// Reads a question of somebody who reads `language`.
    pub(super) fn read(text: &str, language: Language, corpus: &Corpus) -> Self {
        let words = words(text);
        let language = language_of(text, language);
        let translations = if language == Language::French { translations(&words) } else { Vec::new() };
        let content = content(&words, &translations, language, corpus);
        let topic = topic(&words, language);
        let mentions = mentions(&words, &translations, language, corpus);
        let named = named(mentions, &topic, &content);
        let english_names = if language == Language::English { Vec::new() } else { english_names(&named, corpus) };
        let english_topic = (language == Language::French).then(|| in_english(&words, &topic, &translations));
        Self { content, named, english_names, topic: words[topic].join(" "), english_topic }
    }

    /// Whether it says nothing that could be looked for.
    pub(super) const fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// The stems to look for among the passages of a language, each with its weight. In one order, so that scores are
    /// summed up in one order and a question finds the same every time.
    pub(super) fn stems(&self, language: Language) -> BTreeMap<u32, f32> {
        let mut stems: BTreeMap<u32, f32> = BTreeMap::new();
        let mut want = |stem: u32, weight: f32| {
            let kept = stems.entry(stem).or_default();
            *kept = kept.max(weight);
        };
        for word in &self.content {
            match language {
                Language::French => want(word.french, 1.0),
                Language::English => {
                    for (way, stems) in word.english.iter().enumerate() {
                        stems.iter().for_each(|&stem| want(stem, if way == 0 { 1.0 } else { OTHER_WAY }));
                    }
                }
            }
        }
        if language == Language::English {
            self.english_names.iter().for_each(|&stem| want(stem, 1.0));
        }
        stems
    }

    /// The share of what the question is about that a passage holds, 0 to 1.
    pub(super) fn covered_by(&self, passage: u32, corpus: &Corpus) -> f32 {
        self.share_where(corpus.passage(passage).language, |stem| corpus.lexicon.holds(passage, stem))
    }

    /// How far question and title are the same, 0 to 1: the share of the question that the title says times the share
    /// of the title that the question says.
    pub(super) fn titled_by(&self, passage: u32, corpus: &Corpus) -> f32 {
        let title = corpus.lexicon.title(passage);
        let language = corpus.passage(passage).language;
        let said = title.iter().filter(|stem| self.content.iter().any(|word| word.may_be(**stem, language))).count();
        if said == 0 {
            return 0.0;
        }
        let share = self.share_where(language, |stem| title.contains(&stem));
        share * said as f32 / title.len() as f32
    }

    fn share_where(&self, language: Language, holds: impl Fn(u32) -> bool) -> f32 {
        let all: f32 = self.content.iter().map(|word| word.weight).sum();
        let held = self.content.iter().filter(|word| word.is_held(language, &holds));
        held.map(|word| word.weight).sum::<f32>() / all.max(f32::MIN_POSITIVE)
    }
}

impl Content {
    fn is_held(&self, language: Language, holds: impl Fn(u32) -> bool) -> bool {
        match language {
            Language::English => self.english.iter().any(|way| way.iter().all(|&stem| holds(stem))),
            Language::French => holds(self.french),
        }
    }

    fn may_be(&self, stem: u32, language: Language) -> bool {
        match language {
            Language::English => self.english.iter().any(|way| way.contains(&stem)),
            Language::French => self.french == stem,
        }
    }
}

fn content(words: &[String], translations: &[Translation], language: Language, corpus: &Corpus) -> Vec<Content> {
    let mut english = Stems::new(Language::English);
    let mut ways_of = |place: usize, own: u32| {
        let translated = translations.iter().find(|part| (part.from..part.to).contains(&place));
        let ways = translated.into_iter().flat_map(|part| part.english.iter().take(WAYS));
        let mut ways: Vec<Vec<u32>> =
            ways.map(|way| english.of(way).iter().map(|stem| u32::embed(stem)).collect()).collect();
        // Many words are the same in both languages, and names are.
        ways.push(vec![own]);
        ways.retain(|way| !way.is_empty());
        ways
    };
    let says_something = |(_, word): &(usize, &String)| !is_empty_word(word, language);
    let content = words.iter().enumerate().filter(says_something).map(|(place, word)| {
        let (own_english, french) = (token(word, Language::English), token(word, Language::French));
        let stem = if language == Language::English { own_english } else { french };
        let weight = corpus.lexicon.weight(stem, language);
        Content { english: ways_of(place, own_english), french, weight, place }
    });
    content.collect()
}

/// The words from the first to the last one that says something, with what is between them.
fn topic(words: &[String], language: Language) -> Range<usize> {
    let says_something = |word: &String| !is_empty_word(word, language);
    let from = words.iter().position(says_something).unwrap_or(0);
    let to = words.iter().rposition(says_something).map_or(words.len(), |last| last + 1);
    from..to
}

/// A topic with what the dictionary says in place of what it knows.
fn in_english(words: &[String], topic: &Range<usize>, translations: &[Translation]) -> String {
    let mut said: Vec<&str> = Vec::new();
    let mut place = topic.start;
    while place < topic.end {
        match translations.iter().find(|part| part.from == place) {
            Some(part) => {
                said.push(part.english[0]);
                place = part.to;
            }
            None => {
                if !is_stop_word(&words[place], Language::French) {
                    said.push(&words[place]);
                }
                place += 1;
            }
        }
    }
    said.join(" ")
}

/// Every name in a question, as it is written or as the dictionary has it.
fn mentions(words: &[String], translations: &[Translation], language: Language, corpus: &Corpus) -> Vec<Mention> {
    let says_something =
        |mention: &Mention| words[mention.from..mention.to].iter().any(|word| !is_stop_word(word, language));
    let mut mentions: Vec<Mention> = corpus.names.mentioned(words).into_iter().filter(says_something).collect();
    for part in translations {
        for english in part.english.iter().take(WAYS) {
            let of = |&subject: &u32| Mention { subject, from: part.from, to: part.to };
            mentions.extend(corpus.names.called(english).iter().map(of));
        }
    }
    mentions
}

fn named(mentions: Vec<Mention>, topic: &Range<usize>, content: &[Content]) -> Vec<Named> {
    let all: f32 = content.iter().map(|word| word.weight).sum();
    let named = |mention: Mention| {
        let Mention { subject, from, to } = mention;
        let inside = content.iter().filter(|word| (from..to).contains(&word.place));
        let share = inside.map(|word| word.weight).sum::<f32>() / all.max(f32::MIN_POSITIVE);
        let leads = from <= topic.start;
        // "What is an option?" is about an option; "what is the strike of an option?" is not.
        let is_all = leads && topic.end <= to;
        // "What is bitcoin and who controls it?" is about bitcoin, which most passages mention.
        let share = if leads { share.max(LEADING) } else { share };
        Named { subject, share, is_all }
    };
    let mut named: Vec<Named> = mentions.into_iter().map(named).collect();
    named.sort_by(|a, b| a.subject.cmp(&b.subject).then(b.share.total_cmp(&a.share)));
    named.dedup_by_key(|named| named.subject);
    named
}

/// The English words for what a question names, where the library knows both.
fn english_names(named: &[Named], corpus: &Corpus) -> Vec<u32> {
    let mut stems = Stems::new(Language::English);
    let english = |place: &&u32| corpus.passage(**place).language == Language::English;
    let titles = named.iter().flat_map(|named| corpus.about(named.subject).iter().filter(english));
    let bare = titles.map(|&place| ways_of_writing(&corpus.passage(place).title).pop().unwrap_or_default());
    bare.flat_map(|title| stems.of(&title)).map(|stem| u32::embed(&stem)).collect()
}

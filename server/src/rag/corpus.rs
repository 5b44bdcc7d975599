//! Everything that may be found, prepared for finding: passages, what each is about, names, words.

use std::collections::HashMap;
use std::sync::Arc;

use domain::language::Language;
use sha2::{Digest, Sha256};

use super::Passage;
use super::lexicon::Lexicon;
use super::names::{Names, ways_of_writing};
use super::passages::GLOSSARY_SOURCE;
use super::words::key;
use crate::hex::hex;

/// A library in memory. Never changes; a library that grows becomes another one.
pub(super) struct Corpus {
    passages: Vec<Arc<Passage>>,
    /// What each passage is about: passages of one glossary entry, or of one term, are about the same subject.
    subjects: Vec<u32>,
    passages_of: Vec<Vec<u32>>,
    pub(super) names: Names,
    pub(super) lexicon: Lexicon,
}

impl Corpus {
    /// Prepares passages.
    pub(super) fn new(passages: Vec<Passage>) -> Self {
        let passages: Vec<Arc<Passage>> = passages.into_iter().map(Arc::new).collect();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let (mut subjects, mut names) = (Vec::with_capacity(passages.len()), Names::default());
        let mut passages_of: Vec<Vec<u32>> = Vec::new();
        for (passage, place) in passages.iter().zip(0_u32..) {
            let next = numbers.len() as u32;
            let subject = *numbers.entry(subject_of(passage)).or_insert(next);
            if subject == next {
                passages_of.push(Vec::new());
            }
            passages_of[subject as usize].push(place);
            subjects.push(subject);
            // Running text has titles like "Introduction", which name nothing.
            if passage.term.is_some() {
                std::iter::once(&passage.title).chain(&passage.names).for_each(|name| names.add(subject, name));
            }
        }
        let lexicon = Lexicon::new(passages.iter().map(Arc::as_ref));
        Self { passages, subjects, passages_of, names, lexicon }
    }

    pub(super) fn passages(&self) -> &[Arc<Passage>] {
        &self.passages
    }

    pub(super) fn passage(&self, place: u32) -> &Arc<Passage> {
        &self.passages[place as usize]
    }

    /// What a passage is about.
    pub(super) fn subject(&self, place: u32) -> u32 {
        self.subjects[place as usize]
    }

    /// Every passage about a subject.
    pub(super) fn about(&self, subject: u32) -> &[u32] {
        &self.passages_of[subject as usize]
    }

    /// The same glossary entry in another language, where the passage is of one.
    pub(super) fn translated(&self, place: u32, language: Language) -> u32 {
        let is_wanted = |&&other: &&u32| {
            let (passage, other) = (self.passage(place), self.passage(other));
            other.language == language && other.source == passage.source
        };
        if self.passage(place).source != GLOSSARY_SOURCE {
            return place;
        }
        self.about(self.subject(place)).iter().find(is_wanted).copied().unwrap_or(place)
    }

    /// Names everything that is in it.
    pub(super) fn content(&self) -> String {
        let mut hash = Sha256::new();
        self.passages.iter().for_each(|passage| hash.update(&passage.id));
        hex(&hash.finalize()[..8])
    }
}

/// What a passage is about, as a name: the entry; the term; for running text the passage itself.
fn subject_of(passage: &Passage) -> String {
    match &passage.term {
        Some(entry) if passage.source == GLOSSARY_SOURCE => format!("entry {entry}"),
        Some(term) => format!("term {}", ways_of_writing(term).last().map(|bare| key(bare)).unwrap_or_default()),
        None => format!("passage {}", passage.id),
    }
}

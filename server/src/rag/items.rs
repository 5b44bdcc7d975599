//! What of a passage is turned into vectors.

use sha2::{Digest, Sha256};

use super::Passage;
use super::corpus::Corpus;
use super::passages::GLOSSARY_SOURCE;
use crate::llm::TextKind;

/// The two kinds of text that get a vector. They are searched apart: a question is always nearer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What a passage says.
    Said,
    /// How people ask about it.
    Asked,
}

impl Part {
    /// Its name in an index.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Asked => "asked",
        }
    }

    /// How its texts are embedded.
    pub(super) const fn kind(self) -> TextKind {
        match self {
            Self::Said => TextKind::Passage,
            Self::Asked => TextKind::Query,
        }
    }
}

/// A text that gets a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The passage that it stands for.
    pub(super) passage: u32,
    /// What of the passage it is.
    pub(super) part: Part,
    /// What is embedded.
    pub(super) text: String,
}

/// The name of an item's text and kind: the same text needs no second vector.
pub(super) type Digest128 = [u8; 16];

impl Item {
    pub(super) fn digest(&self) -> Digest128 {
        let mut hash = Sha256::new();
        if self.part == Part::Asked {
            // No text that is said begins like this.
            hash.update([0]);
        }
        hash.update(&self.text);
        let hash = hash.finalize();
        std::array::from_fn(|byte| hash[byte])
    }
}

/// The items of a corpus, in an order that depends on nothing else: all that is said, then all that is asked.
pub(super) fn of(corpus: &Corpus) -> Vec<Item> {
    let of_part = |part: Part| {
        corpus.passages().iter().zip(0_u32..).flat_map(move |(passage, place)| {
            texts(passage, part).into_iter().map(move |text| Item { passage: place, part, text })
        })
    };
    of_part(Part::Said).chain(of_part(Part::Asked)).collect()
}

/// In lower case: glossaries that shout their terms would otherwise be near each other only because they shout. An
/// entry of the glossary has its example apart, which tells of a case instead of the term.
fn texts(passage: &Passage, part: Part) -> Vec<String> {
    let titled = |text: &str| format!("{}: {text}", passage.title).to_lowercase();
    match part {
        Part::Said if passage.source == GLOSSARY_SOURCE => passage.text.split("\n\n").map(titled).collect(),
        Part::Said => vec![titled(&passage.text)],
        Part::Asked => passage.asked.iter().map(|question| question.to_lowercase()).collect(),
    }
}

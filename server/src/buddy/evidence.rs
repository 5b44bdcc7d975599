//! What an answer may rest on: passages and findings, numbered as they are cited.

use domain::advice::Fact;
use domain::chat::{Citation, Tool};
use domain::language::Language;

use super::tools::Finding;
use crate::rag::glossary::{Entry, Glossary};
use crate::rag::{Hit, Passage};

/// A passage of the library with the number under which it is cited.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) number: u32,
    pub(super) hit: Hit,
    /// The entry of the glossary, where it is one.
    pub(super) entry: Option<Entry>,
}

/// What a tool found; the number is none for advice, which rests on other findings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) number: Option<u32>,
    pub(super) finding: Finding,
}

/// Everything an answer may rest on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Evidence {
    pub(super) known: Vec<Known>,
    pub(super) found: Vec<Found>,
    /// Tools that had nothing.
    pub(super) unavailable: Vec<Tool>,
    pub(super) citations: Vec<Citation>,
}

impl Evidence {
    /// Nothing at all is known.
    pub(super) const fn is_empty(&self) -> bool {
        self.known.is_empty() && self.found.is_empty()
    }

    /// Adds what a tool answered and returns its citation.
    pub(super) fn add_finding(&mut self, finding: Finding, language: Language, simulated: bool) -> Option<&Citation> {
        let citation = finding.citation(self.next_number(), language, simulated);
        self.found.push(Found { number: citation.as_ref().map(|citation| citation.number), finding });
        self.citations.extend(citation.clone());
        citation.and(self.citations.last())
    }

    /// Adds a passage and returns its citation.
    pub(super) fn add_passage(&mut self, hit: Hit, glossary: &Glossary, language: Language) -> &Citation {
        let number = self.next_number();
        let entry = hit.passage.term.as_deref().and_then(|term| glossary.entry(term)).cloned();
        let citation = citation_of(number, &hit.passage, entry.as_ref(), language);
        self.known.push(Known { number, hit, entry });
        self.citations.push(citation);
        &self.citations[self.citations.len() - 1]
    }

    /// The citation of a fact of the advice: the finding that it was read from.
    pub(super) fn number_of(&self, fact: &Fact) -> Option<u32> {
        self.found.iter().find_map(|found| {
            let is_source = matches!(
                (&found.finding, fact),
                (Finding::Forecast(_), Fact::ForecastRank { .. } | Fact::Chance { .. } | Fact::JustRealised { .. })
                    | (Finding::Mood(_), Fact::FearAndGreed { .. })
                    | (Finding::Funding(_), Fact::FundingRate { .. })
            );
            found.number.filter(|_| is_source)
        })
    }

    fn next_number(&self) -> u32 {
        u32::try_from(self.citations.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

fn citation_of(number: u32, passage: &Passage, entry: Option<&Entry>, language: Language) -> Citation {
    let (title, excerpt) = entry.map_or_else(
        || (passage.title.clone(), passage.text.clone()),
        |entry| {
            let text = entry.text(language);
            (text.name.clone(), format!("{} {}", text.definition, text.example))
        },
    );
    Citation {
        number,
        title,
        excerpt,
        source: passage.source.clone(),
        licence: passage.licence.clone(),
        url: None,
        symbol: None,
    }
}

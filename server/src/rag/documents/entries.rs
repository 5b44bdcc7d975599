//! Glossaries and sections as JSON lines.

use std::collections::{HashMap, HashSet};

use domain::language::Language;
use serde::Deserialize;

use super::Counts;
use super::clean::{Vocabulary, pointed_at, without_pointer};
use super::prose;
use crate::rag::Passage;
use crate::rag::names::ways_of_writing;
use crate::rag::passages::passage_id;
use crate::rag::words::{key, language_of};

/// A text with fewer letters explains nothing.
const LEAST_CHARS: usize = 20;

/// The most words of definitions that share a passage.
const WORDS_PER_PASSAGE: usize = 200;

/// Sections of documents that are glossaries: their titles are terms.
const GLOSSARY_SECTIONS: [&str; 4] = ["vocabulary", "glossary", "vocabulaire", "glossaire"];

/// A line: a term and what it is, or a section of a document.
#[derive(Deserialize)]
struct Line {
    term: Option<String>,
    section: Option<String>,
    title: Option<String>,
    text: String,
    #[serde(default)]
    aliases: Vec<String>,
}

/// A term with everything that is said about it.
struct Term {
    title: String,
    names: Vec<String>,
    definitions: Vec<String>,
}

/// The terms of a document, in their order.
#[derive(Default)]
struct Terms {
    list: Vec<Term>,
    by_key: HashMap<String, usize>,
}

/// Reads lines.
pub(super) fn read(text: &str, source: &str, licence: &str) -> (Vec<Passage>, Counts) {
    let mut counts = Counts::default();
    let mut lines: Vec<Line> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(line) => lines.push(line),
            Err(_) => counts.unreadable += 1,
        }
    }
    counts.read = lines.len();
    mend(&mut lines);
    let (terms, sections): (Vec<Line>, Vec<Line>) =
        lines.into_iter().map(as_term).partition(|line| line.term.is_some());
    let terms = gather(terms, &mut counts);
    let mut passages: Vec<Passage> = terms.list.iter().flat_map(|term| of_term(term, source, licence)).collect();
    for section in sections {
        let title = section.title.or(section.section).unwrap_or_else(|| source.to_owned());
        let (more, about) = prose::read(&section.text, &title, source, licence);
        counts.fragments += about.fragments;
        passages.extend(more);
    }
    let mut seen = HashSet::new();
    let before = passages.len();
    passages.retain(|passage| seen.insert(passage.id.clone()));
    counts.duplicates += before - passages.len();
    (passages, counts)
}

fn mend(lines: &mut [Line]) {
    let vocabulary = Vocabulary::of(lines.iter().map(|line| line.text.as_str()));
    for line in lines {
        // Sections keep their line ends: they part paragraphs.
        if line.term.is_some() {
            line.text = without_pointer(&vocabulary.mend(&line.text)).to_owned();
        }
    }
}

fn as_term(mut line: Line) -> Line {
    let is_glossary =
        line.section.as_deref().is_some_and(|section| GLOSSARY_SECTIONS.contains(&section.to_lowercase().as_str()));
    if line.term.is_none() && is_glossary {
        line.term = line.title.take();
    }
    line.term = line.term.map(|term| term.split_whitespace().collect::<Vec<_>>().join(" "));
    line
}

/// Brings together what is said about each term, and gives the names of entries that only point at another to that one.
fn gather(lines: Vec<Line>, counts: &mut Counts) -> Terms {
    let mut terms = Terms::default();
    let mut pointers = Vec::new();
    let mut by_text: HashMap<String, usize> = HashMap::new();
    let known: HashSet<String> = lines.iter().filter_map(|line| line.term.as_deref().map(term_key)).collect();
    for line in lines {
        let Some(title) = line.term else { continue };
        let target = pointed_at(&line.text).map(str::to_owned).or_else(|| {
            // An abbreviation whose text is nothing but the term in full points at it as well.
            let own = term_key(&line.text);
            (own != term_key(&title) && known.contains(&own)).then(|| line.text.clone())
        });
        if let Some(target) = target {
            pointers.push((title, target));
            continue;
        }
        if line.text.chars().count() < LEAST_CHARS {
            counts.fragments += 1;
            continue;
        }
        match by_text.get(&key(&line.text)) {
            Some(&place) => {
                counts.duplicates += 1;
                terms.call(place, title);
            }
            None => {
                by_text.insert(key(&line.text), terms.add(title, line.text, line.aliases));
            }
        }
    }
    for (title, target) in pointers {
        match terms.by_key.get(&term_key(&target)).copied() {
            Some(place) => {
                counts.followed += 1;
                terms.call(place, title);
            }
            None => counts.fragments += 1,
        }
    }
    terms
}

/// A term without what is in parentheses, as it is compared.
fn term_key(term: &str) -> String {
    ways_of_writing(term).last().map(|bare| key(bare)).unwrap_or_default()
}

impl Terms {
    fn add(&mut self, title: String, text: String, aliases: Vec<String>) -> usize {
        let next = self.list.len();
        let place = *self.by_key.entry(term_key(&title)).or_insert(next);
        if place == next {
            self.list.push(Term { title, names: aliases, definitions: vec![text] });
        } else {
            self.list[place].definitions.push(text);
            self.call(place, title);
            aliases.into_iter().for_each(|alias| self.call(place, alias));
        }
        place
    }

    /// Another name for a term.
    fn call(&mut self, place: usize, name: String) {
        let term = &mut self.list[place];
        let is_known = |known: &String| key(known) == key(&name);
        if !is_known(&term.title) && !term.names.iter().any(is_known) {
            term.names.push(name);
        }
    }
}

/// The passages of a term: its definitions together, as long as they fit.
fn of_term(term: &Term, source: &str, licence: &str) -> Vec<Passage> {
    let mut texts: Vec<String> = Vec::new();
    let words = |text: &str| text.split_whitespace().count();
    for definition in &term.definitions {
        match texts.last_mut() {
            Some(last) if words(last) + words(definition) <= WORDS_PER_PASSAGE => {
                last.push_str("\n\n");
                last.push_str(definition);
            }
            _ => texts.extend(prose::chunks(definition)),
        }
    }
    let passage = |text: String| Passage {
        id: passage_id(source, &term.title, &text),
        term: Some(term.title.clone()),
        title: term.title.clone(),
        names: term.names.clone(),
        asked: Vec::new(),
        language: language_of(&text, Language::English),
        text,
        source: source.to_owned(),
        licence: licence.to_owned(),
    };
    texts.into_iter().map(passage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"
{"term": "ALPHA (A)", "text": "The part of a return that was gener- ated by skill. See also BETA."}
{"term": "alpha", "text": "What is left of a return when the market's part is gone."}
{"term": "GREEK A", "text": "See ALPHA."}
{"term": "NOWHERE", "text": "See NOTHING."}
{"term": "tiny", "text": "small"}
{"term": "skill", "text": "The part of a return that was generated by skill."}
{"section": "vocabulary", "title": "Gamma", "text": "How quickly delta moves with the price."}
{"section": "start", "title": "First steps", "text": "Open an account with somebody you trust and buy little."}
no entry at all
"#;

    #[test]
    fn terms_are_gathered_cleaned_and_followed() {
        let (passages, counts) = read(LINES, "greek.jsonl", "MIT");
        assert_eq!(
            counts,
            Counts { read: 8, passages: 0, followed: 1, duplicates: 1, fragments: 2, unreadable: 1 },
            "passages are counted by the caller"
        );
        let alpha = &passages[0];
        assert_eq!(
            alpha.text,
            "The part of a return that was generated by skill.\n\nWhat is left of a return when the market's part is gone."
        );
        assert_eq!(alpha.names, ["alpha", "skill", "GREEK A"]);
        assert_eq!((alpha.source.as_str(), alpha.licence.as_str()), ("greek.jsonl", "MIT"));
        let terms: Vec<Option<&str>> = passages.iter().map(|passage| passage.term.as_deref()).collect();
        assert_eq!(terms, [Some("ALPHA (A)"), Some("Gamma"), None]);
        assert_eq!(passages[2].title, "First steps");
    }
}

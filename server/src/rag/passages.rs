//! Passages of the glossary, and how a passage gets its name.

use domain::language::Language;
use sha2::{Digest, Sha256};

use super::Passage;
use super::glossary::{Entry, Glossary};
use crate::hex::hex;

/// Who says what the glossary says.
pub const GLOSSARY_SOURCE: &str = "InvestBuddy glossary";

/// Under which licence the glossary is: that of the product.
pub const GLOSSARY_LICENCE: &str = "MIT OR Apache-2.0";

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

/// One passage for each entry and language: line and definition, then the example.
pub(super) fn of_glossary(glossary: &Glossary) -> Vec<Passage> {
    glossary.entries().iter().flat_map(|entry| LANGUAGES.map(|language| of_entry(entry, language))).collect()
}

fn of_entry(entry: &Entry, language: Language) -> Passage {
    let text = entry.text(language);
    let mut names: Vec<String> = Vec::new();
    for other in [text, entry.text(if language == Language::English { Language::French } else { Language::English })] {
        for name in std::iter::once(&other.name).chain(&other.aliases) {
            if *name != text.name && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    let body = format!("{} {}\n\n{}", text.line, text.definition, text.example);
    Passage {
        id: passage_id(GLOSSARY_SOURCE, &text.name, &body),
        term: Some(entry.id.clone()),
        title: text.name.clone(),
        names,
        asked: text.asked.clone(),
        text: body,
        language,
        source: GLOSSARY_SOURCE.to_owned(),
        licence: GLOSSARY_LICENCE.to_owned(),
    }
}

/// The name of a passage: the same text under the same title from the same source always has the same one.
#[must_use]
pub fn passage_id(source: &str, title: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    for part in [source, title, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_passage_changes_with_each_of_its_parts() {
        let id = passage_id("a", "b", "c");
        assert_eq!(id, passage_id("a", "b", "c"));
        assert_eq!(id.len(), 32);
        for other in
            [passage_id("x", "b", "c"), passage_id("a", "x", "c"), passage_id("a", "b", "x"), passage_id("ab", "", "c")]
        {
            assert_ne!(id, other);
        }
    }
}

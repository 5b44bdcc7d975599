//! French words and terms of finance with their English, so that a French question finds an English passage.

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::language::Language;

use super::words::{is_stop_word, key, singular, stem};

/// Lines of a French term, a tab, and its English, the most usual first, parted by semicolons.
const LINES: &str = include_str!("../../../data/dictionary/french-english.tsv");

/// The most words of a French term.
const LONGEST: usize = 7;

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::read(LINES));

struct Dictionary {
    /// By the term as it is compared.
    terms: HashMap<String, Vec<&'static str>>,
    /// Single words by their stem, for forms that have no line of their own.
    stems: HashMap<String, Vec<&'static str>>,
}

/// A part of a question and what it is called in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translation {
    /// The first word of the part.
    pub(super) from: usize,
    /// The word after the last one.
    pub(super) to: usize,
    /// In English, the most usual first; never empty.
    pub(super) english: &'static [&'static str],
}

/// What is called how in a French question, given as folded words: the longest terms, then single words, in the order
/// of the question.
pub(super) fn translations(words: &[String]) -> Vec<Translation> {
    let singular: Vec<String> = words.iter().map(|word| singular(word)).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let longest = LONGEST.min(words.len() - from);
        let term = (2..=longest).rev().find_map(|length| {
            DICTIONARY.terms.get(&singular[from..from + length].join(" ")).map(|english| (length, english))
        });
        match term.or_else(|| DICTIONARY.word(&words[from], &singular[from]).map(|english| (1, english))) {
            Some((length, english)) => {
                found.push(Translation { from, to: from + length, english });
                from += length;
            }
            None => from += 1,
        }
    }
    found
}

impl Dictionary {
    fn read(lines: &'static str) -> Self {
        let (mut terms, mut stems) = (HashMap::new(), HashMap::new());
        for (french, english) in lines.lines().filter_map(|line| line.split_once('\t')) {
            let english: Vec<&str> = english.split(';').map(str::trim).filter(|word| !word.is_empty()).collect();
            let french = key(french);
            if french.is_empty() || english.is_empty() {
                continue;
            }
            if !french.contains(' ') {
                stems.entry(stem(&french, Language::French)).or_insert_with(|| english.clone());
            }
            terms.entry(french).or_insert(english);
        }
        Self { terms, stems }
    }

    fn word(&self, word: &str, singular: &str) -> Option<&Vec<&'static str>> {
        if is_stop_word(word, Language::French) {
            return None;
        }
        self.terms.get(singular).or_else(|| self.stems.get(&stem(word, Language::French)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn english(question: &str) -> Vec<&'static str> {
        translations(&words(question)).into_iter().map(|translation| translation.english[0]).collect()
    }

    #[test]
    fn terms_come_before_the_words_in_them() {
        assert_eq!(english("obligation convertible"), ["convertible bond"]);
        assert_eq!(english("Qu'est-ce qu'un rachat d'actions ?"), ["share buyback"]);
    }

    #[test]
    fn forms_that_have_no_line_are_found_by_their_stem() {
        assert!(english("obligations").contains(&"bond"));
        assert!(!english("les actionnaires").is_empty());
    }

    #[test]
    fn every_line_says_something_in_both_languages_and_none_is_there_twice() {
        let mut seen = HashMap::new();
        for (number, line) in LINES.lines().enumerate() {
            let (french, english) = line.split_once('\t').unwrap_or_else(|| panic!("line {number}: no tab"));
            assert!(!key(french).is_empty(), "line {number}: {line}");
            assert!(english.split(';').all(|word| !key(word).is_empty()), "line {number}: {line}");
            assert_eq!(seen.insert(french, number), None, "line {number}: {french} is there twice");
        }
        assert!(seen.len() > 4_000, "{}", seen.len());
    }
}

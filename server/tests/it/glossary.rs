//! The glossary and the questions that ship: whole, in both languages, without dead ends.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use domain::language::Language;
use serde_json::Value;
use server::rag::glossary::{Entry, Glossary};

fn data(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data").join(folder)
}

fn glossary() -> Glossary {
    Glossary::read(&data("glossary")).expect("a glossary")
}

fn in_both_languages(entry: &Entry) -> [(Language, &server::rag::glossary::Text); 2] {
    [Language::English, Language::French].map(|language| (language, entry.text(language)))
}

#[test]
fn there_are_at_least_250_terms_and_each_is_whole_in_both_languages() {
    let glossary = glossary();
    assert!(glossary.entries().len() >= 250, "{}", glossary.entries().len());
    for entry in glossary.entries() {
        for (language, text) in in_both_languages(entry) {
            let place = format!("{} ({})", entry.id, language.tag());
            assert!(!text.name.is_empty() && !text.example.is_empty(), "{place}");
            assert!(text.line.chars().count() <= 140, "{place}: {}", text.line);
            let words = text.definition.split_whitespace().count();
            assert!((40..=150).contains(&words), "{place}: {words} words");
            let all = format!("{} {} {} {}", text.name, text.line, text.definition, text.example);
            assert!(!all.contains(['\n', '<', '>', '`', '\u{a0}']), "{place}: {all}");
        }
        assert_ne!(entry.en.definition, entry.fr.definition, "{}", entry.id);
    }
}

#[test]
fn related_terms_exist_and_no_term_is_related_to_itself() {
    let glossary = glossary();
    for entry in glossary.entries() {
        assert!(!entry.related.is_empty(), "{} stands alone", entry.id);
        for id in &entry.related {
            assert!(glossary.entry(id).is_some() && *id != entry.id, "{}: {id}", entry.id);
        }
    }
}

#[test]
fn no_two_terms_have_the_same_name_in_a_language() {
    let glossary = glossary();
    for language in [Language::English, Language::French] {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for entry in glossary.entries() {
            let name = entry.text(language).name.to_lowercase();
            if let Some(other) = seen.insert(name, &entry.id) {
                panic!("{other} and {} have the same name in {}", entry.id, language.tag());
            }
        }
    }
}

#[test]
fn there_are_at_least_200_questions_half_of_them_french_and_each_has_its_term() {
    let glossary = glossary();
    let (mut english, mut french, mut seen) = (0, 0, HashSet::new());
    for file in std::fs::read_dir(data("questions")).expect("the questions") {
        let path = file.expect("a file").path();
        if path.file_name().is_some_and(|name| name == "finrad.jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for line in text.lines() {
            let question: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            match question["lang"].as_str() {
                Some("en") => english += 1,
                Some("fr") => french += 1,
                other => panic!("{other:?}: {line}"),
            }
            assert!(seen.insert(question["question"].to_string()), "twice: {line}");
            let terms = question["terms"].as_array().expect("terms");
            assert!(!terms.is_empty(), "{line}");
            for term in terms {
                assert!(glossary.entry(term.as_str().expect("text")).is_some(), "{line}");
            }
        }
    }
    assert!(english + french >= 200 && french * 2 + 10 >= english + french, "{english} English, {french} French");
}

//! Names of things, and which of them a question mentions.

use std::collections::HashMap;

use super::words::{key, singular, words};

/// The most words of a name that is looked for.
const LONGEST: usize = 8;

/// What is called how.
#[derive(Default)]
pub(super) struct Names {
    subjects: HashMap<String, Vec<u32>>,
}

/// A name in a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// What is named.
    pub(super) subject: u32,
    /// The first word of the name.
    pub(super) from: usize,
    /// The word after the last one.
    pub(super) to: usize,
}

impl Names {
    /// Calls a subject by a name and by the other ways of writing it.
    pub(super) fn add(&mut self, subject: u32, name: &str) {
        for name in ways_of_writing(name) {
            let subjects = self.subjects.entry(key(&name)).or_default();
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
    }

    /// What is called by a name.
    pub(super) fn called(&self, name: &str) -> &[u32] {
        self.subjects.get(&key(name)).map_or(&[], Vec::as_slice)
    }

    /// Every name in a question, given as folded words. Names inside longer names are left out: whoever says
    /// "realised volatility" does not ask about volatility.
    pub(super) fn mentioned(&self, words: &[String]) -> Vec<Mention> {
        let words: Vec<String> = words.iter().map(|word| singular(word)).collect();
        let mut found: Vec<Mention> = Vec::new();
        for length in (1..=LONGEST.min(words.len())).rev() {
            for from in 0..=words.len() - length {
                let to = from + length;
                let inside = found
                    .iter()
                    .any(|longer| longer.from <= from && to <= longer.to && longer.to - longer.from > length);
                let Some(subjects) = self.subjects.get(&words[from..to].join(" ")).filter(|_| !inside) else {
                    continue;
                };
                found.extend(subjects.iter().map(|&subject| Mention { subject, from, to }));
            }
        }
        found
    }
}

/// A name as it is written; without what is in parentheses; what is in parentheses ("Average true range (ATR)"); the
/// right way round where it was turned for an index ("Product, average"). Empty ones are left out.
pub(crate) fn ways_of_writing(name: &str) -> Vec<String> {
    let mut ways = vec![name.to_owned()];
    let bare = match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let inner = &name[open + 1..close];
            let bare = format!("{} {}", &name[..open], &name[close + 1..]);
            if !bare.trim().is_empty() && inner.split_whitespace().count() <= 4 {
                ways.push(inner.to_owned());
            }
            bare
        }
        _ => name.to_owned(),
    };
    if let Some((last, first)) = bare.split_once(", ")
        && !first.contains(',')
    {
        ways.push(format!("{first} {last}"));
    }
    ways.push(bare);
    ways.retain(|way| !words(way).is_empty());
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(u32, &str)]) -> Names {
        let mut names = Names::default();
        list.iter().for_each(|(subject, name)| names.add(*subject, name));
        names
    }

    fn mentioned(names: &Names, question: &str) -> Vec<u32> {
        names.mentioned(&words(question)).into_iter().map(|mention| mention.subject).collect()
    }

    #[test]
    fn the_longest_name_wins_and_hides_the_names_inside_it() {
        let names = names(&[(0, "Volatility"), (1, "Realised volatility")]);
        assert_eq!(mentioned(&names, "How is realised volatility computed?"), [1]);
        assert_eq!(mentioned(&names, "realised volatility and volatility"), [1, 0]);
    }

    #[test]
    fn names_are_found_without_accents_case_plurals_and_hyphens() {
        let names = names(&[(0, "Écart-type"), (1, "Average True Range (ATR)"), (2, "Product, average")]);
        assert_eq!(mentioned(&names, "que sont les ecarts types ?"), [0]);
        assert_eq!(mentioned(&names, "what is an atr"), [1]);
        assert_eq!(mentioned(&names, "what is the average true range?"), [1]);
        assert_eq!(mentioned(&names, "explain average products"), [2]);
    }

    #[test]
    fn one_name_may_be_of_several_things() {
        assert_eq!(mentioned(&names(&[(0, "IV"), (1, "iv")]), "what is IV?"), [0, 1]);
    }
}

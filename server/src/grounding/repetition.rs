//! Small models go round in circles: what was said already, or goes round within a sentence, says nothing.

use std::collections::{HashMap, HashSet};

/// Sentences of fewer words may come again: "Yes." or an item of a list.
const SHORTEST: usize = 5;

/// Words in a row that a sentence does not say often.
const RUN: usize = 4;

/// How often a sentence may say the same words in a row.
const MOST: usize = 2;

/// What an answer has said so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Said(HashSet<String>);

impl Said {
    /// Whether a sentence says nothing new; it counts as said from then on.
    pub(super) fn again(&mut self, sentence: &str) -> bool {
        let words = words(sentence);
        words.len() >= SHORTEST && (goes_round(&words) || !self.0.insert(words.join(" ")))
    }
}

fn goes_round(words: &[String]) -> bool {
    let mut counts: HashMap<&[String], usize> = HashMap::new();
    words.windows(RUN).any(|run| {
        let count = counts.entry(run).or_default();
        *count += 1;
        *count > MOST
    })
}

fn words(sentence: &str) -> Vec<String> {
    let words = sentence.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_was_said_says_nothing_new_and_short_ones_may_come_again() {
        let mut said = Said::default();
        assert!(!said.again("The issuer converts the bond into shares. "));
        assert!(said.again("The issuer converts the bond, into shares!"));
        assert!(!said.again("The issuer converts the bond into cash."));
        assert!(!said.again("Not always.") && !said.again("Not always."));
    }

    #[test]
    fn a_sentence_that_goes_round_says_nothing() {
        let mut said = Said::default();
        assert!(said.again("Un programme de l'adresse, un programme de l'adresse, un programme de l'adresse."));
        assert!(!said.again("The chance of a high day is 27 %, the chance of a low day is 12 %, and both move."));
    }
}

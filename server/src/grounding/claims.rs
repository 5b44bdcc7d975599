//! Finds sentences that an answer must not hold whatever the evidence says: advice to buy or to sell, promises, and
//! certainty about where a price goes. English and French; small lists on purpose, read clause by clause.

mod lists;

use domain::market::COINS;

use lists::{
    CERTAIN, COMMANDED, COMMANDS, MOVING, OPEN, PRICED, PROMISED, PROMISES, PROMISING, REFUSING, TIMELY, TRADING,
    URGING, URGING_YOU, WARNING, WILL_MOVE, YOU,
};

/// Whether a sentence advises to buy or to sell, promises something, or is certain about where a price goes.
pub(super) fn is_improper(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let is_question = lower.trim_end().ends_with('?');
    clauses(&lower).iter().any(|clause| {
        let words: Vec<&str> = clause.iter().map(|word| word.text).collect();
        (!is_question && urges_to_trade(&words))
            || commands_to_trade(clause)
            || asks_why_not(&words)
            || promises(&words)
            || (!is_question && is_certain_of_price(&words))
    })
}

/// A word, and whether a clause or a part of one begins with it.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    begins: bool,
}

/// The words of each clause: cut at punctuation other than commas, and at words that turn the argument.
fn clauses(text: &str) -> Vec<Vec<Word<'_>>> {
    const TURNING: [&str; 10] =
        ["but", "however", "so", "therefore", "mais", "cependant", "pourtant", "toutefois", "donc", "alors"];
    let mut clauses = vec![Vec::new()];
    for part in text.split([';', ':', '!', '?', '.', '—', '–', '(', ')', '\n', '|']) {
        clauses.push(Vec::new());
        for piece in part.split(',') {
            let mut begins = true;
            for word in piece.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                if TURNING.contains(&word) {
                    clauses.push(Vec::new());
                    begins = true;
                } else if let Some(clause) = clauses.last_mut() {
                    clause.push(Word { text: word, begins });
                    begins = matches!(word, "please" | "just" | "then" | "now") && begins;
                }
            }
        }
    }
    clauses
}

fn urges_to_trade(words: &[&str]) -> bool {
    words.iter().enumerate().filter(|(_, word)| TRADING.contains(word)).any(|(at, _)| {
        let before = &words[at.saturating_sub(6)..at];
        let urges_anybody = has_any(before, &URGING) || TIMELY.iter().any(|timely| before.ends_with(timely));
        let urges_you = before
            .iter()
            .enumerate()
            .any(|(place, word)| URGING_YOU.contains(word) && has_any(&before[place.saturating_sub(3)..place], &YOU));
        (urges_anybody || urges_you) && !has_any(&words[..at], &REFUSING)
    })
}

fn commands_to_trade(clause: &[Word<'_>]) -> bool {
    clause.iter().enumerate().any(|(at, word)| {
        let is_command = word.begins && COMMANDS.contains(&word.text);
        is_command && clause.get(at + 1).is_none_or(|next| COMMANDED.contains(&next.text) || is_coin(next.text))
    })
}

fn asks_why_not(words: &[&str]) -> bool {
    let asks = |a, b| words.windows(2).any(|pair| pair == [a, b]);
    (asks("why", "not") || asks("pourquoi", "ne") || asks("pourquoi", "pas")) && has_any(words, &TRADING)
}

fn promises(words: &[&str]) -> bool {
    let says_it = PROMISES.iter().any(|promise| {
        words.windows(promise.len()).enumerate().any(|(at, window)| {
            // "cannot lose more than was paid" is a fact about shares.
            window == *promise
                && !words.get(at + promise.len()).is_some_and(|next| matches!(*next, "more" | "than" | "plus"))
        })
    });
    let guarantees = has_any(words, &PROMISING) && has_any(words, &PROMISED) && !has_any(words, &REFUSING);
    (says_it || guarantees) && !has_any(words, &WARNING)
}

fn is_certain_of_price(words: &[&str]) -> bool {
    let moves = words.iter().enumerate().any(|(at, word)| {
        let before = &words[at.saturating_sub(3)..at];
        WILL_MOVE.contains(word)
            || (MOVING.contains(word)
                && (has_any(before, &["will", "ll", "va", "vont"])
                    || before.ends_with(&["going", "to"])
                    || (has_any(before, &CERTAIN) && has_any(before, &["to", "de"]))))
    });
    let is_price = words.iter().any(|word| PRICED.contains(word) || is_coin(word));
    moves && is_price && !has_any(words, &REFUSING) && !has_any(words, &OPEN)
}

fn has_any(words: &[&str], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(word))
}

fn is_coin(word: &str) -> bool {
    word == "ether"
        || COINS.iter().any(|coin| coin.ticker.eq_ignore_ascii_case(word) || coin.name.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_promises_and_certainty_are_found_in_both_languages() {
        for sentence in [
            "You should buy now.",
            "I recommend that you sell your coins.",
            "Now is a good time to buy ETH.",
            "Buy now!",
            "Trust me, sell everything.",
            "I cannot give advice, but you should sell.",
            "You must buy before it is too late.",
            "Why not buy some?",
            "Returns are guaranteed.",
            "This is a sure bet.",
            "BTC will rise tomorrow.",
            "The price is going to crash.",
            "Bitcoin is certain to double.",
            "Vous devriez vendre.",
            "Il faut acheter du Bitcoin.",
            "Je vous conseille d'acheter.",
            "Achetez maintenant !",
            "C'est le moment de vendre.",
            "Le rendement est garanti.",
            "Le cours va monter.",
            "Le Bitcoin atteindra des sommets.",
            "Un gain sans risque.",
        ] {
            assert!(is_improper(sentence), "{sentence}");
        }
    }

    #[test]
    fn refusals_warnings_questions_and_plain_facts_are_not() {
        for sentence in [
            "I cannot tell you whether you should buy or sell.",
            "InvestBuddy never says that you should buy.",
            "Should I sell my coins?",
            "Promises of guaranteed returns are a warning sign.",
            "No return is guaranteed.",
            "Buy orders wait below the price.",
            "Holders must sell to meet margin calls.",
            "The volatility of BTC will rise, most likely.",
            "Nobody knows whether the price will fall.",
            "The price may fall or rise.",
            "Je ne peux pas vous dire s'il faut acheter ou vendre.",
            "Le taux sans risque sert de repère.",
            "Personne ne sait si le cours va monter.",
            "Aucun rendement n'est garanti.",
            "La volatilité va augmenter.",
        ] {
            assert!(!is_improper(sentence), "{sentence}");
        }
    }
}

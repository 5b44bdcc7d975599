//! Numbers in words, English and French, from thirteen on; smaller ones are everyday words and are left alone.

use super::numbers::{Kind, Number, Reading};

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Word {
    /// A number of its own.
    Value(f64),
    /// Multiplies what stands before it.
    Times(f64),
}

/// The largest number in words that is not looked at.
const EVERYDAY: f64 = 12.0;

/// Every number in words above [`EVERYDAY`].
pub(super) fn scan(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut open: Option<Open> = None;
    for (start, word) in words(text) {
        let lower = word.to_lowercase();
        let (joined, meaning) = (open.is_some(), meaning(&lower));
        match (&mut open, meaning) {
            (Some(number), Some(meaning)) if number.touches(text, start) => number.take(meaning, start + word.len()),
            (current, Some(Word::Value(value))) => {
                numbers.extend(current.take().and_then(Open::close));
                open = Some(Open { start, end: start + word.len(), total: 0.0, group: value });
            }
            // "and" and "et" may stand inside a number; they end it where no number follows.
            (Some(_), None) if joined && matches!(lower.as_str(), "and" | "et") => {}
            (current, _) => numbers.extend(current.take().and_then(Open::close)),
        }
    }
    numbers.extend(open.and_then(Open::close));
    numbers
}

/// A number that is being read.
struct Open {
    start: usize,
    end: usize,
    /// What is complete: thousands, millions.
    total: f64,
    /// What is not: below a thousand.
    group: f64,
}

impl Open {
    /// Whether nothing but spaces, hyphens and an "and" stand between this and the next word.
    fn touches(&self, text: &str, start: usize) -> bool {
        let between = text[self.end..start].trim_matches(|c: char| c == ' ' || c == '-' || c == '\u{a0}');
        between.is_empty() || between == "and" || between == "et"
    }

    fn take(&mut self, word: Word, end: usize) {
        match word {
            // Four score: "quatre-vingt" is four times twenty.
            Word::Value(20.0) if self.group == 4.0 => self.group = 80.0,
            Word::Value(value) => self.group += value,
            Word::Times(100.0) => self.group *= 100.0,
            Word::Times(factor) => {
                self.total += self.group * factor;
                self.group = 0.0;
            }
        }
        self.end = end;
    }

    fn close(self) -> Option<Number> {
        let value = self.total + self.group;
        let reading = Reading { value, step: 1.0, has_decimals: false };
        (value > EVERYDAY).then(|| Number {
            span: self.start..self.end,
            readings: vec![reading],
            kind: Kind::Plain,
            parts: Vec::new(),
            may_be_parts: false,
            follows_letter: false,
        })
    }
}

/// The words of a text with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

fn meaning(word: &str) -> Option<Word> {
    let value = match word {
        "one" | "un" | "une" => 1,
        "two" | "deux" => 2,
        "three" | "trois" => 3,
        "four" | "quatre" => 4,
        "five" | "cinq" => 5,
        "six" => 6,
        "seven" | "sept" => 7,
        "eight" | "huit" => 8,
        "nine" | "neuf" => 9,
        "ten" | "dix" => 10,
        "eleven" | "onze" => 11,
        "twelve" | "douze" => 12,
        "thirteen" | "treize" => 13,
        "fourteen" | "quatorze" => 14,
        "fifteen" | "quinze" => 15,
        "sixteen" | "seize" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        "twenty" | "vingt" | "vingts" => 20,
        "thirty" | "trente" => 30,
        "forty" | "quarante" => 40,
        "fifty" | "cinquante" => 50,
        "sixty" | "soixante" => 60,
        "seventy" | "septante" => 70,
        "eighty" | "huitante" => 80,
        "ninety" | "nonante" => 90,
        "hundred" | "cents" => return Some(Word::Times(100.0)),
        "thousand" | "mille" => return Some(Word::Times(1e3)),
        "million" | "millions" => return Some(Word::Times(1e6)),
        "billion" | "billions" | "milliard" | "milliards" => return Some(Word::Times(1e9)),
        _ => return None,
    };
    Some(Word::Value(f64::from(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        scan(text).iter().map(|number| number.readings[0].value).collect()
    }

    #[test]
    fn numbers_above_twelve_are_read_in_both_languages() {
        assert_eq!(values("twenty-five percent of ninety thousand"), [25.0, 90_000.0]);
        assert_eq!(values("three hundred and sixty-five days"), [365.0]);
        assert_eq!(values("quatre-vingt-dix pour cent"), [90.0]);
        assert_eq!(values("vingt et un jours, puis soixante-quinze"), [21.0, 75.0]);
    }

    #[test]
    fn everyday_words_are_left_alone() {
        assert!(values("two or three reasons, five coins, douze heures, pour cent, millions of people").is_empty());
    }
}

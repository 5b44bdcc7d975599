//! The numbers that may be said.

use std::collections::HashSet;

use super::numbers::{Kind, Number, Reading, scan};
use super::units::plain;

/// The months, English and French, January first.
const MONTHS: [[&str; 2]; 12] = [
    ["january", "janvier"],
    ["february", "février"],
    ["march", "mars"],
    ["april", "avril"],
    ["may", "mai"],
    ["june", "juin"],
    ["july", "juillet"],
    ["august", "août"],
    ["september", "septembre"],
    ["october", "octobre"],
    ["november", "novembre"],
    ["december", "décembre"],
];

/// Every number of the texts that an answer may rest on.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Numbers without a unit, sorted.
    plain: Vec<f64>,
    /// Plain numbers that are written with decimals: they may be fractions. As percents, sorted.
    fractions: Vec<f64>,
    /// Percentages, sorted.
    percents: Vec<f64>,
    /// Months that are named.
    months: HashSet<usize>,
    /// Signs that are numbers but no digits: `½`.
    signs: HashSet<char>,
}

impl Evidence {
    /// Collects the numbers of passages, tools' answers and the reader's question.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut evidence = Self::default();
        for text in texts {
            evidence.add(&plain(text));
        }
        for values in [&mut evidence.plain, &mut evidence.fractions, &mut evidence.percents] {
            values.sort_by(f64::total_cmp);
        }
        evidence
    }

    fn add(&mut self, text: &str) {
        for number in scan(text) {
            self.add_number(&number);
        }
        for word in text.split(|c: char| !c.is_alphabetic()) {
            self.months.extend(month(&word.to_lowercase()));
            self.plain.extend(small_word(&word.to_lowercase()));
        }
        self.signs.extend(text.chars().filter(|&c| is_odd_numeral(c)));
    }

    fn add_number(&mut self, number: &Number) {
        for reading in &number.readings {
            if matches!(number.kind, Kind::Plain | Kind::Either) {
                self.plain.push(reading.value);
                if reading.has_decimals {
                    self.fractions.push(reading.value * 100.0);
                }
            }
            if matches!(number.kind, Kind::Percent | Kind::Either) {
                self.percents.push(reading.value);
            }
        }
        for part in &number.parts {
            self.add_number(part);
        }
    }

    /// Whether every number of a text occurs here. The text is one of [`plain`].
    pub(super) fn holds(&self, text: &str) -> bool {
        let numbers = scan(text);
        numbers.iter().all(|number| number.follows_letter || self.holds_number(number))
            && self.holds_months(text, &numbers)
            && text.chars().all(|c| !is_odd_numeral(c) || self.signs.contains(&c))
    }

    fn holds_number(&self, number: &Number) -> bool {
        number.readings.iter().any(|reading| self.holds_reading(reading, number.kind))
            || (number.may_be_parts
                && !number.parts.is_empty()
                && number.parts.iter().all(|part| self.holds_number(part)))
    }

    fn holds_reading(&self, reading: &Reading, kind: Kind) -> bool {
        let as_plain = || {
            let fraction = Reading { value: reading.value * 100.0, step: reading.step * 100.0, has_decimals: true };
            has(&self.plain, reading) || (reading.has_decimals && has(&self.percents, &fraction))
        };
        let as_percent = || has(&self.percents, reading) || has(&self.fractions, reading);
        match kind {
            Kind::Plain => as_plain(),
            Kind::Percent => as_percent(),
            Kind::Either => as_percent() || as_plain(),
        }
    }

    /// A month beside a number is part of a date: it must be named in the evidence, or be there as a number.
    fn holds_months(&self, text: &str, numbers: &[Number]) -> bool {
        let mut at = 0;
        text.split(|c: char| !c.is_alphabetic()).all(|word| {
            let span = at..at + word.len();
            at = span.end + text[span.end..].chars().next().map_or(0, char::len_utf8);
            let Some(month) = month(&word.to_lowercase()) else { return true };
            let beside = |number: &Number| {
                let gap = if number.span.end <= span.start {
                    &text[number.span.end..span.start]
                } else {
                    &text[span.end.min(number.span.start)..number.span.start]
                };
                gap.chars().count() <= 2 && !gap.contains(['.', '\n', '%'])
            };
            let is_date = numbers.iter().any(beside);
            !is_date || self.months.contains(&month) || self.plain.contains(&(month as f64))
        })
    }
}

/// Whether a sorted list has a value that rounds to the one that is shown.
fn has(values: &[f64], shown: &Reading) -> bool {
    // A little more than half a step: 0.125 is shown as 0.13 or as 0.12, and floats are not exact.
    let slack = shown.step * 0.5 + (shown.value.abs() + shown.step) * 1e-9;
    let first = values.partition_point(|&value| value < shown.value - slack);
    values.get(first).is_some_and(|&value| value <= shown.value + slack)
}

fn month(word: &str) -> Option<usize> {
    MONTHS.iter().position(|names| names.contains(&word)).map(|index| index + 1)
}

/// Small numbers in words: said in words they are not checked, but they hold the same number in digits.
fn small_word(word: &str) -> Option<f64> {
    const WORDS: [[&str; 2]; 12] = [
        ["one", "un"],
        ["two", "deux"],
        ["three", "trois"],
        ["four", "quatre"],
        ["five", "cinq"],
        ["six", "six"],
        ["seven", "sept"],
        ["eight", "huit"],
        ["nine", "neuf"],
        ["ten", "dix"],
        ["eleven", "onze"],
        ["twelve", "douze"],
    ];
    WORDS.iter().position(|names| names.contains(&word)).map(|index| (index + 1) as f64)
}

/// A numeral that is neither a digit nor an exponent or index: `½`, `Ⅳ`, `٣`.
fn is_odd_numeral(c: char) -> bool {
    c.is_numeric() && !c.is_ascii_digit() && !matches!(c, '²' | '³' | '¹' | '\u{2070}'..='\u{2089}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(evidence: &str, held: &[&str], not_held: &[&str]) {
        let evidence = Evidence::new([evidence]);
        for text in held {
            assert!(evidence.holds(text), "{text} is not held");
        }
        for text in not_held {
            assert!(!evidence.holds(text), "{text} is held");
        }
    }

    #[test]
    fn rounding_to_the_shown_precision_is_fine_and_more_is_not() {
        check("price 95123.4", &["95,123", "95 123,4", "95,000", "95 mille", "95.1k"], &["95,200", "94,000", "95.2k"]);
        check("0.0321453", &["3.2%", "3,2 %", "3.21 percent", "0.03", "0,032"], &["3.3 %", "3.20%", "32 %"]);
    }

    #[test]
    fn percents_and_fractions_are_the_same_but_a_number_of_hours_is_no_percentage() {
        check("a chance of 20 %, over 24 hours", &["20%", "0.2", "0,20", "24 h"], &["24 %", "48 h", "20 h"]);
        check("rank 0.82", &["82 %", "0.8"], &["82", "83 %"]);
    }

    #[test]
    fn dates_must_be_those_of_the_evidence() {
        check(
            "closes 2026-11-24T14:00:00Z",
            &["24 November 2026", "le 24 novembre 2026 à 14:00", "2026-11-24"],
            &["25 November 2026", "24 March 2026", "in 2025"],
        );
    }

    #[test]
    fn lists_of_numbers_without_spaces_are_read_one_by_one() {
        check("[24,48,0.5]", &["24", "48 h", "50 %"], &["24.5", "25"]);
    }

    #[test]
    fn what_is_part_of_a_name_or_an_exponent_is_no_number() {
        check("", &["an ERC20 token", "m²", "two of three", "V2"], &["½ of it", "20 tokens", "twenty-five"]);
        check("five of 25", &["5", "twenty-five"], &["6"]);
    }
}

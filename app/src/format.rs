//! Numbers and times as text. The same on the server and in the browser: no locale of the machine is ever read,
//! and every time is UTC.

use domain::language::Language;
use jiff::Timestamp;

/// The narrow no-break space, which French puts between thousands and before a percent sign.
const THIN: char = '\u{202f}';
/// A true minus sign: as wide as a plus, so that columns of changes line up.
const MINUS: char = '\u{2212}';

/// A number with a fixed count of decimals: `12,345.6` or `12 345,6`.
pub fn number(language: Language, value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let mut text = String::with_capacity(digits.len() + 6);
    if value < 0.0 && !is_zero {
        text.push(MINUS);
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(thousands(language));
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(if language == Language::French { ',' } else { '.' });
        text.push_str(fraction);
    }
    text
}

/// A fraction as a percentage: 0.0321 is `3.2%` or `3,2 %`.
pub fn percent(language: Language, fraction: f64, decimals: usize) -> String {
    with_percent_sign(language, number(language, fraction * 100.0, decimals))
}

/// A change as a percentage that always has its sign: `+1.2%`.
pub fn change(language: Language, fraction: f64) -> String {
    let text = percent(language, fraction, 2);
    let rounds_to_zero = fraction.abs() < 0.000_05;
    if fraction > 0.0 && !rounds_to_zero { format!("+{text}") } else { text }
}

/// A difference in whole percents that always has its sign: `+12%`.
pub fn signed_percent(language: Language, fraction: f64) -> String {
    let text = percent(language, fraction, 0);
    if fraction >= 0.005 { format!("+{text}") } else { text }
}

/// A chance without false precision: whole percents, and never quite 0 or 100.
pub fn chance(language: Language, probability: f64) -> String {
    match probability {
        p if !p.is_finite() => "–".to_owned(),
        p if p < 0.01 => format!("<{THIN}{}", percent(language, 0.01, 0)),
        p if p > 0.99 => format!(">{THIN}{}", percent(language, 0.99, 0)),
        p => percent(language, p, 0),
    }
}

/// Realised volatility, a fraction per day, as a percentage: one decimal, or two where one would show next to nothing.
pub fn volatility(language: Language, per_day: f64) -> String {
    percent(language, per_day, if per_day < 0.001 { 2 } else { 1 })
}

/// A price with as many decimals as its size deserves, without a currency.
pub fn price(language: Language, value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 10.0 => 2,
        v if v >= 1.0 => 3,
        v if v >= 0.1 => 4,
        _ => 6,
    };
    number(language, value, decimals)
}

/// A day and a minute: `2025-07-01 00:00 UTC`, the same in every language.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A day: `2025-07-01`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// An instant for the `datetime` attribute of a `time` element.
pub fn machine(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

fn thousands(language: Language) -> char {
    match language {
        Language::English => ',',
        Language::French => THIN,
    }
}

fn with_percent_sign(language: Language, number: String) -> String {
    match language {
        Language::English => number + "%",
        Language::French => format!("{number}{THIN}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, French};

    #[test]
    fn numbers_follow_the_customs_of_the_language() {
        assert_eq!(number(English, 1_234_567.891, 2), "1,234,567.89");
        assert_eq!(number(French, 1_234_567.891, 2), "1\u{202f}234\u{202f}567,89");
        assert_eq!(number(English, 999.0, 0), "999");
        assert_eq!(number(English, -1_000.0, 0), "\u{2212}1,000");
        assert_eq!(percent(English, 0.032, 1), "3.2%");
        assert_eq!(percent(French, 0.032, 1), "3,2\u{202f}%");
    }

    #[test]
    fn a_number_that_rounds_to_zero_has_no_sign() {
        assert_eq!(number(English, -0.001, 2), "0.00");
        assert_eq!(change(English, -0.000_001), "0.00%");
        assert_eq!(change(English, 0.000_001), "0.00%");
    }

    #[test]
    fn what_is_not_a_number_is_a_dash() {
        assert_eq!(number(English, f64::NAN, 2), "–");
        assert_eq!(chance(French, f64::NAN), "–");
    }

    #[test]
    fn a_change_always_shows_its_direction() {
        assert_eq!(change(English, 0.0123), "+1.23%");
        assert_eq!(change(English, 1.5), "+150.00%");
        assert_eq!(change(English, 0.000_1), "+0.01%");
        assert_eq!(change(French, -0.0123), "\u{2212}1,23\u{202f}%");
    }

    #[test]
    fn a_difference_in_whole_percents_has_a_sign_unless_it_is_none() {
        assert_eq!(signed_percent(English, 0.123), "+12%");
        assert_eq!(signed_percent(English, 0.004), "0%");
        assert_eq!(signed_percent(French, -0.08), "\u{2212}8\u{202f}%");
    }

    #[test]
    fn a_chance_is_never_certain() {
        assert_eq!(chance(English, 0.0), "<\u{202f}1%");
        assert_eq!(chance(English, 1.0), ">\u{202f}99%");
        assert_eq!(chance(French, 0.624), "62\u{202f}%");
    }

    #[test]
    fn volatility_reads_on_one_scale() {
        assert_eq!(volatility(English, 0.0071), "0.7%");
        assert_eq!(volatility(French, 0.0324), "3,2\u{202f}%");
        assert_eq!(volatility(English, 0.000_42), "0.04%");
    }

    #[test]
    fn prices_keep_the_decimals_that_matter() {
        assert_eq!(price(English, 107_135.334), "107,135.33");
        assert_eq!(price(English, 2.236_6), "2.237");
        assert_eq!(price(English, 0.164_66), "0.1647");
        assert_eq!(price(English, 0.000_012_3), "0.000012");
    }

    #[test]
    fn times_are_utc_whatever_the_machine_thinks() {
        let at: Timestamp = "2025-07-01T02:00:00+02:00".parse().expect("a valid time");
        assert_eq!(minute(at), "2025-07-01 00:00 UTC");
        assert_eq!(day(at), "2025-07-01");
        assert_eq!(machine(at), "2025-07-01T00:00Z");
    }
}

//! Finds the numbers in a text, in English and in French notation.

use std::ops::Range;

use super::number_words;

/// The kind of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number as it is.
    Plain,
    /// A number of percents.
    Percent,
    /// The first number of a range such as "2 to 4 %", which is a percentage too; or a plain one.
    Either,
}

/// One way to read a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// The value without its sign; percents as they are written.
    pub(super) value: f64,
    /// The precision to which it is shown: 0.1 for `3.2`.
    pub(super) step: f64,
    /// Whether it is written with decimals.
    pub(super) has_decimals: bool,
}

/// A number in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// Where it stands, in bytes.
    pub(super) span: Range<usize>,
    /// The ways to read it: `1,234` is a thousand and more in English, one and a bit in French.
    pub(super) readings: Vec<Reading>,
    /// Plain or percent.
    pub(super) kind: Kind,
    /// What it is made of, where it may also be several numbers side by side.
    pub(super) parts: Vec<Number>,
    /// Whether the parts are as likely as the whole: spaces between groups of digits.
    pub(super) may_be_parts: bool,
    /// Whether a letter stands right before it, as in `ERC20`.
    pub(super) follows_letter: bool,
}

/// Every number of a text, in the order in which they stand, the ones in words as well.
pub(super) fn scan(text: &str) -> Vec<Number> {
    let mut numbers = in_digits(text);
    numbers.extend(number_words::scan(text));
    numbers.sort_by_key(|number| number.span.start);
    let kinds: Vec<Kind> = numbers.iter().map(|number| kind(&text[number.span.end..])).collect();
    for index in 0..numbers.len() {
        let shares_percent = numbers.get(index + 1).is_some_and(|next| {
            kinds[index + 1] == Kind::Percent
                && is_between(&text[numbers[index].span.end..next.span.start.max(numbers[index].span.end)])
        });
        let kind = if kinds[index] == Kind::Plain && shares_percent { Kind::Either } else { kinds[index] };
        let number = &mut numbers[index];
        number.kind = kind;
        if let Some(last) = number.parts.last_mut() {
            last.kind = kind;
        }
        scale(number, &text[number.span.end..]);
    }
    numbers
}

/// Numbers written in digits; kinds and magnitudes come later.
fn in_digits(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + offset;
        let end = end_of_run(text, start);
        let mut number = read(text, start..end);
        number.follows_letter = text[..start].chars().next_back().is_some_and(char::is_alphabetic);
        numbers.push(number);
        at = end;
    }
    numbers
}

/// The end of digits, separators between digits included.
fn end_of_run(text: &str, start: usize) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = start + digits(start);
    let mut spaced = end - start <= 3;
    while let Some(separator) = text[end..].chars().next() {
        let after = end + separator.len_utf8();
        let following = digits(after);
        let belongs = match separator {
            ',' | '.' => following > 0,
            c if is_space(c) => spaced && following == 3,
            _ => false,
        };
        if !belongs {
            break;
        }
        // Decimals end a number: what stands after a space behind them is another one.
        spaced = spaced && is_space(separator);
        end = after + following;
    }
    end
}

/// A space that may stand between thousands.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Reads digits with their separators.
fn read(text: &str, span: Range<usize>) -> Number {
    let written = &text[span.clone()];
    let separators: Vec<char> = written.chars().filter(|c| !c.is_ascii_digit()).collect();
    let points: Vec<char> = separators.iter().copied().filter(|c| matches!(c, ',' | '.')).collect();
    let has_plain_space = separators.contains(&' ');
    let readings = match points.as_slice() {
        [] => vec![whole(written)],
        [_] => with_one_point(written, separators.len() > points.len()),
        [first, rest @ ..] => with_points(written, *first, rest),
    };
    let parts = if separators.is_empty() { Vec::new() } else { parts(text, span.clone(), readings.is_empty()) };
    let may_be_parts = readings.is_empty() || has_plain_space;
    Number { span, readings, kind: Kind::Plain, parts, may_be_parts, follows_letter: false }
}

/// One comma or point: decimals, or thousands where three digits follow.
fn with_one_point(written: &str, has_spaces: bool) -> Vec<Reading> {
    let (before, after) = written.split_once([',', '.']).unwrap_or((written, ""));
    let mut readings = vec![decimal(before, after)];
    if !has_spaces && after.len() == 3 && before.len() <= 3 && !before.starts_with('0') {
        readings.push(whole(written));
    }
    readings
}

/// Several commas or points: thousands, and decimals where the last one differs. No reading where they make no sense.
fn with_points(written: &str, first: char, rest: &[char]) -> Vec<Reading> {
    let are_thousands = |text: &str| {
        let mut groups = text.split(first);
        groups.next().is_some_and(|group| (1..=3).contains(&group.len())) && groups.all(|group| group.len() == 3)
    };
    let Some((last, middle)) = rest.split_last() else { return Vec::new() };
    if middle.iter().any(|point| *point != first) || written.contains(is_space) {
        return Vec::new();
    }
    if *last == first {
        return if are_thousands(written) { vec![whole(written)] } else { Vec::new() };
    }
    match written.rsplit_once(*last) {
        Some((before, after)) if are_thousands(before) => vec![decimal(before, after)],
        _ => Vec::new(),
    }
}

/// The numbers side by side: cut at spaces and commas, and at points too where nothing else makes sense.
fn parts(text: &str, span: Range<usize>, at_points: bool) -> Vec<Number> {
    let has_comma = text[span.clone()].contains([',', ' ']);
    let cuts = |c: char| c == ',' || is_space(c) || (at_points && !has_comma && c == '.');
    let mut parts = Vec::new();
    let mut start = span.start;
    for piece in text[span.clone()].split(cuts) {
        let end = start + piece.len();
        if end - start < span.len() && !piece.is_empty() {
            parts.push(read(text, start..end));
        }
        start = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
    parts
}

/// An integer; separators are skipped. Large ones with zeros at the end count as rounded, to two digits at most.
fn whole(written: &str) -> Reading {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
    let is_grouped = digits.len() < written.len();
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let rounded = if is_grouped || digits.len() > 4 { zeros.min(digits.len().saturating_sub(2)) } else { 0 };
    Reading { value, step: 10f64.powi(i32::try_from(rounded).unwrap_or(0)), has_decimals: false }
}

fn decimal(before: &str, after: &str) -> Reading {
    let before: String = before.chars().filter(char::is_ascii_digit).collect();
    let value = format!("{before}.{after}").parse().unwrap_or(f64::INFINITY);
    Reading { value, step: 10f64.powi(-i32::try_from(after.len()).unwrap_or(0)), has_decimals: true }
}

/// What a number is, from what follows it.
fn kind(after: &str) -> Kind {
    let after = after.trim_start_matches(|c: char| is_space(c) || c == '-');
    let lower: String = after.chars().take(16).flat_map(char::to_lowercase).collect();
    let is_percent = after.starts_with(['%', '٪'])
        || ["percent", "per cent", "pour cent", "pourcent", "points de pourcent"]
            .iter()
            .any(|word| lower.starts_with(word));
    if is_percent { Kind::Percent } else { Kind::Plain }
}

/// Whether only the middle of a range stands between two numbers.
fn is_between(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace());
    matches!(text, "-" | "–" | "—" | "to" | "and" | "or" | "à" | "et" | "ou" | "," | "/" | "and up to" | "et jusqu'à")
}

/// Multiplies by the magnitude that stands behind: `1.2 million`, `45k`.
fn scale(number: &mut Number, after: &str) {
    let is_attached = !after.starts_with(is_space);
    let after = after.trim_start_matches(is_space);
    let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
    let factor = match (word.as_str(), is_attached) {
        ("k" | "K", true) => 1e3,
        ("M", true) => 1e6,
        ("B" | "bn" | "Md" | "Mds", true) | ("bn" | "Md" | "Mds", false) => 1e9,
        ("thousand" | "mille", _) => 1e3,
        ("million" | "millions", _) => 1e6,
        ("billion" | "billions" | "milliard" | "milliards", _) => 1e9,
        ("trillion" | "trillions", _) => 1e12,
        _ => return,
    };
    for reading in &mut number.readings {
        reading.value *= factor;
        reading.step *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<f64>> {
        scan(text).iter().map(|number| number.readings.iter().map(|reading| reading.value).collect()).collect()
    }

    #[test]
    fn english_and_french_notations_are_read() {
        assert_eq!(values("1,234.5"), [[1_234.5]]);
        assert_eq!(values("1 234,5"), [[1_234.5]]);
        assert_eq!(values("1\u{202f}234\u{202f}567"), [[1_234_567.0]]);
        assert_eq!(values("3,2 %"), [[3.2]]);
        assert_eq!(values("0.032"), [[0.032]]);
        assert_eq!(values("1,234"), [[1.234, 1_234.0]]);
        assert_eq!(values("1.2 million, 45k, 3 milliards"), [[1_200_000.0], [45_000.0], [3e9]]);
    }

    #[test]
    fn dates_and_times_are_several_numbers() {
        assert_eq!(values("2026-11-24 14:30"), [[2_026.0], [11.0], [24.0], [14.0], [30.0]]);
        let dotted = scan("24.11.2026");
        assert_eq!(dotted.len(), 1);
        assert_eq!(
            dotted[0].parts.iter().map(|part| part.readings[0].value).collect::<Vec<_>>(),
            [24.0, 11.0, 2_026.0]
        );
    }

    #[test]
    fn a_percent_sign_belongs_to_both_ends_of_a_range() {
        let kinds = |text: &str| scan(text).iter().map(|number| number.kind).collect::<Vec<_>>();
        assert_eq!(kinds("2 to 4 %"), [Kind::Either, Kind::Percent]);
        assert_eq!(kinds("entre 2,1 et 4,3 pour cent"), [Kind::Either, Kind::Percent]);
        assert_eq!(kinds("24 h, 4%"), [Kind::Plain, Kind::Percent]);
    }

    #[test]
    fn the_shown_precision_is_kept() {
        let step = |text: &str| scan(text)[0].readings[0].step;
        assert!((step("3.25") - 0.01).abs() < 1e-12);
        assert!((step("95,000.0") - 0.1).abs() < 1e-12);
        assert!((step("95000") - 1_000.0).abs() < 1e-9);
        assert!((step("2000") - 1.0).abs() < 1e-12, "a year is not rounded");
    }
}

//! Cuts a stream of Markdown into units that can be judged alone: sentences of prose, whole lines of tables and code.

use super::untrusted::is_invisible;

/// The longest unit, in bytes: a text without an end must not be held back for ever.
const LONGEST: usize = 2_000;

/// Words before a point that does not end a sentence.
const ABBREVIATIONS: [&str; 41] = [
    "mr", "mrs", "ms", "dr", "st", "vs", "no", "approx", "cf", "fig", "eq", "al", "ex", "p", "env", "min", "max",
    "avg", "resp", "inc", "ltd", "corp", "vol", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "janv", "févr", "avr", "juil", "déc", "m", "mm",
];

/// A unit of the text, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// The text, with the spaces and the line break behind it.
    pub(super) text: String,
    /// Whether it is the first of its line.
    pub(super) starts_line: bool,
    /// Whether it is a line of code, or a fence around code.
    pub(super) is_code: bool,
}

/// Cuts text into units; how the text is cut into pieces makes no difference.
#[derive(Debug, Clone)]
pub(super) struct Units {
    buffer: String,
    at_line_start: bool,
    in_code: bool,
}

impl Default for Units {
    fn default() -> Self {
        Self { buffer: String::new(), at_line_start: true, in_code: false }
    }
}

impl Units {
    /// Takes the next piece of the text.
    pub(super) fn push(&mut self, piece: &str) {
        self.buffer.push_str(piece);
    }

    /// The next unit that is whole; with `is_final` whatever is left.
    pub(super) fn next(&mut self, is_final: bool) -> Option<Unit> {
        let view = &self.buffer[..floor_char_boundary(&self.buffer, LONGEST)];
        let is_capped = view.len() < self.buffer.len();
        let is_complete = is_final && !is_capped;
        if view.is_empty() {
            return None;
        }
        let line = view.split_inclusive('\n').next().unwrap_or(view);
        let is_line_whole = line.ends_with('\n');
        let is_fence = self.at_line_start && is_fence(line);
        let is_code = self.in_code || is_fence;
        let by_lines = is_code || (self.at_line_start && line.trim_start().starts_with('|'));
        let end = if by_lines { Cut::Nowhere } else { self.sentence_end(line, is_line_whole || is_complete) };
        let length = match end {
            Cut::At(length) => length,
            Cut::Nowhere | Cut::Unknown if is_line_whole || is_complete => line.len(),
            Cut::Nowhere | Cut::Unknown if is_capped => forced_end(view),
            Cut::Nowhere | Cut::Unknown => return None,
        };
        let text: String = self.buffer.drain(..length).collect();
        let unit = Unit { starts_line: self.at_line_start, is_code, text };
        self.at_line_start = unit.text.ends_with('\n');
        self.in_code = self.in_code != is_fence;
        Some(unit)
    }

    /// Where the first sentence of a line ends, the spaces behind it included.
    fn sentence_end(&self, line: &str, is_whole: bool) -> Cut {
        let start = if self.at_line_start { prefix_length(line) } else { 0 };
        for (offset, terminal) in line[start..].char_indices().filter(|(_, c)| is_terminal(*c)) {
            let at = start + offset;
            let after = match closing_end(line, at + terminal.len_utf8()) {
                Some(after) => after,
                None if is_whole => return Cut::Nowhere,
                None => return Cut::Unknown,
            };
            let rest = &line[after..];
            let next = rest.trim_start();
            let Some(first) = next.chars().next() else {
                return if is_whole { Cut::Nowhere } else { Cut::Unknown };
            };
            let has_gap = next.len() < rest.len();
            if has_gap && !first.is_lowercase() && !(terminal == '.' && is_abbreviation(&line[..at])) {
                return Cut::At(line.len() - next.len());
            }
        }
        Cut::Nowhere
    }
}

/// Where a sentence ends.
enum Cut {
    At(usize),
    Nowhere,
    /// What comes next decides.
    Unknown,
}

const fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。')
}

/// Skips what belongs to a sentence behind its point: quotes, brackets, emphasis, marks such as `[1]`. None where the
/// text ends before that can be told.
fn closing_end(line: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = &line[at..];
        at += rest.len() - rest.trim_start_matches(|c| is_terminal(c) || "\"'”’»)]*_`".contains(c)).len();
        let rest = &line[at..];
        let trimmed = rest.trim_start();
        let gap = rest.len() - trimmed.len();
        if trimmed.starts_with('»') {
            at += gap;
        } else if trimmed.starts_with('[') {
            match mark_length(trimmed) {
                Some(0) => return Some(at),
                Some(length) => at += gap + length,
                None => return None,
            }
        } else {
            return (!trimmed.is_empty()).then_some(at);
        }
    }
}

/// The length of a mark such as `[1]` or `[1, 2]` at the start of a text; 0 where there is none, none where the text
/// ends too early to tell.
pub(super) fn mark_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let other = inside.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == ' '))?;
    let is_mark = inside[other..].starts_with(']') && inside[..other].contains(|c: char| c.is_ascii_digit());
    Some(if is_mark { other + 2 } else { 0 })
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || "([«\"'’*_".contains(c)).next().unwrap_or_default();
    let is_initials = word.contains('.') && word.split('.').all(|letter| letter.chars().count() == 1);
    is_initials || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// The length of what Markdown puts before a line: indentation, list marks, numbers of a list, headings, quotes.
pub(super) fn prefix_length(line: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = line[at..].trim_start_matches([' ', '\t']);
        at = line.len() - rest.len();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let hashes = rest.bytes().take_while(|&byte| byte == b'#').count();
        let length = match rest.chars().next() {
            Some('>') => 1,
            Some('-' | '*' | '+' | '•') if rest.chars().nth(1).is_some_and(char::is_whitespace) => {
                rest.chars().next().map_or(0, char::len_utf8)
            }
            Some('#') if rest[hashes..].starts_with(' ') => hashes,
            Some('0'..='9') if digits <= 3 && is_list_number(&rest[digits..]) => digits + 1,
            _ => return at,
        };
        at += length;
    }
}

fn is_list_number(after: &str) -> bool {
    let mut chars = after.chars();
    matches!(chars.next(), Some('.' | ')')) && chars.next().is_none_or(char::is_whitespace)
}

/// Where a text that has no end is cut: behind its last space.
fn forced_end(view: &str) -> usize {
    view.rfind(char::is_whitespace).map_or(view.len(), |at| at + view[at..].chars().next().map_or(0, char::len_utf8))
}

fn floor_char_boundary(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// A text as it reads: without emphasis, invisible characters and escapes, with plain digits and apostrophes.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|&c| !matches!(c, '*' | '`' | '\\') && !is_invisible(c))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '’' | 'ʼ' => '\'',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut units = Units::default();
        units.push(text);
        std::iter::from_fn(|| units.next(true)).map(|unit| unit.text).collect()
    }

    #[test]
    fn sentences_end_at_points_but_not_in_numbers_names_and_abbreviations() {
        assert_eq!(
            cut("It is 3.2 % vs. 4.1 %, i.e. more. Really? Yes! "),
            ["It is 3.2 % vs. 4.1 %, i.e. more. ", "Really? ", "Yes! "]
        );
        assert_eq!(
            cut("Voir p. ex. BTC. See docs.rs/x. U.S. rates rose."),
            ["Voir p. ex. BTC. ", "See docs.rs/x. ", "U.S. rates rose."]
        );
        assert_eq!(cut("« Non. » Puis rien."), ["« Non. » ", "Puis rien."]);
    }

    #[test]
    fn a_mark_behind_the_point_belongs_to_the_sentence() {
        assert_eq!(cut("One. [1] Two.[2] [3] Three."), ["One. [1] ", "Two.[2] [3] ", "Three."]);
    }

    #[test]
    fn lists_tables_and_code_are_cut_by_lines() {
        assert_eq!(
            cut("1. One. Two.\n| a. B | c |\n```\nx. Y\n```\nEnd. A."),
            ["1. One. ", "Two.\n", "| a. B | c |\n", "```\n", "x. Y\n", "```\n", "End. ", "A."]
        );
    }

    #[test]
    fn nothing_is_held_back_once_the_next_sentence_has_begun() {
        let mut units = Units::default();
        units.push("One is here. ");
        assert_eq!(units.next(false), None);
        units.push("T");
        assert_eq!(units.next(false).map(|unit| unit.text).as_deref(), Some("One is here. "));
    }

    #[test]
    fn a_text_without_an_end_is_cut_at_a_space() {
        let mut units = Units::default();
        units.push(&"word ".repeat(1_000));
        let unit = units.next(false).expect("a unit");
        assert!(unit.text.len() <= LONGEST && unit.text.ends_with(' '));
    }
}

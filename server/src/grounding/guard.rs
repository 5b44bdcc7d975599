//! Lets a streamed answer through, sentence by sentence, as far as it holds.

use super::claims;
use super::evidence::Evidence;
use super::repetition::Said;
use super::units::{Unit, Units, mark_length, plain, prefix_length};

/// Checks a text as it streams. What it releases is what it was given, without the sentences that do not hold and
/// without the marks `[n]` that were never given.
#[derive(Debug, Clone)]
pub struct Guard {
    evidence: Evidence,
    citations_given: u32,
    units: Units,
    line: Line,
    said: Said,
    dropped: u32,
}

/// What has become of the line that is being written.
#[derive(Debug, Clone, Default)]
struct Line {
    /// List mark and indentation of a first sentence that was dropped; the next one takes them over.
    prefix: String,
    has_text: bool,
    has_gap: bool,
}

impl Guard {
    /// A guard over an answer that may cite `[1]` to `[citations_given]`.
    #[must_use]
    pub fn new(evidence: Evidence, citations_given: u32) -> Self {
        Self {
            evidence,
            citations_given,
            units: Units::default(),
            line: Line::default(),
            said: Said::default(),
            dropped: 0,
        }
    }

    /// Takes the next piece and returns what may be shown now; empty while a sentence is open.
    #[must_use]
    pub fn push(&mut self, piece: &str) -> String {
        self.units.push(piece);
        self.release(false)
    }

    /// The text is over: what is left of it, as far as it holds.
    #[must_use]
    pub fn finish(&mut self) -> String {
        self.release(true)
    }

    /// How many sentences or lines were left out.
    #[must_use]
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    fn release(&mut self, is_final: bool) -> String {
        let mut released = String::new();
        while let Some(unit) = self.units.next(is_final) {
            self.judge(&unit, &mut released);
        }
        released
    }

    fn judge(&mut self, unit: &Unit, released: &mut String) {
        let text = unit.text.strip_suffix('\n').unwrap_or(&unit.text);
        let (prefix, body) = text.split_at(if unit.starts_line && !unit.is_code { prefix_length(text) } else { 0 });
        let says_nothing_new = !unit.is_code && self.said.again(body);
        if says_nothing_new {
            self.leave_out(prefix);
        } else if self.holds(unit, text) {
            released.push_str(&std::mem::take(&mut self.line.prefix));
            released.push_str(prefix);
            if unit.is_code {
                released.push_str(body);
            } else {
                push_with_marks(released, body, self.citations_given);
            }
            self.line.has_text = true;
        } else {
            self.dropped += 1;
            self.leave_out(prefix);
        }
        if unit.text.ends_with('\n') {
            // A line of which nothing is left goes with its end, so that no empty item stays behind.
            if self.line.has_text || !self.line.has_gap {
                released.push('\n');
            }
            self.line = Line::default();
        }
    }

    /// Leaves a sentence out; the next one of the line takes over its list mark.
    fn leave_out(&mut self, prefix: &str) {
        self.line.prefix.push_str(prefix);
        self.line.has_gap = true;
    }

    fn holds(&self, unit: &Unit, text: &str) -> bool {
        let read = plain(text);
        let from = if unit.starts_line { prefix_length(&read) } else { 0 };
        let stated = if unit.is_code { read[from..].to_owned() } else { without_marks(&read[from..]) };
        self.evidence.holds(&stated) && !claims::is_improper(&stated)
    }
}

/// A text without any marks such as `[1]`: their numbers state nothing.
fn without_marks(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    push_with_marks(&mut without, text, 0);
    without
}

/// Adds a text with only those marks that were given.
fn push_with_marks(out: &mut String, text: &str, given: u32) {
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let length = mark_length(&rest[at..]).unwrap_or(0);
        if length == 0 {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        let mark = given_of(&rest[at..at + length], given);
        let (before, after) = (&rest[..at], &rest[at + length..]);
        // Without its mark, "so [9]." would keep a space before the point.
        let joins = after.chars().next().is_none_or(|c| c.is_whitespace() || ".,;:!?)".contains(c));
        out.push_str(if mark.is_empty() && joins { before.trim_end_matches(' ') } else { before });
        out.push_str(&mark);
        rest = after;
    }
    out.push_str(rest);
}

/// What of a mark such as `[1, 9]` was given: all of it as it is, a part of it, or nothing.
fn given_of(mark: &str, given: u32) -> String {
    let is_given = |number: &str| number.trim().parse::<u32>().is_ok_and(|number| (1..=given).contains(&number));
    let numbers: Vec<&str> = mark.trim_matches(['[', ']']).split(',').collect();
    if numbers.iter().all(|number| is_given(number)) {
        return mark.to_owned();
    }
    let kept: Vec<&str> = numbers.into_iter().filter(|number| is_given(number)).map(str::trim).collect();
    if kept.is_empty() { String::new() } else { format!("[{}]", kept.join(",")) }
}

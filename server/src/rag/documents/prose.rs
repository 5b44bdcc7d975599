//! Running text: Markdown and plain text, cut at headings and paragraphs.

use std::collections::HashSet;

use domain::language::Language;

use super::Counts;
use crate::rag::Passage;
use crate::rag::passages::passage_id;
use crate::rag::words::{key, language_of};

/// A passage has at least so many words where the section has them.
const ENOUGH_WORDS: usize = 120;

/// A passage has at most so many words, unless a sentence is longer.
const MOST_WORDS: usize = 200;

/// A longer word, in bytes, is none: a picture or a key that somebody pasted.
const LONGEST_WORD: usize = 200;

/// A text with fewer letters says nothing.
const LEAST_CHARS: usize = 20;

/// Reads a text with a title.
pub(super) fn read(text: &str, title: &str, source: &str, licence: &str) -> (Vec<Passage>, Counts) {
    let (mut passages, mut counts) = (Vec::new(), Counts::default());
    let mut seen = HashSet::new();
    for (heading, body) in sections(text, title) {
        for chunk in chunks(&body) {
            counts.read += 1;
            if chunk.chars().count() < LEAST_CHARS {
                counts.fragments += 1;
            } else if !seen.insert(key(&chunk)) {
                counts.duplicates += 1;
            } else {
                passages.push(Passage {
                    id: passage_id(source, &heading, &chunk),
                    term: None,
                    title: heading.clone(),
                    names: Vec::new(),
                    asked: Vec::new(),
                    language: language_of(&chunk, Language::English),
                    text: chunk,
                    source: source.to_owned(),
                    licence: licence.to_owned(),
                });
            }
        }
    }
    (passages, counts)
}

/// The sections of a Markdown text, each with its heading; what comes before the first heading has the title. Code, and
/// what stands between `---` at the very beginning, is left out.
fn sections(text: &str, title: &str) -> Vec<(String, String)> {
    let mut sections = vec![(title.to_owned(), String::new())];
    let mut is_code = false;
    let mut lines = without_front_matter(text).lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            is_code = !is_code;
            continue;
        }
        if is_code {
            continue;
        }
        let is_underlined = !trimmed.is_empty()
            && lines.peek().is_some_and(|next| next.len() >= 3 && next.trim_end().chars().all(|letter| letter == '='));
        if is_underlined {
            lines.next();
            sections.push((plain(trimmed), String::new()));
        } else if let Some(heading) = heading(trimmed) {
            sections.push((heading, String::new()));
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(&plain(line));
            body.push('\n');
        }
    }
    sections.retain(|(_, body)| !body.trim().is_empty());
    sections
}

fn without_front_matter(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}');
    text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text, |(_, body)| body)
}

/// "## Title ##" is "Title".
fn heading(line: &str) -> Option<String> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| plain(rest.trim().trim_end_matches('#').trim()))
}

/// A line without the marks of Markdown; of links only the words stay.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.trim_start_matches(['>', ' ']);
    while let Some(open) = rest.find('[') {
        let link = rest[open + 1..].split_once("](").and_then(|(words, after)| Some((words, after.split_once(')')?.1)));
        let Some((words, after)) = link else { break };
        plain.push_str(rest[..open].trim_end_matches('!'));
        plain.push_str(words);
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("**", "").replace("__", "").replace('`', "")
}

/// Pieces of a text with 120 to 200 words, cut between paragraphs, and within one only where it is longer.
pub(super) fn chunks(text: &str) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for piece in paragraphs(text).iter().flat_map(|paragraph| sentences_within(paragraph)) {
        let words = |text: &str| text.split_whitespace().count();
        match chunks.last_mut() {
            Some(last) if words(last) < ENOUGH_WORDS && words(last) + words(&piece) <= MOST_WORDS => {
                last.push('\n');
                last.push_str(&piece);
            }
            _ => chunks.push(piece),
        }
    }
    chunks
}

/// Paragraphs with single spaces.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let last = paragraphs.last_mut().filter(|_| !words.is_empty());
        match last {
            Some(last) if last.is_empty() => *last = words,
            Some(last) => {
                last.push(' ');
                last.push_str(&words);
            }
            None => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// A paragraph whole where it is short enough, else its sentences, put together up to the most that fits.
fn sentences_within(paragraph: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut words = 0;
    for word in paragraph.split(' ').filter(|word| word.len() <= LONGEST_WORD) {
        let starts_anew = match pieces.last() {
            None => true,
            // Without any full stop a piece ends where it must.
            Some(last) => words >= 2 * MOST_WORDS || (words >= MOST_WORDS && last.ends_with(['.', '!', '?', '…'])),
        };
        if starts_anew {
            pieces.push(String::new());
            words = 0;
        }
        if let Some(last) = pieces.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
            words += 1;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(word: &str, count: usize) -> String {
        vec![word; count].join(" ")
    }

    #[test]
    fn a_text_is_cut_at_headings_and_marks_are_gone() {
        let text = "---\nauthor: me\n---\nBefore any heading there is this.\n\n## First [steps](https://a.b) ##\nUse **two** `keys`.\n\n```\nlet code = 1;\n```\nSecond part of it.\nSetext\n======\n> A quoted sentence that is long enough.\n";
        let (passages, _) = read(text, "guide", "guide.md", "MIT");
        let all: Vec<(&str, &str)> =
            passages.iter().map(|passage| (passage.title.as_str(), passage.text.as_str())).collect();
        assert_eq!(
            all,
            [
                ("guide", "Before any heading there is this."),
                ("First steps", "Use two keys.\nSecond part of it."),
                ("Setext", "A quoted sentence that is long enough."),
            ]
        );
    }

    #[test]
    fn short_paragraphs_are_put_together_and_long_ones_are_cut_at_sentences() {
        let together = chunks(&format!("{}\n\n{}\n\n{}", many("a", 80), many("b", 80), many("c", 80)));
        assert_eq!(together.iter().map(|chunk| chunk.split_whitespace().count()).collect::<Vec<_>>(), [160, 80]);
        let sentence = format!("{}.", many("word", 90));
        let cut = chunks(&vec![sentence; 6].join(" "));
        assert!(cut.iter().all(|chunk| chunk.ends_with('.')), "{cut:?}");
        assert_eq!(cut.len(), 2);
    }

    #[test]
    fn the_same_paragraph_is_read_once() {
        let (passages, counts) =
            read("# A\nThe same words again here.\n# B\nThe same words, again here!\n", "t", "s", "l");
        assert_eq!((passages.len(), counts.duplicates), (1, 1));
    }
}

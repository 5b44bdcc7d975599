//! Cleaning up texts that were taken out of books and pages.

use std::collections::HashSet;

/// Words that a text uses, in lower case, by which a word that was cut in two is told from one with a hyphen.
pub(super) struct Vocabulary(HashSet<String>);

/// Words after which, or before which, a hyphen at the end of a word is meant: "short- and long-term".
const BETWEEN: [&str; 8] = ["and", "or", "to", "nor", "versus", "et", "ou", "à"];

/// Openings of a text that only points elsewhere.
const POINTERS: [&str; 7] =
    ["see also ", "see ", "refer to ", "same as ", "another name for ", "another term for ", "voir "];

/// The most letters of what a text points at; a longer one says something of its own.
const POINTED_CHARS: usize = 80;

impl Vocabulary {
    /// The words of texts.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let bare = |word: &str| word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        // A word that ends with a hyphen is half a word.
        let is_whole = |word: &&str| !word.ends_with('-');
        Self(texts.flat_map(|text| text.split_whitespace().filter(is_whole).map(bare).collect::<Vec<_>>()).collect())
    }

    /// A text with single spaces, and the words whole that a line's end cut in two ("gener- ated").
    pub(super) fn mend(&self, text: &str) -> String {
        let mut mended = String::with_capacity(text.len());
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if !mended.is_empty() && !mended.ends_with(' ') {
                mended.push(' ');
            }
            match (word.strip_suffix('-'), words.peek()) {
                (Some(first), Some(second)) if is_half(first) && continues(second) => {
                    mended.push_str(first);
                    if self.keeps_hyphen(first, second) {
                        mended.push('-');
                    }
                    // The other half follows without a space; it may be cut itself, but never was seen to be.
                    mended.push_str(words.next().unwrap_or_default());
                }
                _ => mended.push_str(word),
            }
        }
        mended
    }

    fn keeps_hyphen(&self, first: &str, second: &str) -> bool {
        let bare = |word: &str| word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        let (first, second) = (bare(first), bare(second));
        !self.0.contains(&format!("{first}{second}")) && self.0.contains(&format!("{first}-{second}"))
    }
}

fn is_half(word: &str) -> bool {
    word.ends_with(char::is_alphabetic)
}

fn continues(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && !BETWEEN.contains(&word)
}

/// What a text points at, where it does nothing else ("See LEAD MANAGER.").
pub(super) fn pointed_at(text: &str) -> Option<&str> {
    let pointer = POINTERS
        .iter()
        .find(|pointer| text.get(..pointer.len()).is_some_and(|opening| opening.eq_ignore_ascii_case(pointer)))?;
    let target = text[pointer.len()..].trim_end_matches(['.', ' ', ';']);
    let is_bare = target.chars().count() <= POINTED_CHARS && !target.contains(". ");
    is_bare.then_some(target)
}

/// A text without a last sentence that only points elsewhere ("… See also UNDERSUBSCRIPTION.").
pub(super) fn without_pointer(text: &str) -> &str {
    let Some(at) = text.rfind("See also").or_else(|| text.rfind("See ALSO")) else { return text };
    let (before, after) = text.split_at(at);
    if !before.trim().is_empty() && !after.trim_end_matches('.').contains(". ") { before.trim_end() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_were_cut_are_whole_again_and_hyphens_that_are_meant_stay() {
        let known = Vocabulary::of(["a well-known rule", "revenue that was generated"].into_iter());
        assert_eq!(known.mend("revenue  gener- ated\u{a0}abroad"), "revenue generated abroad");
        assert_eq!(known.mend("a well- known rule"), "a well-known rule");
        assert_eq!(known.mend("short- and long-term"), "short- and long-term");
        assert_eq!(known.mend("a “construct- ive sale” of"), "a “constructive sale” of");
        assert_eq!(known.mend("from 5 - 10 days"), "from 5 - 10 days");
    }

    #[test]
    fn a_text_that_only_points_elsewhere_is_told_from_one_that_says_something() {
        assert_eq!(pointed_at("See LEAD MANAGER."), Some("LEAD MANAGER"));
        assert_eq!(pointed_at("refer to average product."), Some("average product"));
        assert_eq!(pointed_at("See the broker. He knows more."), None);
        assert_eq!(pointed_at("Seed money for a firm."), None);
        assert_eq!(pointed_at("Éé"), None);
    }

    #[test]
    fn a_pointer_at_the_end_goes() {
        assert_eq!(without_pointer("An ORDER. See also OTHER ORDER."), "An ORDER.");
        assert_eq!(without_pointer("See also OTHER ORDER."), "See also OTHER ORDER.");
        assert_eq!(without_pointer("See also this. It matters."), "See also this. It matters.");
    }
}

//! The words of the documents. They stand beside the form they belong to, each in every language: a document is read
//! by whoever translates it from top to bottom.

use domain::language::Language;

/// A text in the reader's language: English, then French.
pub(crate) const fn say(language: Language, english: &'static str, french: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

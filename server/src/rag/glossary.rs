//! The glossary that ships with the product: terms in English and French, read from TOML files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use domain::language::Language;
use serde::Deserialize;

/// For whom an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For everybody.
    Beginner,
    /// For somebody who invests.
    Intermediate,
    /// For somebody who wants the formula.
    Advanced,
}

/// An entry in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// What the term is called.
    pub name: String,
    /// Other spellings, abbreviations, synonyms.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How people ask about it who do not know its name.
    #[serde(default)]
    pub asked: Vec<String>,
    /// The term in one sentence.
    pub line: String,
    /// The term in a paragraph.
    pub definition: String,
    /// An example with figures.
    pub example: String,
}

/// An entry of the glossary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name, as `related` and citations use it.
    pub id: String,
    /// For whom it is written.
    pub level: Level,
    /// Entries beside it.
    #[serde(default)]
    pub related: Vec<String>,
    /// In English.
    pub en: Text,
    /// In French.
    pub fr: Text,
}

impl Entry {
    /// The entry in a language.
    #[must_use]
    pub const fn text(&self, language: Language) -> &Text {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
        }
    }
}

/// Why the glossary cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GlossaryError {
    /// A file or the folder cannot be read.
    #[error("the glossary {} cannot be read: {cause}; set INVESTBUDDY_GLOSSARY_DIR to the folder data/glossary", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A file is no glossary.
    #[error("{} is no glossary: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        cause: String,
    },
}

/// The glossary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    entries: Vec<Entry>,
    by_id: HashMap<String, usize>,
}

impl Glossary {
    /// Reads every `.toml` file of a folder, in the order of their names.
    ///
    /// # Errors
    /// [`GlossaryError`], which names the file.
    pub fn read(folder: &Path) -> Result<Self, GlossaryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            term: Vec<Entry>,
        }
        let unreadable = |path: &Path, cause| GlossaryError::Unreadable { path: path.to_owned(), cause };
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(|cause| unreadable(folder, cause))?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        let mut glossary = Self::default();
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
            let malformed = |cause: String| GlossaryError::Malformed { path: path.clone(), cause };
            let file: File = toml::from_str(&text).map_err(|error| malformed(error.to_string()))?;
            for entry in file.term {
                if glossary.by_id.insert(entry.id.clone(), glossary.entries.len()).is_some() {
                    return Err(malformed(format!("the entry {} is there twice", entry.id)));
                }
                glossary.entries.push(entry);
            }
        }
        Ok(glossary)
    }

    /// Every entry.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with a name.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(id).map(|&index| &self.entries[index])
    }
}

//! The documents that were read in, kept on disk: one file for each source.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Passage, RagError, files_error};
use crate::hex::hex;
use crate::whole_file;

/// The folder of documents.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// A document: its source and its passages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    source: String,
    /// The folder that it was read from, where it was read with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<PathBuf>,
    passages: Vec<Passage>,
}

impl Shelf {
    /// The documents of a library folder.
    #[must_use]
    pub fn new(library: &Path) -> Self {
        Self { folder: library.join("documents") }
    }

    /// Keeps a document in place of an earlier one of the same source. False where it was there, word for word.
    ///
    /// # Errors
    /// [`RagError::Files`] where the disk refuses.
    pub fn put(&self, source: &str, passages: Vec<Passage>) -> Result<bool, RagError> {
        self.put_from(None, source, passages)
    }

    /// Like [`Shelf::put`], and remembers which folder it was read from.
    ///
    /// # Errors
    /// [`RagError::Files`] where the disk refuses.
    pub fn put_from(&self, folder: Option<&Path>, source: &str, passages: Vec<Passage>) -> Result<bool, RagError> {
        let document = Document { source: source.to_owned(), folder: folder.map(Path::to_owned), passages };
        let content = serde_json::to_vec(&document).map_err(|error| self.failed(error))?;
        let path = self.path(source);
        if fs::read(&path).is_ok_and(|before| before == content) {
            return Ok(false);
        }
        fs::create_dir_all(&self.folder).map_err(|error| self.failed(error))?;
        whole_file::write(&path, &content).map_err(|error| self.failed(error))?;
        Ok(true)
    }

    /// Takes a document away. False where there is none of that source.
    ///
    /// # Errors
    /// [`RagError::Files`] where the disk refuses.
    pub fn remove(&self, source: &str) -> Result<bool, RagError> {
        match fs::remove_file(self.path(source)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Every source, with the number of its passages, in the order of their names.
    ///
    /// # Errors
    /// [`RagError::Files`] where a document cannot be read.
    pub fn sources(&self) -> Result<Vec<(String, usize)>, RagError> {
        Ok(self.documents()?.into_iter().map(|document| (document.source, document.passages.len())).collect())
    }

    /// The sources that were read from a folder.
    ///
    /// # Errors
    /// [`RagError::Files`] where a document cannot be read.
    pub fn sources_from(&self, folder: &Path) -> Result<Vec<String>, RagError> {
        let is_from = |document: &Document| document.folder.as_deref() == Some(folder);
        Ok(self.documents()?.into_iter().filter(is_from).map(|document| document.source).collect())
    }

    /// Every passage of every document, in the order of the sources' names.
    ///
    /// # Errors
    /// [`RagError::Files`] where a document cannot be read.
    pub fn passages(&self) -> Result<Vec<Passage>, RagError> {
        Ok(self.documents()?.into_iter().flat_map(|document| document.passages).collect())
    }

    /// Changes whenever a document comes, goes or changes.
    #[must_use]
    pub fn revision(&self) -> String {
        let mut hash = Sha256::new();
        for path in self.files().unwrap_or_default() {
            let changed = fs::metadata(&path).and_then(|about| about.modified());
            hash.update(format!("{} {changed:?}\n", path.display()));
        }
        hex(&hash.finalize()[..8])
    }

    fn documents(&self) -> Result<Vec<Document>, RagError> {
        let read = |path: &PathBuf| {
            let bytes = fs::read(path).map_err(|error| self.failed(error))?;
            serde_json::from_slice::<Document>(&bytes).map_err(|error| {
                self.failed(format!("{} is damaged ({error}); read its source in again", path.display()))
            })
        };
        let files = self.files().map_err(|error| self.failed(error))?;
        let mut documents = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        documents.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(documents)
    }

    fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        // Drafts of a write that was killed have other endings.
        files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        files.sort();
        Ok(files)
    }

    /// Sources are named by people; files are named by what every disk can hold.
    fn path(&self, source: &str) -> PathBuf {
        self.folder.join(format!("{}.json", hex(&Sha256::digest(source)[..12])))
    }

    fn failed(&self, cause: impl std::fmt::Display) -> RagError {
        files_error(&self.folder, cause)
    }
}

#[cfg(test)]
mod tests {
    use domain::language::Language;

    use super::*;

    fn passage(text: &str) -> Passage {
        Passage {
            id: text.to_owned(),
            term: None,
            title: "Title".to_owned(),
            names: Vec::new(),
            asked: Vec::new(),
            text: text.to_owned(),
            language: Language::English,
            source: "a.md".to_owned(),
            licence: "MIT".to_owned(),
        }
    }

    #[test]
    fn a_document_is_kept_once_replaced_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path());
        let empty = shelf.revision();
        assert!(shelf.put("a.md", vec![passage("one")]).expect("kept"));
        assert!(!shelf.put("a.md", vec![passage("one")]).expect("kept"), "the same again");
        assert!(shelf.put("a.md", vec![passage("two"), passage("three")]).expect("kept"));
        assert_eq!(shelf.sources().expect("readable"), [("a.md".to_owned(), 2)]);
        assert_ne!(shelf.revision(), empty);
        assert!(shelf.remove("a.md").expect("removed"));
        assert!(!shelf.remove("a.md").expect("nothing there"));
        assert!(shelf.passages().expect("readable").is_empty());
    }

    #[test]
    fn a_damaged_document_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path());
        shelf.put("a.md", vec![passage("one")]).expect("kept");
        let path = shelf.path("a.md");
        fs::write(&path, b"{").expect("written");
        let error = shelf.passages().expect_err("damaged").to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

//! Reading documents in: glossaries as JSON lines, Markdown and plain text become passages.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Passage, RagError, files_error};

mod clean;
mod entries;
mod licence;
mod prose;

/// A document as passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Who says it: a file's name, or what the person called it.
    pub source: String,
    /// The passages.
    pub passages: Vec<Passage>,
    /// What was read and what was left out.
    pub counts: Counts,
}

/// What came of reading a file or a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The documents.
    pub documents: Vec<Document>,
    /// Files of a folder that cannot be read; the others were.
    pub refused: Vec<Refusal>,
}

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// What the document would be called.
    pub source: String,
    /// What is wrong with it, for the person who has it.
    pub cause: String,
}

/// What was read and what was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Entries or paragraphs that were read.
    pub read: usize,
    /// Passages that came of them.
    pub passages: usize,
    /// Entries that only pointed at another one, whose names the other one now has.
    pub followed: usize,
    /// Texts that were there already.
    pub duplicates: usize,
    /// Fragments, and entries that point at nothing.
    pub fragments: usize,
    /// Lines that are no entry.
    pub unreadable: usize,
}

/// What a person says about documents.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What to call the source, instead of the file's name.
    pub source: Option<String>,
    /// The licence, instead of what the file's name says.
    pub licence: Option<String>,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Entries,
    Prose,
}

/// The largest file that is read. FinRAD with its 13,000 terms has 4 MB.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a file, or every file of a folder that can be read, in the order of their names. Files of one source are one
/// document.
///
/// # Errors
/// [`RagError::Files`] where the file or folder cannot be read, or nothing in it is a passage.
pub fn read(path: &Path, options: &Options) -> Result<Reading, RagError> {
    let about = std::fs::metadata(path).map_err(|error| files_error(path, error))?;
    let files = if about.is_dir() { files_of(path)? } else { vec![path.to_owned()] };
    let mut reading = Reading::default();
    for file in files {
        match read_file(&file, path, options) {
            Ok(document) => reading.add(document),
            Err(refusal) if about.is_dir() => reading.refused.push(refusal),
            Err(refusal) => return Err(files_error(path, refusal.cause)),
        }
    }
    if reading.documents.iter().all(|document| document.passages.is_empty()) {
        let cause = match reading.refused.first() {
            Some(Refusal { source, cause }) => format!("there is nothing to read in it; {source}: {cause}"),
            None => "there is nothing to read in it; .jsonl, .md and .txt files are read".to_owned(),
        };
        return Err(files_error(path, cause));
    }
    Ok(reading)
}

fn read_file(file: &Path, root: &Path, options: &Options) -> Result<Document, Refusal> {
    let relative = file.strip_prefix(root).ok().filter(|path| !path.as_os_str().is_empty());
    let own_name = relative.map_or_else(|| file.file_name().unwrap_or_default().into(), Path::to_owned);
    let source = options.source.clone().unwrap_or_else(|| own_name.display().to_string());
    let licence = options.licence.clone().unwrap_or_else(|| licence::in_name(&own_name.display().to_string()));
    let content = format_of(file)
        .ok_or_else(|| "it is none of the kinds that are read: .jsonl, .md, .markdown, .txt".to_owned())
        .and_then(|format| Ok((format, text_of(file)?)));
    let (format, text) = match content {
        Ok(content) => content,
        Err(cause) => return Err(Refusal { source, cause }),
    };
    let (passages, mut counts) = match format {
        Format::Entries => entries::read(&text, &source, &licence),
        Format::Prose => prose::read(&text, &title_of(file), &source, &licence),
    };
    counts.passages = passages.len();
    Ok(Document { source, passages, counts })
}

/// The text of a file; else what is wrong with it.
fn text_of(file: &Path) -> Result<String, String> {
    let about = fs::metadata(file).map_err(|error| error.to_string())?;
    if !about.is_file() {
        // A pipe or a device may never end.
        return Err("it is no file".to_owned());
    }
    if about.len() > MOST_BYTES {
        return Err(format!("it is larger than {} MB; please split it", MOST_BYTES / 1024 / 1024));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    if bytes.contains(&0) {
        return Err("it is no text".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not in UTF-8; please save it in that encoding".to_owned())
}

impl Reading {
    /// Whether a source was read or refused, and not gone.
    #[must_use]
    pub fn names(&self, source: &str) -> bool {
        self.documents.iter().any(|document| document.source == source)
            || self.refused.iter().any(|refusal| refusal.source == source)
    }

    fn add(&mut self, document: Document) {
        match self.documents.iter_mut().find(|other| other.source == document.source) {
            Some(other) => other.add(document),
            None => self.documents.push(document),
        }
    }
}

impl Document {
    fn add(&mut self, other: Self) {
        let known: HashSet<&String> = self.passages.iter().map(|passage| &passage.id).collect();
        let (new, again): (Vec<Passage>, Vec<Passage>) =
            other.passages.into_iter().partition(|passage| !known.contains(&passage.id));
        self.passages.extend(new);
        let (mine, others) = (&mut self.counts, other.counts);
        mine.read += others.read;
        mine.passages = self.passages.len();
        mine.followed += others.followed;
        mine.duplicates += others.duplicates + again.len();
        mine.fragments += others.fragments;
        mine.unreadable += others.unreadable;
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, RagError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| files_error(&folder, error))? {
            let entry = entry.map_err(|error| files_error(&folder, error))?;
            let kind = entry.file_type().map_err(|error| files_error(&folder, error))?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            // Links are not followed: they may go round in circles.
            if kind.is_dir() && !is_hidden {
                folders.push(entry.path());
            } else if kind.is_file() && !is_hidden && format_of(&entry.path()).is_some() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn format_of(file: &Path) -> Option<Format> {
    match file.extension()?.to_string_lossy().to_lowercase().as_str() {
        "jsonl" | "ndjson" => Some(Format::Entries),
        "md" | "markdown" | "txt" => Some(Format::Prose),
        _ => None,
    }
}

/// A file's name as a title: `how_to-start.md` is "how to start".
fn title_of(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().replace(['_', '-'], " ")
}

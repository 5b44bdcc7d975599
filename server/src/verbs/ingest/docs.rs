//! `investbuddy ingest docs`: documents into the Buddy's library.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::llm::Embedder;
use crate::rag::documents::{self, Counts, Document, Options, Refusal};
use crate::rag::{Embedded, Library, Shelf};
use crate::verbs::knowledge::{Bar, embedder};
use crate::verbs::{VerbError, print};

/// Read documents into the library: glossaries as JSON lines, Markdown and plain text. May be interrupted and run
/// again: it goes on where it stopped, what has not changed is not done again, and files that are gone from a folder
/// go from the library. A running server notices.
#[derive(Debug, Clone, Args)]
pub struct DocsArgs {
    /// A file, or a folder of .jsonl, .md and .txt files
    #[arg(value_name = "PATH", required_unless_present_any = ["remove", "list"])]
    path: Option<PathBuf>,
    /// What to call the source [default: the file's name]
    #[arg(long, value_name = "NAME", requires = "path")]
    source: Option<String>,
    /// The licence of the documents [default: what the file's name says, as in guide.CC-BY-SA-4.0.md]
    #[arg(long, value_name = "TEXT", requires = "path")]
    licence: Option<String>,
    /// Take the documents of this source out of the library
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["path", "list"])]
    remove: Option<String>,
    /// List the sources in the library
    #[arg(long, conflicts_with = "path")]
    list: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Summary {
    documents: Vec<Source>,
    /// Files of the folder that cannot be read.
    refused: Vec<Refusal>,
    /// Sources that were read from the folder earlier and are not in it any more.
    gone: Vec<String>,
    /// Passages of the whole library, the glossary's among them.
    passages: usize,
    /// Vectors of the index, and those that were made now; none where words alone are searched.
    vectors: usize,
    vectors_made: usize,
    embedder: Option<String>,
}

/// What was done with a document.
#[derive(Debug, Serialize)]
struct Source {
    source: String,
    licence: Option<String>,
    is_new: bool,
    #[serde(flatten)]
    counts: Counts,
}

/// What became of documents, before the index.
#[derive(Debug, Default)]
struct Shelved {
    documents: Vec<Source>,
    refused: Vec<Refusal>,
    gone: Vec<String>,
}

/// Reads, removes or lists documents. Progress goes to standard error, the summary to standard output.
///
/// # Errors
/// [`VerbError`], a sentence for the person at the terminal.
pub async fn run(args: DocsArgs, settings: &Settings) -> Result<(), VerbError> {
    let shelf = Shelf::new(&settings.library_dir());
    if args.list {
        return list(&shelf, args.json);
    }
    let shelved = match (&args.remove, &args.path) {
        (Some(source), _) => remove(&shelf, source)?,
        (None, Some(path)) => put(&shelf, path, &args)?,
        (None, None) => return Err(VerbError::Usage("name a file or a folder of documents".to_owned())),
    };
    // Words are found from here on; vectors follow.
    let embedder = embedder(settings).await?;
    let summary = index(settings, shelved, embedder).await?;
    if args.json {
        print(&serde_json::to_string_pretty(&summary).map_err(VerbError::because)?);
    } else {
        print(&text(&summary));
    }
    Ok(())
}

fn put(shelf: &Shelf, path: &Path, args: &DocsArgs) -> Result<Shelved, VerbError> {
    let options = Options { source: args.source.clone(), licence: args.licence.clone() };
    let reading = documents::read(path, &options).map_err(VerbError::because)?;
    // The same folder has one name, however it was written.
    let folder = if path.is_dir() { Some(path.canonicalize().map_err(VerbError::because)?) } else { None };
    let earlier = folder.as_deref().map_or_else(|| Ok(Vec::new()), |folder| shelf.sources_from(folder));
    let mut shelved = Shelved::default();
    for source in earlier.map_err(VerbError::because)? {
        if !reading.names(&source) && shelf.remove(&source).map_err(VerbError::because)? {
            shelved.gone.push(source);
        }
    }
    for document in reading.documents {
        let Document { source, passages, counts } = document;
        let licence = passages.first().map(|passage| passage.licence.clone());
        let is_new = shelf.put_from(folder.as_deref(), &source, passages).map_err(VerbError::because)?;
        shelved.documents.push(Source { source, licence, is_new, counts });
    }
    shelved.refused = reading.refused;
    Ok(shelved)
}

fn remove(shelf: &Shelf, source: &str) -> Result<Shelved, VerbError> {
    if shelf.remove(source).map_err(VerbError::because)? {
        return Ok(Shelved { gone: vec![source.to_owned()], ..Shelved::default() });
    }
    let known = shelf.sources().map_err(VerbError::because)?;
    let known: Vec<&str> = known.iter().map(|(source, _)| source.as_str()).collect();
    let hint =
        if known.is_empty() { "The library is empty.".to_owned() } else { format!("There are: {}", known.join(", ")) };
    Err(VerbError::failed(format!("There is no source {source} in the library"), hint))
}

fn list(shelf: &Shelf, json: bool) -> Result<(), VerbError> {
    let sources = shelf.sources().map_err(VerbError::because)?;
    if json {
        let rows: Vec<_> = sources
            .iter()
            .map(|(source, passages)| serde_json::json!({ "source": source, "passages": passages }))
            .collect();
        print(&serde_json::to_string_pretty(&rows).map_err(VerbError::because)?);
    } else if sources.is_empty() {
        print("The library holds the glossary alone.");
    } else {
        let rows: Vec<String> = sources.iter().map(|(source, passages)| format!("{passages:>7}  {source}")).collect();
        print(&rows.join("\n"));
    }
    Ok(())
}

/// Makes the vectors that are missing; Ctrl-C ends it, and what was made is kept.
async fn index(
    settings: &Settings,
    shelved: Shelved,
    embedder: Option<Arc<dyn Embedder>>,
) -> Result<Summary, VerbError> {
    let stop = CancellationToken::new();
    let has_embedder = embedder.is_some();
    let library = Library::open(&settings.glossary_dir, &settings.library_dir(), embedder, &settings.vectors, &stop)
        .map_err(VerbError::because)?;
    let embedded = if has_embedder { complete(&library).await? } else { Embedded::default() };
    let standing = library.standing();
    let Shelved { documents, refused, gone } = shelved;
    Ok(Summary {
        documents,
        refused,
        gone,
        passages: standing.passages,
        vectors: embedded.of,
        vectors_made: embedded.new,
        embedder: standing.embedder,
    })
}

/// Waits until every passage has its vector, with a bar.
///
/// # Errors
/// [`VerbError`] where the vectors cannot be made, or the person does not want to wait.
pub(crate) async fn complete(library: &Library) -> Result<Embedded, VerbError> {
    let bar = Bar::new();
    let mut last = Embedded::default();
    let settled = library.wait_until(|standing| {
        if let Some(building) = standing.building {
            last = building;
            bar.show(building);
        }
        standing.embedder.is_some() || standing.trouble.is_some()
    });
    let standing = tokio::select! {
        standing = settled => standing,
        _ = tokio::signal::ctrl_c() => {
            return Err(VerbError::because("interrupted; what was done is kept, and the next run goes on from there"));
        }
    };
    bar.finish();
    standing.trouble.map_or(Ok(last), |trouble| Err(VerbError::because(trouble)))
}

fn text(summary: &Summary) -> String {
    let Summary { documents, refused, gone, passages, vectors, vectors_made, embedder } = summary;
    let mut lines: Vec<String> = documents.iter().map(of_source).collect();
    lines.extend(refused.iter().map(|Refusal { source, cause }| format!("{source} was left out: {cause}")));
    lines.extend(gone.iter().map(|source| format!("{source} is not in the library any more")));
    lines.push(match embedder {
        Some(embedder) => {
            format!("The library has {passages} passages and {vectors} vectors of {embedder}, {vectors_made} made now")
        }
        None => format!(
            "The library has {passages} passages, searched by words alone; `investbuddy fetch` gets the model that \
             finds by meaning"
        ),
    });
    lines.join("\n")
}

fn of_source(source: &Source) -> String {
    let Source { source: name, licence, is_new, counts } = source;
    let Counts { read, passages, followed, duplicates, fragments, unreadable } = counts;
    let licence = licence.as_deref().unwrap_or("unknown");
    let news = if *is_new { "" } else { ", unchanged" };
    format!(
        "{name}: {passages} passages of {read} texts{news} (licence: {licence}; {followed} pointers followed, \
         {duplicates} duplicates, {fragments} fragments, {unreadable} unreadable lines)"
    )
}

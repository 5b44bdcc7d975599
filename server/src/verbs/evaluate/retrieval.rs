//! `investbuddy evaluate retrieval`: how well, and how quickly, the right passages are found.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::config::{Settings, VectorEngine, Vectors};
use crate::rag::benchmark::{self, Case, Marks, Outcome};
use crate::rag::documents::{self, Options};
use crate::rag::{Embedded, Library, Shelf};
use crate::verbs::ingest::docs::complete;
use crate::verbs::knowledge::embedder;
use crate::verbs::watch::say;
use crate::verbs::{VerbError, print};

/// Ask questions whose answers are known and count how often they are found.
#[derive(Debug, Args)]
pub struct RetrievalArgs {
    /// Questions, one JSON object a line: {"question", "lang", "terms": […]}
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    questions: Vec<PathBuf>,
    /// Documents to search beside the glossary, instead of those that were read in with `ingest docs`
    #[arg(long, value_name = "PATH", num_args = 1..)]
    docs: Vec<PathBuf>,
    /// Search by words alone
    #[arg(long)]
    words_alone: bool,
    /// Print every question that is not answered by the first three passages
    #[arg(long)]
    misses: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Report {
    /// Passages that were searched.
    passages: usize,
    /// The embedder; none with words alone.
    embedder: Option<String>,
    /// Seconds until the index was complete.
    indexing_s: f64,
    /// Vectors that were made for it; the others were there from an earlier run.
    vectors_made: usize,
    /// Vectors of the index.
    vectors: usize,
    /// Marks by language, with the embedding of the question in the times.
    marks: BTreeMap<&'static str, Marks>,
    /// What a search takes without the embedding of the question, in milliseconds.
    without_embedding: Latency,
}

/// Times of searches, in milliseconds.
#[derive(Debug, Serialize)]
struct Latency {
    p50_ms: f64,
    p95_ms: f64,
}

/// Evaluates and prints.
///
/// # Errors
/// [`VerbError`] where questions, documents or the embedder cannot be used.
pub async fn run(args: RetrievalArgs, settings: &Settings) -> Result<(), VerbError> {
    let read = args.questions.iter().map(|file| benchmark::read(file)).collect::<Result<Vec<_>, _>>();
    let cases: Vec<Case> = read.map_err(VerbError::because)?.concat();
    let folder = library_folder(&args, settings)?;
    let embedder = if args.words_alone { None } else { embedder(settings).await? };
    let stop = CancellationToken::new();
    let started = Instant::now();
    // Where documents are only tried, nothing is left in a Qdrant that serves.
    let vectors = if args.docs.is_empty() {
        settings.vectors.clone()
    } else {
        Vectors { engine: VectorEngine::Embedded, ..Vectors::default() }
    };
    let library = Library::open(&settings.glossary_dir, &folder, embedder.clone(), &vectors, &stop)
        .map_err(VerbError::because)?;
    let embedded = if embedder.is_some() { complete(&library).await? } else { Embedded::default() };
    let indexing = started.elapsed();
    // The first questions find a cold machine; they are asked again.
    benchmark::ask(&library, &cases[..cases.len().min(5)]).await.map_err(VerbError::because)?;
    let (outcomes, without) = asked(&library, &cases).await?;
    let report = Report {
        passages: library.standing().passages,
        embedder: library.standing().embedder,
        indexing_s: indexing.as_secs_f64(),
        vectors_made: embedded.new,
        vectors: embedded.of,
        marks: benchmark::marks(&cases, &outcomes),
        without_embedding: without,
    };
    if args.misses {
        misses(&cases, &outcomes);
    }
    if args.json {
        print(&serde_json::to_string_pretty(&report).map_err(VerbError::because)?);
    } else {
        print(&text(&report));
    }
    Ok(())
}

/// The folder of the library that is searched: the one that serves, or one of its own with only these documents.
/// Vectors stay in it, so that a second evaluation is quick.
fn library_folder(args: &RetrievalArgs, settings: &Settings) -> Result<PathBuf, VerbError> {
    if args.docs.is_empty() {
        return Ok(settings.library_dir());
    }
    let folder = settings.data_dir.join("evaluations").join("retrieval");
    let shelf = Shelf::new(&folder);
    for (source, _) in shelf.sources().map_err(VerbError::because)? {
        shelf.remove(&source).map_err(VerbError::because)?;
    }
    for path in &args.docs {
        for document in documents::read(path, &Options::default()).map_err(VerbError::because)?.documents {
            shelf.put(&document.source, document.passages).map_err(VerbError::because)?;
        }
    }
    Ok(folder)
}

async fn asked(library: &Library, cases: &[Case]) -> Result<(Vec<Outcome>, Latency), VerbError> {
    let outcomes = benchmark::ask(library, cases).await.map_err(VerbError::because)?;
    let mut took = Vec::with_capacity(cases.len());
    for case in cases {
        let vectors = library.embedded(&case.question, case.lang).await.map_err(VerbError::because)?;
        let started = Instant::now();
        library
            .search_embedded(&case.question, case.lang, benchmark::DEPTH, vectors)
            .await
            .map_err(VerbError::because)?;
        took.push(started.elapsed());
    }
    took.sort();
    let at = |share: f64| took[((took.len() as f64 * share).ceil() as usize).clamp(1, took.len()) - 1];
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    Ok((outcomes, Latency { p50_ms: ms(at(0.5)), p95_ms: ms(at(0.95)) }))
}

fn misses(cases: &[Case], outcomes: &[Outcome]) {
    for (case, outcome) in cases.iter().zip(outcomes) {
        if outcome.rank.is_none_or(|rank| rank > 3) {
            say(&format!("{} {}\n    wanted: {}", case.lang.tag(), case.question, case.terms.join(", ")));
            for hit in outcome.hits.iter().take(4) {
                say(&format!("    {:.2} {} ({})", hit.score, hit.passage.title, hit.passage.source));
            }
        }
    }
}

fn text(report: &Report) -> String {
    let Report { passages, embedder, indexing_s, vectors_made, vectors, marks, without_embedding } = report;
    let mut lines = vec!["language  questions  hit@1  hit@3    MRR  p50 ms  p95 ms".to_owned()];
    for (language, marks) in marks {
        let Marks { questions, hit_at_1, hit_at_3, mrr, p50_ms, p95_ms } = marks;
        lines.push(format!(
            "{language:<8}  {questions:>9}  {hit_at_1:>5.3}  {hit_at_3:>5.3}  {mrr:>5.3}  {p50_ms:>6.1}  {p95_ms:>6.1}"
        ));
    }
    let Latency { p50_ms, p95_ms } = without_embedding;
    lines.push(format!("without the embedding of the question: p50 {p50_ms:.1} ms, p95 {p95_ms:.1} ms"));
    lines.push(match embedder {
        Some(embedder) => format!(
            "{passages} passages, {vectors} vectors of {embedder}, {vectors_made} of them made now; indexing took {indexing_s:.1} s"
        ),
        None => format!("{passages} passages, words alone; indexing took {indexing_s:.1} s"),
    });
    lines.join("\n")
}

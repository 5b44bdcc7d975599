//! `investbuddy ingest docs`, killed in the middle and run again.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::endpoint::EmbeddingsServer;
use super::qdrant::Mood;
use super::room::{Engine, Room, eventually, finds};

/// Terms in the document that is read in; each has a vector.
const TERMS: usize = 300;

/// A document of many terms, and one that is asked for.
fn write_document(room: &Room) -> std::path::PathBuf {
    let file = room.folder.path().join("many.jsonl");
    let line =
        |term: &str| format!("{{\"term\": \"{term}\", \"text\": \"What {term} is, in a sentence of some words.\"}}\n");
    let lines: String = (0..TERMS).map(|number| line(&format!("Termum{number}"))).chain([line("Gizmotron")]).collect();
    std::fs::write(&file, lines).expect("written");
    file
}

fn ingest(room: &Room, server: &EmbeddingsServer) -> Command {
    let mut command = room.program();
    server.serve(&mut command).args(["ingest", "docs", "--json"]).arg(room.folder.path().join("many.jsonl"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program and kills it once something is so.
async fn kill_once(what: &str, mut command: Command, is_so: impl Fn() -> bool) {
    let mut program = command.spawn().expect("it starts");
    eventually(what, async || {
        assert_eq!(program.try_wait().expect("a program"), None, "it ended before {what}");
        is_so()
    })
    .await;
    program.kill().await.expect("killed");
}

async fn summary(mut command: Command) -> Value {
    let output = command.output().await.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

async fn goes_on_where_it_was_killed(engine: Engine) {
    let room = Room::new(engine, 0).await;
    write_document(&room);
    let server = EmbeddingsServer::start().await;
    server.embedder.allow(TERMS / 2);
    kill_once("a third is done", ingest(&room, &server), || server.embedder.count() > TERMS / 3).await;
    server.embedder.allow(usize::MAX);
    assert!(!room.has_index(), "what is half-built is no index: {:?}", room.files());
    let asked_before = server.terms().len();
    assert!(asked_before < TERMS, "it was killed in the middle");

    let summary = summary(ingest(&room, &server)).await;
    let (vectors, made) =
        (summary["vectors"].as_u64().expect("a number"), summary["vectors_made"].as_u64().expect("a number"));
    assert!(made > 0 && made < vectors, "{summary}");
    let mut terms = server.terms();
    let asked = terms.len();
    terms.sort();
    terms.dedup();
    assert_eq!(terms.len(), TERMS, "every text has its vector");
    // The batch that was on its way when the kill came is lost, and the one whose answer was not read.
    assert!(asked - terms.len() <= 2 * 32, "{asked} vectors were made for {} texts", terms.len());
    assert_eq!(summary["documents"][0]["is_new"], false, "{summary}");
    assert!(room.has_index());

    let summary = self::summary(ingest(&room, &server)).await;
    assert_eq!(summary["vectors_made"], 0, "{summary}");
    assert_eq!(server.terms().len(), asked);
    let library = room.open_complete(&server.client().await).await;
    assert!(finds(&library, "What is a doohickey?").await);
    let torn = room.files().into_iter().filter(|name| name.starts_with('.')).collect::<Vec<_>>();
    assert!(torn.is_empty(), "{torn:?}");
}

#[tokio::test]
async fn an_embedded_library_goes_on_where_it_was_killed_and_makes_nothing_twice() {
    goes_on_where_it_was_killed(Engine::Embedded).await;
}

#[tokio::test]
async fn a_library_in_qdrant_goes_on_where_it_was_killed_and_makes_nothing_twice() {
    goes_on_where_it_was_killed(Engine::Qdrant).await;
}

#[tokio::test]
async fn a_kill_while_qdrant_is_filled_leaves_no_torn_index() {
    let room = Room::new(Engine::Qdrant, 0).await;
    write_document(&room);
    let server = EmbeddingsServer::start().await;
    let qdrant = room.qdrant();
    qdrant.behave(Mood::TakesOneBatch);
    kill_once("the first points are in Qdrant", ingest(&room, &server), || qdrant.batches() == 1).await;
    assert!(!room.has_index());
    assert_eq!(qdrant.engine().collections.len(), 1, "a half-built collection is there");

    qdrant.behave(Mood::Well);
    let summary = summary(ingest(&room, &server)).await;
    assert_eq!(summary["vectors_made"], 0, "{summary}");
    let (_, points) = qdrant.engine().serving().expect("an index");
    assert_eq!(summary["vectors"], points as u64, "{summary}");
    assert_eq!(server.terms().len(), TERMS);
}

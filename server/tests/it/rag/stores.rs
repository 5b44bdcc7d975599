//! What holds for every vector store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::language::Language;
use server::llm::Embedder;
use server::rag::{Knowledge, Library};

use super::embedder::{Hashing, USUAL};
use super::endpoint::EmbeddingsServer;
use super::room::{Engine, Room, eventually, finds, passage, titles, until};

/// A test for each store.
macro_rules! on_every_store {
    ($($behaviour:ident,)+) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                super::$behaviour(super::Engine::Embedded).await;
            })+
        }

        mod qdrant {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                super::$behaviour(super::Engine::Qdrant).await;
            })+
        }
    };
}

on_every_store! {
    what_is_near_is_found_in_both_languages_though_no_word_is_the_same,
    documents_that_come_are_found_and_those_that_go_are_not,
    a_half_built_index_never_serves_and_words_do_meanwhile,
    another_embedder_takes_over_when_its_index_is_complete_and_no_search_fails_or_sees_a_mixture,
    documents_that_another_process_reads_in_are_noticed_and_their_vectors_taken_over,
    a_library_that_is_opened_again_makes_no_vector_twice,
    an_embedder_that_goes_away_leaves_the_words,
}

fn usual() -> Arc<Hashing> {
    Arc::new(Hashing::new("usual", 64, USUAL))
}

async fn what_is_near_is_found_in_both_languages_though_no_word_is_the_same(engine: Engine) {
    let room = Room::new(engine, 100).await;
    let library = room.open_complete(&usual()).await;
    for (question, language) in
        [("What is a doohickey?", Language::English), ("Qu'est-ce qu'un bidulotron ?", Language::French)]
    {
        let hits = library.search(question, language, 3).await.expect("an answer");
        assert_eq!(hits[0].passage.title, "Gizmotron", "{question}");
        assert_eq!((hits[0].passage.source.as_str(), hits[0].passage.licence.as_str()), ("machines.jsonl", "MIT"));
    }
    assert!(titles(&library, "What is a whatsitsname?").await.is_empty(), "nothing is near that");
    let french = library.search("C'est quoi un drawdown ?", Language::French, 1).await.expect("an answer");
    assert_eq!(french[0].passage.title, "Perte maximale", "the reader's language wins");

    let words = room.open(None);
    assert!(!finds(&words, "What is a doohickey?").await, "words alone cannot know");
}

async fn documents_that_come_are_found_and_those_that_go_are_not(engine: Engine) {
    let room = Room::new(engine, 40).await;
    let library = room.open_complete(&usual()).await;
    let before = library.standing().passages;

    room.put("more.jsonl", vec![passage("Whirligig", "A toy that spins in the wind and does nothing else.")]);
    assert!(room.shelf().remove("machines.jsonl").expect("removed"));
    until(&library, |standing| standing.passages < before && standing.embedder.is_some()).await;
    assert_eq!(titles(&library, "What is a whirligig?").await[..1], ["Whirligig".to_owned()]);
    assert!(!finds(&library, "What is a gizmotron?").await && !finds(&library, "What is a doohickey?").await);
}

async fn a_half_built_index_never_serves_and_words_do_meanwhile(engine: Engine) {
    let room = Room::new(engine, 100).await;
    let embedder = usual();
    embedder.allow(70);
    let library = room.open(Some(Arc::clone(&embedder) as _));
    let standing = until(&library, |standing| standing.building.is_some_and(|building| building.done >= 64)).await;
    assert!(standing.building.is_some_and(|building| building.done < building.of), "{standing:?}");
    assert_eq!(standing.embedder, None);
    assert!(!room.has_index(), "{:?}", room.files());
    assert!(finds(&library, "What is a gizmotron?").await, "words serve");
    assert!(!finds(&library, "What is a doohickey?").await, "the half-built index does not");

    embedder.allow(usize::MAX);
    let standing = until(&library, |standing| standing.embedder.is_some()).await;
    assert_eq!((standing.building, standing.trouble), (None, None));
    assert!(room.has_index() && finds(&library, "What is a doohickey?").await);
}

/// Asks for what both embedders know and for what only the first one knows, until it is told to stop.
async fn ask_on(library: &Library, is_over: &AtomicBool) -> (usize, usize) {
    let (mut searches, mut switches, mut was_first) = (0, 0, true);
    while !is_over.load(Ordering::SeqCst) {
        assert!(finds(library, "What is a doohickey?").await, "a search found nothing");
        let is_first = finds(library, "What is a thingummy?").await;
        switches += usize::from(is_first != was_first);
        was_first = is_first;
        searches += 2;
        tokio::task::yield_now().await;
    }
    (searches, switches)
}

async fn another_embedder_takes_over_when_its_index_is_complete_and_no_search_fails_or_sees_a_mixture(engine: Engine) {
    let room = Room::new(engine, 100).await;
    // Only the first knows what a thingummy is, and its vectors have another length: a vector of one in the index of
    // the other would find nothing, or fail.
    let first = Arc::new(Hashing::new("first", 64, &[("doohickey", "gizmotron"), ("thingummy", "gizmotron")]));
    let second = Arc::new(Hashing::new("second", 48, &[("doohickey", "gizmotron"), ("gubbins", "gizmotron")]));
    second.allow(0);
    let library = Arc::new(room.open_complete(&first).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (library, is_over) = (Arc::clone(&library), Arc::clone(&is_over));
            tokio::spawn(async move { ask_on(&library, &is_over).await })
        })
        .collect();

    library.use_embedder(Some(Arc::clone(&second) as Arc<dyn Embedder>));
    until(&library, |standing| standing.building.is_some()).await;
    second.allow(96);
    until(&library, |standing| standing.building.is_some_and(|building| building.done >= 96)).await;
    assert_eq!(library.standing().embedder.as_deref(), Some("first"));
    assert!(finds(&library, "What is a thingummy?").await, "the first one serves until the second is complete");
    second.allow(usize::MAX);
    until(&library, |standing| standing.embedder.as_deref() == Some("second")).await;
    assert!(finds(&library, "What is some gubbins?").await && !finds(&library, "What is a thingummy?").await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    is_over.store(true, Ordering::SeqCst);
    for reader in readers {
        let (searches, switches) = reader.await.expect("every search was answered rightly");
        assert!(searches > 0 && switches == 1, "{searches} searches saw {switches} switches");
    }
}

async fn documents_that_another_process_reads_in_are_noticed_and_their_vectors_taken_over(engine: Engine) {
    let room = Room::new(engine, 40).await;
    let server = EmbeddingsServer::start().await;
    let library = room.open_complete(&server.client().await).await;
    let before = library.standing().passages;

    let file = room.folder.path().join("more.MIT.jsonl");
    let line =
        |term: &str| format!("{{\"term\": \"{term}\", \"text\": \"What {term} is, in a sentence of some words.\"}}\n");
    let lines: String = (0..60).map(|number| line(&format!("Termum-new{number}"))).chain([line("Whirligig")]).collect();
    std::fs::write(&file, lines).expect("written");
    let output = server.serve(&mut room.program()).args(["ingest", "docs", "--json"]).arg(&file).output().await;
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    until(&library, |standing| standing.passages == before + 61 && standing.embedder.is_some()).await;
    let hits = library.search("What is a whirligig?", Language::English, 1).await.expect("an answer");
    assert_eq!((hits[0].passage.title.as_str(), hits[0].passage.licence.as_str()), ("Whirligig", "MIT"));
    let mut terms = server.terms();
    let all = terms.len();
    terms.sort();
    terms.dedup();
    assert_eq!((all, terms.len()), (100, 100), "two processes on one folder make every vector once");
}

async fn a_library_that_is_opened_again_makes_no_vector_twice(engine: Engine) {
    let room = Room::new(engine, 40).await;
    let first = usual();
    drop(room.open_complete(&first).await);
    assert!(first.count() > 40);
    let again = usual();
    let library = room.open_complete(&again).await;
    assert_eq!(again.count(), 0);
    assert!(finds(&library, "What is a doohickey?").await);
}

async fn an_embedder_that_goes_away_leaves_the_words(engine: Engine) {
    let room = Room::new(engine, 40).await;
    let embedder = usual();
    let library = room.open_complete(&embedder).await;
    embedder.fail(true);
    assert!(finds(&library, "What is a gizmotron?").await);
    let unknown = library.search("What is a doohickey?", Language::English, 3).await;
    assert!(unknown.is_err(), "where words find nothing either, the trouble is said");
    embedder.fail(false);
    eventually("meaning is back", async || finds(&library, "What is a doohickey?").await).await;
}

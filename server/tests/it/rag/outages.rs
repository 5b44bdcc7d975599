//! A Qdrant that goes away, comes back, is full, or answers nonsense.

use std::sync::Arc;

use domain::language::Language;
use server::config::Secret;
use server::rag::Knowledge;

use super::embedder::{Hashing, USUAL};
use super::qdrant::{KEY, Mood};
use super::room::{Engine, Room, finds, until};

fn usual() -> Arc<Hashing> {
    Arc::new(Hashing::new("usual", 64, USUAL))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_away_words_serve_and_when_it_is_back_meaning_does() {
    let room = Room::new(Engine::Qdrant, 20).await;
    let library = room.open_complete(&usual()).await;
    for mood in [Mood::Gone, Mood::Unavailable, Mood::Foreign, Mood::Gone] {
        assert!(finds(&library, "What is a doohickey?").await, "before {mood:?}");
        room.qdrant().behave(mood);
        assert!(finds(&library, "What is a gizmotron?").await, "{mood:?}: words serve");
        let unknown = library.search("What is a doohickey?", Language::English, 3).await;
        match mood {
            // Nothing of ours was among the points: nothing is known, and that is no trouble.
            Mood::Foreign => assert!(unknown.is_ok_and(|hits| hits.is_empty())),
            _ => assert!(!format!("{:?}", unknown.expect_err("words find nothing")).contains(KEY)),
        }
        room.qdrant().behave(Mood::Well);
    }
    assert!(finds(&library, "What is a doohickey?").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_never_answers_is_given_up_and_words_serve() {
    let room = Room::new(Engine::Qdrant, 5).await;
    let library = room.open_complete(&usual()).await;
    room.qdrant().behave(Mood::Silent);
    assert!(finds(&library, "What is a gizmotron?").await);
    room.qdrant().behave(Mood::Well);
    assert!(finds(&library, "What is a doohickey?").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_that_could_not_be_filled_never_serves_and_is_gone_on_with() {
    let room = Room::new(Engine::Qdrant, 600).await;
    let qdrant = room.qdrant();
    let first = usual();
    let library = room.open_complete(&first).await;
    let (served, points) = qdrant.engine().serving().expect("an index");
    assert!(points > 600, "three batches: {points}");

    qdrant.behave(Mood::TakesPoints(1));
    let second: Arc<Hashing> = Arc::new(Hashing::new("second", 48, &[("gubbins", "gizmotron")]));
    library.use_embedder(Some(Arc::clone(&second) as _));
    let standing = until(&library, |standing| standing.trouble.is_some()).await;
    assert!(standing.trouble.is_some_and(|trouble| trouble.contains("the disk is full")));
    assert_eq!(qdrant.engine().serving().map(|(name, _)| name), Some(served.clone()), "the alias stays where it was");
    assert_eq!(qdrant.engine().collections.len(), 2, "a half-built collection is there");
    assert!(finds(&library, "What is a doohickey?").await, "what served before goes on serving");

    qdrant.behave(Mood::Well);
    let (made, batches) = (second.count(), qdrant.batches());
    library.use_embedder(Some(Arc::clone(&second) as _));
    until(&library, |standing| standing.embedder.as_deref() == Some("second")).await;
    assert_eq!(second.count(), made, "no vector is made twice");
    assert_eq!(qdrant.batches(), batches + 3);
    assert_eq!(qdrant.engine().serving().map(|(_, points)| points), Some(points));
    assert!(finds(&library, "What is some gubbins?").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_whose_store_was_away_is_made_when_it_is_back() {
    let room = Room::new(Engine::Qdrant, 10).await;
    room.qdrant().behave(Mood::Gone);
    let embedder = usual();
    let library = room.open(Some(Arc::clone(&embedder) as _));
    let standing = until(&library, |standing| standing.trouble.is_some()).await;
    assert_eq!(standing.embedder, None);
    assert!(finds(&library, "What is a gizmotron?").await, "words serve");
    room.qdrant().behave(Mood::Well);
    library.use_embedder(Some(embedder));
    until(&library, |standing| standing.embedder.is_some() && standing.trouble.is_none()).await;
    assert!(finds(&library, "What is a doohickey?").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collections_that_nobody_uses_go_and_those_of_others_stay() {
    let room = Room::new(Engine::Qdrant, 10).await;
    let qdrant = room.qdrant();
    let library = room.open_complete(&usual()).await;
    let first = qdrant.engine().serving().expect("an index").0;
    let stranger = super::engine::Stored::empty(4);
    qdrant.engine().collections.insert("somebody-elses".to_owned(), stranger);
    let mut seen = vec![first];
    for name in ["second", "third"] {
        library.use_embedder(Some(Arc::new(Hashing::new(name, 64, USUAL))));
        until(&library, |standing| standing.embedder.as_deref() == Some(name)).await;
        seen.push(qdrant.engine().serving().expect("an index").0);
    }
    let left: Vec<String> = qdrant.engine().collections.keys().cloned().collect();
    assert!(!left.contains(&seen[0]), "{left:?}");
    for kept in [&seen[1], &seen[2], &"somebody-elses".to_owned()] {
        assert!(left.contains(kept), "{kept} is not in {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_trouble_that_does_not_show_it() {
    let mut room = Room::new(Engine::Qdrant, 5).await;
    room.vectors.qdrant_key = Some(Secret::new("qdrant-key-that-is-wrong".to_owned()));
    let library = room.open(Some(usual()));
    let standing = until(&library, |standing| standing.trouble.is_some()).await;
    let trouble = standing.trouble.expect("trouble");
    assert!(trouble.contains("does not answer") && !trouble.contains("that-is-wrong"), "{trouble}");
    assert!(finds(&library, "What is a gizmotron?").await);
}

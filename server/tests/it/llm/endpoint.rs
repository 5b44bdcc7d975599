//! A model behind an endpoint that misbehaves on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use server::config::Secret;
use server::llm::endpoint::{Endpoint, EndpointChat, EndpointEmbedder, Patience};
use server::llm::{ChatModel, Embedder, Line, LlmError, Piece, Prompt, Role, TextKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const KEY: &str = "sk-very-secret";

/// What the endpoint does with a connection once the request was read.
#[derive(Clone)]
enum Does {
    /// Status line, headers and body as they are.
    Answers(&'static str, String),
    /// A stream of events, one byte a packet.
    Dribbles(Vec<String>),
    /// Some events, then the connection is cut.
    Cuts(Vec<String>),
    /// Some events, then silence.
    FallsSilent(Vec<String>),
}

/// An endpoint that does one thing after the other, the last one for ever.
struct Fake {
    url: String,
    asked: Arc<AtomicUsize>,
    closed: mpsc::UnboundedReceiver<Instant>,
}

impl Fake {
    async fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let (tell, closed) = mpsc::unbounded_channel();
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let turn = count.fetch_add(1, Ordering::SeqCst).min(script.len() - 1);
                tokio::spawn(serve(stream, script[turn].clone(), tell.clone()));
            }
        });
        Self { url, asked, closed }
    }

    fn endpoint(&self) -> Endpoint {
        let patience = Patience {
            connect: Duration::from_secs(2),
            first: Duration::from_secs(4),
            between: Duration::from_millis(400),
        };
        Endpoint { url: self.url.clone(), key: Some(Secret::new(KEY.to_owned())), model: "m".to_owned(), patience }
    }

    fn chat(&self) -> EndpointChat {
        EndpointChat::new(self.endpoint()).expect("a client")
    }
}

async fn serve(mut stream: TcpStream, does: Does, closed: mpsc::UnboundedSender<Instant>) {
    read_request(&mut stream).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n";
    match does {
        Does::Answers(head, body) => {
            let answer =
                format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Does::Dribbles(events) => {
            let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
            for byte in events.concat().bytes() {
                let _ = stream.write_all(&[byte]).await;
                let _ = stream.flush().await;
                tokio::task::yield_now().await;
            }
        }
        Does::Cuts(events) => {
            // More is promised than comes.
            let _ =
                stream.write_all(format!("{head}content-length: 100000\r\n\r\n{}", events.concat()).as_bytes()).await;
        }
        Does::FallsSilent(events) => {
            let _ = stream.write_all(format!("{head}\r\n{}", events.concat()).as_bytes()).await;
            let mut rest = [0; 64];
            while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
            let _ = closed.send(Instant::now());
        }
    }
}

async fn read_request(stream: &mut TcpStream) {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.expect("a request");
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if count == 0 || body.len() >= length.unwrap_or(0_usize) {
                return;
            }
        }
    }
}

fn event(text: &str, finish: Option<&str>) -> String {
    let chunk = serde_json::json!({
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": finish }],
    });
    format!("data: {chunk}\n\n")
}

fn ending() -> String {
    let usage = r#"{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}"#;
    format!(
        "data: {{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n"
    )
}

fn prompt() -> Prompt {
    let lines = vec![Line { role: Role::User, content: "Hé ?".to_owned() }];
    Prompt { lines, max_tokens: 50, temperature: 0.0 }
}

async fn all(chat: &EndpointChat) -> Result<Vec<Result<Piece, LlmError>>, LlmError> {
    Ok(chat.write(prompt()).await?.collect().await)
}

async fn refusal(does: Does) -> LlmError {
    let fake = Fake::start(vec![does]).await;
    fake.chat().write(prompt()).await.err().expect("no answer")
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_comes_out_whole_with_what_it_took() {
    let events =
        vec![event("Volatilité réalisée : ", None), event("√Σr² — 波动 🎢", None), event("", Some("stop")), ending()];
    let fake = Fake::start(vec![Does::Dribbles(events)]).await;
    let pieces = all(&fake.chat()).await.expect("it starts");
    let pieces: Vec<Piece> = pieces.into_iter().map(|piece| piece.expect("a piece")).collect();
    let expected = [
        Piece::Text("Volatilité réalisée : ".to_owned()),
        Piece::Text("√Σr² — 波动 🎢".to_owned()),
        Piece::Usage { prompt_tokens: 11, answer_tokens: 3 },
    ];
    assert_eq!(pieces, expected);
}

#[tokio::test]
async fn a_connection_cut_halfway_keeps_what_came_and_is_not_asked_again() {
    let fake = Fake::start(vec![Does::Cuts(vec![event("One", None)])]).await;
    let pieces = all(&fake.chat()).await.expect("it starts");
    assert_eq!(pieces.len(), 2);
    assert!(matches!(&pieces[0], Ok(Piece::Text(text)) if text == "One"));
    assert!(matches!(pieces[1], Err(LlmError::Unreachable { .. })), "{pieces:?}");
    assert_eq!(fake.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_just_ends_is_not_taken_for_complete() {
    let fake = Fake::start(vec![Does::Dribbles(vec![event("One", None)])]).await;
    let pieces = all(&fake.chat()).await.expect("it starts");
    assert!(matches!(pieces.last(), Some(Err(LlmError::Unreachable { .. }))), "{pieces:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_first_word_is_tried_once_more() {
    let good = Does::Dribbles(vec![event("Here", Some("stop")), ending()]);
    let fake = Fake::start(vec![Does::Cuts(Vec::new()), good]).await;
    assert_eq!(all(&fake.chat()).await.expect("it starts").len(), 2);
    assert_eq!(fake.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn silence_halfway_ends_the_answer() {
    let fake = Fake::start(vec![Does::FallsSilent(vec![event("One", None)])]).await;
    let pieces = all(&fake.chat()).await.expect("it starts");
    assert!(
        matches!(pieces.last(), Some(Err(LlmError::Unreachable { cause })) if cause.contains("silent")),
        "{pieces:?}"
    );
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection_within_200_ms() {
    let mut fake = Fake::start(vec![Does::FallsSilent(vec![event("One", None)])]).await;
    let mut writing = fake.chat().write(prompt()).await.expect("it starts");
    assert!(writing.next().await.is_some());
    let dropped = Instant::now();
    drop(writing);
    let closed =
        tokio::time::timeout(Duration::from_secs(5), fake.closed.recv()).await.expect("in time").expect("closed");
    let took = closed.saturating_duration_since(dropped);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn refusals_keep_their_status_and_lose_the_key() {
    let integer = format!(r#"{{"error":{{"code":401,"message":"Invalid key {KEY}","type":"authentication_error"}}}}"#);
    let error = refusal(Does::Answers("401 Unauthorized", integer)).await;
    assert!(matches!(error, LlmError::Refused { status: 401, .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(KEY), "{error:?}");

    let text = r#"{"error":{"code":"invalid_api_key","message":"no","type":"x","param":null}}"#.to_owned();
    let error = refusal(Does::Answers("401 Unauthorized", text)).await;
    assert!(matches!(error, LlmError::Refused { status: 401, .. }), "{error:?}");

    let error = refusal(Does::Answers("404 Not Found", "404 page not found".to_owned())).await;
    assert!(matches!(error, LlmError::Refused { status: 400..500, .. } | LlmError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn too_many_requests_and_server_errors_are_asked_again_and_garbage_is_not_an_answer() {
    for status in ["429 Too Many Requests\r\nretry-after: 1", "500 Internal Server Error"] {
        let bad = Does::Answers(status, r#"{"error":{"message":"later"}}"#.to_owned());
        let fake = Fake::start(vec![bad, Does::Dribbles(vec![event("Here", Some("stop")), ending()])]).await;
        assert_eq!(all(&fake.chat()).await.expect("it starts").len(), 2, "{status}");
        assert_eq!(fake.asked.load(Ordering::SeqCst), 2, "{status}");
    }
    let error = refusal(Does::Dribbles(vec!["data: {\"what\": 1}\n\n".to_owned()])).await;
    assert!(matches!(error, LlmError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_pause_longer_than_our_patience_is_an_error_in_time() {
    let started = Instant::now();
    let later = "429 Too Many Requests\r\nretry-after: 3600";
    let error = refusal(Does::Answers(later, r#"{"error":{"message":"later"}}"#.to_owned())).await;
    assert!(matches!(error, LlmError::Unreachable { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn vectors_of_an_endpoint_are_put_in_order_and_brought_to_length_one() {
    let data = |vectors: &[(u32, [f32; 2])]| {
        let list: Vec<_> = vectors
            .iter()
            .map(|(index, vector)| serde_json::json!({ "index": index, "object": "embedding", "embedding": vector }))
            .collect();
        let usage = serde_json::json!({ "prompt_tokens": 1, "total_tokens": 1 });
        let answer = serde_json::json!({ "object": "list", "model": "m", "data": list, "usage": usage });
        Does::Answers("200 OK\r\ncontent-type: application/json", answer.to_string())
    };
    let script = vec![data(&[(0, [1.0, 0.0])]), data(&[(1, [0.0, 2.0]), (0, [3.0, 4.0])])];
    let fake = Fake::start(script).await;
    let embedder = EndpointEmbedder::connect(fake.endpoint()).await.expect("it answers");
    assert_eq!(embedder.dimensions(), 2);
    let texts = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(embedder.embed(TextKind::Query, texts).await.expect("vectors"), [[0.6, 0.8], [0.0, 1.0]]);
}

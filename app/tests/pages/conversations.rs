//! The Buddy's page, its server functions and the advice of a coin's page.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::chat::{ChatEvent, FrameDecoder, Judgement, MessageId, VisitorId};
use domain::error::Failure;
use futures::StreamExt;
use serde_json::json;
use tower::ServiceExt;

use crate::buddy::{SampleBuddy, conversation, visitor};
use crate::desk::SampleDesk;
use crate::{get, page, router};

async fn post(
    desk: SampleDesk,
    path: &str,
    body: serde_json::Value,
    visitor: Option<VisitorId>,
) -> axum::response::Response {
    let mut request = Request::post(path).header("host", "localhost").header("content-type", "application/json");
    if let Some(visitor) = visitor {
        request = request.extension(visitor);
    }
    let request = request.body(Body::from(body.to_string())).expect("a valid request");
    router(desk).oneshot(request).await.expect("a router never fails")
}

fn question(text: &str) -> serde_json::Value {
    json!({ "question": { "text": text, "language": "fr" } })
}

#[tokio::test]
async fn an_empty_buddy_offers_five_questions_and_says_what_needs_javascript() {
    let page = page("/buddy").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("What is realised volatility?").shows("Should I reduce my BTC position?");
    page.shows("Asking a question needs JavaScript").shows("Information, not financial advice");
    page.has("href=\"/fr/buddy\"").has("class=\"composer__form scripted-only\"");
    let french = get(SampleDesk::default(), "/fr/buddy").await;
    french.shows("C’est quoi la volatilité réalisée\u{202f}?").has("<html lang=\"fr\">");
}

#[tokio::test]
async fn a_kept_conversation_can_be_read_without_javascript_and_nothing_in_it_is_html() {
    let page = page(&format!("/buddy/{}", conversation())).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("What is &lt;RV&gt;?").shows("And for ETH?").shows("You stopped this answer.");
    page.has("<strong>").has("<table class=\"table\">").has("<li><p>one");
    page.has("&lt;script&gt;alert(1)&lt;/script&gt;").has("href=\"https://example.org\"");
    assert!(!page.html.contains("<script>alert") && !page.html.contains("href=\"javascript:"), "{}", page.html);
    // A citation that was given is a link, one that was not is text.
    page.has("href=\"#source-0-1\"").has("id=\"source-0-1\"").shows("[7]");
    page.shows("CC BY 4.0").has(&format!("/api/v1/conversations/{}/export?format=md", conversation()));
}

#[tokio::test]
async fn a_conversation_that_is_not_there_is_a_page_that_was_not_found() {
    let unknown = page("/buddy/00000000000000000000000000000001").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.shows("This conversation is not here; it may have been deleted.");
    assert_eq!(page("/buddy/what").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_answer_arrives_as_lines_of_events() {
    let response = post(SampleDesk::default(), "/ui/ask", question("Réalisée ?"), Some(visitor())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body that ends");
    let mut decoder = FrameDecoder::default();
    // One byte at a time: characters and events are split everywhere.
    let frames: Vec<String> = body.iter().flat_map(|byte| decoder.push(&[*byte]).expect("text")).collect();
    assert_eq!(decoder.finish(), Ok(()));
    let events: Vec<ChatEvent> = frames.iter().map(|frame| serde_json::from_str(frame).expect("an event")).collect();
    assert!(matches!(events.first(), Some(ChatEvent::Started { .. })), "{events:?}");
    assert!(matches!(events.last(), Some(ChatEvent::Done { .. })), "{events:?}");
    assert!(events.contains(&ChatEvent::Token { text: "€ 😀\n".to_owned() }), "{events:?}");
}

#[tokio::test]
async fn dropping_the_response_stops_whoever_writes() {
    let buddy = SampleBuddy { is_endless: true, ..SampleBuddy::default() };
    let writing = Arc::clone(&buddy.writing);
    let desk = SampleDesk { buddy, ..SampleDesk::default() };
    let mut body = post(desk, "/ui/ask", question("On and on"), Some(visitor())).await.into_body().into_data_stream();
    for _ in 0..20 {
        body.next().await.expect("a stream without end").expect("a chunk");
    }
    assert_eq!(writing.load(Ordering::SeqCst), 1);
    drop(body);
    assert_eq!(writing.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_refusal_has_its_status_and_says_when_to_ask_again() {
    let refusal = Some(Failure::TooMany { retry_after_s: 7 });
    let desk = SampleDesk { buddy: SampleBuddy { refusal, ..SampleBuddy::default() }, ..SampleDesk::default() };
    let response = post(desk, "/ui/ask", question("Again?"), Some(visitor())).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    assert!(String::from_utf8_lossy(&body).contains("\"retry_after_s\":7"), "{body:?}");
}

#[tokio::test]
async fn a_question_that_is_too_long_or_without_a_visitor_is_refused() {
    let long = post(SampleDesk::default(), "/ui/ask", question(&"x".repeat(8_001)), Some(visitor())).await;
    assert!(long.status().is_client_error() || long.status().is_server_error());
    let nobody = post(SampleDesk::default(), "/ui/ask", question("Who?"), None).await;
    let body = to_bytes(nobody.into_body(), 1 << 20).await.expect("a body");
    assert!(String::from_utf8_lossy(&body).contains("no-visitor"), "{body:?}");
}

#[tokio::test]
async fn conversations_are_renamed_deleted_and_answers_judged() {
    let judgement = Judgement { verdict: domain::chat::Verdict::NotHelpful, reason: "Too long".to_owned() };
    for (path, body) in [
        ("/ui/rename", json!({ "id": conversation(), "title": "RV" })),
        ("/ui/delete", json!({ "id": conversation() })),
        ("/ui/judge", json!({ "message": MessageId::from_bits(2), "judgement": judgement })),
    ] {
        let response = post(SampleDesk::default(), path, body, Some(visitor())).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_coin_s_page_says_what_to_make_of_the_forecast_and_where_to_ask() {
    let page = page("/coins/ETH").await;
    page.shows("What to make of it").shows("Careful").shows("Medium").shows("Rougher than usual is likely.");
    page.shows("The chance is above average.").shows("Binance").shows("Check that the position is small enough.");
    page.shows("Worded by fixed rules.").has("&amp;coin=ETH\"").shows("Ask the Buddy about ETH");
    let french = get(SampleDesk::default(), "/fr/coins/ETH?horizon=48h").await;
    french.shows("Plus agité que d’habitude est probable.").shows("Prudente");
}

#[tokio::test]
async fn without_a_forecast_the_advice_says_so_and_the_page_stays() {
    let page = get(SampleDesk { has_forecasts: false, ..SampleDesk::default() }, "/coins/ETH").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("There is no advice just now.");
}

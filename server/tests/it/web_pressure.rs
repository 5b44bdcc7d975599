//! More work than fits, work that takes too long, and work that breaks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use crate::buddy::Buddy;

#[tokio::test]
async fn what_does_not_fit_is_turned_away_with_a_time_to_come_back() {
    let buddy = Buddy::spawn_with(|settings| settings.limits.predictions_in_flight = 2).await;
    buddy.desk.slow_ms.store(300, Ordering::SeqCst);
    let body = json!({"symbol": "BTC"});
    let replies = join_all((0..8).map(|_| buddy.predict(&body))).await;
    let (served, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((served.len(), refused.len()), (2, 6));
    for reply in refused {
        assert_eq!(reply.problem(503, "busy")["retry_after_s"], 1);
        assert_eq!(reply.header("retry-after"), "1");
    }
    assert_eq!(buddy.get("/api/v1/market").await.status, 200, "reading goes on while forecasts are busy");
    assert_eq!(buddy.predict(&body).await.status, 200, "places are free again");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let buddy = Buddy::spawn_with(|settings| settings.limits.request_timeout_s = 1).await;
    buddy.desk.slow_ms.store(5_000, Ordering::SeqCst);
    let reply = buddy.predict(&json!({"symbol": "BTC"})).await;
    reply.problem(503, "timeout");
    assert_eq!(reply.header("retry-after"), "5");
}

#[tokio::test]
async fn a_panic_becomes_an_incident_and_the_server_lives_on() {
    let buddy = Buddy::spawn().await;
    buddy.desk.panics.store(true, Ordering::SeqCst);
    let reply = buddy.predict(&json!({"symbol": "BTC"})).await;
    let problem = reply.problem(500, "internal");
    assert_eq!(problem["incident"], reply.header("x-request-id"));
    assert!(!reply.body.contains("a test asked for"), "the cause stays in the log");

    buddy.desk.panics.store(false, Ordering::SeqCst);
    assert_eq!(buddy.predict(&json!({"symbol": "BTC"})).await.status, 200);
}

#[tokio::test]
async fn many_readers_get_whole_pages() {
    let buddy = Buddy::spawn().await;
    for _ in 0..5 {
        let pages = join_all((0..50).map(|_| buddy.get("/"))).await;
        for page in pages {
            assert_eq!(page.status, 200);
            // Leptos ends a page with what it streamed; a page that hangs or breaks off has no such end.
            assert!(page.body.contains("</html>") && page.body.contains("__INCOMPLETE_CHUNKS"), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_stops() {
    let buddy = Buddy::spawn().await;
    buddy.desk.slow_ms.store(200, Ordering::SeqCst);
    let request = buddy.request("POST", "/api/v1/predict").header("content-type", "application/json");
    let in_flight = tokio::spawn(request.body(r#"{"symbol": "BTC"}"#).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(buddy);
    assert_eq!(in_flight.await.expect("no panic").expect("an answer").status(), 200);
}

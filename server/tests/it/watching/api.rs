//! What the API says about the watch, and to whom.

use domain::error::Failure;

use crate::browser::Browser;
use crate::buddy::Buddy;

const PATHS: [&str; 3] = ["/api/v1/monitoring/drift", "/api/v1/monitoring/performance", "/api/v1/monitoring/health"];

#[tokio::test]
async fn operators_are_told_and_nobody_else() {
    let buddy = Buddy::spawn().await;
    let (member, operator) = (Browser::of_member(&buddy, "ann").await, Browser::of_operator(&buddy, "olga").await);
    for path in PATHS {
        let reply = buddy.get(path).await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some(Failure::SignInNeeded.code())), "{path}");
        let reply = member.get(path).await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (403, Some(Failure::NotAllowed.code())), "{path}");
        let reply = operator.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let strange = operator.get(&format!("{path}?strange=1")).await;
        assert_eq!(strange.status, 422, "{path}");
    }
}

#[tokio::test]
async fn a_server_that_has_published_nothing_says_so() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    let drift = operator.get("/api/v1/monitoring/drift?horizon=48h&days=30").await.json();
    assert_eq!((drift["verdict"].as_str(), drift["days"].as_u64()), (Some("not_checked"), Some(30)), "{drift}");
    assert_eq!(drift["error"]["verdict"].as_str(), Some("not_checked"), "{drift}");
    assert!(drift["newest"].is_null() && drift["since"].is_null(), "{drift}");
    let performance = operator.get("/api/v1/monitoring/performance?symbol=BTC").await.json();
    assert_eq!(performance["symbol"].as_str(), Some("BTCUSDT"), "{performance}");
    assert!(performance["total"]["qlike"].is_null() && performance["updated_at"].is_null(), "{performance}");
    let health = operator.get("/api/v1/monitoring/health").await.json();
    assert_eq!(health["coins"].as_array().map(Vec::len), Some(9), "{health}");
    for query in [
        "drift?days=8",
        "drift?days=a+week",
        "drift?horizon=1h",
        "performance?model=LSTM",
        "performance?symbol=%E2%82%AC",
    ] {
        let reply = operator.get(&format!("/api/v1/monitoring/{query}")).await;
        assert!((400..500).contains(&reply.status), "{query}: {} {}", reply.status, reply.body);
    }
}

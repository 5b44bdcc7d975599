//! Whatever is sent, the answer is a problem that names what is wrong: never a 500, never silence.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::buddy::{Buddy, Reply};

fn candle(change: impl Fn(&mut Value)) -> Value {
    let mut candle =
        json!({"opens_at": 1_751_320_800, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 3.0});
    change(&mut candle);
    candle
}

fn with(change: impl Fn(&mut Value)) -> String {
    json!({ "candles": [candle(change)] }).to_string()
}

#[tokio::test]
async fn a_field_that_is_not_right_is_named() {
    let buddy = Buddy::spawn().await;
    let nested = format!("{{\"candles\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let later_first =
        json!({"candles": [candle(|_| {}), candle(|c| c["opens_at"] = json!(1_751_317_200))]}).to_string();
    let twice = json!({"candles": [candle(|_| {}), candle(|_| {})]}).to_string();
    let table: Vec<(String, &str, &str)> = vec![
        (String::new(), "malformed_body", "body"),
        ("{".into(), "malformed_body", "body"),
        ("not json".into(), "malformed_body", "body"),
        ("null".into(), "malformed_body", "body"),
        ("[]".into(), "malformed_body", "body"),
        ("3".into(), "malformed_body", "body"),
        ("{} {}".into(), "malformed_body", "body"),
        ("{}".into(), "invalid", "symbol"),
        ("[".repeat(100_000), "malformed_body", "body"),
        (nested, "malformed_body", "candles[0][0]"),
        (r#"{"symbol": 3}"#.into(), "malformed_body", "symbol"),
        (r#"{"symbol": "BTC", "symbol": "ETH"}"#.into(), "malformed_body", "symbol"),
        (r#"{"symbol": "BTC", "horizn": "24h"}"#.into(), "malformed_body", "horizn"),
        (r#"{"symbol": "BTC", "horizon": "7d"}"#.into(), "invalid", "horizon"),
        (r#"{"symbol": "BTC", "horizon": 24}"#.into(), "malformed_body", "horizon"),
        (r#"{"candles": {}}"#.into(), "malformed_body", "candles"),
        (r#"{"candles": [1]}"#.into(), "malformed_body", "candles[0]"),
        (r#"{"candles": [{}]}"#.into(), "malformed_body", "candles[0].opens_at"),
        (r#"{"candles": [{"opens_at": 0, "open": NaN}]}"#.into(), "malformed_body", "candles[0].open"),
        (r#"{"candles": [{"opens_at": 0, "open": 1e999}]}"#.into(), "malformed_body", "candles[0].open"),
        (with(|c| c["open"] = json!("1.0")), "malformed_body", "candles[0].open"),
        (with(|c| c["open"] = Value::Null), "malformed_body", "candles[0].open"),
        (with(|c| c["opens_at"] = json!("yesterday")), "malformed_body", "candles[0].opens_at"),
        (with(|c| c["opens_at"] = json!(1.5)), "malformed_body", "candles[0].opens_at"),
        (with(|c| c["opens_at"] = json!(u64::MAX)), "malformed_body", "candles[0].opens_at"),
        (with(|c| c["opens_at"] = json!(i64::MIN)), "malformed_body", "candles[0].opens_at"),
        (with(|c| c["opens_at"] = json!(1_751_320_801)), "invalid", "candles[0].opens_at"),
        (with(|c| c["closes_at"] = json!(1_751_320_800)), "invalid", "candles[0].closes_at"),
        (with(|c| c["extra"] = json!(1)), "malformed_body", "candles[0].extra"),
        (with(|c| c["open"] = json!(-1.0)), "invalid", "candles[0].open"),
        (with(|c| c["low"] = json!(0.0)), "invalid", "candles[0].low"),
        (with(|c| c["close"] = json!(1e300)), "invalid", "candles[0].close"),
        (with(|c| c["high"] = json!(0.7)), "invalid", "candles[0].high"),
        (with(|c| c["low"] = json!(1.2)), "invalid", "candles[0].low"),
        (with(|c| c["volume"] = json!(-0.1)), "invalid", "candles[0].volume"),
        (later_first, "invalid", "candles[1].opens_at"),
        (twice, "invalid", "candles[1].opens_at"),
    ];
    for (body, code, field) in table {
        let shown: String = body.chars().take(120).collect();
        let reply = buddy.predict_raw(body).await;
        assert_eq!(reply.status, 422, "{shown}: {}", reply.body);
        let problem = reply.problem(422, code);
        assert_eq!(problem["field"], field, "{shown}: {problem}");
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(!detail.contains('`') && !detail.contains("invalid type"), "words of a library: {detail}");
    }
}

#[tokio::test]
async fn a_field_that_is_wrong_says_what_it_must_be() {
    let buddy = Buddy::spawn().await;
    insta::assert_json_snapshot!(
        "a_wrong_number",
        buddy.predict_raw(with(|c| c["high"] = json!("2.0"))).await.problem(422, "malformed_body")
    );
    insta::assert_json_snapshot!(
        "broken_json",
        buddy.predict_raw("{\"symbol\": ").await.problem(422, "malformed_body")
    );
    insta::assert_json_snapshot!(
        "high_below_low",
        buddy.predict_raw(with(|c| c["high"] = json!(0.1))).await.problem(422, "invalid")
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let buddy = Buddy::spawn().await;
    let bytes = b"{\"symbol\": \"\xff\xfe\"}".to_vec();
    assert_eq!(buddy.predict_raw(bytes).await.problem(422, "malformed_body")["field"], "symbol");
}

#[tokio::test]
async fn a_million_candles_are_too_much_and_the_answer_still_arrives() {
    let buddy = Buddy::spawn().await;
    let one = candle(|_| {}).to_string();
    let body = format!("{{\"candles\":[{}]}}", vec![one; 1_000_000].join(","));
    let problem = buddy.predict_raw(body).await.problem(413, "too_large");
    assert_eq!(problem["limit_bytes"], 2 * 1024 * 1024);
}

#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_is_refused() {
    let buddy = Buddy::spawn().await;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""]
    {
        let request = buddy.request("POST", "/api/v1/predict").header("content-type", content_type).body("{}");
        Reply::of(request).await.problem(415, "wrong_content_type");
    }
    Reply::of(buddy.request("POST", "/api/v1/predict").body("{}")).await.problem(415, "wrong_content_type");
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
        let body = json!({"symbol": "BTC"}).to_string();
        let request = buddy.request("POST", "/api/v1/predict").header("content-type", content_type).body(body);
        assert_eq!(Reply::of(request).await.status, 200, "{content_type}");
    }
}

/// JSON that is sometimes nearly right and mostly not.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("BTC")),
        Just(json!("24h")),
        Just(json!(1_751_320_800)),
    ];
    let key = prop_oneof![
        Just("symbol"),
        Just("horizon"),
        Just("candles"),
        Just("opens_at"),
        Just("open"),
        Just("high"),
        Just("low"),
        Just("close"),
        Just("volume"),
        Just("other")
    ];
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

#[test]
fn no_body_ever_breaks_the_server() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let buddy = runtime.block_on(Buddy::spawn());
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(body in prop_oneof![
        any_json().prop_map(|value| value.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..64),
    ])| {
        let reply = runtime.block_on(buddy.predict_raw(body));
        prop_assert!(reply.status < 500, "{}: {}", reply.status, reply.body);
        prop_assert!(reply.status == 200 || reply.header("content-type") == "application/problem+json");
    });
}

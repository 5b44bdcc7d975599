//! The JSON API as a client sees it.

use std::sync::atomic::Ordering;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::buddy::{Buddy, NEEDED, hours};

/// Own candles as a client writes them.
fn own_candles(count: i64) -> Value {
    hours(count)
        .iter()
        .map(|candle| {
            json!({
                "opens_at": candle.opens_at.to_string(),
                "open": candle.open,
                "high": candle.high,
                "low": candle.low,
                "close": candle.close,
                "volume": candle.volume,
            })
        })
        .collect()
}

#[tokio::test]
async fn forecasts_of_every_coin_say_where_their_candles_came_from() {
    let buddy = Buddy::spawn().await;
    let reply = buddy.get("/api/v1/forecasts").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_coin_is_found_however_people_write_it() {
    let buddy = Buddy::spawn().await;
    let forecast = buddy.get("/api/v1/forecasts/BTCUSDT?horizon=48h").await.json();
    assert_eq!(forecast["horizon"], "48h");
    assert_eq!(forecast["ends_at"], "2025-07-02T23:00:00Z");
    for path in [
        "/api/v1/forecasts/btc?horizon=48",
        "/api/v1/forecasts/btc-usdt?horizon=48h",
        "/api/v1/forecasts/BTC%2FUSDT?horizon=48h",
    ] {
        assert_eq!(buddy.get(path).await.json(), forecast, "{path}");
    }
}

#[tokio::test]
async fn a_coin_that_we_do_not_follow_is_not_found() {
    let buddy = Buddy::spawn().await;
    assert_json_snapshot!(buddy.get("/api/v1/forecasts/PEPEUSDT").await.problem(404, "unknown_symbol"));
    for path in [
        "/api/v1/forecasts/%FF%FE",
        "/api/v1/forecasts/%E2%82%AC",
        "/api/v1/forecasts/a%20b",
        "/api/v1/candles?symbol=NOPE",
    ] {
        buddy.get(path).await.problem(404, "unknown_symbol");
    }
    buddy.predict(&json!({"symbol": "NOPE"})).await.problem(404, "unknown_symbol");
}

#[tokio::test]
async fn a_forecast_is_made_from_our_candles_or_from_the_callers() {
    let buddy = Buddy::spawn().await;
    let ours = buddy.predict(&json!({"symbol": "eth", "horizon": "24h"})).await;
    assert_eq!(ours.status, 200, "{}", ours.body);
    assert_eq!(ours.json()["symbol"], "ETHUSDT");
    assert_eq!(ours.json()["source"], "archive");

    let own = buddy.predict(&json!({"candles": own_candles(i64::from(NEEDED))})).await;
    assert_eq!(own.status, 200, "{}", own.body);
    assert_eq!(own.json()["source"], "own");
    assert_json_snapshot!(own.json());
}

#[tokio::test]
async fn candles_that_we_gave_out_are_taken_back() {
    let buddy = Buddy::spawn().await;
    let candles = buddy.get("/api/v1/candles?symbol=BTC&limit=60").await.json()["candles"].clone();
    let reply = buddy.predict(&json!({"symbol": "BTC", "candles": candles})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn too_few_candles_are_refused_with_the_number_that_is_needed() {
    let buddy = Buddy::spawn().await;
    let reply = buddy.predict(&json!({"candles": own_candles(5)})).await;
    assert_json_snapshot!(reply.problem(422, "too_few_candles"));
}

#[tokio::test]
async fn candles_are_cut_by_time_and_number_and_the_newest_win() {
    let buddy = Buddy::spawn().await;
    let reply = buddy.get("/api/v1/candles?symbol=BTC&limit=2").await;
    assert_json_snapshot!(reply.json());

    let opens = |reply: Value| -> Vec<String> {
        let candles = reply["candles"].as_array().expect("a list").clone();
        candles.iter().map(|candle| candle["opens_at"].as_str().expect("a time").to_owned()).collect()
    };
    let path = "/api/v1/candles?symbol=BTC&from=2025-06-30T20:00:00Z&to=1751320800";
    assert_eq!(opens(buddy.get(path).await.json()), ["2025-06-30T20:00:00Z", "2025-06-30T21:00:00Z"]);
    assert_eq!(
        opens(buddy.get("/api/v1/candles?symbol=BTC&to=2025-06-29&limit=1").await.json()),
        ["2025-06-28T23:00:00Z"]
    );
}

#[tokio::test]
async fn models_come_with_their_scores_beside_the_baseline() {
    let buddy = Buddy::spawn().await;
    assert_json_snapshot!(buddy.get("/api/v1/models").await.json());
}

#[tokio::test]
async fn a_models_card_says_what_it_learnt_from_how_it_was_judged_and_how_sure_that_is() {
    let buddy = Buddy::spawn().await;
    let reply = buddy.get("/api/v1/models/lstm-20250701-1a2b3c4d/card").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_json_snapshot!(reply.json());

    buddy.desk.is_unjudged.store(true, Ordering::SeqCst);
    let unjudged = buddy.get("/api/v1/models/lstm-20250701-1a2b3c4d/card").await.json();
    assert_eq!(unjudged["scores"], json!([]));
    assert!(unjudged["protocol"][0].as_str().is_some_and(|text| text.starts_with("Scored once")), "{unjudged}");
    assert_eq!(unjudged["reproduce"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_version_that_is_not_in_the_registry_has_no_card() {
    let buddy = Buddy::spawn().await;
    for version in ["lstm-20990101-00000000", "..%2F..%2Fetc", "%FF", "A%20B"] {
        buddy.get(&format!("/api/v1/models/{version}/card")).await.problem(404, "unknown_model");
    }
}

#[tokio::test]
async fn an_evaluation_is_about_all_coins_and_about_the_one_that_is_named() {
    let buddy = Buddy::spawn().await;
    let subjects = |reply: &Value| -> Vec<Value> {
        let reports = reply["reports"].as_array().expect("a list").clone();
        reports.into_iter().map(|report| report["symbol"].clone()).collect()
    };
    let all = buddy.get("/api/v1/evaluation").await.json();
    assert_eq!(subjects(&all), [Value::Null]);
    assert_eq!(all["symbols"], json!(["BTCUSDT", "ETHUSDT"]));
    let one = buddy.get("/api/v1/evaluation?symbol=eth").await.json();
    assert_eq!(subjects(&one), [Value::Null, json!("ETHUSDT")]);
    assert_json_snapshot!(one);

    buddy.get("/api/v1/evaluation?symbol=DOGE").await.problem(404, "unknown_symbol");
    buddy.desk.is_unjudged.store(true, Ordering::SeqCst);
    buddy.get("/api/v1/evaluation").await.problem(404, "not_evaluated");
}

#[tokio::test]
async fn the_market_says_how_old_it_is_and_what_is_missing() {
    let buddy = Buddy::spawn().await;
    assert_json_snapshot!(buddy.get("/api/v1/market").await.json());
}

#[tokio::test]
async fn a_parameter_that_is_not_right_is_named() {
    let buddy = Buddy::spawn().await;
    let table = [
        ("/api/v1/forecasts?x=1", "x", "x is not a parameter here; there are none"),
        ("/api/v1/forecasts/BTC?horizon=7d", "horizon", "horizon must be 24h or 48h"),
        ("/api/v1/forecasts/BTC?horizn=24h", "horizn", "horizn is not a parameter here; there are: horizon"),
        ("/api/v1/forecasts/BTC?horizon=24h&horizon=48h", "horizon", "horizon is given twice"),
        ("/api/v1/candles", "symbol", "symbol is missing; name a coin, such as BTCUSDT"),
        ("/api/v1/candles?symbol=BTC&limit=0", "limit", "limit must be a whole number from 1 to 5000"),
        ("/api/v1/candles?symbol=BTC&limit=99999", "limit", "limit must be a whole number from 1 to 5000"),
        ("/api/v1/candles?symbol=BTC&limit=-1", "limit", "limit must be a whole number from 1 to 5000"),
        ("/api/v1/candles?symbol=BTC&limit=1e3", "limit", "limit must be a whole number from 1 to 5000"),
        (
            "/api/v1/candles?symbol=BTC&from=NaN",
            "from",
            "from must be a time in RFC 3339 (2025-06-01T00:00:00Z), a date (2025-06-01) or whole epoch seconds",
        ),
        (
            "/api/v1/candles?symbol=BTC&from=9999999999999999",
            "from",
            "from must be a time in RFC 3339 (2025-06-01T00:00:00Z), a date (2025-06-01) or whole epoch seconds",
        ),
        ("/api/v1/candles?symbol=BTC&from=2025-06-02&to=2025-06-01", "to", "to must be later than from"),
    ];
    for (path, field, detail) in table {
        let problem = buddy.get(path).await.problem(422, "invalid");
        assert_eq!(problem["field"], field, "{path}");
        assert_eq!(problem["detail"], detail, "{path}");
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_a_problem_and_not_a_page() {
    let buddy = Buddy::spawn().await;
    assert_json_snapshot!(buddy.get("/api/v1/nothing").await.problem(404, "unknown_route"));
    for path in ["/api", "/api/", "/api/v2/forecasts", "/api/v1", "/api/v1/forecasts/", "/api/v1/forecasts/BTC/more"] {
        buddy.get(path).await.problem(404, "unknown_route");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_are_right() {
    let buddy = Buddy::spawn().await;
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/forecasts", "GET,HEAD"),
        ("GET", "/api/v1/predict", "POST"),
        ("PUT", "/api/v1/candles?symbol=BTC", "GET,HEAD"),
        ("BREW", "/api/v1/market", "GET,HEAD"),
    ] {
        let reply = crate::buddy::Reply::of(buddy.request(method, path)).await;
        reply.problem(405, "wrong_method");
        assert_eq!(reply.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_market_that_is_still_read_asks_to_come_back() {
    let buddy = Buddy::spawn().await;
    buddy.desk.is_loading.store(true, Ordering::SeqCst);
    let reply = buddy.get("/api/v1/forecasts").await;
    assert_json_snapshot!(reply.problem(503, "not_ready"));
    assert_eq!(reply.header("retry-after"), "3");

    assert_eq!(buddy.get("/healthz").await.status, 200);
    let unready = buddy.get("/readyz").await;
    assert_eq!(unready.problem(503, "not_ready")["detail"], "The market is still being read (40 %).");

    buddy.desk.is_loading.store(false, Ordering::SeqCst);
    assert_eq!(buddy.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn numbers_for_prometheus_name_routes_by_pattern() {
    let buddy = Buddy::spawn().await;
    buddy.get("/api/v1/forecasts/BTC?horizon=48h").await;
    let numbers = buddy.get("/metrics").await;
    assert_eq!(numbers.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for part in [
        "route=\"/api/v1/forecasts/{symbol}\"",
        "investbuddy_http_request_duration_seconds_bucket",
        "investbuddy_market_age_seconds 600",
        "investbuddy_market_quarantined_rows 3",
        "investbuddy_forecasts_served_total",
    ] {
        assert!(numbers.body.contains(part), "{part} is missing in:\n{}", numbers.body);
    }
    assert!(!numbers.body.contains("horizon"), "query strings are nobody's business");
}

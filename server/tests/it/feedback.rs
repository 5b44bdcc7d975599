//! What people say about forecasts, as they meet it: letters, cards, programs, and the operator who reads it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::feedback::{FeedbackOrigin, ForecastFeedback, ForecastVerdict, Seen};
use domain::forecast::{Forecast, Horizon};
use domain::market::{Candle, CandleSeries, Symbol};
use domain::user::AccountId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use server::feedback::{program_ticket, ticket};
use server::forecasting::SERVED;
use server::monitoring::{FEEDBACK_COLUMNS, Monitoring, production_columns, reference_columns};
use server::registry::Registry;
use server::signing::Purpose;
use server::store::{
    Batch, FeedbackFilter, Giver, Giving, KeptFeedback, MadeForecast, Opinion, Settled, Store, prediction_id,
};

use crate::browser::{Browser, email};
use crate::buddy::{Buddy, NOW_S, Reply, made_up_forecast};

/// What the server's clock says.
fn now() -> Timestamp {
    instant(NOW_S + 600)
}

fn coin(ticker: &str) -> Symbol {
    Symbol::parse(ticker).expect("a coin")
}

/// A forecast that began so many hours before the market stood still.
pub(crate) fn begun(ticker: &str, horizon: Horizon, hours_ago: i64) -> Forecast {
    let origin_s = NOW_S - hours_ago * SECONDS_PER_HOUR;
    Forecast {
        origin: instant(origin_s),
        ends_at: instant(origin_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR),
        ..made_up_forecast(coin(ticker), horizon)
    }
}

fn made(forecast: Forecast) -> MadeForecast {
    let features = BTreeMap::from([("log_rv_1d".to_owned(), -3.5), ("rsi_14".to_owned(), 55.0)]);
    MadeForecast { forecast, features }
}

async fn publish(store: &Store, forecast: Forecast) -> String {
    let id = prediction_id(&forecast);
    store.publish(&[made(forecast)], now()).await.expect("published");
    id
}

async fn account(buddy: &Buddy, name: &str) -> AccountId {
    buddy.store.account_at(&email(name)).await.expect("reads").expect("an account").account.id
}

async fn kept(buddy: &Buddy) -> Vec<KeptFeedback> {
    buddy.store.feedback(&FeedbackFilter::default(), 0, 100).await.expect("reads")
}

fn fields(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect()
}

/// Somebody with an account, the forecast that a letter told him about, and the letter's ticket.
pub(crate) async fn a_letter(buddy: &Buddy, forecast: Forecast) -> (String, String) {
    Browser::of_member(buddy, "ann").await;
    let ends_at = forecast.ends_at;
    let id = publish(&buddy.store, forecast).await;
    let ticket = ticket(buddy.accounts.key(), &account(buddy, "ann").await, &id, ends_at);
    (id, ticket)
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_records_nothing() {
    let buddy = Buddy::spawn().await;
    let (_, ticket) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let scanner = Browser::new(&buddy);
    for _ in 0..10 {
        for verdict in ["right", "wrong"] {
            let link = format!("/feedback?v={verdict}&t={ticket}");
            let page = scanner.get(&link).await;
            assert_eq!(page.status, 200, "{}", page.body);
            assert_eq!(Reply::of(buddy.request("HEAD", &link)).await.status, 200);
        }
    }
    assert!(kept(&buddy).await.is_empty());
    assert!(scanner.cookie("investbuddy_visitor").is_none());
}

#[tokio::test]
async fn the_page_says_which_forecast_it_is_about_in_both_languages() {
    let buddy = Buddy::spawn().await;
    let (id, ticket) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let browser = Browser::new(&buddy);
    let page = browser.get(&format!("/feedback?v=wrong&t={ticket}")).await;
    for part in ["Bitcoin", "2025-06-29 17:00 UTC", "2025-06-30 17:00 UTC", "27%", "what we measured comes soon"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let settled = Settled { id, outcome: Some((0.031, true)) };
    buddy.store.settle(&[settled], now()).await.expect("settled");
    let page = browser.get(&format!("/fr/feedback?v=right&t={ticket}")).await;
    for part in ["Qu’en était-il", "3,1\u{202f}%", "exceptionnellement volatile", "lang=\"fr\""] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
}

#[tokio::test]
async fn what_is_sent_is_kept_and_a_second_answer_replaces_the_first() {
    let buddy = Buddy::spawn().await;
    let (id, ticket) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let browser = Browser::new(&buddy);
    let first = fields(&[("t", ticket.as_str()), ("v", "right"), ("seen", ""), ("words", "")]);
    let reply = browser.send("/feedback", &first).await;
    assert!(reply.status == 200 && reply.body.contains("Thank you"), "{}", reply.body);
    assert!(reply.body.contains(&format!("/feedback?t={ticket}")), "it can be changed: {}", reply.body);
    let second = fields(&[("t", ticket.as_str()), ("v", "wrong"), ("seen", "calm"), ("words", "quiet\r\nall day")]);
    assert_eq!(browser.send("/feedback", &second).await.status, 200);
    let all = kept(&buddy).await;
    let [only] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((only.subject.as_str(), only.opinion, only.seen), (id.as_str(), Opinion::Wrong, Some(Seen::Calm)));
    assert_eq!((only.words.as_str(), only.origin, only.by_member), ("quiet\nall day", FeedbackOrigin::Letter, true));
    let page = browser.get(&format!("/feedback?t={ticket}")).await;
    assert!(page.body.contains("quiet\nall day</textarea>"), "what was said stands in the form: {}", page.body);
    assert!(page.body.contains("2025-07-07 23:10 UTC"), "until when it can be changed: {}", page.body);
}

#[tokio::test]
async fn a_form_that_is_not_right_says_so_and_keeps_what_was_typed() {
    let buddy = Buddy::spawn().await;
    let (_, ticket) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let browser = Browser::new(&buddy);
    let hostile = "</textarea><script>alert(1)</script>";
    let long = hostile.repeat(40);
    for (verdict, seen, words, expected) in [
        ("", "calm", hostile, "Please fill this in."),
        ("perhaps", "", "", "Please choose one of these."),
        ("right", "storm", "", "Please choose one of these."),
        ("right", "", long.as_str(), "At most 1000 characters"),
    ] {
        let form = fields(&[("t", ticket.as_str()), ("v", verdict), ("seen", seen), ("words", words)]);
        let reply = browser.send("/feedback", &form).await;
        assert!(reply.status == 422 && reply.body.contains(expected), "{expected}: {}", reply.body);
        assert!(!reply.body.contains("<script>alert"), "{}", reply.body);
        assert!(words.is_empty() || reply.body.contains("&lt;/textarea&gt;&lt;script&gt;"), "{}", reply.body);
    }
    assert!(kept(&buddy).await.is_empty());
}

#[tokio::test]
async fn after_seven_days_an_answer_stands_as_it_is() {
    let buddy = Buddy::spawn().await;
    // It ended six and a half days ago, and was judged while it ran.
    let (id, ticket) = a_letter(&buddy, begun("BTC", Horizon::TwoDays, 204)).await;
    let giver = Giver::Account(account(&buddy, "ann").await);
    let said = |verdict| ForecastFeedback { verdict, seen: None, words: String::new() };
    let first_at = now() - SignedDuration::from_hours(7 * 24);
    let give = async |verdict, at| {
        let said = said(verdict);
        buddy.store.give_feedback(&id, &giver, &said, FeedbackOrigin::Letter, at).await.expect("answers")
    };
    assert_eq!(give(ForecastVerdict::Right, first_at).await, Giving::Kept);
    assert_eq!(give(ForecastVerdict::Wrong, now() - SignedDuration::from_secs(1)).await, Giving::Kept, "just in time");
    assert_eq!(give(ForecastVerdict::Right, now()).await, Giving::Closed);
    let browser = Browser::new(&buddy);
    let answer = fields(&[("t", ticket.as_str()), ("v", "right")]);
    for reply in [browser.get(&format!("/feedback?t={ticket}")).await, browser.send("/feedback", &answer).await] {
        assert!(reply.status == 409 && reply.body.contains("Your answer is kept"), "{}", reply.body);
    }
    assert_eq!(kept(&buddy).await[0].opinion, Opinion::Wrong);
}

#[tokio::test]
async fn links_that_open_nothing_say_what_to_do_and_record_nothing() {
    let buddy = Buddy::spawn().await;
    let (id, good) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let (key, ann) = (buddy.accounts.key(), account(&buddy, "ann").await);
    let tomorrow = now() + SignedDuration::from_hours(24);
    let nobody = AccountId::parse("account-of-nobody").expect("a name");
    let cases = [
        (good[..good.len() - 3].to_owned(), 400, "This link does not work"),
        (key.issue(Purpose::Unsubscribe, &[ann.as_str(), &id], tomorrow), 400, "This link does not work"),
        (ticket(key, &nobody, &id, now()), 400, "This link does not work"),
        ("<script>".to_owned(), 400, "This link does not work"),
        (ticket(key, &ann, &id, now() - SignedDuration::from_hours(7 * 24)), 410, "The time for this answer is over"),
        (ticket(key, &ann, "no-such-forecast", now()), 404, "There is no such forecast"),
    ];
    let browser = Browser::new(&buddy);
    for (ticket, status, expected) in cases {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("t", ticket.as_str()).finish();
        let opened = browser.get(&format!("/feedback?{query}")).await;
        let sent = browser.send("/feedback", &fields(&[("t", ticket.as_str()), ("v", "right")])).await;
        for reply in [opened, sent] {
            assert_eq!(reply.status, status, "{ticket}: {}", reply.body);
            assert!(reply.body.contains(expected), "{ticket}: {}", reply.body);
        }
    }
    assert_eq!(browser.get("/feedback").await.status, 404);
    assert_eq!(browser.get("/feedback?coin=BTC&horizon=48h").await.status, 404, "none was published");
    assert!(kept(&buddy).await.is_empty());
}

#[tokio::test]
async fn the_button_of_a_card_is_about_the_newest_forecast_that_has_ended() {
    let buddy = Buddy::spawn().await;
    let browser = Browser::new(&buddy);
    publish(&buddy.store, begun("BTC", Horizon::Day, 0)).await;
    let page = browser.get("/feedback?coin=BTC&horizon=24h&v=right").await;
    assert!(page.status == 200 && page.body.contains("2025-07-01 23:00 UTC"), "the one that runs: {}", page.body);
    assert!(page.body.contains("The period is still running"), "{}", page.body);
    for hours_ago in [24, 25, 300] {
        publish(&buddy.store, begun("BTC", Horizon::Day, hours_ago)).await;
    }
    let page = browser.get("/feedback?coin=BTC&horizon=24h&v=right").await;
    assert!(page.body.contains("2025-06-29 23:00 UTC") && page.body.contains("2025-06-30 23:00 UTC"), "{}", page.body);
    publish(&buddy.store, begun("ETH", Horizon::Day, 300)).await;
    let late = browser.get("/feedback?coin=ETH").await;
    assert!(late.status == 410 && late.body.contains("until seven days after"), "{}", late.body);
}

#[tokio::test]
async fn a_visitor_answers_and_changes_his_answer_and_nobody_elses() {
    let buddy = Buddy::spawn().await;
    let id = publish(&buddy.store, begun("BTC", Horizon::Day, 30)).await;
    let (one, other) = (Browser::new(&buddy), Browser::new(&buddy));
    for (browser, verdict) in [(&one, "right"), (&one, "wrong"), (&other, "right")] {
        let reply = browser.send("/feedback", &fields(&[("prediction", id.as_str()), ("v", verdict)])).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(browser.cookie("investbuddy_visitor").is_some(), "his cookie names him the next time");
    }
    let mut opinions: Vec<&str> = kept(&buddy).await.iter().map(|one| one.opinion.as_str()).collect();
    opinions.sort_unstable();
    assert_eq!(opinions, ["right", "wrong"]);
    assert!(kept(&buddy).await.iter().all(|one| !one.by_member && one.origin == FeedbackOrigin::Card));

    // Signed in, he answers under his account, whichever way he came.
    let member = Browser::of_member(&buddy, "ann").await;
    let ends_at = begun("BTC", Horizon::Day, 30).ends_at;
    let ticket = ticket(buddy.accounts.key(), &account(&buddy, "ann").await, &id, ends_at);
    member.send("/feedback", &fields(&[("prediction", id.as_str()), ("v", "right")])).await;
    Browser::new(&buddy).send("/feedback", &fields(&[("t", ticket.as_str()), ("v", "wrong")])).await;
    assert_eq!(kept(&buddy).await.len(), 3);
}

#[tokio::test]
async fn another_site_cannot_answer_for_a_reader() {
    let buddy = Buddy::spawn().await;
    let id = publish(&buddy.store, begun("BTC", Horizon::Day, 30)).await;
    let request = buddy
        .request("POST", "/feedback")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(format!("prediction={id}&v=right"));
    assert_eq!(Reply::of(request).await.status, 403);
    assert!(kept(&buddy).await.is_empty());
}

#[tokio::test]
async fn a_program_hands_an_answer_on_with_nothing_but_the_token() {
    let buddy = Buddy::spawn().await;
    let (id, token) = a_letter(&buddy, begun("BTC", Horizon::Day, 30)).await;
    let send = async |body: serde_json::Value| Reply::of(buddy.request("POST", "/api/v1/feedback").json(&body)).await;
    let reply = send(json!({ "token": token, "verdict": "wrong", "seen": "high", "words": "it jumped" })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let said = reply.json();
    for (name, expected) in [("symbol", "BTCUSDT"), ("horizon", "24h"), ("verdict", "wrong"), ("seen", "high")] {
        assert_eq!(said[name], expected);
    }
    assert_eq!(said["changeable_until"], "2025-07-07T23:10:00Z");
    assert!(reply.header("set-cookie").is_empty());
    let all = kept(&buddy).await;
    assert_eq!((all.len(), all[0].origin, all[0].words.as_str()), (1, FeedbackOrigin::Api, "it jumped"));

    let ann = account(&buddy, "ann").await;
    let key = buddy.accounts.key();
    let gone = ticket(key, &ann, &id, now() - SignedDuration::from_hours(8 * 24));
    let unknown = ticket(key, &ann, "no-such-forecast", now());
    for (body, status, code, field) in [
        (json!({ "token": "cut", "verdict": "right" }), 422, "invalid", "token"),
        (json!({ "token": token, "verdict": "perhaps" }), 422, "malformed_body", "verdict"),
        (json!({ "token": token, "verdict": "right", "seen": "storm" }), 422, "malformed_body", "seen"),
        (json!({ "token": token, "verdict": "right", "words": "a".repeat(1_001) }), 422, "invalid", "words"),
        (json!({ "verdict": "right" }), 422, "malformed_body", ""),
        (json!({ "token": gone, "verdict": "right" }), 410, "feedback_over", ""),
        (json!({ "token": unknown, "verdict": "right" }), 404, "unknown_forecast", ""),
    ] {
        let problem = send(body).await.problem(status, code);
        assert!(field.is_empty() || problem["field"] == field, "{problem}");
    }
    assert_eq!(kept(&buddy).await[0].opinion, Opinion::Wrong);
}

#[tokio::test]
async fn the_token_of_an_event_needs_no_account_and_its_last_answer_counts() {
    let buddy = Buddy::spawn().await;
    let forecast = begun("BTC", Horizon::Day, 30);
    let ends_at = forecast.ends_at;
    let id = publish(&buddy.store, forecast).await;
    let token = |url: &str| program_ticket(buddy.accounts.key(), url, &id, ends_at);
    let (one, other) = (token("https://one.example.org/hook"), token("https://other.example.org/hook"));
    for (token, verdict) in [(&one, "right"), (&one, "wrong"), (&other, "right")] {
        let body = json!({ "token": token, "verdict": verdict });
        let reply = Reply::of(buddy.request("POST", "/api/v1/feedback").json(&body)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let mut opinions: Vec<&str> = kept(&buddy).await.iter().map(|one| one.opinion.as_str()).collect();
    opinions.sort_unstable();
    assert_eq!(opinions, ["right", "wrong"]);
    let page = Browser::new(&buddy).get(&format!("/feedback?t={one}")).await;
    assert!(page.status == 200 && page.body.contains("Your answer can be changed until"), "{}", page.body);
}

#[tokio::test]
async fn only_an_operator_sees_what_operators_see() {
    let buddy = Buddy::spawn().await;
    let (visitor, member) = (Browser::new(&buddy), Browser::of_member(&buddy, "ann").await);
    let operator = Browser::of_operator(&buddy, "olga").await;
    for path in [
        "/operator",
        "/fr/operator",
        "/operator/feedback",
        "/operator/feedback.csv",
        "/operator/outbox",
        "/operator/jobs",
    ] {
        let to_sign_in = visitor.get(path).await;
        assert_eq!(to_sign_in.status, 303, "{path}");
        assert!(to_sign_in.header("location").contains("/account/sign-in?next="), "{path}");
        assert_eq!(member.get(path).await.status, 403, "{path}");
        let page = operator.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
    }
    assert!(member.get("/operator").await.body.contains("This page is for operators"));
    let replay = fields(&[("id", "some")]);
    assert_eq!(visitor.send("/operator/outbox/replay", &replay).await.status, 303);
    assert_eq!(member.send("/operator/outbox/replay", &replay).await.status, 403);
    for path in ["/api/v1/monitoring/prod_data.csv", "/api/v1/monitoring/ref_data.csv"] {
        visitor.get(path).await.problem(401, "sign_in_needed");
        member.get(path).await.problem(403, "not_allowed");
    }
    // No candles of the champion's training are in this store.
    operator.get("/api/v1/monitoring/ref_data.csv").await.problem(503, "not_ready");
}

fn rows(table: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let names = reader.headers().expect("names").clone();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    reader.records().map(|record| names.iter().zip(&record.expect("a row")).map(owned).collect()).collect()
}

#[tokio::test]
async fn production_data_have_features_outcome_and_feedback_in_one_row() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    let empty = operator.get("/api/v1/monitoring/prod_data.csv").await;
    assert_eq!(empty.body.trim_end(), production_columns().join(","));
    assert_eq!(empty.header("content-type"), "text/csv; charset=utf-8");

    // More than one page of the store.
    let many: Vec<MadeForecast> = (0..600).map(|hours_ago| made(begun("ETH", Horizon::Day, hours_ago))).collect();
    assert_eq!(buddy.store.publish(&many, now()).await.expect("published"), 600);
    let id = prediction_id(&begun("ETH", Horizon::Day, 30));
    let settled = Settled { id: id.clone(), outcome: Some((0.02, false)) };
    buddy.store.settle(&[settled], now()).await.expect("settled");
    for (verdict, seen) in [("right", "usual"), ("right", "usual"), ("wrong", "calm")] {
        let form = fields(&[("prediction", id.as_str()), ("v", verdict), ("seen", seen)]);
        assert_eq!(Browser::new(&buddy).send("/feedback", &form).await.status, 200);
    }
    let table = operator.get("/api/v1/monitoring/prod_data.csv").await.body;
    let rows = rows(&table);
    assert_eq!(rows.len(), 600);
    let stamps: Vec<&String> = rows.iter().map(|row| &row["timestamp"]).collect();
    assert!(stamps.is_sorted(), "the oldest first");
    let row = rows.iter().find(|row| row["timestamp"] == "2025-06-29T17:00:00Z").expect("the forecast");
    for (name, expected) in [
        ("symbol", "ETHUSDT"),
        ("horizon", "24h"),
        ("log_rv_1d", "-3.5"),
        ("rsi_14", "55"),
        ("prediction", "0"),
        ("target", "0"),
        ("prediction_proba", "0.27"),
        ("q50", "0.0199"),
        ("high_above", "0.0281"),
        ("feedback", "confirmed"),
        ("seen", "usual"),
        ("outcome", "0.02"),
        ("confirmed", "2"),
        ("denied", "1"),
    ] {
        assert_eq!(row[name], expected, "{name}");
    }
    assert_eq!(rows.iter().filter(|row| !row["feedback"].is_empty()).count(), 1, "only one was judged");
}

#[tokio::test]
async fn an_operator_lists_filters_and_takes_feedback_along() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    let btc = publish(&buddy.store, begun("BTC", Horizon::Day, 30)).await;
    let eth = publish(&buddy.store, begun("ETH", Horizon::Day, 30)).await;
    for (id, verdict, words) in
        [(&btc, "right", "=cmd|' /C calc'!A0"), (&eth, "wrong", "<img src=x onerror=alert(1)>, \"quoted\"\nand on")]
    {
        let form = fields(&[("prediction", id.as_str()), ("v", verdict), ("words", words)]);
        assert_eq!(Browser::new(&buddy).send("/feedback", &form).await.status, 200);
    }
    let page = operator.get("/operator/feedback").await.body;
    assert!(page.contains("&lt;img src=x") && !page.contains("<img src=x"), "{page}");
    for (query, shows_btc, shows_eth) in [
        ("kind=forecast", true, true),
        ("kind=answer", false, false),
        ("verdict=right", true, false),
        ("symbol=ETH", false, true),
        ("origin=card", true, true),
        ("origin=letter", false, false),
        ("from=2025-06-30&to=2025-06-30", true, true),
        ("to=2025-06-29", false, false),
        ("symbol=ETH&verdict=right", false, false),
    ] {
        let page = operator.get(&format!("/operator/feedback?{query}")).await.body;
        assert_eq!(page.contains("cmd|"), shows_btc, "{query}");
        assert_eq!(page.contains("onerror"), shows_eth, "{query}");
        let csv = operator.get(&format!("/operator/feedback.csv?{query}")).await.body;
        assert_eq!(rows(&csv).len(), usize::from(shows_btc) + usize::from(shows_eth), "{query}");
    }
    let wrong = operator.get("/operator/feedback?from=yesterday").await.body;
    assert!(wrong.contains("A day such as 2026-03-31"), "{wrong}");

    let csv = operator.get("/operator/feedback.csv").await.body;
    assert_eq!(csv.lines().next(), Some(FEEDBACK_COLUMNS.join(",").as_str()));
    let all = rows(&csv);
    let words: Vec<&str> = all.iter().map(|row| row["words"].as_str()).collect();
    assert!(words.contains(&"'=cmd|' /C calc'!A0"), "no spreadsheet runs it: {words:?}");
    assert!(words.contains(&"<img src=x onerror=alert(1)>, \"quoted\"\nand on"), "it comes back whole: {words:?}");
}

#[tokio::test]
async fn an_operator_sees_what_was_given_up_without_addresses_and_sends_it_again() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    let until = now() + SignedDuration::from_secs(60);
    let leased = buddy.store.lease_parcels(now(), until, 10).await.expect("leases");
    for parcel in &leased {
        assert!(buddy.store.mark_parcel_failed(parcel, None, "550 no such mailbox", now()).await.expect("marks"));
    }
    let page = operator.get("/operator/outbox?state=dead").await.body;
    for part in ["550 no such mailbox", "a…@example.org", "confirm_address", "Try again"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("ann@example.org") && !page.contains("olga@example.org"), "{page}");
    let id = leased[0].id.clone();
    let again = operator.send("/operator/outbox/replay", &fields(&[("id", id.as_str())])).await;
    assert_eq!((again.status, again.header("location")), (303, "/operator/outbox?done=replayed"));
    let counts = buddy.store.outbox_counts().await.expect("counts");
    assert_eq!(counts.waiting, 1);
    let twice = operator.send("/operator/outbox/replay", &fields(&[("id", id.as_str())])).await;
    assert_eq!(twice.header("location"), "/operator/outbox", "it waits already");
}

/// Fifteen months of a coin whose price swings, up to an instant.
fn swings(to_s: i64) -> CandleSeries {
    let hours = 450 * 24;
    let price = |hour: i64| {
        let hour = hour as f64;
        100.0 * (0.02 * (hour / 7.0).sin() * (1.2 + (hour / 400.0).sin()) + 0.01 * (hour / 3.1).cos()).exp()
    };
    (0..hours)
        .map(|hour| {
            let (open, close) = (price(hour - 1), price(hour));
            Candle {
                opens_at: instant(to_s - (hours - hour) * SECONDS_PER_HOUR),
                open,
                high: open.max(close) * 1.001,
                low: open.min(close) * 0.999,
                close,
                volume: 10.0 + (hour as f64 / 11.0).sin(),
            }
        })
        .collect()
}

#[tokio::test]
async fn the_reference_is_the_end_of_what_the_champion_was_trained_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("investbuddy.sqlite")).await.expect("a store");
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/models");
    let registry = Registry::new(shipped, folder.path().join("models"));
    let champion = registry.champion(SERVED).expect("a list").expect("a champion that ships");
    let trained_to_s = registry.manifest(&champion).expect("a manifest").trained_to.as_second();
    let bitcoin = coin("BTC");
    // What came after the training is in the store as well, and must not be in the reference.
    let candles = swings(trained_to_s + 30 * 24 * SECONDS_PER_HOUR);
    let batch = Batch {
        symbol: &bitcoin,
        source: "test",
        place: "",
        seen_at_s: None,
        candles: &candles,
        refused: &[],
        answered: None,
        file: None,
        now_s: NOW_S,
    };
    store.commit(&batch).await.expect("stored");
    let monitoring = Monitoring::new(store, registry);
    let table = monitoring.reference().await.expect("a reference");
    let table = std::str::from_utf8(&table).expect("text");
    assert_eq!(table.lines().next(), Some(reference_columns().join(",").as_str()));
    let rows = rows(table);
    assert!(rows.len() > 300 && rows.len() <= 10_000, "{}", rows.len());
    let last: Timestamp = rows[rows.len() - 1]["timestamp"].parse().expect("a time");
    let span = trained_to_s - last.as_second();
    assert!(
        (48 * SECONDS_PER_HOUR..=73 * SECONDS_PER_HOUR).contains(&span),
        "{last}: outcomes end within the training"
    );
    for row in &rows {
        let number = |name: &str| row[name].parse::<f64>().unwrap_or_else(|_| panic!("{name} in {row:?}"));
        assert_eq!(row["symbol"], "BTCUSDT");
        assert!(number("log_rv_1d").is_finite() && number("rsi_14").is_finite());
        let is_high = number("outcome") > number("high_above");
        assert_eq!(row["target"], if is_high { "1" } else { "0" });
    }
    assert!(rows.iter().any(|row| row["target"] == "1") && rows.iter().any(|row| row["target"] == "0"));
}

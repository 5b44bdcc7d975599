//! A running market: it goes online and offline, listens, catches up, and says when it makes things up.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::MarketOrigin;
use server::market::{Exchange, MarketSettings, Simulate};

use super::support::{HandClock, Place, Running, START_S, assert_same, candles, secluded, symbol, write_csv};
use crate::fake_exchange::{FakeExchange, candle_at};

const NOW_S: i64 = START_S + 300 * SECONDS_PER_HOUR + 60;

fn settings(exchange: &FakeExchange) -> MarketSettings {
    MarketSettings {
        live: true,
        sources: vec![Exchange::Binance],
        binance_url: exchange.url(),
        binance_stream_url: exchange.stream_url(),
        backfill_days: 365,
        ..secluded(&["BTC"])
    }
}

fn at(hour: i64) -> i64 {
    START_S + hour * SECONDS_PER_HOUR
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hole_between_the_archive_and_today_is_filled_by_the_exchange() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
    exchange.list(&symbol("BTC"), candles(0..301));
    write_csv(&place.archive().join("BTCUSDT_1h.csv"), &candles(0..200));
    let settings = MarketSettings { archive: Some(place.archive()), ..settings(&exchange) };
    let running = Running::start(settings, &place.store, &clock);
    let snapshot = running.until(|market| market.state.as_of.is_some_and(|as_of| as_of.as_second() == at(300))).await;
    assert_same(&snapshot.series[&symbol("BTC")], &candles(0..300));
    assert_eq!(snapshot.state.origin, MarketOrigin::Exchange);
    assert!(!snapshot.state.is_stale && !snapshot.state.is_offline);
    assert!(exchange.asked().iter().all(|request| request.from_s >= at(200)), "the archive's hours are not asked for");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_candles_arrive_by_stream_and_a_reconnect_brings_what_was_missed() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
    let all = candles(0..305);
    exchange.list(&symbol("BTC"), all.clone());
    let running = Running::start(settings(&exchange), &place.store, &clock);
    let mut changes = running.market.changes();
    let has_hours = |hours: usize| {
        move |market: &server::market::MarketSnapshot| {
            market.series.get(&symbol("BTC")).is_some_and(|series| series.len() == hours)
        }
    };
    running.until(has_hours(300)).await;
    assert_eq!(exchange.opened_streams(), 1);

    // The hour goes on, then it closes.
    clock.set(at(301));
    changes.mark_unchanged();
    exchange.announce(&symbol("BTC"), &candle_at(&all, at(300)), false);
    exchange.announce(&symbol("BTC"), &candle_at(&all, at(300)), true);
    running.until(has_hours(301)).await;
    assert!(changes.has_changed().expect("the market lives"));
    assert!(exchange.pongs() >= 1, "pings are answered");

    // Two hours close while the link is down.
    clock.set(at(303));
    exchange.drop_streams();
    let snapshot = running.until(has_hours(303)).await;
    assert_same(&snapshot.series[&symbol("BTC")], &candles(0..303));
    assert_eq!(snapshot.state.missing_hours, 0);

    // And the new stream works.
    while exchange.opened_streams() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    clock.set(at(304));
    exchange.announce(&symbol("BTC"), &candle_at(&all, at(303)), true);
    running.until(has_hours(304)).await;
    running.stop().await;
    assert_same(&place.store.load_candles(&symbol("BTC")).await.expect("reads"), &candles(0..304));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_is_given_up_and_opened_anew() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
    exchange.list(&symbol("BTC"), candles(0..301));
    let settings = MarketSettings { stream_silence_ms: 100, ..settings(&exchange) };
    let running = Running::start(settings, &place.store, &clock);
    running.until(|_| exchange.opened_streams() >= 3).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_exchange_the_market_serves_what_it_has_and_goes_online_later() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    // A port that nobody listens at: taken, and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port");
    write_csv(&place.archive().join("BTCUSDT_1h.csv"), &candles(0..200));
    let settings = MarketSettings {
        archive: Some(place.archive()),
        live: true,
        sources: vec![Exchange::Binance],
        binance_url: format!("http://{address}"),
        binance_stream_url: format!("ws://{address}"),
        ..secluded(&["BTC"])
    };
    let running = Running::start(settings, &place.store, &clock);
    let snapshot = running.until(|market| market.state.is_offline).await;
    assert_eq!(snapshot.series[&symbol("BTC")].len(), 200);
    assert!(snapshot.state.is_stale);
    assert!(snapshot.state.retries_at.is_some_and(|retry| retry.as_second() > NOW_S));

    let exchange = FakeExchange::start_at(Arc::<HandClock>::clone(&clock), address).await;
    exchange.list(&symbol("BTC"), candles(0..301));
    let snapshot = running.until(|market| !market.state.is_stale).await;
    assert!(!snapshot.state.is_offline);
    assert_eq!(snapshot.state.retries_at, None);
    assert_same(&snapshot.series[&symbol("BTC")], &candles(0..300));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_exchange_stands_in_for_one_that_refuses_us() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
    exchange.list(&symbol("BTC"), candles(0..301));
    let settings = MarketSettings {
        sources: vec![Exchange::Binance, Exchange::Coinbase],
        binance_url: format!("{}/blocked", exchange.url()),
        coinbase_url: exchange.url(),
        ..settings(&exchange)
    };
    let running = Running::start(settings, &place.store, &clock);
    let snapshot = running.until(|market| market.state.as_of.is_some_and(|as_of| as_of.as_second() == at(300))).await;
    assert_eq!(snapshot.series[&symbol("BTC")].len(), 300);
    assert_eq!(place.store.newest_candle(&symbol("BTC")).await.expect("reads"), Some((at(299), "coinbase".to_owned())));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_in_reach_the_market_is_simulated_says_so_and_gives_way_to_real_candles() {
    let (place, clock) = (Place::new().await, HandClock::at(NOW_S));
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port");
    let settings = MarketSettings {
        live: true,
        sources: vec![Exchange::Binance],
        binance_url: format!("http://{address}"),
        binance_stream_url: format!("ws://{address}"),
        simulate: Simulate::WhenNothingElse,
        ..secluded(&["BTC", "ETH"])
    };
    let running = Running::start(settings, &place.store, &clock);
    let snapshot = running.until(|market| market.series.len() == 2).await;
    assert_eq!(snapshot.state.origin, MarketOrigin::Simulated);
    assert!(snapshot.state.is_offline);
    assert_eq!(snapshot.state.as_of.map(jiff::Timestamp::as_second), Some(at(300)));
    assert_eq!(place.store.load_candles(&symbol("BTC")).await.expect("reads").len(), 0, "it is never stored");

    let exchange = FakeExchange::start_at(Arc::<HandClock>::clone(&clock), address).await;
    exchange.list(&symbol("BTC"), candles(0..301));
    let snapshot = running.until(|market| market.state.origin == MarketOrigin::Exchange).await;
    assert_eq!(
        snapshot.series.keys().collect::<Vec<_>>(),
        [&symbol("BTC")],
        "no simulated coin stays beside a real one"
    );
    assert_same(&snapshot.series[&symbol("BTC")], &candles(0..300));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_that_is_killed_in_a_back_fill_goes_on_where_it_stopped() {
    let (place, clock) = (Place::new().await, HandClock::at(START_S + 5_000 * SECONDS_PER_HOUR));
    let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
    exchange.list(&symbol("BTC"), candles(0..5_000));
    let settings =
        MarketSettings { sources: vec![Exchange::Coinbase], coinbase_url: exchange.url(), ..settings(&exchange) };
    let running = Running::start(settings.clone(), &place.store, &clock);
    while place.store.newest_candle(&symbol("BTC")).await.expect("reads").is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    running.stop().await;
    let had = place.store.load_candles(&symbol("BTC")).await.expect("reads");
    assert_same(&had, &candles(0..i64::try_from(had.len()).expect("few")));

    exchange.forget_asked();
    let again = Running::start(settings, &place.store, &clock);
    again.until(|market| market.series.get(&symbol("BTC")).is_some_and(|series| series.len() == 5_000)).await;
    again.stop().await;
    assert_same(&place.store.load_candles(&symbol("BTC")).await.expect("reads"), &candles(0..5_000));
    let repeated = exchange.asked().iter().filter(|request| Some(request.from_s) < had.closes_at_s()).count();
    assert_eq!(repeated, 0, "nothing that is stored is asked for again");
}

//! Archives: what is in a folder is on the pages, and in the store.

use std::io::Write;
use std::sync::Arc;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{MarketOrigin, Symbol};
use server::market::{MarketSettings, gaps};

use super::support::{
    HandClock, Place, Running, START_S, assert_same, candles, open_store, secluded, shared_archive, symbol, write_csv,
};

const NOW_S: i64 = START_S + 1_000 * SECONDS_PER_HOUR;

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_shown_stored_and_served_from_the_store_the_next_time() {
    let place = Place::new().await;
    let (btc, series) = (symbol("BTC"), candles((0..300).chain(310..400)));
    write_csv(&place.archive().join("BTCUSDT_1h.csv"), &series);
    let settings = MarketSettings { archive: Some(place.archive()), ..secluded(&["BTC"]) };
    let clock = HandClock::at(NOW_S);

    let running = Running::start(settings, &place.store, &clock);
    // Candles are shown first; only then is an exchange looked for, and not found.
    let snapshot = running.until(|market| market.state.loading.is_none() && market.state.is_offline).await;
    assert_same(&snapshot.series[&btc], &series);
    assert_eq!(snapshot.state.origin, MarketOrigin::Archive);
    assert_eq!(snapshot.state.missing_hours, 10);
    assert_eq!(snapshot.state.as_of.map(jiff::Timestamp::as_second), Some(START_S + 400 * SECONDS_PER_HOUR));
    assert!(snapshot.state.is_stale);
    running.stop().await;

    // Without the archive: everything comes from the store.
    let again = Running::start(secluded(&["BTC"]), &place.store, &clock);
    let snapshot = again.until(|market| market.state.loading.is_none()).await;
    assert_same(&snapshot.series[&btc], &series);
    let stored = place.store.gaps().await.expect("reads the gaps");
    assert_eq!(stored[&btc], gaps::find(&series));
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_counted_once_and_the_good_rows_of_the_same_file_load() {
    let place = Place::new().await;
    let path = place.archive().join("ETHUSDT_1h.csv");
    write_csv(&path, &candles(0..50));
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("opens");
    let next_ms = (START_S + 50 * SECONDS_PER_HOUR) * 1_000;
    writeln!(file, "{next_ms},100,90,110,100,1\n{next_ms},NaN,1,1,1,1\nhello\n{next_ms},100,101,99,100,7")
        .expect("writes");
    let settings = MarketSettings { archive: Some(place.archive()), ..secluded(&["ETH"]) };
    let clock = HandClock::at(NOW_S);
    for age in ["first", "touched"] {
        let running = Running::start(settings.clone(), &place.store, &clock);
        let snapshot =
            running.until(|market| market.state.loading.is_none() && market.state.quarantined_rows > 0).await;
        assert_eq!(snapshot.series[&symbol("ETH")].len(), 51, "{age}");
        assert_eq!(snapshot.state.quarantined_rows, 3, "{age}");
        running.stop().await;
        // The second time the file looks new, and is read again.
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("touches the file");
    }
    let reasons = place.store.quarantined_by_reason().await.expect("reads the quarantine");
    let reasons: Vec<(&str, i64)> = reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(reasons, [("high_below_low", 1), ("not_finite", 1), ("unreadable", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn binance_s_monthly_zip_with_microseconds_is_read() {
    let place = Place::new().await;
    let path = place.archive().join("SOLUSDT-1h-2025-01.zip");
    let series = candles(0..48);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).expect("creates"));
    zip.start_file("SOLUSDT-1h-2025-01.csv", zip::write::SimpleFileOptions::default()).expect("starts");
    for candle in series.iter() {
        let opens_us = candle.opens_at.as_microsecond();
        let closes_us = opens_us + 3_600_000_000 - 1;
        let (open, high, low, close, volume) = (candle.open, candle.high, candle.low, candle.close, candle.volume);
        writeln!(zip, "{opens_us},{open},{high},{low},{close},{volume},{closes_us},1.0,5,0.5,0.5,0").expect("writes");
    }
    zip.finish().expect("finishes");
    let settings = MarketSettings { archive: Some(place.archive()), ..secluded(&["SOL"]) };
    let running = Running::start(settings, &place.store, &HandClock::at(NOW_S));
    let snapshot = running.until(|market| market.state.loading.is_none()).await;
    assert_same(&snapshot.series[&symbol("SOL")], &series);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_does_not_keep_the_others_out() {
    let place = Place::new().await;
    std::fs::write(place.archive().join("BTCUSDT_1h.parquet"), "not Parquet").expect("writes");
    std::fs::write(place.archive().join("ADAUSDT_1h.csv"), "time,price\n1,2\n").expect("writes");
    write_csv(&place.archive().join("ETHUSDT_1h.csv"), &candles(0..10));
    let settings = MarketSettings { archive: Some(place.archive()), ..secluded(&["BTC", "ADA", "ETH"]) };
    let running = Running::start(settings, &place.store, &HandClock::at(NOW_S));
    let snapshot = running.until(|market| market.state.loading.is_none()).await;
    assert_eq!(snapshot.series.keys().collect::<Vec<_>>(), [&symbol("ETH")]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_candles_load_whole_fast_and_without_a_refusal() {
    let Some(archive) = shared_archive() else { return };
    let place = Place::new().await;
    let settings = MarketSettings { archive: Some(archive), symbols: Symbol::followed(), ..secluded(&[]) };
    let clock = HandClock::at(1_751_500_000);
    let began = std::time::Instant::now();
    let running = Running::start(settings, &place.store, &clock);
    let shown = running.until(|market| market.series.len() == 9).await;
    let shown_after = began.elapsed();
    assert_eq!(shown.series[&symbol("BTC")].len(), 68_868);
    assert_eq!(shown.series.values().map(|series| series.len()).sum::<usize>(), 524_005);
    assert_eq!(shown.state.quarantined_rows, 0);
    running.until(|market| market.state.loading.is_none() && market.state.is_offline).await;
    let stored_after = began.elapsed();
    assert_eq!(place.store.quarantined_rows().await.expect("reads"), 0, "no real candle is refused");
    running.stop().await;
    place.store.close().await;

    let store = open_store(place.folder.path()).await;
    let began = std::time::Instant::now();
    let again = Running::start(MarketSettings { symbols: Symbol::followed(), ..secluded(&[]) }, &store, &clock);
    let loaded = again.until(|market| market.state.loading.is_none()).await;
    println!("shown {shown_after:?}, stored {stored_after:?}, loaded again {:?}", began.elapsed());
    assert!(loaded.series.iter().all(|(symbol, series)| Arc::as_ref(series) == Arc::as_ref(&shown.series[symbol])));
    again.stop().await;
}

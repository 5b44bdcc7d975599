//! Candles, gaps, refused rows and what has been read already.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use server::market::gaps::Gap;
use server::market::quarantine::{Reason, Refused};
use server::store::{Answered, ArchiveFile, Batch, Committed, Store};

use super::World;

on_both!(
    numbers_come_back_bit_for_bit,
    what_is_known_first_stays,
    a_batch_of_thousands_is_stored_whole_and_adds_nothing_the_second_time,
    refused_rows_are_counted_once_however_long_they_are,
    what_a_source_answered_grows_where_it_touches,
    a_file_is_remembered_as_it_was_when_it_was_read_last,
    gaps_are_replaced_coin_by_coin,
);

fn coin(text: &str) -> Symbol {
    Symbol::parse(text).expect(text)
}

/// Candles of consecutive hours with these prices.
fn candles(from_hour: i64, prices: &[f64]) -> CandleSeries {
    CandleSeries {
        opens_at_s: (from_hour..).take(prices.len()).map(|hour| hour * SECONDS_PER_HOUR).collect(),
        open: prices.to_vec(),
        high: prices.to_vec(),
        low: prices.to_vec(),
        close: prices.to_vec(),
        volume: prices.to_vec(),
    }
}

async fn store(store: &Store, symbol: &Symbol, candles: &CandleSeries, refused: &[Refused]) -> Committed {
    let batch = Batch {
        symbol,
        source: "binance",
        place: "",
        seen_at_s: None,
        candles,
        refused,
        answered: None,
        file: None,
        now_s: 1,
    };
    store.commit(&batch).await.expect("stored")
}

async fn numbers_come_back_bit_for_bit(fresh: World) {
    let prices = [
        0.1,
        0.1 + 0.2,
        1.0 / 3.0,
        5e-324,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::EPSILON,
        123_456_789.123_456_79,
        9_007_199_254_740_992.0,
        1.797_693_134_862_315_5e308,
        6.626_070_15e-34,
        0.0,
        100.0,
    ];
    let btc = coin("BTC");
    let written = candles(400_000, &prices);
    assert_eq!(store(&fresh.store, &btc, &written, &[]).await, Committed { added: 13, quarantined: 0 });
    let read = fresh.store.load_candles(&btc).await.expect("read");
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(read.opens_at_s, written.opens_at_s);
    for (read, written) in [
        (&read.open, &written.open),
        (&read.high, &written.high),
        (&read.low, &written.low),
        (&read.close, &written.close),
        (&read.volume, &written.volume),
    ] {
        assert_eq!(bits(read), bits(written));
    }
}

async fn what_is_known_first_stays(fresh: World) {
    let (btc, eth) = (coin("BTC"), coin("ETH"));
    store(&fresh.store, &btc, &candles(10, &[1.0, 2.0]), &[]).await;
    let again = store(&fresh.store, &btc, &candles(11, &[7.0, 8.0]), &[]).await;
    assert_eq!(again.added, 1);
    assert_eq!(fresh.store.load_candles(&btc).await.expect("read").close, [1.0, 2.0, 8.0]);
    assert!(fresh.store.load_candles(&eth).await.expect("read").is_empty());
    let newest = fresh.store.newest_candle(&btc).await.expect("read");
    assert_eq!(newest, Some((12 * SECONDS_PER_HOUR, "binance".to_owned())));
    assert_eq!(fresh.store.newest_candle(&eth).await.expect("read"), None);
}

async fn a_batch_of_thousands_is_stored_whole_and_adds_nothing_the_second_time(fresh: World) {
    let prices: Vec<f64> = (0..4_321).map(f64::from).collect();
    let series = candles(0, &prices);
    for added in [4_321, 0] {
        assert_eq!(store(&fresh.store, &coin("BTC"), &series, &[]).await.added, added);
    }
    assert_eq!(fresh.store.load_candles(&coin("BTC")).await.expect("read"), series);
}

async fn refused_rows_are_counted_once_however_long_they_are(fresh: World) {
    let refused = |raw: String, reason| Refused { row: None, open_time_ms: Some(-1), reason, raw };
    let long = "é🦀".repeat(20_000);
    let rows = [
        refused(long.clone(), Reason::Unreadable),
        refused(format!("{long} "), Reason::Unreadable),
        refused(long.clone(), Reason::NotFinite),
        refused(String::new(), Reason::Unreadable),
    ];
    for (again, quarantined) in [4, 0].into_iter().enumerate() {
        let committed = store(&fresh.store, &coin("BTC"), &CandleSeries::default(), &rows).await;
        assert_eq!(committed, Committed { added: 0, quarantined }, "time {again}");
    }
    assert_eq!(store(&fresh.store, &coin("ETH"), &CandleSeries::default(), &rows[..1]).await.quarantined, 1);
    assert_eq!(fresh.store.quarantined_rows().await.expect("counted"), 5);
    let by_reason = fresh.store.quarantined_by_reason().await.expect("counted");
    assert_eq!(by_reason, [("not_finite".to_owned(), 1), ("unreadable".to_owned(), 4)]);
}

async fn what_a_source_answered_grows_where_it_touches(fresh: World) {
    let btc = coin("BTC");
    for (from_s, next_s) in [(0, 10), (10, 20), (5, 8), (30, 40)] {
        let batch = Batch {
            symbol: &btc,
            source: "binance",
            place: "",
            seen_at_s: None,
            candles: &CandleSeries::default(),
            refused: &[],
            answered: Some(Answered { from_s, next_s }),
            file: None,
            now_s: 1,
        };
        fresh.store.commit(&batch).await.expect("stored");
    }
    let answered = fresh.store.answered("binance", &btc).await.expect("read");
    assert_eq!(answered, [Answered { from_s: 0, next_s: 20 }, Answered { from_s: 30, next_s: 40 }]);
    assert!(fresh.store.answered("Binance", &btc).await.expect("read").is_empty());
}

async fn a_file_is_remembered_as_it_was_when_it_was_read_last(fresh: World) {
    let path = format!("/srv/café/{}/BTCUSDT_1h.csv", "deep/".repeat(100));
    for modified_ms in [1, 1, 2] {
        let file = ArchiveFile { path: path.clone(), size_bytes: i64::MAX, modified_ms };
        let batch = Batch {
            symbol: &coin("BTC"),
            source: "archive",
            place: &path,
            seen_at_s: Some(5),
            candles: &CandleSeries::default(),
            refused: &[Refused { row: Some(7), open_time_ms: None, reason: Reason::TooOld, raw: "x".to_owned() }],
            answered: None,
            file: Some(&file),
            now_s: 1,
        };
        fresh.store.commit(&batch).await.expect("stored");
    }
    let files = fresh.store.archive_files().await.expect("read");
    assert_eq!(files, [ArchiveFile { path, size_bytes: i64::MAX, modified_ms: 2 }]);
    let whole = "select count(*) from quarantine where place like '/srv/%/BTCUSDT_1h.csv:7'";
    assert_eq!(fresh.raw().await.number(whole).await, 1, "a long place is not cut short");
}

async fn gaps_are_replaced_coin_by_coin(fresh: World) {
    let (btc, eth) = (coin("BTC"), coin("ETH"));
    let gap = |from_s| Gap { from_s, to_s: from_s + 1 };
    fresh.store.replace_gaps(&btc, &[gap(3), gap(1)]).await.expect("stored");
    fresh.store.replace_gaps(&eth, &[gap(5)]).await.expect("stored");
    fresh.store.replace_gaps(&btc, &[gap(1), gap(2)]).await.expect("stored");
    let gaps = fresh.store.gaps().await.expect("read");
    assert_eq!(gaps[&btc], [gap(1), gap(2)]);
    assert_eq!(gaps[&eth], [gap(5)]);
}

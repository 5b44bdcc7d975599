//! Ingestion from an exchange: complete, resumable, idempotent, polite, and not fooled.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::{Clock, SECONDS_PER_HOUR};
use server::market::gaps::Gap;
use server::market::ingest::{IngestSummary, Ingestion};
use server::market::progress::Silent;
use server::market::{Exchange, IngestError, MarketSettings, SourceError};
use server::store::Store;

use super::support::{
    HandClock, Place, START_S, assert_same, candles, open_store, secluded, shared_archive, symbol, write_csv,
};
use crate::fake_exchange::{FakeExchange, Fault};

/// Half an hour into hour 2,500.
const NOW_S: i64 = START_S + 2_500 * SECONDS_PER_HOUR + 1_800;

struct Bench {
    place: Place,
    clock: Arc<HandClock>,
    exchange: FakeExchange,
    settings: MarketSettings,
}

impl Bench {
    /// An exchange that has BTC from hour 0 to the present one, and nothing in the store.
    async fn new() -> Self {
        let clock = HandClock::at(NOW_S);
        let exchange = FakeExchange::start(Arc::<HandClock>::clone(&clock)).await;
        exchange.list(&symbol("BTC"), candles(0..2_501));
        let settings = MarketSettings {
            live: true,
            backfill_days: 365,
            binance_url: exchange.url(),
            coinbase_url: exchange.url(),
            yahoo_url: exchange.url(),
            request_timeout_ms: 300,
            ..secluded(&["BTC"])
        };
        Self { place: Place::new().await, clock, exchange, settings }
    }

    async fn ingest(&self, from: Exchange) -> Result<IngestSummary, IngestError> {
        self.ingest_into(&self.place.store, from).await
    }

    async fn ingest_into(&self, store: &Arc<Store>, from: Exchange) -> Result<IngestSummary, IngestError> {
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&self.clock);
        let ingestion = Ingestion::new(self.settings.clone(), Arc::clone(store), clock).await.expect("reads the store");
        ingestion.exchange(from, None, None, &Silent).await
    }

    /// Whether the store holds exactly the closed hours.
    async fn assert_complete(&self) {
        let stored = self.place.store.load_candles(&symbol("BTC")).await.expect("reads");
        assert_same(&stored, &candles(0..2_500));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_put_together_and_the_open_hour_is_left_out() {
    for exchange in [Exchange::Binance, Exchange::Coinbase] {
        let bench = Bench::new().await;
        let summary = bench.ingest(exchange).await.expect("ingests");
        assert_eq!((summary.added, summary.quarantined), (2_500, 0), "{exchange:?}");
        bench.assert_complete().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yahoo_gives_the_same_hours_with_volumes_turned_into_coins() {
    let bench = Bench::new().await;
    let summary = bench.ingest(Exchange::Yahoo).await.expect("ingests");
    assert_eq!((summary.added, summary.quarantined), (2_500, 0));
    let stored = bench.place.store.load_candles(&symbol("BTC")).await.expect("reads");
    assert_same(&stored, &candles(0..2_500));
}

#[tokio::test(flavor = "multi_thread")]
async fn ingesting_twice_changes_nothing_and_asks_for_nothing() {
    let bench = Bench::new().await;
    bench.ingest(Exchange::Binance).await.expect("ingests");
    bench.exchange.forget_asked();
    let again = bench.ingest(Exchange::Binance).await.expect("ingests again");
    assert_eq!((again.added, again.quarantined), (0, 0));
    assert_eq!(bench.exchange.asked().len(), 0);
    bench.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_off_ingestion_had_is_not_asked_for_again() {
    let mut bench = Bench::new().await;
    // Coinbase's pages are the smallest: nine of them.
    bench.settings.backfill_days = 105;
    bench.exchange.fail_next([Fault::Slow(Duration::ZERO), Fault::Slow(Duration::ZERO), Fault::Slow(Duration::ZERO)]);
    bench.exchange.fail_next(vec![Fault::Status(503); 3]);
    let broken = bench.ingest(Exchange::Coinbase).await;
    assert!(matches!(broken, Err(IngestError::Source(SourceError::Unreachable { .. }))), "{broken:?}");
    let had = bench.place.store.load_candles(&symbol("BTC")).await.expect("reads");
    assert!((1..2_500).contains(&had.len()), "some pages are stored: {}", had.len());

    bench.exchange.forget_asked();
    let store = open_store(bench.place.folder.path()).await;
    bench.ingest_into(&store, Exchange::Coinbase).await.expect("goes on");
    let asked = bench.exchange.asked();
    assert!(asked.iter().all(|request| request.from_s >= had.closes_at_s().expect("has candles")), "{asked:?}");
    bench.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_pass_cost_nothing() {
    let bench = Bench::new().await;
    bench.exchange.fail_next([
        Fault::Status(500),
        Fault::Cut,
        Fault::Slow(Duration::ZERO),
        Fault::WrongJson,
        Fault::Slow(Duration::from_millis(600)),
    ]);
    let summary = bench.ingest(Exchange::Binance).await.expect("ingests in spite of it");
    assert_eq!((summary.added, summary.quarantined), (2_500, 0));
    bench.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let bench = Bench::new().await;
    bench.exchange.fail_next([Fault::RateLimited { status: 429, retry_after_s: 1 }]);
    bench.ingest(Exchange::Binance).await.expect("ingests after the pause");
    let asked = bench.exchange.asked();
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1), "waited {:?}", asked[1].at - asked[0].at);
    bench.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn near_the_weight_limit_the_next_request_waits_for_the_next_minute() {
    let mut bench = Bench::new().await;
    bench.settings.backfill_days = 50;
    bench.clock.set(NOW_S + 59);
    bench.exchange.set_used_weight(bench.settings.binance_weight_per_minute * 9 / 10);
    bench.ingest(Exchange::Binance).await.expect("ingests");
    let asked = bench.exchange.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1), "waited {:?}", asked[1].at - asked[0].at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_ends_the_ingestion_at_once_and_says_for_how_long() {
    let bench = Bench::new().await;
    bench.exchange.fail_always(Some(Fault::RateLimited { status: 418, retry_after_s: 600 }));
    let began = Instant::now();
    let error = bench.ingest(Exchange::Binance).await.expect_err("banned");
    assert!(matches!(error, IngestError::Source(SourceError::RateLimited { retry_after_s: 590..=600, .. })), "{error}");
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(bench.exchange.asked().len(), 1, "nothing is sent to whoever has banned us");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_stays_broken_is_given_up_after_the_attempts_of_the_settings() {
    let bench = Bench::new().await;
    bench.exchange.fail_always(Some(Fault::Status(500)));
    bench.ingest(Exchange::Binance).await.expect_err("broken");
    assert_eq!(bench.exchange.asked().len(), bench.settings.attempts as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rows_are_quarantined_once_and_the_rest_loads() {
    let bench = Bench::new().await;
    bench.exchange.fail_next([Fault::OutOfOrder, Fault::Doubled, Fault::Impossible]);
    let summary = bench.ingest(Exchange::Binance).await.expect("ingests");
    let reasons = bench.place.store.quarantined_by_reason().await.expect("reads");
    let reasons: Vec<(&str, i64)> = reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    // Rows 1 and 3 changed places: the longest chain keeps one of the three rows involved.
    assert_eq!(reasons, [("duplicate_time", 1), ("high_below_low", 1), ("unordered_time", 2)]);
    assert_eq!((summary.added, summary.quarantined), (2_497, 4));
    assert_eq!(summary.coins[0].missing_hours, 3);

    // The exchange has recovered: the holes are asked for, and filled by its own candles.
    bench.clock.set(NOW_S + 48 * SECONDS_PER_HOUR);
    bench.exchange.list(&symbol("BTC"), candles(0..2_500));
    bench.ingest(Exchange::Coinbase).await.expect("ingests");
    bench.assert_complete().await;
    assert_eq!(bench.place.store.gaps().await.expect("reads").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_of_the_exchange_stays_a_gap_until_a_file_brings_the_hours() {
    let bench = Bench::new().await;
    bench.exchange.list(&symbol("BTC"), candles((0..1_000).chain(1_033..2_501)));
    let summary = bench.ingest(Exchange::Binance).await.expect("ingests");
    let gap = Gap { from_s: START_S + 1_000 * SECONDS_PER_HOUR, to_s: START_S + 1_033 * SECONDS_PER_HOUR };
    assert_eq!((summary.coins[0].gaps, summary.coins[0].missing_hours), (1, 33));
    assert_eq!(bench.place.store.gaps().await.expect("reads")[&symbol("BTC")], [gap]);

    // The exchange has said that it has nothing there, and is not asked again.
    bench.exchange.forget_asked();
    bench.ingest(Exchange::Binance).await.expect("ingests again");
    assert_eq!(bench.exchange.asked().len(), 0);

    write_csv(&bench.place.archive().join("BTCUSDT_1h.csv"), &candles(990..1_040));
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&bench.clock);
    let ingestion = Ingestion::new(bench.settings.clone(), Arc::clone(&bench.place.store), clock).await.expect("reads");
    let summary = ingestion.archive(&bench.place.archive(), &Silent).await.expect("reads the file");
    assert_eq!((summary.added, summary.coins[0].gaps), (33, 0));
    bench.assert_complete().await;
    assert_eq!(bench.place.store.gaps().await.expect("reads").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coin_that_the_exchange_does_not_have_keeps_no_other_out() {
    let bench = Bench::new().await;
    let settings = MarketSettings { symbols: vec![symbol("LINK"), symbol("BTC")], ..bench.settings.clone() };
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&bench.clock);
    for exchange in [Exchange::Binance, Exchange::Coinbase, Exchange::Yahoo] {
        let place = Place::new().await;
        let ingestion = Ingestion::new(settings.clone(), place.store, Arc::clone(&clock)).await.expect("reads");
        let summary = ingestion.exchange(exchange, None, None, &Silent).await.expect("ingests");
        assert_eq!(summary.added, 2_500, "{exchange:?}");
        assert!(summary.coins_failed > 0, "{exchange:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_is_brought_whole_also_before_the_first_candle() {
    let bench = Bench::new().await;
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&bench.clock);
    let ingestion = Ingestion::new(bench.settings.clone(), Arc::clone(&bench.place.store), clock).await.expect("reads");
    let at = |hour: i64| Some(START_S + hour * SECONDS_PER_HOUR);
    ingestion.exchange(Exchange::Binance, at(2_000), at(2_010), &Silent).await.expect("ingests");
    let summary = ingestion.exchange(Exchange::Binance, at(1_990), at(2_020), &Silent).await.expect("ingests");
    assert_eq!(summary.added, 20);
    let stored = bench.place.store.load_candles(&symbol("BTC")).await.expect("reads");
    assert_same(&stored, &candles(1_990..2_020));
}

#[tokio::test(flavor = "multi_thread")]
async fn real_candles_survive_the_way_through_an_exchange_bit_by_bit() {
    let Some(archive) = shared_archive() else { return };
    let mut bench = Bench::new().await;
    bench.settings.symbols = vec![symbol("DOGE")];
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&bench.clock);
    bench.clock.set(1_751_500_000);
    let real = {
        let place = Place::new().await;
        let ingestion = Ingestion::new(bench.settings.clone(), Arc::clone(&place.store), clock).await.expect("reads");
        ingestion.archive(&archive, &Silent).await.expect("reads the archive");
        place.store.load_candles(&symbol("DOGE")).await.expect("reads")
    };
    bench.exchange.list(&symbol("DOGE"), real.clone());
    bench.settings.backfill_days = 4_000;
    let summary = bench.ingest(Exchange::Binance).await.expect("ingests");
    assert_eq!(summary.quarantined, 0);
    let stored = bench.place.store.load_candles(&symbol("DOGE")).await.expect("reads");
    assert!(stored == real, "every bit of {} candles", real.len());
}

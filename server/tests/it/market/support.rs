//! What the tests of market data share: a clock that stands still, a store of its own, candles, waiting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::clock::{Clock, SECONDS_PER_HOUR, instant};
use domain::market::{CandleSeries, Symbol};
use jiff::Timestamp;
use server::market::{Market, MarketSettings, MarketSnapshot, Simulate};
use server::store::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A full hour with round numbers: 2024-01-01 00:00 UTC.
pub(crate) const START_S: i64 = 1_704_067_200;

/// A clock that moves only when a test moves it.
#[derive(Debug)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn at(at_s: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at_s)))
    }

    pub(crate) fn set(&self, at_s: i64) {
        self.0.store(at_s, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        instant(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).expect("a symbol")
}

/// Settings that reach nothing: no folder, no exchange, no simulator, short pauses.
pub(crate) fn secluded(symbols: &[&str]) -> MarketSettings {
    MarketSettings {
        symbols: symbols.iter().map(|text| symbol(text)).collect(),
        archive_folders: Vec::new(),
        live: false,
        simulate: Simulate::Never,
        request_timeout_ms: 2_000,
        attempts: 3,
        retry_pause_ms: 20,
        longest_pause_ms: 100,
        ..MarketSettings::default()
    }
}

/// Candles of the hours `hours`, counted from [`START_S`], with prices that tell the hour.
pub(crate) fn candles(hours: impl IntoIterator<Item = i64>) -> CandleSeries {
    let mut series = CandleSeries::default();
    for hour in hours {
        let price = 100.0 + (hour as f64 / 7.0).sin();
        series.opens_at_s.push(START_S + hour * SECONDS_PER_HOUR);
        series.open.push(price);
        series.high.push(price + 1.0);
        series.low.push(price - 1.0);
        series.close.push(price + 0.5);
        series.volume.push(10.0 + hour as f64);
    }
    series
}

/// Asserts that both series hold the same hours and, to the last but one digit, the same numbers: JSON numbers are
/// read to within one unit of the last place.
#[track_caller]
pub(crate) fn assert_same(found: &CandleSeries, expected: &CandleSeries) {
    assert_eq!(found.len(), expected.len(), "number of candles");
    for (left, right) in found.iter().zip(expected.iter()) {
        assert_eq!(left.opens_at, right.opens_at);
        for (a, b) in [
            (left.open, right.open),
            (left.high, right.high),
            (left.low, right.low),
            (left.close, right.close),
            (left.volume, right.volume),
        ] {
            assert!((a - b).abs() <= 1e-12 * b.abs(), "{left:?} is not {right:?}");
        }
    }
}

/// A CSV file in our own format.
pub(crate) fn write_csv(path: &Path, series: &CandleSeries) {
    let mut text = "open_time_ms,open,high,low,close,volume\n".to_owned();
    for candle in series.iter() {
        let ms = candle.opens_at.as_millisecond();
        text += &format!("{ms},{},{},{},{},{}\n", candle.open, candle.high, candle.low, candle.close, candle.volume);
    }
    std::fs::write(path, text).expect("writes the CSV file");
}

/// A folder with a store in it; both go with the test.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<Store>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = open_store(folder.path()).await;
        Self { folder, store }
    }

    pub(crate) fn archive(&self) -> PathBuf {
        let folder = self.folder.path().join("archive");
        std::fs::create_dir_all(&folder).expect("makes the folder");
        folder
    }
}

pub(crate) async fn open_store(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open(&folder.join("investbuddy.db")).await.expect("opens the store"))
}

/// A running market that stops with the test.
pub(crate) struct Running {
    pub(crate) market: Market,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Running {
    pub(crate) fn start(settings: MarketSettings, store: &Arc<Store>, clock: &Arc<HandClock>) -> Self {
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(clock);
        let market = Market::start(settings, Arc::clone(store), clock, stop.clone(), &tracker);
        Self { market, stop, tracker }
    }

    /// Waits until readers see what `is_there` looks for.
    #[track_caller]
    pub(crate) fn until(
        &self,
        is_there: impl Fn(&MarketSnapshot) -> bool,
    ) -> impl Future<Output = Arc<MarketSnapshot>> {
        let caller = std::panic::Location::caller();
        let market = self.market.clone();
        async move {
            for _ in 0..500 {
                let snapshot = market.snapshot();
                if is_there(&snapshot) {
                    return snapshot;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("{caller}: not seen within ten seconds; the market is {:?}", market.snapshot().state);
        }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Where the shared candles are, on machines that have them: a setting, or beside the repository.
pub(crate) fn shared_archive() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/market");
    let folder = std::env::var_os("INVESTBUDDY_TEST_ARCHIVE").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

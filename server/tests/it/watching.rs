//! The server watches itself, on SQLite and on MariaDB: every test of this folder runs on both.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::clock::{Clock, SECONDS_PER_HOUR, instant};
use domain::forecast::{Forecast, Horizon, Quantiles};
use domain::market::{CandleSeries, MarketOrigin, MarketState, Symbol};
use domain::model::Version;
use jiff::{SignedDuration, Timestamp};
use server::clock::SteppedClock;
use server::market::MarketSnapshot;
use server::store::{MadeForecast, Place, Settled, Store, prediction_id};
use server::watching::{Champion, EVERY_HOURS, Learnt, Parts, Reference, Snapshots, Table, WatchError, Watching};
use server::watching::{DriftQuery, WatchSettings, watched_features};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::buddy::made_up_forecast;
use crate::engines;

mod api;
mod drift;
mod health;
mod performance;

/// Where the clock stands at first: a Tuesday noon in UTC.
const START_S: i64 = 1_780_401_600;
const DAY_S: i64 = 24 * SECONDS_PER_HOUR;
const STEP_S: i64 = EVERY_HOURS as i64 * SECONDS_PER_HOUR;
const COINS: [&str; 9] = ["BTC", "ETH", "BNB", "SOL", "XRP", "ADA", "DOGE", "AVAX", "LINK"];

/// A champion that was trained on noise.
struct Told {
    version: Mutex<Version>,
    errors: Mutex<Vec<f64>>,
    asked: AtomicU32,
}

#[async_trait]
impl Learnt for Told {
    async fn champion(&self) -> Result<Option<Champion>, WatchError> {
        let [trained_at, trained_to] = [instant(START_S - 40 * DAY_S), instant(START_S - 41 * DAY_S)];
        Ok(Some(Champion { version: locked(&self.version).clone(), trained_at, trained_to }))
    }

    async fn reference(&self) -> Result<Arc<Reference>, WatchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let rows = 3_000_u64;
        let column = |name: u64| (0..rows).map(|row| noise(name, row)).collect::<Vec<f64>>();
        let features =
            (0..).zip(watched_features()).map(|(index, (_, feature))| (feature.spec().name.to_owned(), column(index)));
        let table = Table {
            features: features.collect(),
            chances: column(100),
            outcomes: column(101).iter().map(|share| (0.01 + 0.04 * share).ln()).collect(),
            high: column(102).iter().map(|share| u32::from(*share < 0.2)).collect(),
        };
        let errors = locked(&self.errors).clone();
        Ok(Arc::new(Reference {
            version: locked(&self.version).clone(),
            from: instant(START_S - 400 * DAY_S),
            to: instant(START_S - 41 * DAY_S),
            tables: [table.clone(), table],
            errors: [errors.clone(), errors],
        }))
    }
}

/// From 0 to 1, the same for the same two numbers.
fn noise(name: u64, row: u64) -> f64 {
    // SplitMix64.
    let mut bits = (name << 40).wrapping_add(row).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is published of one coin, horizon and origin.
#[derive(Debug, Clone, Copy)]
struct Say {
    /// By how much every feature lies above what was learnt from, whose values lie between 0 and 1.
    shift: f64,
    /// The median over what is realised.
    factor: f64,
}

const USUAL: Say = Say { shift: 0.0, factor: 1.1 };

/// Everything that the watch is made of.
struct World {
    place: Place,
    store: Store,
    clock: Arc<SteppedClock>,
    learnt: Arc<Told>,
    market: Arc<Mutex<Arc<MarketSnapshot>>>,
    settings: WatchSettings,
    watching: Watching,
    _folder: TempDir,
}

impl World {
    async fn on_sqlite() -> Self {
        let (place, folder) = engines::sqlite("store.sqlite");
        Self::at(place, folder).await
    }

    async fn on_mariadb() -> Self {
        let (place, folder) = engines::mariadb().await;
        Self::at(place, folder).await
    }

    async fn at(place: Place, folder: TempDir) -> Self {
        let store = Store::at(&place).await.expect("it opens");
        let clock = Arc::new(SteppedClock::standing_at(instant(START_S)));
        let learnt = Arc::new(Told {
            version: Mutex::new(made_up_forecast(coin("BTC"), Horizon::Day).model),
            errors: Mutex::new((0..200).map(|day| 0.05 + 0.1 * noise(200, day)).collect()),
            asked: AtomicU32::new(0),
        });
        let market = Arc::new(Mutex::new(Arc::new(snapshot(BTreeMap::new()))));
        let settings = WatchSettings { needed: 3, of: 4, ..WatchSettings::default() };
        let watching = watch(&store, &clock, &learnt, &market, &settings);
        Self { place, store, clock, learnt, market, settings, watching, _folder: folder }
    }

    /// As if the process had ended and another one began.
    async fn restart(&mut self) {
        self.store.close().await;
        self.store = Store::at(&self.place).await.expect("it opens once more");
        self.watching = watch(&self.store, &self.clock, &self.learnt, &self.market, &self.settings);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait_s(&self, seconds: i64) {
        self.clock.set(self.now() + SignedDuration::from_secs(seconds));
    }

    /// Publishes a forecast of every coin and horizon on each origin of the grid in `[from_s, to_s)`, and what came of
    /// those whose horizon is over by now.
    async fn publish(&self, from_s: i64, to_s: i64, say: Say) {
        let mut made = Vec::new();
        let mut settled = Vec::new();
        let version = locked(&self.learnt.version).clone();
        let first_s = from_s + (-from_s).rem_euclid(STEP_S);
        for origin_s in (first_s..to_s).step_by(STEP_S as usize) {
            for (place, ticker) in (0..).zip(COINS) {
                for horizon in Horizon::ALL {
                    // Rows beyond those of the reference.
                    let row = 10_000 + origin_s.unsigned_abs() / 3_600 * 16 + place;
                    let realised = 0.01 + 0.04 * noise(101, row);
                    let forecast = forecast(ticker, horizon, origin_s, &version, say.factor * realised);
                    let features = (0..)
                        .zip(watched_features())
                        .map(|(index, (_, feature))| (feature.spec().name.to_owned(), say.shift + noise(index, row)));
                    let forecast = Forecast { high_volatility: noise(100, row), ..forecast };
                    if forecast.ends_at <= self.now() {
                        let outcome = Some((realised, noise(102, row) < 0.2));
                        settled.push(Settled { id: prediction_id(&forecast), outcome });
                    }
                    made.push(MadeForecast { forecast, features: features.collect() });
                }
            }
        }
        self.store.publish(&made, self.now()).await.expect("published");
        self.store.settle(&settled, self.now()).await.expect("settled");
    }

    async fn look_for_drift(&self) {
        self.watching.look_for_drift(self.now()).await.expect("looked for");
    }
}

fn watch(
    store: &Store,
    clock: &Arc<SteppedClock>,
    learnt: &Arc<Told>,
    market: &Arc<Mutex<Arc<MarketSnapshot>>>,
    settings: &WatchSettings,
) -> Watching {
    let market = Arc::clone(market);
    let market: Snapshots = Arc::new(move || (*locked(&market)).clone());
    Watching::new(Parts {
        store: store.clone(),
        clock: Arc::clone(clock) as _,
        learnt: Arc::clone(learnt) as _,
        market,
        settings: settings.clone(),
        stop: CancellationToken::new(),
    })
}

fn snapshot(series: BTreeMap<Symbol, Arc<CandleSeries>>) -> MarketSnapshot {
    let state = MarketState {
        origin: MarketOrigin::Exchange,
        as_of: Some(instant(START_S)),
        is_stale: false,
        is_offline: false,
        retries_at: None,
        loading: None,
        missing_hours: 0,
        quarantined_rows: 0,
    };
    MarketSnapshot { series, state, revision: 1 }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn coin(ticker: &str) -> Symbol {
    Symbol::parse(ticker).expect("a coin")
}

/// A forecast whose 10th and 90th percentile are half and twice its median.
fn forecast(ticker: &str, horizon: Horizon, origin_s: i64, model: &Version, median: f64) -> Forecast {
    let ends_s = origin_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR;
    let quantiles = [0.4, 0.5, 0.8, 1.0, 1.25, 2.0, 2.5].map(|of| of * median);
    Forecast {
        origin: instant(origin_s),
        ends_at: instant(ends_s),
        model: model.clone(),
        quantiles: Quantiles::from_array(quantiles),
        ..made_up_forecast(coin(ticker), horizon)
    }
}

fn week() -> DriftQuery {
    DriftQuery::new(Horizon::Day, 7).expect("a window that is compared")
}

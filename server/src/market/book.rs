//! The market in memory: what every reader sees, swapped as a whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use domain::clock::{Clock, SECONDS_PER_HOUR, instant};
use domain::market::{CandleSeries, MarketOrigin, MarketState, Symbol};
use jiff::Timestamp;
use tokio::sync::watch;

use super::gaps;
use super::merge::merge;

/// The market at one moment. Readers keep it as long as they like; it never changes under them.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketSnapshot {
    /// The candles of each coin that has any.
    pub series: BTreeMap<Symbol, Arc<CandleSeries>>,
    /// How the data stands.
    pub state: MarketState,
    /// Grows whenever candles change, and only then.
    pub revision: u64,
}

/// Candles older than this are stale: one hour to close, one hour of grace.
const STALE_AFTER_S: i64 = 2 * SECONDS_PER_HOUR;

/// Holds the candles and publishes them. Lock times are short: nothing waits for a disk or a network inside.
pub(crate) struct Book {
    published: ArcSwap<MarketSnapshot>,
    changes: watch::Sender<u64>,
    desk: Mutex<Desk>,
    clock: Arc<dyn Clock>,
}

/// What is being worked on and has perhaps not been published yet.
struct Desk {
    series: BTreeMap<Symbol, Arc<CandleSeries>>,
    missing_hours: BTreeMap<Symbol, u32>,
    origin: MarketOrigin,
    link: Link,
    loading: Option<f32>,
    quarantined_rows: u32,
    revision: u64,
}

/// How the exchanges can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not tried yet.
    Untried,
    /// One of them answers.
    Online,
    /// None answers, or none is to be asked. With the instant of the next try, if there is to be one.
    Offline(Option<Timestamp>),
}

impl Book {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let desk = Desk {
            series: BTreeMap::new(),
            missing_hours: BTreeMap::new(),
            origin: MarketOrigin::Archive,
            link: Link::Untried,
            loading: Some(0.0),
            quarantined_rows: 0,
            revision: 0,
        };
        let snapshot = desk.snapshot(clock.now());
        Self {
            published: ArcSwap::from_pointee(snapshot),
            changes: watch::Sender::new(0),
            desk: Mutex::new(desk),
            clock,
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<MarketSnapshot> {
        self.published.load_full()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The candles of a coin, published or not.
    pub(crate) fn series(&self, symbol: &Symbol) -> Arc<CandleSeries> {
        self.desk().series.get(symbol).cloned().unwrap_or_default()
    }

    /// The end of the newest candle of any coin, epoch seconds.
    pub(crate) fn closes_at_s(&self) -> Option<i64> {
        self.desk().closes_at_s()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.desk().series.is_empty()
    }

    /// Adds candles of a coin; an hour that is known stays as it is. Real candles replace a simulated market.
    /// Returns how many hours were new. Nothing is published yet.
    pub(crate) fn merge(&self, symbol: &Symbol, candles: &CandleSeries, origin: MarketOrigin) -> usize {
        let mut desk = self.desk();
        if desk.origin == MarketOrigin::Simulated && origin != MarketOrigin::Simulated && !candles.is_empty() {
            desk.series.clear();
            desk.missing_hours.clear();
        }
        let newest_before = desk.closes_at_s();
        let known = desk.series.get(symbol).map_or(0, |series| series.len());
        let merged = match desk.series.get(symbol) {
            Some(series) => merge(series, candles),
            None => (!candles.is_empty()).then(|| candles.clone()),
        };
        let Some(merged) = merged else { return 0 };
        let added = merged.len() - known;
        let missing = gaps::missing_hours(&gaps::find(&merged));
        desk.missing_hours.insert(symbol.clone(), missing);
        desk.series.insert(symbol.clone(), Arc::new(merged));
        desk.revision += 1;
        if desk.closes_at_s() > newest_before || desk.origin == MarketOrigin::Simulated {
            desk.origin = origin;
        }
        added
    }

    /// Replaces everything by a simulated market.
    pub(crate) fn simulate(&self, series: BTreeMap<Symbol, CandleSeries>) {
        let mut desk = self.desk();
        desk.series = series.into_iter().map(|(symbol, candles)| (symbol, Arc::new(candles))).collect();
        desk.missing_hours.clear();
        desk.origin = MarketOrigin::Simulated;
        desk.revision += 1;
    }

    pub(crate) fn is_simulated(&self) -> bool {
        self.desk().origin == MarketOrigin::Simulated
    }

    pub(crate) fn set_link(&self, link: Link) {
        self.desk().link = link;
        self.publish();
    }

    /// How much of the archive is read, 0 to 1; none when it is.
    pub(crate) fn set_loading(&self, loading: Option<f32>) {
        self.desk().loading = loading;
        self.publish();
    }

    pub(crate) fn set_quarantined_rows(&self, rows: u32) {
        self.desk().quarantined_rows = rows;
    }

    pub(crate) fn add_quarantined_rows(&self, rows: u64) {
        let mut desk = self.desk();
        desk.quarantined_rows = desk.quarantined_rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    /// Shows readers the present state. Those who wait for changes wake only if candles changed.
    pub(crate) fn publish(&self) {
        let desk = self.desk();
        let snapshot = desk.snapshot(self.clock.now());
        let revision = snapshot.revision;
        let shown = self.published.load();
        // Candles and revision change together, so that nobody compares half a million numbers.
        if shown.revision != revision || shown.state != snapshot.state {
            self.published.store(Arc::new(snapshot));
        }
        // Inside the lock, so that revisions are announced in their order.
        self.changes.send_if_modified(|announced| {
            let is_new = *announced != revision;
            *announced = revision;
            is_new
        });
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic in another thread leaves whole values behind: each field is set in one step.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    fn closes_at_s(&self) -> Option<i64> {
        self.series.values().filter_map(|series| series.closes_at_s()).max()
    }

    fn snapshot(&self, now: Timestamp) -> MarketSnapshot {
        let closes_at_s = self.closes_at_s();
        let (is_offline, retries_at) = match self.link {
            Link::Untried | Link::Online => (false, None),
            Link::Offline(retries_at) => (true, retries_at),
        };
        let state = MarketState {
            origin: self.origin,
            as_of: closes_at_s.map(instant),
            is_stale: closes_at_s.is_some_and(|closes_at_s| now.as_second() - closes_at_s > STALE_AFTER_S),
            is_offline,
            retries_at,
            loading: self.loading,
            missing_hours: self.missing_hours.values().sum(),
            quarantined_rows: self.quarantined_rows,
        };
        MarketSnapshot { series: self.series.clone(), state, revision: self.revision }
    }
}

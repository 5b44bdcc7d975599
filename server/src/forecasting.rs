//! Keeps forecasts of every coin ready, and makes others on demand.
//!
//! A thread of its own recomputes whenever candles come in or another champion is promoted; readers take what was
//! published last and never wait for a model. Forecasts on callers' own candles run on a small pool of threads.

pub(crate) mod engine;
pub(crate) mod own;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use domain::error::Failure;
use domain::forecast::{Forecast, Horizon, TrackRecord};
use domain::market::{Candle, Symbol};
use domain::model::{Family, Version};
use ml::forecaster::Forecaster;
use rayon::ThreadPool;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::market::Market;
use crate::registry::Registry;

pub use engine::Published;

use engine::Stage;

/// The family that serves.
pub const SERVED: Family = Family::Lstm;

/// How often the list of champions is looked at.
const LOOK_AFTER: Duration = Duration::from_secs(5);

/// When to ask again while the market is still being read, in seconds.
pub(crate) const NOT_READY_RETRY_S: u32 = 2;

/// Makes and keeps forecasts. Cheap to clone.
#[derive(Clone)]
pub struct Forecasting {
    shared: Arc<Shared>,
}

struct Shared {
    published: ArcSwapOption<Published>,
    forecaster: RwLock<Option<Arc<Forecaster>>>,
    pool: ThreadPool,
}

impl Forecasting {
    /// Starts the work and returns at once. It goes on in `tracker` until `stop` is cancelled.
    ///
    /// # Errors
    /// Where the system gives no threads.
    pub fn start(
        registry: Registry,
        market: Market,
        stop: CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(2).thread_name(|index| format!("forecast-{index}")).build()?;
        let shared = Arc::new(Shared { published: ArcSwapOption::empty(), forecaster: RwLock::new(None), pool });
        let keeper = Arc::clone(&shared);
        tracker.spawn(stop.run_until_cancelled_owned(async move { keeper.keep(registry, market).await }));
        Ok(Self { shared })
    }

    /// What was published last; none before the first market and model are there.
    #[must_use]
    pub fn published(&self) -> Option<Arc<Published>> {
        self.shared.published.load_full()
    }

    /// The version that serves.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        Some(self.shared.forecaster()?.manifest().version.clone())
    }

    /// The newest forecast of a coin that we follow.
    ///
    /// # Errors
    /// [`Failure::NotReady`] before anything is published, [`Failure::UnknownSymbol`], [`Failure::TooFewCandles`]
    /// where the coin's history is too short or has a gap at its end.
    pub fn forecast(&self, symbol: &Symbol, horizon: Horizon) -> Result<Forecast, Failure> {
        let published = self.published().ok_or(Failure::NotReady { retry_after_s: NOT_READY_RETRY_S })?;
        published.forecast(symbol, horizon)
    }

    /// How past forecasts of a coin compare with what happened; none where nothing is published for it.
    #[must_use]
    pub fn record(&self, symbol: &Symbol, horizon: Horizon) -> Option<TrackRecord> {
        self.published()?.record(symbol, horizon).cloned()
    }

    /// A forecast on the caller's own candles.
    ///
    /// # Errors
    /// [`Failure::Invalid`] naming the candle and field, [`Failure::TooFewCandles`], [`Failure::NotReady`] before a
    /// model is loaded.
    pub async fn on_candles(
        &self,
        symbol: Symbol,
        horizon: Horizon,
        candles: Vec<Candle>,
    ) -> Result<Forecast, Failure> {
        let forecaster = self.shared.forecaster().ok_or(Failure::NotReady { retry_after_s: NOT_READY_RETRY_S })?;
        let (answer, answered) = oneshot::channel();
        self.shared.pool.spawn(move || {
            // A caller that went away needs no answer.
            let _ = answer.send(own::forecast(&forecaster, &symbol, horizon, &candles));
        });
        match answered.await {
            Ok(Ok(forecast)) => Ok(forecast),
            Ok(Err(own::OwnError::Refused(failure))) => Err(failure),
            Ok(Err(own::OwnError::Model(cause))) => Err(crate::incident::report(&cause)),
            Err(_) => Err(Failure::Busy { retry_after_s: 1 }),
        }
    }
}

impl Shared {
    fn forecaster(&self) -> Option<Arc<Forecaster>> {
        self.forecaster.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn keep(self: Arc<Self>, registry: Registry, market: Market) {
        let mut changes = market.changes();
        let mut told = None;
        loop {
            self.refresh_model(&registry, &mut told).await;
            if let Some(forecaster) = self.forecaster() {
                let snapshot = market.snapshot();
                let is_new = self.published.load().as_ref().is_none_or(|published| {
                    published.revision != snapshot.revision || published.version != forecaster.manifest().version
                });
                if is_new && !snapshot.series.is_empty() {
                    self.recompute(forecaster, snapshot).await;
                }
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK_AFTER) => {}
            }
        }
    }

    /// Loads the champion where it is not the one in memory. What cannot be loaded leaves the last good one serving.
    async fn refresh_model(&self, registry: &Registry, told: &mut Option<String>) {
        let registry = registry.clone();
        let serving = self.forecaster().map(|forecaster| forecaster.manifest().version.clone());
        let look = tokio::task::spawn_blocking(move || {
            let champion = registry.champion(SERVED).ok().flatten();
            (champion.is_none() || champion != serving).then(|| registry.load_champion(SERVED))
        });
        let problem = match look.await {
            Ok(None) => None,
            Ok(Some(Ok(loaded))) => {
                let version = loaded.forecaster.manifest().version.clone();
                let is_new = self.forecaster().is_none_or(|serving| serving.manifest().version != version);
                if is_new {
                    info!(model.version = %version, "Serving model {version}");
                    let mut slot = self.forecaster.write().unwrap_or_else(PoisonError::into_inner);
                    *slot = Some(Arc::new(loaded.forecaster));
                }
                loaded.refused.first().map(|(version, cause)| format!("model {version} is refused: {cause}"))
            }
            Ok(Some(Err(cause))) => Some(cause.to_string()),
            Err(cause) => Some(cause.to_string()),
        };
        // The same trouble is told once, not every five seconds.
        if problem != *told {
            if let Some(problem) = &problem {
                warn!("{problem}");
            }
            *told = problem;
        }
    }

    /// Newest forecasts first, so that a reader sees them soon; then the same with the track records.
    async fn recompute(self: &Arc<Self>, forecaster: Arc<Forecaster>, snapshot: Arc<crate::market::MarketSnapshot>) {
        let shared = Arc::clone(self);
        let (done, finished) = oneshot::channel();
        let work = move || {
            let published = shared.published.load_full();
            let before = published.as_deref().filter(|before| before.version == forecaster.manifest().version);
            // What was learnt while serving is part of a forecast: a new model has nothing to say before its records.
            for stage in before.map(Stage::Newest).into_iter().chain([Stage::WithRecords]) {
                match engine::compute(&forecaster, &snapshot, stage) {
                    Ok(published) => shared.published.store(Some(Arc::new(published))),
                    Err(cause) => error!(error = %cause, "Could not make forecasts; the last ones stay"),
                }
            }
            let _ = done.send(());
        };
        match std::thread::Builder::new().name("forecasts".to_owned()).spawn(work) {
            Ok(_) => {
                let _ = finished.await;
            }
            Err(cause) => error!(error = %cause, "The system gives us no thread for forecasts"),
        }
    }
}

//! The server watches itself: whether what it sees is still what it learnt from, how its forecasts compare with what
//! happened, and how its data stand.
//!
//! Jobs work the numbers out and keep them in the store, so that a page reads them in milliseconds. Windows, thresholds
//! and sizes are kept with each result. Running a job twice does what running it once does: windows end on a grid of
//! hours, and a window that was compared is not compared again.

mod baseline;
mod boards;
mod concept;
mod drift;
mod health;
mod performance;
mod reference;
mod scores;
mod standing;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::clock::Clock;
use domain::forecast::Horizon;
use domain::model::Version;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use ml::drift::{DriftError, Rules};
use ml::features::FeatureError;
use ml::model::ModelError;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::jobs::{Job, JobError};
use crate::market::MarketSnapshot;
use crate::registry::RegistryError;
use crate::retraining;
use crate::store::{Store, StoreError};

pub use boards::{
    ChampionAge, CoinHealth, Comparison, ConceptBoard, DriftBoard, DriftQuery, DriftVerdict, DriftWindow, FeatureDrift,
    ForecastAge, HealthBoard, Histogram, Numbers, Outlook, PerformanceBoard, PerformanceQuery, RefusedRows,
    ReliabilityBin, Scores, Share, SourceFailure, SourceHealth, TestScore, WINDOWS,
};
pub(crate) use drift::against;
pub(crate) use reference::table;
pub use reference::{Champion, FromRegistry, Learnt, Reference, Table, watched_features};

/// Hours between two rows of a coin, in the reference and in a window, and between the ends of two windows; counted
/// from midnight UTC. Both tables have the same grid, so that rows depend on each other in the same way.
pub const EVERY_HOURS: u32 = 6;

/// How often drift is looked for.
const DRIFT_EVERY: Duration = Duration::from_secs(3_600);
/// How often outcomes are counted.
const PERFORMANCE_EVERY: Duration = Duration::from_secs(3 * 3_600);
/// How often a server asks the store whether drift is confirmed: another one may have found it.
const LOOK_UP_EVERY: Duration = Duration::from_secs(60);

/// The market as it is now; never waits.
pub type Snapshots = Arc<dyn Fn() -> Arc<MarketSnapshot> + Send + Sync>;

/// Why something could not be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No model serves whose training could be the reference.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The candles cannot be true.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Two tables cannot be compared.
    #[error(transparent)]
    Drift(#[from] DriftError),
    /// There are no candles of the champion's training.
    #[error(
        "there are no candles of the time that the champion {0} was trained on; bring them with investbuddy ingest"
    )]
    NoCandles(Version),
    /// The system gave no thread, or the work on it broke.
    #[error("the work on a thread of its own broke: {0}")]
    Broken(String),
}

impl From<WatchError> for JobError {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Store(error) => Self::Store(error),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// What of the watch can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchSettings {
    /// Thresholds and sizes of a comparison.
    pub rules: Rules,
    /// So many of the newest [`Self::of`] windows must have drifted before drift is confirmed.
    pub needed: u32,
    /// Consecutive windows that are looked back on. Confirmed drift is over after [`Self::needed`] calm ones in a row.
    pub of: u32,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self { rules: Rules::default(), needed: 6, of: 8 }
    }
}

/// What the watch is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What was learnt from.
    pub learnt: Arc<dyn Learnt>,
    /// The market.
    pub market: Snapshots,
    /// What was set.
    pub settings: WatchSettings,
    /// Ends long work between two of its steps.
    pub stop: CancellationToken,
}

/// The watch. Cheap to clone.
#[derive(Clone)]
pub struct Watching {
    parts: Arc<Parts>,
    confirmed: Arc<RwLock<Option<Timestamp>>>,
}

type Step = fn(Watching, Timestamp) -> BoxFuture<'static, Result<(), WatchError>>;

impl Watching {
    /// A watch of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), confirmed: Arc::default() }
    }

    /// The jobs, each by the name of its step.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        vec![
            self.job("performance", PERFORMANCE_EVERY, |watching, now| {
                async move { watching.count_outcomes(now).await }.boxed()
            }),
            self.job("drift", DRIFT_EVERY, |watching, now| async move { watching.look_for_drift(now).await }.boxed()),
        ]
    }

    fn job(&self, name: &'static str, period: Duration, step: Step) -> Job {
        let watching = self.clone();
        Job::new(name, period, move |now| {
            let step = step(watching.clone(), now);
            async move { step.await.map_err(JobError::from) }
        })
    }

    /// Looks up whether drift is confirmed, now and again, in a task of `tracker`. Must be called inside a tokio
    /// runtime.
    pub fn start(&self, tracker: &TaskTracker) {
        let watching = self.clone();
        let stop = self.parts.stop.clone();
        tracker.spawn(stop.run_until_cancelled_owned(async move {
            loop {
                if let Err(error) = watching.look_up_confirmed().await {
                    warn!(%error, "Could not look up whether drift is confirmed");
                }
                tokio::time::sleep(LOOK_UP_EVERY).await;
            }
        }));
    }

    /// Since when drift is confirmed (UTC), as it was looked up last: the earliest of all that is; none where nothing
    /// is, and for a champion that has just begun to serve. Never waits.
    #[must_use]
    pub fn confirmed_since(&self) -> Option<Timestamp> {
        *self.confirmed.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the store since when drift is confirmed; see [`Watching::confirmed_since`].
    ///
    /// # Errors
    /// [`WatchError::Store`], [`WatchError::Registry`].
    pub async fn look_up_confirmed(&self) -> Result<Option<Timestamp>, WatchError> {
        let mut confirmed: Vec<Timestamp> = Vec::new();
        if let Some(champion) = self.parts.learnt.champion().await? {
            for query in DriftQuery::all() {
                let standing = self.drift_standing(query).await?;
                let standing = standing.filter(|standing| standing.model == champion.version);
                let standing = standing.filter(|standing| standing.verdict == DriftVerdict::Confirmed);
                confirmed.extend(standing.map(|standing| standing.since));
            }
            for horizon in Horizon::ALL {
                let stream = self.errors_of(horizon).await?.filter(|stream| stream.model == champion.version);
                confirmed.extend(stream.and_then(|stream| stream.alarm()));
            }
        }
        let since = confirmed.into_iter().min();
        *self.confirmed.write().unwrap_or_else(PoisonError::into_inner) = since;
        Ok(since)
    }

    /// What a watcher kept; none where there is nothing, or where another version of the product wrote it: then it
    /// begins anew.
    async fn kept<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, WatchError> {
        let kept = self.parts.store.watch_state(name).await?;
        Ok(kept.and_then(|(content, _)| serde_json::from_str(&content).ok()))
    }
}

impl retraining::Drift for Watching {
    fn confirmed_since(&self) -> Option<Timestamp> {
        Self::confirmed_since(self)
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WatchError> + Send + 'static,
) -> Result<T, WatchError> {
    tokio::task::spawn_blocking(work).await.map_err(|cause| WatchError::Broken(cause.to_string()))?
}

//! Production data and what it is compared with, as CSV for Evidently and other tools.
//!
//! Production data are the published forecasts with the features that they were made from, their outcomes and what
//! people said. The reference is the end of what the champion was trained on: the same features with their outcomes.

mod reference;
mod table;

use std::sync::Arc;

use domain::market::{CandleSeries, Symbol};
use domain::model::Version;
use futures::{Stream, stream};
use ml::features::FeatureError;
use tokio::sync::Mutex;

use crate::forecasting::SERVED;
use crate::registry::{Registry, RegistryError};
use crate::store::{FeedbackFilter, Store, StoreError};

pub use table::{FEEDBACK_COLUMNS, production_columns, reference_columns};

/// Rows of a reference at most: enough for every test of drift, and a file that opens everywhere.
pub const MOST_REFERENCE_ROWS: usize = 10_000;

/// Rows of feedback that are read from the store at once.
const ROWS_AT_ONCE: u32 = 500;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum MonitoringError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No model serves whose training could be the reference.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The candles cannot be true.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The store holds no candles of the champion's training.
    #[error(
        "the store holds no candles of the time that the champion {0} was trained on; fill it with investbuddy ingest"
    )]
    NoCandles(Version),
    /// A table could not be written; memory has no reason to refuse.
    #[error("a table cannot be written: {0}")]
    Table(String),
    /// The system gave no thread, or the work on it broke.
    #[error("the reference could not be computed: {0}")]
    Broken(String),
}

/// A table and the version that was trained on it.
type Reference = (Version, Arc<[u8]>);

/// Makes the tables. Cheap to clone.
#[derive(Clone)]
pub struct Monitoring {
    store: Store,
    registry: Registry,
    /// The reference of the version that was asked about last: what a model was trained on never changes.
    reference: Arc<Mutex<Option<Reference>>>,
}

impl Monitoring {
    /// Tables of a store's forecasts and of a registry's champion.
    #[must_use]
    pub fn new(store: Store, registry: Registry) -> Self {
        Self { store, registry, reference: Arc::default() }
    }

    /// Every published forecast, the oldest origin first, as pieces of one CSV file; the first one holds the names of
    /// the columns. See [`production_columns`].
    pub fn production(&self) -> impl Stream<Item = Result<Vec<u8>, MonitoringError>> + Send + use<> {
        let store = self.store.clone();
        stream::try_unfold((self.store.production_data(), true), move |(mut data, is_first)| {
            let store = store.clone();
            async move {
                let page = data.next_page().await?;
                if page.is_none() && !is_first {
                    return Ok::<_, MonitoringError>(None);
                }
                let forecasts = page.unwrap_or_default();
                let said = store.said_about(&forecasts).await?;
                Ok(Some((table::production(&forecasts, &said, is_first)?, (data, false))))
            }
        })
    }

    /// All feedback that a filter lets through, in the order of its names, as pieces of one CSV file. See
    /// [`FEEDBACK_COLUMNS`].
    pub fn feedback(
        &self,
        filter: FeedbackFilter,
    ) -> impl Stream<Item = Result<Vec<u8>, MonitoringError>> + Send + use<> {
        let (store, filter) = (self.store.clone(), Arc::new(filter));
        stream::try_unfold(Some((String::new(), true)), move |place| {
            let (store, filter) = (store.clone(), Arc::clone(&filter));
            async move {
                let Some((after, is_first)) = place else { return Ok::<_, MonitoringError>(None) };
                let rows = store.feedback_after(&filter, &after, ROWS_AT_ONCE).await?;
                let next = rows.last().map(|row| (row.id.clone(), false));
                if rows.is_empty() && !is_first {
                    return Ok(None);
                }
                Ok(Some((table::feedback(&rows, is_first)?, next)))
            }
        })
    }

    /// The end of what the champion was trained on, at most [`MOST_REFERENCE_ROWS`] rows, the newest ones, as one CSV
    /// file. See [`reference_columns`]. Computed once a version, on a thread of its own; whoever does not wait for it
    /// finds it there the next time.
    ///
    /// # Errors
    /// [`MonitoringError`].
    pub async fn reference(&self) -> Result<Arc<[u8]>, MonitoringError> {
        let own = self.clone();
        let computing = tokio::spawn(async move { own.kept_reference().await });
        computing.await.map_err(|cause| MonitoringError::Broken(cause.to_string()))?
    }

    async fn kept_reference(&self) -> Result<Arc<[u8]>, MonitoringError> {
        // Whoever comes second waits for the first one's table instead of computing it once more.
        let mut kept = self.reference.lock().await;
        let registry = self.registry.clone();
        let manifest = on_a_thread(move || {
            let reason = "none was ever promoted".to_owned();
            let version =
                registry.champion(SERVED)?.ok_or(RegistryError::NoChampion { family: SERVED.as_str(), reason })?;
            Ok(registry.manifest(&version)?)
        })
        .await?;
        if let Some((version, table)) = kept.as_ref()
            && *version == manifest.version
        {
            return Ok(Arc::clone(table));
        }
        let mut market: Vec<(Symbol, CandleSeries)> = Vec::new();
        for name in &manifest.symbols {
            if let Ok(symbol) = Symbol::parse(name) {
                let series = self.store.load_candles(&symbol).await?;
                if !series.is_empty() {
                    market.push((symbol, series));
                }
            }
        }
        if market.is_empty() {
            return Err(MonitoringError::NoCandles(manifest.version));
        }
        let version = manifest.version.clone();
        let table: Arc<[u8]> = on_a_thread(move || {
            let rows = reference::rows(&manifest, &market)?;
            if rows.is_empty() {
                return Err(MonitoringError::NoCandles(manifest.version));
            }
            table::reference(&rows)
        })
        .await?
        .into();
        *kept = Some((version, Arc::clone(&table)));
        Ok(table)
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MonitoringError> + Send + 'static,
) -> Result<T, MonitoringError> {
    tokio::task::spawn_blocking(work).await.map_err(|cause| MonitoringError::Broken(cause.to_string()))?
}

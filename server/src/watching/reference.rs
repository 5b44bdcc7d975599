//! What the champion was trained on, as the table that drift is measured against.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use domain::model::Version;
use jiff::Timestamp;
use ml::dataset::{INPUTS, NEWEST_HOURS, Origin, Panel, SEQUENCE_DAYS};
use ml::features::{self, Feature};
use ml::forecaster::Forecaster;
use ml::split::EMBARGO_HOURS;
use tokio::sync::Mutex;

use super::{EVERY_HOURS, Snapshots, WatchError, on_a_thread};
use crate::forecasting::SERVED;
use crate::registry::Registry;
use crate::store::Store;

/// Days of the training's end that are the reference: a whole year, so that no season is news.
const REFERENCE_DAYS: i64 = 365;

const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

/// The model that serves, as far as watching it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Champion {
    /// Its name.
    pub version: Version,
    /// When it was trained (UTC).
    pub trained_at: Timestamp,
    /// The end of what it was trained on (UTC).
    pub trained_to: Timestamp,
}

/// The end of a training, one row a coin and [`EVERY_HOURS`], in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The model that was trained on it.
    pub version: Version,
    /// The first origin (UTC).
    pub from: Timestamp,
    /// After the last one (UTC).
    pub to: Timestamp,
    /// The rows of each horizon, in the order of [`Horizon::ALL`].
    pub tables: [Table; 2],
    /// The mean over coins of |ln(median / realised)|, day by day, of forecasts that were made before the model had
    /// seen what they are about; of each horizon.
    pub errors: [Vec<f64>; 2],
}

/// The features that are watched, with their places in [`INPUTS`]: all that the models read but the shares of the days
/// of the week. What a calendar says cannot drift, and would only dilute the verdict.
pub fn watched_features() -> impl Iterator<Item = (usize, Feature)> {
    INPUTS.into_iter().enumerate().filter(|(_, feature)| {
        !matches!(
            feature,
            Feature::ShareMonday
                | Feature::ShareTuesday
                | Feature::ShareWednesday
                | Feature::ShareThursday
                | Feature::ShareFriday
                | Feature::ShareSaturday
                | Feature::ShareSunday
        )
    })
}

/// Columns of the same origins; what is not known is not a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What is watched of what the models read, by name; see [`watched_features`].
    pub features: BTreeMap<String, Vec<f64>>,
    /// The chance of a high-volatility period that the model gives, 0 to 1.
    pub chances: Vec<f64>,
    /// Natural log of what was realised, fraction a day.
    pub outcomes: Vec<f64>,
    /// Whether that was a period of high volatility: 1 or 0; of the rows whose outcome is known.
    pub high: Vec<u32>,
}

/// What is known of the model that serves.
#[async_trait]
pub trait Learnt: Send + Sync {
    /// The model that serves; none where none was ever promoted.
    ///
    /// # Errors
    /// [`WatchError::Registry`].
    async fn champion(&self) -> Result<Option<Champion>, WatchError>;

    /// What it was trained on.
    ///
    /// # Errors
    /// [`WatchError`].
    async fn reference(&self) -> Result<Arc<Reference>, WatchError>;
}

/// What the registry and the candles at hand say.
pub struct FromRegistry {
    registry: Registry,
    store: Store,
    market: Snapshots,
    /// The reference of the version that was asked about last: what a model was trained on never changes.
    kept: Mutex<Option<Arc<Reference>>>,
}

impl FromRegistry {
    /// Champions of a registry; candles of the market, or of the store where the market does not reach back as far.
    #[must_use]
    pub fn new(registry: Registry, store: Store, market: Snapshots) -> Self {
        Self { registry, store, market, kept: Mutex::new(None) }
    }

    async fn candles(&self, symbol: &Symbol, from_s: i64) -> Result<Arc<CandleSeries>, WatchError> {
        let shown = (self.market)().series.get(symbol).cloned().unwrap_or_default();
        if shown.opens_at_s.first().is_some_and(|&first_s| first_s <= from_s) {
            return Ok(shown);
        }
        let stored = self.store.load_candles(symbol).await?;
        // Whichever reaches back further.
        let is_longer =
            stored.opens_at_s.first().is_some_and(|first| shown.opens_at_s.first().is_none_or(|of| first < of));
        Ok(if is_longer { Arc::new(stored) } else { shown })
    }
}

#[async_trait]
impl Learnt for FromRegistry {
    async fn champion(&self) -> Result<Option<Champion>, WatchError> {
        let registry = self.registry.clone();
        on_a_thread(move || {
            let Some(version) = registry.champion(SERVED)? else { return Ok(None) };
            let manifest = registry.manifest(&version)?;
            Ok(Some(Champion { version, trained_at: manifest.trained_at, trained_to: manifest.trained_to }))
        })
        .await
    }

    async fn reference(&self) -> Result<Arc<Reference>, WatchError> {
        // Whoever comes second waits for the first one's table instead of computing it once more.
        let mut kept = self.kept.lock().await;
        let registry = self.registry.clone();
        let champion = on_a_thread(move || Ok(registry.champion(SERVED)?)).await?;
        if let Some(reference) = kept.as_ref()
            && champion.as_ref() == Some(&reference.version)
        {
            return Ok(Arc::clone(reference));
        }
        let registry = self.registry.clone();
        let forecaster = on_a_thread(move || Ok(registry.load_champion(SERVED)?.forecaster)).await?;
        let span = Span::of(&forecaster);
        let mut market: Vec<(Symbol, Arc<CandleSeries>)> = Vec::new();
        for name in &forecaster.manifest().symbols {
            if let Ok(symbol) = Symbol::parse(name) {
                let series = self.candles(&symbol, span.needed_from_s).await?;
                if !series.is_empty() {
                    market.push((symbol, series));
                }
            }
        }
        let reference = Arc::new(on_a_thread(move || compute(&forecaster, span, &market)).await?);
        *kept = Some(Arc::clone(&reference));
        Ok(reference)
    }
}

/// Epoch seconds.
#[derive(Debug, Clone, Copy)]
struct Span {
    needed_from_s: i64,
    from_s: i64,
    to_s: i64,
    trained_to_s: i64,
}

impl Span {
    fn of(forecaster: &Forecaster) -> Self {
        let manifest = forecaster.manifest();
        let trained_to_s = manifest.trained_to.as_second();
        // No outcome reaches into what the training did not see.
        let to_s = trained_to_s - EMBARGO_HOURS * SECONDS_PER_HOUR;
        let from_s = manifest.trained_from.as_second().max(to_s.saturating_sub(REFERENCE_DAYS * SECONDS_PER_DAY));
        // What is usual needs the year before, a sequence its days.
        let before_s = i64::from(NEWEST_HOURS) * SECONDS_PER_HOUR + SEQUENCE_DAYS as i64 * SECONDS_PER_DAY;
        Self { needed_from_s: from_s.saturating_sub(before_s), from_s, to_s, trained_to_s }
    }
}

/// The rows with what the champion says of them. It was fitted on them, so that its chances are a little surer than
/// they would be of new ones; what drifts are distributions, and these hardly differ by that.
fn compute(
    forecaster: &Forecaster,
    span: Span,
    market: &[(Symbol, Arc<CandleSeries>)],
) -> Result<Reference, WatchError> {
    let version = forecaster.manifest().version.clone();
    let borrowed: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
    if borrowed.is_empty() {
        return Err(WatchError::NoCandles(version));
    }
    let panel = Panel::new(&features::compute_between(&borrowed, span.needed_from_s, span.trained_to_s)?);
    let origins = panel.origins(span.from_s, span.to_s, i64::from(EVERY_HOURS));
    if origins.is_empty() {
        return Err(WatchError::NoCandles(version));
    }
    let (past, _) = forecaster.past(&panel, &origins)?;
    let mut in_time = origins;
    in_time.sort_by_key(|&origin| (panel.origin_s(origin), origin.coin));
    let tables = Horizon::ALL.map(|horizon| {
        let chances: BTreeMap<(&Symbol, i64), f64> = past
            .iter()
            .filter(|((_, of), _)| *of == horizon)
            .flat_map(|((symbol, _), forecasts)| forecasts.iter().map(move |said| (symbol, said)))
            .map(|(symbol, said)| ((symbol, said.origin_s), said.high_volatility))
            .collect();
        table(&panel, &in_time, horizon, &chances)
    });
    let [from, to] = [span.from_s, span.to_s].map(instant);
    Ok(Reference { version, from, to, tables, errors: errors(forecaster) })
}

/// The rows of origins, which must be in order of time; `chances` are of coins and origins (epoch seconds), and not
/// known where there is none.
pub(crate) fn table(
    panel: &Panel,
    origins: &[Origin],
    horizon: Horizon,
    chances: &BTreeMap<(&Symbol, i64), f64>,
) -> Table {
    let mut table = Table::default();
    for (index, feature) in watched_features() {
        let values = origins.iter().map(|&origin| f64::from(panel.features(origin)[index]));
        table.features.insert(feature.spec().name.to_owned(), values.collect());
    }
    for &origin in origins {
        let symbol = &panel.coins()[origin.coin as usize].symbol;
        table.chances.push(chances.get(&(symbol, panel.origin_s(origin))).copied().unwrap_or(f64::NAN));
        let outcome = panel.target(origin, horizon);
        if let Some(usual) = panel.usual(origin, horizon).filter(|_| outcome.is_finite()) {
            table.outcomes.push(outcome);
            table.high.push(u32::from(outcome > usual.high.ln()));
        }
    }
    table
}

/// The errors that came with the model, day by day.
fn errors(forecaster: &Forecaster) -> [Vec<f64>; 2] {
    Horizon::ALL.map(|horizon| {
        let mut days: BTreeMap<i64, (f64, u32)> = BTreeMap::new();
        for (_, both) in forecaster.calibration().errors() {
            for finished in &both[horizon.index()] {
                let (sum, count) = days.entry(finished.ends_at_s).or_default();
                *sum += finished.residual.abs();
                *count += 1;
            }
        }
        days.into_values().map(|(sum, count)| sum / f64::from(count)).collect()
    })
}

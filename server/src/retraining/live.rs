//! What models need of the running product.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::market::{CandleSeries, MarketOrigin, Symbol};
use domain::model::Version;
use ml::dataset::Panel;
use ml::features;

use crate::forecasting::engine;
use crate::market::{Market, MarketSnapshot};
use crate::registry::Registry;
use crate::store::ShadowForecast;

/// The market as the rules see it, and models that forecast on it.
#[async_trait]
pub trait Models: Send + Sync {
    /// The candles of each coin; nothing while they are being read, or where the market is made up.
    fn candles(&self) -> BTreeMap<Symbol, Arc<CandleSeries>>;

    /// What a version says of every coin and horizon at the newest origin.
    ///
    /// # Errors
    /// In words for an operator.
    async fn forecasts(&self, version: &Version) -> Result<Vec<ShadowForecast>, String>;
}

/// The models of a registry on the market of the running product.
pub struct LiveModels {
    /// The candles.
    pub market: Market,
    /// The models.
    pub registry: Registry,
    /// Whether a made-up market counts; never in production.
    pub simulated_too: bool,
}

impl LiveModels {
    fn snapshot(&self) -> Option<Arc<MarketSnapshot>> {
        let snapshot = self.market.snapshot();
        let counts = self.simulated_too || snapshot.state.origin != MarketOrigin::Simulated;
        (counts && !snapshot.series.is_empty()).then_some(snapshot)
    }
}

#[async_trait]
impl Models for LiveModels {
    fn candles(&self) -> BTreeMap<Symbol, Arc<CandleSeries>> {
        self.snapshot().map(|snapshot| snapshot.series.clone()).unwrap_or_default()
    }

    async fn forecasts(&self, version: &Version) -> Result<Vec<ShadowForecast>, String> {
        let Some(snapshot) = self.snapshot() else { return Ok(Vec::new()) };
        let (registry, version) = (self.registry.clone(), version.clone());
        let computing = tokio::task::spawn_blocking(move || compute(&registry, &version, &snapshot));
        computing.await.map_err(|error| error.to_string())?
    }
}

fn compute(registry: &Registry, version: &Version, snapshot: &MarketSnapshot) -> Result<Vec<ShadowForecast>, String> {
    let forecaster = registry.load(version).map_err(|error| error.to_string())?;
    let market: Vec<(Symbol, &CandleSeries)> =
        snapshot.series.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
    let tables = features::compute_tail(&market, engine::RECORD_HOURS).map_err(|error| error.to_string())?;
    let panel = Panel::new(&tables);
    let mut forecasts = Vec::new();
    for (symbol, _) in &market {
        let Some(origin) = panel.newest(symbol) else { continue };
        let shapes = engine::shapes(&forecaster, &panel, origin.coin).map_err(|error| error.to_string())?;
        let both = forecaster.forecast(&panel, origin, &shapes).map_err(|error| error.to_string())?;
        forecasts.extend(both.iter().flatten().map(ShadowForecast::from));
    }
    Ok(forecasts)
}

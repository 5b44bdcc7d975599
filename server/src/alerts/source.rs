//! Where forecasts and candles come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::forecast::{Forecast, Horizon, TrackRecord};
use domain::market::{CandleSeries, MarketOrigin, Symbol};

use crate::forecasting::Forecasting;
use crate::market::Market;

/// The newest forecasts, with the market that they were made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Newest {
    /// One a coin and horizon.
    pub forecasts: Vec<Forecast>,
    /// The candles of each coin.
    pub market: BTreeMap<Symbol, Arc<CandleSeries>>,
    /// Whether that market is made up.
    pub is_simulated: bool,
}

/// What alerts may know of the market.
pub trait Forecasts: Send + Sync {
    /// The newest forecasts; none while there are none, or while those of the newest candles are still being made.
    fn newest(&self) -> Option<Newest>;

    /// A coin's hourly candles.
    fn candles(&self, symbol: &Symbol) -> Option<Arc<CandleSeries>>;

    /// What the serving model said about a coin, one forecast a day over the last year, and what came of it.
    fn record(&self, symbol: &Symbol, horizon: Horizon) -> Option<TrackRecord>;
}

/// The forecasts of the running product.
pub struct LiveForecasts {
    /// The candles.
    pub market: Market,
    /// The forecasts.
    pub forecasting: Forecasting,
}

impl Forecasts for LiveForecasts {
    fn newest(&self) -> Option<Newest> {
        let published = self.forecasting.published()?;
        let snapshot = self.market.snapshot();
        // Features are those of the very candles that the model read.
        (published.revision == snapshot.revision).then(|| Newest {
            forecasts: published.forecasts().filter(|forecast| forecast.symbol.coin().is_some()).cloned().collect(),
            market: snapshot.series.clone(),
            is_simulated: snapshot.state.origin == MarketOrigin::Simulated,
        })
    }

    fn candles(&self, symbol: &Symbol) -> Option<Arc<CandleSeries>> {
        self.market.snapshot().series.get(symbol).cloned()
    }

    fn record(&self, symbol: &Symbol, horizon: Horizon) -> Option<TrackRecord> {
        self.forecasting.record(symbol, horizon)
    }
}

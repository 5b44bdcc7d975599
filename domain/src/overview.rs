//! What the pages ask for at once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::forecast::{Forecast, Horizon, TrackRecord};
use crate::market::{MarketState, Symbol};

/// Everything on the first page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// How the data stands.
    pub market: MarketState,
    /// One card a coin, in the order of [`crate::market::COINS`].
    pub cards: Vec<CoinCard>,
}

/// One coin on the first page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinCard {
    /// The coin.
    pub symbol: Symbol,
    /// Last close, in USDT; none while the coin has no candle.
    pub price: Option<f64>,
    /// Change of the close over the last 24 hours, as a fraction.
    pub change_24h: Option<f64>,
    /// The end of its newest candle (UTC).
    pub as_of: Option<Timestamp>,
    /// One forecast a horizon; empty where the history is too short or has a gap at its end.
    pub forecasts: Vec<Forecast>,
    /// Realised volatility of each of the last 30 days, oldest first, fraction per day.
    pub sparkline: Vec<f64>,
}

impl CoinCard {
    /// The forecast of a horizon.
    #[must_use]
    pub fn forecast(&self, horizon: Horizon) -> Option<&Forecast> {
        self.forecasts.iter().find(|forecast| forecast.horizon == horizon)
    }
}

/// Everything on a coin's page except the chart's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinDetail {
    /// How the data stands.
    pub market: MarketState,
    /// The same card as on the first page.
    pub card: CoinCard,
    /// One record a horizon.
    pub records: Vec<TrackRecord>,
}

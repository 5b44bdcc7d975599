//! What the Buddy may know of the market: forecasts and candles.

use std::sync::Arc;

use domain::error::Failure;
use domain::forecast::{Forecast, Horizon};
use domain::market::{CandleSeries, MarketOrigin, Symbol};

use crate::forecasting::Forecasting;
use crate::history;
use crate::market::Market;

/// Where figures come from.
pub trait Figures: Send + Sync {
    /// The newest forecast of a coin.
    ///
    /// # Errors
    /// [`Failure::NotReady`] while there is none, [`Failure::UnknownSymbol`] for a coin that we do not follow.
    fn forecast(&self, symbol: &Symbol, horizon: Horizon) -> Result<Forecast, Failure>;

    /// A coin's hourly candles.
    fn candles(&self, symbol: &Symbol) -> Option<Arc<CandleSeries>>;

    /// Whether the market is made up.
    fn is_simulated(&self) -> bool;
}

/// The figures of the running product.
pub struct LiveFigures {
    /// The candles.
    pub market: Market,
    /// The forecasts.
    pub forecasting: Forecasting,
}

impl Figures for LiveFigures {
    fn forecast(&self, symbol: &Symbol, horizon: Horizon) -> Result<Forecast, Failure> {
        self.forecasting.forecast(symbol, horizon)
    }

    fn candles(&self, symbol: &Symbol) -> Option<Arc<CandleSeries>> {
        self.market.snapshot().series.get(symbol).cloned()
    }

    fn is_simulated(&self) -> bool {
        matches!(self.market.snapshot().state.origin, MarketOrigin::Simulated)
    }
}

/// How rough a coin has been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RecentVolatility {
    /// Realised volatility of the last day, fraction per day.
    pub(super) last_day: f64,
    /// Mean of the last seven days.
    pub(super) last_week: f64,
    /// Share of the last 365 days that were calmer than the last one, 0 to 1.
    pub(super) rank: f64,
    /// How many days were compared.
    pub(super) days: usize,
    /// The end of the last candle, epoch seconds.
    pub(super) as_of_s: i64,
}

/// What a coin's price did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PriceSummary {
    /// Last close, USDT.
    pub(super) close: f64,
    /// Changes over 1, 7 and 30 days, as fractions; none where the history is too short.
    pub(super) changes: [Option<f64>; 3],
    /// Lowest and highest price of the last 30 days.
    pub(super) range: (f64, f64),
    /// The end of the last candle, epoch seconds.
    pub(super) as_of_s: i64,
}

/// The days of [`PriceSummary::changes`].
pub(super) const CHANGE_DAYS: [usize; 3] = [1, 7, 30];

/// How rough a coin has been; none for a history of less than a month.
pub(super) fn recent_volatility(series: &CandleSeries) -> Option<RecentVolatility> {
    let days = history::daily_volatility(series, 365);
    let (&last_day, before) = days.split_last()?;
    if days.len() < 30 {
        return None;
    }
    let week = &days[days.len() - 7..];
    Some(RecentVolatility {
        last_day,
        last_week: week.iter().sum::<f64>() / week.len() as f64,
        rank: before.iter().filter(|&&day| day < last_day).count() as f64 / before.len() as f64,
        days: before.len(),
        as_of_s: series.closes_at_s()?,
    })
}

/// What a coin's price did; none without candles.
pub(super) fn price_summary(series: &CandleSeries) -> Option<PriceSummary> {
    let close = *series.close.last()?;
    let last = series.len();
    let ago = |days: usize| {
        let at = series.opens_at_s.last()? - (days as i64) * 86_400;
        let index = series.opens_at_s.binary_search(&at).ok()?;
        Some(close / series.close[index] - 1.0)
    };
    let month = last.saturating_sub(30 * 24)..last;
    Some(PriceSummary {
        close,
        changes: CHANGE_DAYS.map(ago),
        range: (
            series.low[month.clone()].iter().copied().fold(f64::INFINITY, f64::min),
            series.high[month].iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ),
        as_of_s: series.closes_at_s()?,
    })
}

//! The one implementation of what pages and API may ask for. It only delegates.

use std::sync::Arc;

use domain::advice::Advice;
use domain::chart::{ChartQuery, ChartSlice};
use domain::clock::instant;
use domain::error::Failure;
use domain::evaluation::{HowGood, JudgedModel};
use domain::forecast::{Forecast, Horizon};
use domain::language::Language;
use domain::market::{Candle, CandleSeries, MarketState, Symbol};
use domain::model::{ModelCard, Version};
use domain::overview::{CoinCard, CoinDetail, Overview};
use domain::ports::{Answer, Buddy, CandleQuery, Desk, PredictRequest};

use crate::buddy::TheBuddy;
use crate::evaluations::Evaluations;
use crate::forecasting::{Forecasting, NOT_READY_RETRY_S};
use crate::history;
use crate::market::{Market, MarketSnapshot};
use crate::registry::Registry;

/// Days of the sparkline on a card.
const SPARKLINE_DAYS: usize = 30;

/// What the pages and the API ask.
pub struct TheDesk {
    market: Market,
    forecasting: Forecasting,
    registry: Registry,
    evaluations: Evaluations,
    buddy: Arc<TheBuddy>,
}

impl TheDesk {
    /// Puts the desk together.
    #[must_use]
    pub fn new(market: Market, forecasting: Forecasting, registry: Registry, buddy: Arc<TheBuddy>) -> Self {
        let evaluations = Evaluations::new(registry.clone());
        Self { market, forecasting, registry, evaluations, buddy }
    }

    /// A coin that we follow, whether or not it has candles yet.
    fn followed(&self, symbol: &Symbol) -> Result<(), Failure> {
        let is_known = symbol.coin().is_some() || self.market.snapshot().series.contains_key(symbol);
        if is_known { Ok(()) } else { Err(Failure::unknown_symbol(symbol.as_str())) }
    }

    fn card(&self, snapshot: &MarketSnapshot, symbol: Symbol) -> CoinCard {
        let empty = CandleSeries::default();
        let series = snapshot.series.get(&symbol).map_or(&empty, |series| series.as_ref());
        let price = series.close.last().copied();
        let day_before = series.close.len().checked_sub(25).map(|index| series.close[index]);
        CoinCard {
            price,
            change_24h: price.zip(day_before).map(|(now, before)| now / before - 1.0),
            as_of: series.closes_at_s().map(instant),
            forecasts: self
                .forecasting
                .published()
                .and_then(|published| published.of(&symbol).map(|both| both.to_vec()))
                .unwrap_or_default(),
            sparkline: history::daily_volatility(series, SPARKLINE_DAYS),
            symbol,
        }
    }

    fn candles_now(&self, query: &CandleQuery) -> Result<Vec<Candle>, Failure> {
        self.followed(&query.symbol)?;
        let snapshot = self.market.snapshot();
        let Some(series) = snapshot.series.get(&query.symbol) else {
            return Err(Failure::NotReady { retry_after_s: NOT_READY_RETRY_S });
        };
        let wanted = series.between(query.from_s.unwrap_or(i64::MIN), query.to_s.unwrap_or(i64::MAX));
        let skipped = wanted.len().saturating_sub(query.limit.min(CandleQuery::MAX_CANDLES) as usize);
        Ok(wanted.iter().skip(skipped).collect())
    }

    fn chart_now(&self, query: &ChartQuery) -> Result<ChartSlice, Failure> {
        self.followed(&query.symbol)?;
        let snapshot = self.market.snapshot();
        let empty = CandleSeries::default();
        let series = snapshot.series.get(&query.symbol).map_or(&empty, |series| series.as_ref());
        let record = self.forecasting.record(&query.symbol, query.horizon);
        Ok(history::slice(series, record.as_ref().map_or(&[], |record| &record.forecasts), query))
    }

    fn detail(&self, symbol: Symbol) -> Result<CoinDetail, Failure> {
        self.followed(&symbol)?;
        let snapshot = self.market.snapshot();
        let records = Horizon::ALL.iter().filter_map(|&horizon| self.forecasting.record(&symbol, horizon)).collect();
        Ok(CoinDetail { market: snapshot.state.clone(), card: self.card(&snapshot, symbol), records })
    }
}

impl Desk for TheDesk {
    fn overview(&self) -> Answer<'_, Overview> {
        Box::pin(async {
            let snapshot = self.market.snapshot();
            let cards = Symbol::followed().into_iter().map(|symbol| self.card(&snapshot, symbol)).collect();
            Ok(Overview { market: snapshot.state.clone(), cards })
        })
    }

    fn coin(&self, symbol: Symbol) -> Answer<'_, CoinDetail> {
        Box::pin(async move { self.detail(symbol) })
    }

    fn chart(&self, query: ChartQuery) -> Answer<'_, ChartSlice> {
        Box::pin(async move { self.chart_now(&query) })
    }

    fn forecasts(&self) -> Answer<'_, Vec<Forecast>> {
        Box::pin(async {
            let published =
                self.forecasting.published().ok_or(Failure::NotReady { retry_after_s: NOT_READY_RETRY_S })?;
            let mut forecasts: Vec<Forecast> = published.forecasts().cloned().collect();
            forecasts.sort_by_key(|forecast| (forecast.symbol.place(), forecast.horizon));
            Ok(forecasts)
        })
    }

    fn forecast(&self, symbol: Symbol, horizon: Horizon) -> Answer<'_, Forecast> {
        Box::pin(async move {
            self.followed(&symbol)?;
            self.forecasting.forecast(&symbol, horizon)
        })
    }

    fn predict(&self, request: PredictRequest) -> Answer<'_, Forecast> {
        Box::pin(async move {
            match request.candles {
                Some(candles) => self.forecasting.on_candles(request.symbol, request.horizon, candles).await,
                None => {
                    self.followed(&request.symbol)?;
                    self.forecasting.forecast(&request.symbol, request.horizon)
                }
            }
        })
    }

    fn candles(&self, query: CandleQuery) -> Answer<'_, Vec<Candle>> {
        Box::pin(async move { self.candles_now(&query) })
    }

    fn models(&self) -> Answer<'_, Vec<ModelCard>> {
        let registry = self.registry.clone();
        Box::pin(async move {
            tokio::task::spawn_blocking(move || registry.cards()).await.map_err(|cause| crate::incident::report(&cause))
        })
    }

    fn model_card(&self, version: Version) -> Answer<'_, JudgedModel> {
        Box::pin(self.evaluations.card(version))
    }

    fn how_good(&self, symbol: Option<Symbol>) -> Answer<'_, HowGood> {
        Box::pin(self.evaluations.how_good(self.forecasting.version(), symbol))
    }

    fn market(&self) -> MarketState {
        self.market.snapshot().state.clone()
    }

    fn advice(&self, symbol: Symbol, horizon: Horizon, language: Language) -> Answer<'_, Advice> {
        Box::pin(async move { self.buddy.advice(symbol, horizon, language).await })
    }

    fn buddy(&self) -> &dyn Buddy {
        self.buddy.as_ref()
    }
}

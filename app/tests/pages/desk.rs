//! A desk whose answers a test decides. Its market is made up by a seeded walk, so that pages have something to
//! draw; nothing of it is ever part of the product.

use domain::advice::Advice;
use domain::chart::{Bar, ChartQuery, ChartSlice};
use domain::clock::instant;
use domain::error::Failure;
use domain::evaluation::{HowGood, JudgedModel};
use domain::forecast::{
    Driver, Forecast, Horizon, PastForecast, Quantiles, Reason, RiskLevel, TrackRecord, UsualRange,
};
use domain::language::Language;
use domain::market::{COINS, Candle, MarketOrigin, MarketState, Symbol};
use domain::model::{Family, ModelCard, Score, Version};
use domain::overview::{CoinCard, CoinDetail, Overview};
use domain::ports::{Answer, Buddy, CandleQuery, Desk, PredictRequest};

use crate::buddy::{SampleBuddy, advice};
use crate::evaluation::evaluation;

/// 2025-07-01 00:00 UTC.
pub(crate) const NOW_S: i64 = 1_751_328_000;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// A desk with fixed answers.
pub(crate) struct SampleDesk {
    /// How the market stands.
    pub(crate) market: MarketState,
    /// What every answer is instead, where something has failed.
    pub(crate) failure: Option<Failure>,
    /// Whether coins have forecasts.
    pub(crate) has_forecasts: bool,
    /// Whether there are finished forecasts after training.
    pub(crate) has_record: bool,
    /// Whether the registry holds models.
    pub(crate) has_models: bool,
    /// Whether an evaluation is stored.
    pub(crate) has_evaluation: bool,
    /// The agent.
    pub(crate) buddy: SampleBuddy,
}

impl Default for SampleDesk {
    fn default() -> Self {
        Self {
            market: MarketState {
                origin: MarketOrigin::Archive,
                as_of: Some(instant(NOW_S)),
                is_stale: false,
                is_offline: false,
                retries_at: None,
                loading: None,
                missing_hours: 33,
                quarantined_rows: 2,
            },
            failure: None,
            has_forecasts: true,
            has_record: true,
            has_models: true,
            has_evaluation: true,
            buddy: SampleBuddy::default(),
        }
    }
}

impl SampleDesk {
    fn answer<T: Send + 'static>(&self, make: impl FnOnce() -> Result<T, Failure>) -> Answer<'_, T> {
        let answer = self.failure.clone().map_or_else(make, Err);
        Box::pin(std::future::ready(answer))
    }

    fn card(&self, symbol: &Symbol) -> CoinCard {
        let seed = seed_of(symbol);
        let volatility = daily_volatility(seed, 30);
        let forecasts = if self.has_forecasts {
            Horizon::ALL.map(|horizon| forecast(symbol, horizon)).to_vec()
        } else {
            Vec::new()
        };
        CoinCard {
            symbol: symbol.clone(),
            price: self.has_forecasts.then(|| base_price(symbol)),
            change_24h: self.has_forecasts.then(|| noise(seed, 7) * 0.03),
            as_of: self.has_forecasts.then(|| instant(NOW_S)),
            forecasts,
            sparkline: if self.has_forecasts { volatility } else { Vec::new() },
        }
    }
}

impl Desk for SampleDesk {
    fn overview(&self) -> Answer<'_, Overview> {
        self.answer(|| {
            let cards = Symbol::followed().iter().map(|symbol| self.card(symbol)).collect();
            Ok(Overview { market: self.market.clone(), cards })
        })
    }

    fn coin(&self, symbol: Symbol) -> Answer<'_, CoinDetail> {
        self.answer(|| {
            let records = Horizon::ALL.map(|horizon| record(&symbol, horizon, self.has_record)).to_vec();
            Ok(CoinDetail { market: self.market.clone(), card: self.card(&symbol), records })
        })
    }

    fn chart(&self, query: ChartQuery) -> Answer<'_, ChartSlice> {
        self.answer(|| Ok(slice(&query)))
    }

    fn forecasts(&self) -> Answer<'_, Vec<Forecast>> {
        self.answer(|| Ok(Symbol::followed().iter().map(|symbol| forecast(symbol, Horizon::Day)).collect()))
    }

    fn forecast(&self, symbol: Symbol, horizon: Horizon) -> Answer<'_, Forecast> {
        self.answer(|| Ok(forecast(&symbol, horizon)))
    }

    fn predict(&self, request: PredictRequest) -> Answer<'_, Forecast> {
        self.answer(|| Ok(forecast(&request.symbol, request.horizon)))
    }

    fn candles(&self, _query: CandleQuery) -> Answer<'_, Vec<Candle>> {
        self.answer(|| Ok(Vec::new()))
    }

    fn models(&self) -> Answer<'_, Vec<ModelCard>> {
        self.answer(|| Ok(if self.has_models { vec![model()] } else { Vec::new() }))
    }

    fn model_card(&self, _version: Version) -> Answer<'_, JudgedModel> {
        self.answer(|| Ok(JudgedModel { card: model(), evaluation: Some(evaluation().without_reports()) }))
    }

    fn how_good(&self, symbol: Option<Symbol>) -> Answer<'_, HowGood> {
        self.answer(|| match self.has_evaluation {
            false => Err(Failure::NotEvaluated),
            true => Ok(HowGood { evaluation: evaluation().about(symbol.as_ref()), symbols: Symbol::followed() }),
        })
    }

    fn market(&self) -> MarketState {
        self.market.clone()
    }

    fn advice(&self, symbol: Symbol, horizon: Horizon, language: Language) -> Answer<'_, Advice> {
        self.answer(|| match self.has_forecasts {
            false => Err(Failure::NotReady { retry_after_s: 1 }),
            true => Ok(advice(forecast(&symbol, horizon), language)),
        })
    }

    fn buddy(&self) -> &dyn Buddy {
        &self.buddy
    }
}

fn seed_of(symbol: &Symbol) -> u64 {
    COINS.iter().position(|coin| coin.symbol == symbol.as_str()).map_or(99, |index| index as u64 + 1)
}

fn base_price(symbol: &Symbol) -> f64 {
    [107_135.33, 2_484.76, 655.2, 154.71, 2.2365, 0.5731, 0.16466, 17.99, 13.4][(seed_of(symbol) as usize - 1).min(8)]
}

/// A number between -1 and 1 that depends on nothing but its arguments.
fn noise(seed: u64, index: u64) -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    for _ in 0..3 {
        state ^= state >> 31;
        state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 29;
    }
    (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Realised volatility of the last days, oldest first: waves with noise on them.
fn daily_volatility(seed: u64, days: u64) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let wave = ((day as f64 + seed as f64 * 3.0) / 6.0).sin() * 0.28;
            let weekend = if (day + 1) % 7 < 2 { -0.22 } else { 0.0 };
            0.026 * (1.0 + seed as f64 * 0.06) * (wave + weekend + noise(seed, day) * 0.3).exp()
        })
        .collect()
}

fn forecast(symbol: &Symbol, horizon: Horizon) -> Forecast {
    let seed = seed_of(symbol);
    let chances = [0.12, 0.31, 0.07, 0.67, 0.44, 0.22, 0.58, 0.93, 0.18];
    let high_volatility = chances[(seed as usize - 1).min(8)] * if horizon == Horizon::Day { 1.0 } else { 0.9 };
    let middle = 0.026 * (1.0 + seed as f64 * 0.06);
    let median = middle * (0.8 + high_volatility * 0.9);
    let spread = if horizon == Horizon::Day { 0.34 } else { 0.29 };
    let quantiles = [-1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96].map(|z: f64| median * (z * spread).exp());
    let origin_s = NOW_S;
    Forecast {
        symbol: symbol.clone(),
        horizon,
        origin: instant(origin_s),
        ends_at: instant(origin_s + i64::from(horizon.hours()) * HOUR_S),
        model: version(),
        quantiles: Quantiles::from_array(quantiles),
        high_volatility,
        level: RiskLevel::of(high_volatility),
        usual: UsualRange { low: middle * 0.7, middle, high: middle * 1.38 },
        rank: 0.5,
        just_realised: middle * 0.95,
        reasons: vec![
            Reason {
                driver: Driver::RecentVolatility,
                effect: 0.14,
                value: Some(median),
                usual: Some(middle),
                days_in_a_row: 3,
            },
            Reason { driver: Driver::DayOfWeek, effect: -0.09, value: None, usual: None, days_in_a_row: 0 },
            Reason {
                driver: Driver::WholeMarket,
                effect: 0.05,
                value: Some(0.031),
                usual: Some(0.027),
                days_in_a_row: 0,
            },
            Reason {
                driver: Driver::TradingVolume,
                effect: -0.03,
                value: Some(0.81),
                usual: Some(1.0),
                days_in_a_row: 0,
            },
        ],
    }
}

fn past(symbol: &Symbol, horizon: Horizon, origin_s: i64) -> PastForecast {
    let seed = seed_of(symbol);
    let day = origin_s.div_euclid(DAY_S) as u64;
    let middle = 0.026 * (1.0 + seed as f64 * 0.06);
    let median = middle * (((day as f64 + seed as f64) / 9.0).sin() * 0.25 + noise(seed, day) * 0.1).exp();
    let spread = if horizon == Horizon::Day { 0.34 } else { 0.29 };
    let ends_at_s = origin_s + i64::from(horizon.hours()) * HOUR_S;
    let realised = median * (noise(seed + 50, day) * 1.9 * spread).exp();
    PastForecast {
        origin_s,
        ends_at_s,
        q10: median * (-1.2816 * spread).exp(),
        q50: median,
        q90: median * (1.2816 * spread).exp(),
        high_volatility: (median / middle - 0.6).clamp(0.02, 0.95),
        threshold: middle * 1.38,
        realised: (ends_at_s <= NOW_S).then_some(realised),
    }
}

fn record(symbol: &Symbol, horizon: Horizon, has_record: bool) -> TrackRecord {
    let forecasts: Vec<PastForecast> = if has_record {
        (1..=180).rev().map(|day| past(symbol, horizon, NOW_S - day * DAY_S)).collect()
    } else {
        Vec::new()
    };
    let finished = forecasts.iter().filter(|past| past.realised.is_some()).count() as u32;
    let count = |warned: bool, high: bool| {
        let is_counted = |past: &&PastForecast| {
            past.realised.is_some_and(|realised| (realised > past.threshold) == high)
                && (past.high_volatility >= 0.5) == warned
        };
        forecasts.iter().filter(is_counted).count() as u32
    };
    TrackRecord {
        symbol: symbol.clone(),
        horizon,
        finished,
        coverage80: has_record.then_some(0.785),
        warnings_right: count(true, true),
        warnings_wrong: count(true, false),
        missed: count(false, true),
        calm_right: count(false, false),
        typical_error: has_record.then_some(0.21),
        forecasts,
    }
}

fn slice(query: &ChartQuery) -> ChartSlice {
    let step = query.resolution.seconds();
    let oldest = NOW_S - 1_200 * DAY_S;
    let end = query.before_s.unwrap_or(NOW_S).min(NOW_S);
    let begin = (end - i64::from(query.limit) * step).max(oldest);
    let seed = seed_of(&query.symbol);
    let price = |at: i64| {
        let days = (NOW_S - at) as f64 / DAY_S as f64;
        let wave = (days / 40.0).sin() * 0.1 + (days / 6.0).sin() * 0.03 + (days * 5.0).sin() * 0.004;
        base_price(&query.symbol) * (wave + noise(seed, at.div_euclid(HOUR_S) as u64) * 0.004).exp()
    };
    let bars = (begin.div_euclid(step)..end.div_euclid(step))
        .map(|index| {
            let opens_at_s = index * step;
            let (open, close) = (price(opens_at_s), price(opens_at_s + step));
            let days = (NOW_S - opens_at_s) as f64 / DAY_S as f64;
            Bar {
                opens_at_s,
                open,
                close,
                high: open.max(close) * 1.002,
                low: open.min(close) * 0.998,
                volume: 1_000.0 * (2.0 + noise(seed, index as u64)),
                volatility: Some(0.03 * ((days / 5.0).sin() * 0.3 + (days * 3.0).sin() * 0.1).exp()),
            }
        })
        .collect();
    let first_day = begin.max(NOW_S - 180 * DAY_S).div_euclid(DAY_S) + 1;
    let forecasts =
        (first_day..end.div_euclid(DAY_S)).map(|day| past(&query.symbol, query.horizon, day * DAY_S)).collect();
    ChartSlice {
        symbol: query.symbol.clone(),
        resolution: query.resolution,
        bars,
        forecasts,
        has_older: begin > oldest,
    }
}

fn version() -> Version {
    Version::parse("lstm-20250701-1a2b3c4d").expect("a plain name")
}

fn model() -> ModelCard {
    let score = |horizon, qlike| Score {
        horizon,
        origins: 1_620,
        qlike,
        rmse_log: 0.324,
        r2_log: 0.47,
        auc: 0.814,
        brier: 0.121,
        coverage80: 0.791,
        coverage95: 0.943,
        average_precision: 0.55,
        log_score: 0.38,
        pinball: 0.08,
        coverage50: 0.5,
        width50: 0.5,
        width80: 0.96,
        width95: 1.55,
    };
    let scores = Horizon::ALL.map(|horizon| score(horizon, 0.141)).to_vec();
    ModelCard {
        version: version(),
        family: Family::Blend,
        is_champion: true,
        trained_at: instant(NOW_S),
        trained_from: instant(NOW_S - 2_800 * DAY_S),
        trained_to: instant(NOW_S - 181 * DAY_S),
        seed: 7,
        revision: "cc27a02".to_owned(),
        parameters: 21_314,
        baseline: Horizon::ALL.map(|horizon| score(horizon, 0.152)).to_vec(),
        by_symbol: COINS.iter().map(|coin| (coin.symbol.to_owned(), scores.clone())).collect(),
        scores,
    }
}

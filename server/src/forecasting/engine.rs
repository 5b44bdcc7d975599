//! From candles and a model to everything that is published.

use std::collections::BTreeMap;

use domain::error::Failure;
use domain::evaluation::Warnings;
use domain::forecast::{Forecast, Horizon, PastForecast, TrackRecord};
use domain::market::{CandleSeries, Symbol};
use domain::model::Version;
use ml::dataset::{NEWEST_HOURS, Origin, Panel, SEQUENCE_DAYS};
use ml::features::{self, FeatureError};
use ml::forecaster::{Forecaster, NEEDED_CANDLES, Shapes};
use ml::model::ModelError;

use crate::market::MarketSnapshot;

const HOURS_PER_DAY: u32 = 24;

/// Days back to which forecasts are compared with outcomes, where the model's training ended before.
const RECORD_DAYS: u32 = 365;

/// Hours of features that forecasts and records read.
pub(crate) const RECORD_HOURS: u32 = NEWEST_HOURS + (RECORD_DAYS + SEQUENCE_DAYS as u32) * HOURS_PER_DAY;

/// Why forecasts cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    /// The candles are not as the market promises them.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// How much is computed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage<'a> {
    /// The newest forecasts, with the records and shapes that the same model published before.
    Newest(&'a Published),
    /// The records and shapes as well.
    WithRecords,
}

/// Forecasts and records of one state of the market and one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The market's revision.
    pub revision: u64,
    /// The model.
    pub version: Version,
    /// Whether records and shapes are of this state of the market as well, and not of the one before.
    pub is_with_records: bool,
    forecasts: BTreeMap<Symbol, [Forecast; 2]>,
    records: BTreeMap<(Symbol, Horizon), TrackRecord>,
    known: BTreeMap<Symbol, u32>,
    /// How the errors of each coin are shaped, after the forecasts of the records.
    shapes: Shapes,
}

impl Published {
    /// Every newest forecast, coin by coin in the order of their names.
    pub fn forecasts(&self) -> impl Iterator<Item = &Forecast> {
        self.forecasts.values().flatten()
    }

    /// The newest forecasts of a coin; none where its history does not allow one.
    #[must_use]
    pub fn of(&self, symbol: &Symbol) -> Option<&[Forecast; 2]> {
        self.forecasts.get(symbol)
    }

    /// The newest forecast of a coin and horizon.
    ///
    /// # Errors
    /// [`Failure::UnknownSymbol`] for a coin without candles, [`Failure::TooFewCandles`] where they are too few.
    pub fn forecast(&self, symbol: &Symbol, horizon: Horizon) -> Result<Forecast, Failure> {
        match (self.forecasts.get(symbol), self.known.get(symbol)) {
            (Some(both), _) => Ok(both[horizon.index()].clone()),
            (None, Some(&given)) => Err(Failure::TooFewCandles { needed: NEEDED_CANDLES, given }),
            (None, None) => Err(Failure::unknown_symbol(symbol.as_str())),
        }
    }

    /// How past forecasts of a coin and horizon compare with what happened.
    #[must_use]
    pub fn record(&self, symbol: &Symbol, horizon: Horizon) -> Option<&TrackRecord> {
        self.records.get(&(symbol.clone(), horizon))
    }
}

/// Computes everything from a snapshot. The panel is dropped afterwards: it is larger than what it yields.
pub(super) fn compute(
    forecaster: &Forecaster,
    snapshot: &MarketSnapshot,
    stage: Stage<'_>,
) -> Result<Published, EngineError> {
    let market: Vec<(Symbol, &CandleSeries)> =
        snapshot.series.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
    let version = forecaster.manifest().version.clone();
    let hours = match stage {
        Stage::Newest(_) => NEWEST_HOURS,
        Stage::WithRecords => RECORD_HOURS,
    };
    let panel = Panel::new(&features::compute_tail(&market, hours)?);

    let (records, shapes) = match stage {
        Stage::Newest(before) => (before.records.clone(), before.shapes.clone()),
        Stage::WithRecords => records(forecaster, &panel)?,
    };
    let mut forecasts = BTreeMap::new();
    for (symbol, _) in &market {
        if let Some(origin) = panel.newest(symbol)
            && let Some(both) = forecaster.forecast(&panel, origin, &shapes)?
        {
            forecasts.insert(symbol.clone(), both);
        }
    }
    let known = market
        .iter()
        .map(|(symbol, series)| (symbol.clone(), u32::try_from(unbroken_hours(series)).unwrap_or(u32::MAX)))
        .collect();
    let is_with_records = matches!(stage, Stage::WithRecords);
    Ok(Published { revision: snapshot.revision, version, is_with_records, forecasts, records, known, shapes })
}

/// How many candles follow each other without a gap up to the newest one.
pub(super) fn unbroken_hours(series: &CandleSeries) -> usize {
    let hours = series.opens_at_s.windows(2).rev().take_while(|pair| pair[1] - pair[0] == 3_600).count();
    hours + usize::from(!series.is_empty())
}

/// How the errors of a coin of the panel are shaped by now, as the server would have them.
///
/// # Errors
/// [`ModelError`] where the model fails.
pub(crate) fn shapes(forecaster: &Forecaster, panel: &Panel, coin: u32) -> Result<Shapes, ModelError> {
    let mut origins = record_origins(forecaster, panel);
    origins.retain(|origin| origin.coin == coin);
    Ok(forecaster.past(panel, &origins)?.1)
}

/// One origin a day at 00:00 UTC over the last year, none that the model was fitted on.
fn record_origins(forecaster: &Forecaster, panel: &Panel) -> Vec<Origin> {
    let Some((_, newest_s)) = panel.span_s() else { return Vec::new() };
    let trained_to_s = forecaster.manifest().trained_to.as_second();
    let from_s = trained_to_s.max(newest_s - i64::from(RECORD_DAYS * HOURS_PER_DAY) * 3_600);
    panel.origins(from_s, newest_s + 1, i64::from(HOURS_PER_DAY))
}

type Records = BTreeMap<(Symbol, Horizon), TrackRecord>;

fn records(forecaster: &Forecaster, panel: &Panel) -> Result<(Records, Shapes), EngineError> {
    let (mut past, shapes) = forecaster.past(panel, &record_origins(forecaster, panel))?;
    let mut records = BTreeMap::new();
    for coin in panel.coins() {
        for horizon in Horizon::ALL {
            let key = (coin.symbol.clone(), horizon);
            let forecasts = past.remove(&key).unwrap_or_default();
            records.insert(key, record(coin.symbol.clone(), horizon, forecasts));
        }
    }
    Ok((records, shapes))
}

fn record(symbol: Symbol, horizon: Horizon, forecasts: Vec<PastForecast>) -> TrackRecord {
    let finished: Vec<(&PastForecast, f64)> =
        forecasts.iter().filter_map(|forecast| Some((forecast, forecast.realised?))).collect();
    let warnings = Warnings::count(
        finished.iter().map(|(forecast, realised)| (forecast.high_volatility, *realised > forecast.threshold)),
    );
    let inside =
        finished.iter().filter(|(forecast, realised)| (forecast.q10..=forecast.q90).contains(realised)).count();
    let mut errors: Vec<f64> =
        finished.iter().map(|(forecast, realised)| (forecast.q50 / realised - 1.0).abs()).collect();
    errors.sort_by(f64::total_cmp);
    TrackRecord {
        symbol,
        horizon,
        finished: u32::try_from(finished.len()).unwrap_or(u32::MAX),
        coverage80: (!finished.is_empty()).then(|| inside as f64 / finished.len() as f64),
        warnings_right: warnings.right,
        warnings_wrong: warnings.wrong,
        missed: warnings.missed,
        calm_right: warnings.calm,
        typical_error: errors.get(errors.len() / 2).copied(),
        forecasts,
    }
}

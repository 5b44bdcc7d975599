//! A trained model, its calibration and its manifest: what serving asks.

mod reasons;

use std::collections::BTreeMap;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::{Forecast, Horizon, PastForecast, Quantiles, Reason, RiskLevel, UsualRange};
use domain::market::Symbol;

use crate::artefact::Manifest;
use crate::calibration::{Calibration, Finished, Running};
use crate::dataset::{Origin, Panel, usual_range};
use crate::features::LONGEST_LOOK_BACK_HOURS;
use crate::model::{ModelError, Prediction, VolatilityModel};

/// Hourly candles that must be there, up to the origin, for one forecast.
pub const NEEDED_CANDLES: u32 = LONGEST_LOOK_BACK_HOURS;

/// A trained forecaster, ready to serve.
pub struct Forecaster {
    manifest: Manifest,
    model: Box<dyn VolatilityModel>,
    calibration: Calibration,
    /// Where the training left the shapes, worked out once: a forecast must not replay a year of errors.
    start: Shapes,
    strangers: [Running; 2],
}

/// Earlier forecasts of each coin and horizon, oldest first.
pub type PastForecasts = BTreeMap<(Symbol, Horizon), Vec<PastForecast>>;

/// The shapes of the errors of each coin and horizon, as they stand at some moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shapes(BTreeMap<Symbol, [Running; 2]>);

/// What is known of one origin and horizon before any model is asked.
struct Context {
    horizon: Horizon,
    usual: UsualRange,
    sorted: Vec<f64>,
}

impl Forecaster {
    /// Puts a model, its manifest and the errors that it made before it was fitted on everything together.
    #[must_use]
    pub fn new(manifest: Manifest, model: Box<dyn VolatilityModel>, calibration: Calibration) -> Self {
        let of_coin = |symbol: &Symbol| Horizon::ALL.map(|horizon| calibration.start(symbol, horizon));
        let start = Shapes(calibration.errors().map(|(symbol, _)| (symbol.clone(), of_coin(symbol))).collect());
        let strangers = Horizon::ALL.map(|horizon| calibration.start_of_a_stranger(horizon));
        Self { manifest, model, calibration, start, strangers }
    }

    /// What is known about the model.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The model alone.
    #[must_use]
    pub fn model(&self) -> &dyn VolatilityModel {
        self.model.as_ref()
    }

    /// The errors that came with the model.
    #[must_use]
    pub const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Forecasts for both horizons at one origin, with reasons; none where the coin is too young for a usual range.
    /// Of `shapes` the coin's own are used; a coin that has none there stands where the training left it.
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    pub fn forecast(
        &self,
        panel: &Panel,
        origin: Origin,
        shapes: &Shapes,
    ) -> Result<Option<[Forecast; 2]>, ModelError> {
        let contexts = Horizon::ALL.map(|horizon| context(panel, origin, horizon));
        let [Some(day), Some(two_days)] = contexts else { return Ok(None) };
        let (prediction, [for_day, for_two_days]) = self.explain(panel, origin)?;
        let day = self.publish(panel, origin, &prediction, &day, shapes, for_day);
        let two_days = self.publish(panel, origin, &prediction, &two_days, shapes, for_two_days);
        Ok(day.zip(two_days).map(|(day, two_days)| [day, two_days]))
    }

    /// The shapes that a coin has in `shapes`, else those that the training left it with.
    fn shapes_of<'a>(&'a self, symbol: &Symbol, shapes: &'a Shapes) -> &'a [Running; 2] {
        shapes.0.get(symbol).or_else(|| self.start.0.get(symbol)).unwrap_or(&self.strangers)
    }

    fn publish(
        &self,
        panel: &Panel,
        origin: Origin,
        prediction: &Prediction,
        context: &Context,
        shapes: &Shapes,
        reasons: Vec<Reason>,
    ) -> Option<Forecast> {
        let horizon = context.horizon;
        let symbol = &panel.coins()[origin.coin as usize].symbol;
        let mut running = self.shapes_of(symbol, shapes)[horizon.index()].clone();
        running.settle(panel.origin_s(origin));
        let quantiles = Quantiles::from_array(running.log_quantiles(prediction, horizon)?.map(f64::exp));
        let high_volatility = running.chance_above(prediction, horizon, context.usual.high.ln())?;
        let below = context.sorted.partition_point(|&value| value < quantiles.q50.ln());
        let at_s = panel.origin_s(origin);
        Some(Forecast {
            symbol: symbol.clone(),
            horizon,
            origin: instant(at_s),
            ends_at: instant(at_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR),
            model: self.manifest.version.clone(),
            quantiles,
            high_volatility,
            level: RiskLevel::of(high_volatility),
            usual: context.usual,
            rank: below as f64 / context.sorted.len() as f64,
            just_realised: panel.trailing(origin, horizon).exp(),
            reasons,
        })
    }

    /// What would have been said at earlier origins after the training, one a day, and what came of it; with the shapes
    /// as they stand after the last of them. Origins without a usual range are left out. Origins must be of one coin
    /// after another, each in order of time, and none that the model was fitted on: [`Manifest::trained_to`].
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    pub fn past(&self, panel: &Panel, origins: &[Origin]) -> Result<(PastForecasts, Shapes), ModelError> {
        let predictions = self.model.predict(panel, origins)?;
        let made: Vec<(Origin, Prediction)> = origins.iter().copied().zip(predictions).collect();
        let mut past = BTreeMap::new();
        let mut shapes = Shapes::default();
        for of_coin in made.chunk_by(|one, next| one.0.coin == next.0.coin) {
            let symbol = panel.coins()[of_coin[0].0.coin as usize].symbol.clone();
            let after = Horizon::ALL.map(|horizon| {
                let mut running = self.start.0.get(&symbol).unwrap_or(&self.strangers)[horizon.index()].clone();
                let forecasts = of_coin.iter().filter_map(|(origin, prediction)| {
                    past_forecast(panel, *origin, prediction, horizon, &mut running)
                });
                past.insert((symbol.clone(), horizon), forecasts.collect());
                running
            });
            shapes.0.insert(symbol, after);
        }
        Ok((past, shapes))
    }
}

fn past_forecast(
    panel: &Panel,
    origin: Origin,
    prediction: &Prediction,
    horizon: Horizon,
    running: &mut Running,
) -> Option<PastForecast> {
    let origin_s = panel.origin_s(origin);
    let ends_at_s = origin_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR;
    let realised = panel.target(origin, horizon);
    running.settle(origin_s);
    let said = running.log_quantiles(prediction, horizon).zip(panel.usual(origin, horizon)).and_then(
        |(log_quantiles, usual)| {
            let quantiles = Quantiles::from_array(log_quantiles.map(f64::exp));
            Some(PastForecast {
                origin_s,
                ends_at_s,
                q10: quantiles.q10,
                q50: quantiles.q50,
                q90: quantiles.q90,
                high_volatility: running.chance_above(prediction, horizon, usual.high.ln())?,
                threshold: usual.high,
                realised: realised.is_finite().then(|| realised.exp()),
            })
        },
    );
    running.learn(Finished::of(panel, origin, prediction, horizon));
    said
}

fn context(panel: &Panel, origin: Origin, horizon: Horizon) -> Option<Context> {
    let sorted = panel.usual_sorted(origin, horizon)?;
    Some(Context { horizon, usual: usual_range(&sorted), sorted })
}

//! A trained model, its calibration and its manifest: what serving asks.

mod reasons;

use domain::clock::instant;
use domain::forecast::{Forecast, Horizon, PastForecast, RiskLevel};

use crate::artefact::Manifest;
use crate::dataset::{Origin, Panel, usual_range};
use crate::features::LONGEST_LOOK_BACK_HOURS;
use crate::model::{ModelError, Prediction, VolatilityModel};

/// Hourly candles that must be there, up to the origin, for one forecast.
pub const NEEDED_CANDLES: u32 = LONGEST_LOOK_BACK_HOURS;

/// A trained forecaster, ready to serve.
pub struct Forecaster {
    manifest: Manifest,
    model: Box<dyn VolatilityModel>,
}

/// What is known of one origin and horizon before any model is asked.
struct Context {
    usual: domain::forecast::UsualRange,
    sorted: Vec<f64>,
}

impl Forecaster {
    /// Puts a model and its manifest together.
    #[must_use]
    pub fn new(manifest: Manifest, model: Box<dyn VolatilityModel>) -> Self {
        Self { manifest, model }
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

    /// Forecasts for both horizons at one origin, with reasons; none where the coin is too young for a usual range.
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    pub fn forecast(&self, panel: &Panel, origin: Origin) -> Result<Option<[Forecast; 2]>, ModelError> {
        let (Some(day), Some(two_days)) =
            (context(panel, origin, Horizon::Day), context(panel, origin, Horizon::TwoDays))
        else {
            return Ok(None);
        };
        let (prediction, reasons) = self.explain(panel, origin)?;
        let [for_day, for_two_days] = reasons;
        Ok(Some([
            self.publish(panel, origin, Horizon::Day, &prediction, &day, for_day),
            self.publish(panel, origin, Horizon::TwoDays, &prediction, &two_days, for_two_days),
        ]))
    }

    fn publish(
        &self,
        panel: &Panel,
        origin: Origin,
        horizon: Horizon,
        prediction: &Prediction,
        context: &Context,
        reasons: Vec<domain::forecast::Reason>,
    ) -> Forecast {
        let quantiles = self.manifest.calibration.quantiles(prediction, horizon);
        let high_volatility = self.manifest.calibration.chance_above(prediction, horizon, context.usual.high);
        let below = context.sorted.partition_point(|&value| value < quantiles.q50.ln());
        let at_s = panel.origin_s(origin);
        Forecast {
            symbol: panel.coins()[origin.coin as usize].symbol.clone(),
            horizon,
            origin: instant(at_s),
            ends_at: instant(at_s + i64::from(horizon.hours()) * 3_600),
            model: self.manifest.version.clone(),
            quantiles,
            high_volatility,
            level: RiskLevel::of(high_volatility),
            usual: context.usual,
            rank: below as f64 / context.sorted.len() as f64,
            just_realised: panel.trailing(origin, horizon).exp(),
            reasons,
        }
    }

    /// What would have been said at earlier origins, and what came of it; origins without a usual range are left out.
    /// Whether an origin lies after the training is the caller's to see: [`Manifest::trained_to`].
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    pub fn past(&self, panel: &Panel, origins: &[Origin], horizon: Horizon) -> Result<Vec<PastForecast>, ModelError> {
        let predictions = self.model.predict(panel, origins)?;
        Ok(origins
            .iter()
            .zip(&predictions)
            .filter_map(|(&origin, prediction)| {
                let threshold = panel.usual(origin, horizon)?.high;
                let quantiles = self.manifest.calibration.quantiles(prediction, horizon);
                let realised = panel.target(origin, horizon);
                let origin_s = panel.origin_s(origin);
                Some(PastForecast {
                    origin_s,
                    ends_at_s: origin_s + i64::from(horizon.hours()) * 3_600,
                    q10: quantiles.q10,
                    q50: quantiles.q50,
                    q90: quantiles.q90,
                    high_volatility: self.manifest.calibration.chance_above(prediction, horizon, threshold),
                    threshold,
                    realised: realised.is_finite().then(|| realised.exp()),
                })
            })
            .collect())
    }
}

fn context(panel: &Panel, origin: Origin, horizon: Horizon) -> Option<Context> {
    let sorted = panel.usual_sorted(origin, horizon)?;
    Some(Context { usual: usual_range(&sorted), sorted })
}

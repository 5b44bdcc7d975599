//! The walk itself: one model, fitted once, asked at every origin of the span that follows.

use domain::forecast::Horizon;
use domain::model::Family;

use crate::dataset::{Origin, Panel};
use crate::model::boosting::Boosting;
use crate::model::ewma::Ewma;
use crate::model::forest::RandomForest;
use crate::model::garch::Garch;
use crate::model::har::Har;
use crate::model::lstm::{Lstm, Plan, Progress};
use crate::model::persistence::Persistence;
use crate::model::{ModelError, Prediction, VolatilityModel};
use crate::split::Fold;

/// The families that are fitted, the quickest first. The others are made of them: see [`super::add_blends`].
pub const FITTED: [Family; 8] = [
    Family::Persistence,
    Family::Ewma,
    Family::Har,
    Family::HarCalendar,
    Family::Garch,
    Family::RandomForest,
    Family::Boosting,
    Family::Lstm,
];

/// Hours between the origins that simple models are fitted on: those of the evaluation.
const DAILY: i64 = 24;

/// A forecast that a model made at an origin that it was not fitted on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// Where and when.
    pub origin: Origin,
    /// What it said of log realised volatility.
    pub prediction: Prediction,
}

/// Fits a family on a fold's training span and asks it at the fold's test origins, coin by coin in order of time.
///
/// # Errors
/// [`ModelError`] where the history is too short, a training fails or is stopped.
pub fn walk(
    panel: &Panel,
    fold: &Fold,
    family: Family,
    plan: &Plan,
    seed: u64,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Vec<Made>, ModelError> {
    let model = fit(panel, fold, family, plan, seed, watch)?;
    made(panel, model.as_ref(), &fold.test(panel))
}

/// Asks a model at origins; what it cannot answer with numbers is left out.
///
/// # Errors
/// [`ModelError`] where a tensor operation fails.
pub fn made(panel: &Panel, model: &dyn VolatilityModel, origins: &[Origin]) -> Result<Vec<Made>, ModelError> {
    let predictions = model.predict(panel, origins)?;
    let is_known = |made: &Made| {
        Horizon::ALL.iter().all(|horizon| {
            made.prediction.location[horizon.index()].is_finite() && made.prediction.scale[horizon.index()] > 0.0
        })
    };
    let all = origins.iter().zip(predictions).map(|(&origin, prediction)| Made { origin, prediction });
    Ok(all.filter(is_known).collect())
}

fn fit(
    panel: &Panel,
    fold: &Fold,
    family: Family,
    plan: &Plan,
    seed: u64,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Box<dyn VolatilityModel>, ModelError> {
    let daily = fold.training(panel, DAILY);
    Ok(match family {
        Family::Persistence => Box::new(Persistence::fit(panel, &daily)),
        Family::Ewma => Box::new(Ewma::fit(panel, &daily)),
        Family::Garch => Box::new(Garch::fit(panel, &daily)?),
        Family::Har => Box::new(Har::fit(panel, &daily)?),
        Family::HarCalendar => Box::new(Har::fit_with_calendar(panel, &daily)?),
        Family::RandomForest => Box::new(RandomForest::fit(panel, &daily, seed)?),
        Family::Boosting => Box::new(Boosting::fit(panel, &daily, seed)?),
        Family::Lstm => Box::new(Lstm::fit(panel, &fold.training(panel, plan.every_hours), plan, seed, watch)?),
        Family::Blend | Family::BlendWithoutLstm => return Err(ModelError::NotFitted { family: family.as_str() }),
    })
}

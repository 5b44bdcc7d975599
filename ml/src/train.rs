//! From a panel to a trained forecaster: fit, calibrate, score on what came later, describe.

use std::collections::BTreeMap;

use domain::clock::instant;
use domain::model::{Family, Version};
use jiff::Timestamp;

use crate::artefact::{ArtefactError, Manifest, StoredModel, Weights};
use crate::calibration::Calibration;
use crate::dataset::{Panel, Scaler};
use crate::evaluate::{Fitted, score_fold};
use crate::features::schema_hash;
use crate::model::ModelError;
use crate::model::har::Har;
use crate::model::lstm::{Lstm, Plan, Progress};
use crate::split::Fold;

/// Hours between two validation origins: enough of them for a smooth shape of the errors.
const VALIDATE_EVERY_HOURS: i64 = 6;

/// What to train, on what, and what to call it.
#[derive(Debug, Clone)]
pub struct Order {
    /// The family; one of those that are stored.
    pub family: Family,
    /// The spans. What follows the training span is only for the scores on the card.
    pub fold: Fold,
    /// How the networks are fitted.
    pub plan: Plan,
    /// The seed of every random choice.
    pub seed: u64,
    /// The git revision of the running program.
    pub revision: String,
    /// When the training takes place.
    pub now: Timestamp,
}

/// A trained forecaster, not yet on disk.
pub struct Trained {
    /// Its description.
    pub manifest: Manifest,
    /// Its weights.
    pub weights: Weights,
}

/// Trains what was ordered. The same panel, order and seed give the same weights, bit for bit on one machine.
/// `watch` hears of the progress from several threads and may return false to stop.
///
/// # Errors
/// [`ArtefactError::Model`] where the history is too short or the training fails or is stopped,
/// [`ArtefactError::NotStored`] for a family that is fitted whenever it is needed.
pub fn train(
    panel: &Panel,
    order: &Order,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Trained, ArtefactError> {
    let training = order.fold.training(panel, order.plan.every_hours);
    let validation = order.fold.validation(panel, VALIDATE_EVERY_HOURS);
    let daily = order.fold.training(panel, 24);
    if training.is_empty() {
        return Err(ModelError::NotEnoughData { needed: order.plan.batch, given: 0 }.into());
    }
    let model = match order.family {
        Family::Lstm => {
            let lstm = Lstm::fit(panel, &training, &validation, &order.plan, order.seed, watch)?;
            StoredModel::Lstm(Box::new(lstm))
        }
        Family::Har => StoredModel::Har(Har::fit(panel, &daily)?),
        Family::HarCalendar => StoredModel::Har(Har::fit_with_calendar(panel, &daily)?),
        family => return Err(ArtefactError::NotStored { family: family.as_str() }),
    };
    let scaler = match &model {
        StoredModel::Lstm(lstm) => lstm.scaler().clone(),
        StoredModel::Har(_) => Scaler::fit(panel, &training),
    };
    let calibration = Calibration::measure(model.as_model(), panel, &validation)?;

    let baseline = Har::fit_with_calendar(panel, &daily)?;
    let baseline_calibration = Calibration::measure(&baseline, panel, &validation)?;
    let ours = score_fold(panel, &order.fold, &Fitted { model: model.as_model(), calibration: &calibration })?;
    let theirs = score_fold(panel, &order.fold, &Fitted { model: &baseline, calibration: &baseline_calibration })?;

    let weights = model.weights()?;
    let day = instant(order.fold.test_from_s).strftime("%Y%m%d").to_string();
    let name = format!("{}-{day}-{:.8}", order.family.as_str().replace('_', "-"), weights.sha256);
    let version = Version::parse(&name).expect("a family, a date and hexadecimal digits name a version");
    let parameters = u32::try_from(model.as_model().parameters()).unwrap_or(u32::MAX);
    let first = panel.span_s().map_or(order.fold.train_from_s, |(first, _)| first.max(order.fold.train_from_s));
    let manifest = Manifest {
        format: Manifest::format(),
        version,
        family: order.family,
        feature_schema: schema_hash(),
        trained_at: order.now,
        trained_from: instant(first),
        validated_from: instant(order.fold.validate_from_s),
        trained_to: instant(order.fold.test_from_s),
        symbols: panel.coins().iter().map(|coin| coin.symbol.to_string()).collect(),
        seed: order.seed,
        revision: order.revision.clone(),
        parameters,
        scaler,
        calibration,
        scores: ours.pooled,
        baseline: theirs.pooled,
        by_symbol: ours.by_symbol.into_iter().collect::<BTreeMap<_, _>>(),
        weights_sha256: weights.sha256.clone(),
    };
    Ok(Trained { manifest, weights })
}

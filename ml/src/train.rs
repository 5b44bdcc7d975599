//! From a panel to a trained forecaster: fit, calibrate, score on what came later, describe.

use std::collections::{BTreeMap, BTreeSet};

use domain::clock::instant;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::{Family, Score, Version};
use jiff::Timestamp;

use crate::artefact::{ArtefactError, Manifest, StoredModel, Weights};
use crate::calibration::{Calibration, MIN_ERRORS};
use crate::dataset::{Origin, Panel, Scaler};
use crate::evaluate::judge::{errors, judge};
use crate::evaluate::score::{score, subjects};
use crate::evaluate::walk::{Made, made};
use crate::features::schema_hash;
use crate::model::har::Har;
use crate::model::lstm::{Lstm, Plan, Progress};
use crate::model::{ModelError, VolatilityModel};
use crate::split::Fold;

/// Fits before the last one, each asked at the half-year that follows it: their errors shape the intervals.
pub const CALIBRATION_FITS: u8 = 2;

/// Days that each of them is asked at: as long as an evaluation goes without fitting anew.
pub const CALIBRATION_DAYS: i64 = 183;

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
/// `watch` hears which fit is at work, from 0 to [`CALIBRATION_FITS`], and how far it is, from several threads, and may
/// return false to stop.
///
/// # Errors
/// [`ArtefactError::Model`] where the history is too short or the training fails or is stopped,
/// [`ArtefactError::NotStored`] for a family that is fitted whenever it is needed.
pub fn train(
    panel: &Panel,
    order: &Order,
    watch: &(dyn Fn(u8, Progress) -> bool + Sync),
) -> Result<Trained, ArtefactError> {
    train_with(panel, order, &BTreeSet::new(), watch)
}

/// As [`train`], where the training origins in `doubled`, each a coin and its epoch second, count twice. The baseline on
/// the card counts each once.
///
/// # Errors
/// As [`train`].
pub fn train_with(
    panel: &Panel,
    order: &Order,
    doubled: &BTreeSet<(Symbol, i64)>,
    watch: &(dyn Fn(u8, Progress) -> bool + Sync),
) -> Result<Trained, ArtefactError> {
    let earlier = order.fold.before(CALIBRATION_FITS, CALIBRATION_DAYS);
    let calibration = calibrate(panel, &earlier, |fit, fold| {
        Ok(fit_stored(panel, fold, order, doubled, &|progress| watch(fit, progress))?.into_model())
    })?;
    if !calibration.is_enough() {
        return Err(ModelError::NotEnoughData { needed: MIN_ERRORS, given: calibration.fewest() }.into());
    }

    let model = fit_stored(panel, &order.fold, order, doubled, &|progress| watch(CALIBRATION_FITS, progress))?;
    let scaler = match &model {
        StoredModel::Lstm(lstm) => lstm.features().clone(),
        StoredModel::Har(_) => Scaler::fit(panel, &order.fold.training(panel, order.plan.every_hours)),
    };
    let (scores, by_symbol) = scores(panel, &order.fold, model.as_model(), &calibration)?;

    let fit_baseline = |fold: &Fold| Har::fit_with_calendar(panel, &fold.training(panel, 24));
    let baseline_calibration = calibrate(panel, &earlier, |_, fold| Ok(Box::new(fit_baseline(fold)?)))?;
    let (baseline, _) = self::scores(panel, &order.fold, &fit_baseline(&order.fold)?, &baseline_calibration)?;

    let weights = model.weights(&calibration)?;
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
        calibrated_from: instant(earlier.first().map_or(order.fold.test_from_s, |fold| fold.test_from_s)),
        trained_to: instant(order.fold.test_from_s),
        symbols: panel.coins().iter().map(|coin| coin.symbol.to_string()).collect(),
        seed: order.seed,
        revision: order.revision.clone(),
        parameters,
        scaler,
        scores,
        baseline,
        by_symbol,
        weights_sha256: weights.sha256.clone(),
    };
    Ok(Trained { manifest, weights })
}

/// The errors of earlier fits on the spans that follow them; `fit` is given the number of the fit, from 0.
fn calibrate(
    panel: &Panel,
    earlier: &[Fold],
    fit: impl Fn(u8, &Fold) -> Result<Box<dyn VolatilityModel>, ArtefactError>,
) -> Result<Calibration, ArtefactError> {
    let mut out_of_sample: Vec<Made> = Vec::new();
    for (number, fold) in (0..).zip(earlier) {
        out_of_sample.extend(made(panel, fit(number, fold)?.as_ref(), &fold.test(panel))?);
    }
    out_of_sample.sort_by_key(|made| made.origin);
    Ok(errors(panel, &out_of_sample))
}

fn fit_stored(
    panel: &Panel,
    fold: &Fold,
    order: &Order,
    doubled: &BTreeSet<(Symbol, i64)>,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<StoredModel, ArtefactError> {
    let daily = counted(panel, fold.training(panel, 24), doubled);
    let training = counted(panel, fold.training(panel, order.plan.every_hours), doubled);
    Ok(match order.family {
        Family::Lstm => StoredModel::Lstm(Box::new(Lstm::fit(panel, &training, &order.plan, order.seed, watch)?)),
        Family::Har => StoredModel::Har(Har::fit(panel, &daily)?),
        Family::HarCalendar => StoredModel::Har(Har::fit_with_calendar(panel, &daily)?),
        family => return Err(ArtefactError::NotStored { family: family.as_str() }),
    })
}

/// Origins, those in `doubled` twice.
fn counted(panel: &Panel, origins: Vec<Origin>, doubled: &BTreeSet<(Symbol, i64)>) -> Vec<Origin> {
    if doubled.is_empty() {
        return origins;
    }
    let times = |origin: Origin| {
        let place = (panel.coins()[origin.coin as usize].symbol.clone(), panel.origin_s(origin));
        1 + usize::from(doubled.contains(&place))
    };
    origins.into_iter().flat_map(|origin| std::iter::repeat_n(origin, times(origin))).collect()
}

/// One score a horizon for all coins together, and for each coin by its name.
type Scores = (Vec<Score>, BTreeMap<String, Vec<Score>>);

/// Scores on the test origins of a fold: all coins together, and each alone.
fn scores(
    panel: &Panel,
    fold: &Fold,
    model: &dyn VolatilityModel,
    calibration: &Calibration,
) -> Result<Scores, ModelError> {
    let cases = judge(panel, &made(panel, model, &fold.test(panel))?, calibration, fold.test_from_s);
    let mut pooled = Vec::new();
    let mut by_symbol: BTreeMap<String, Vec<Score>> = BTreeMap::new();
    for horizon in Horizon::ALL {
        for (coin, cases) in subjects(&cases[horizon.index()]) {
            let Some(score) = score(horizon, cases) else { continue };
            let scores = match coin {
                None => &mut pooled,
                Some(coin) => by_symbol.entry(panel.coins()[coin as usize].symbol.to_string()).or_default(),
            };
            scores.push(score);
        }
    }
    Ok((pooled, by_symbol))
}

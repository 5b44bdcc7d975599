//! The work of one training, from candles to a model in the registry and its comparison with the one that serves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use ml::artefact::{self, ArtefactError};
use ml::dataset::{Origin, Panel};
use ml::features::{self, FeatureError};
use ml::model::ModelError;
use ml::model::lstm;
use ml::split::Fold;
use ml::train::{CALIBRATION_FITS, Order, train_with};

use super::comparison::compare;
use super::training::{Instruction, Made, Networks, Phase, Progress};
use super::votes::{self, Place, Vote};
use crate::registry::{Registry, RegistryError};

/// Seconds in a day.
const DAY_S: i64 = 24 * SECONDS_PER_HOUR;
/// The share of the work that is done when the fits begin.
const READ: f64 = 0.05;
/// The share of the work that is done when the comparison begins.
const FITTED: f64 = 0.95;

/// Drafts that are older were left by somebody who was killed.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

/// Why a training made no model. The text is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// There is nothing to learn from.
    #[error("the store holds no candles; fill it with investbuddy ingest")]
    NoCandles,
    /// The candles cannot be true.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The history is too short, or the fit failed.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The models could not be compared.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model could not be kept.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// What a training works on.
pub struct Material<'a> {
    /// Candles of each coin, none of them later than the instruction's `now`.
    pub candles: &'a BTreeMap<Symbol, CandleSeries>,
    /// What people said of earlier forecasts.
    pub votes: &'a [Vote],
    /// Where the model goes, and where the one that serves is.
    pub registry: &'a Registry,
    /// The git revision of the running program.
    pub revision: &'a str,
}

/// Trains, keeps and compares. The same instruction on the same material makes the same model. `tell` hears how far it
/// is, from several threads.
///
/// # Errors
/// [`WorkError`]; nothing half-made stays in the registry.
pub fn carry_out(
    instruction: &Instruction,
    material: &Material<'_>,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Made, WorkError> {
    let Instruction { family, now, held_out_days, seed, hears_people, networks, rules } = instruction;
    tell(standing(Phase::Reading, 0.0));
    let market: Vec<(Symbol, &CandleSeries)> = material
        .candles
        .iter()
        .filter(|(_, series)| !series.is_empty())
        .map(|(symbol, series)| (symbol.clone(), series))
        .collect();
    if market.is_empty() {
        return Err(WorkError::NoCandles);
    }
    let panel = Panel::new(&features::compute(&market)?);
    let (first_s, last_s) = panel.span_s().ok_or(WorkError::NoCandles)?;
    let test_from_s = (last_s - i64::from(*held_out_days) * DAY_S).div_euclid(DAY_S) * DAY_S;
    let fold = Fold { train_from_s: first_s, test_from_s, test_to_s: last_s + 1 };

    let plan = networks.plan();
    let place = |origin: Origin| (panel.coins()[origin.coin as usize].symbol.clone(), panel.origin_s(origin));
    let origins: BTreeSet<Place> = fold.training(&panel, plan.every_hours).into_iter().map(place).collect();
    let votes = if *hears_people { material.votes } else { &[] };
    let (doubled, heard) = votes::heard(votes, *now, &origins);

    let order = Order { family: *family, fold, plan, seed: *seed, revision: material.revision.to_owned(), now: *now };
    let ear = Ear::new(networks);
    let trained = train_with(&panel, &order, &doubled, &|fit, progress| {
        tell(ear.hear(fit, progress));
        true
    })?;
    let folder = material.registry.add(&trained.manifest, &trained.weights)?;

    sweep(&folder);

    tell(standing(Phase::Comparing, FITTED));
    let challenger = artefact::load(&folder)?;
    let champion = match material.registry.load_champion(*family) {
        Ok(loaded) => Some(loaded.forecaster),
        Err(RegistryError::NoChampion { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let comparison = compare(&panel, champion.as_ref(), &challenger, [test_from_s, last_s + 1], *rules)?;
    Ok(Made { version: trained.manifest.version, comparison, heard })
}

/// Removes what trainings left half-written that were killed more than an hour before this one was done. Where that
/// fails nothing is lost but room.
fn sweep(made: &Path) {
    let modified = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    let (Some(folder), Some(now)) = (made.parent(), modified(made)) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_draft = entry.file_name().to_string_lossy().starts_with(".draft-");
        let age = modified(&entry.path()).and_then(|then| now.duration_since(then).ok());
        if is_draft && age.is_some_and(|age| age > FORGOTTEN_AFTER) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn standing(phase: Phase, share: f64) -> Progress {
    Progress { phase, share, fit: 0, fits: u32::from(CALIBRATION_FITS) + 1, network: 0, epoch: 0, loss: None }
}

/// Puts what the members of an ensemble say together.
struct Ear {
    members: usize,
    epochs: usize,
    /// The steps that each member has done of the present fit.
    done: Mutex<(u8, Vec<usize>)>,
}

impl Ear {
    fn new(networks: &Networks) -> Self {
        let (members, epochs) = (networks.members as usize, networks.epochs as usize);
        Self { members, epochs, done: Mutex::new((0, vec![0; members])) }
    }

    fn hear(&self, fit: u8, progress: lstm::Progress) -> Progress {
        let lstm::Progress { member, epoch, step, steps, loss } = progress;
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.0 != fit {
            *done = (fit, vec![0; self.members]);
        }
        if let Some(slot) = done.1.get_mut(member) {
            *slot = epoch * steps + step;
        }
        let of_fit = done.1.iter().sum::<usize>() as f64 / (self.members * self.epochs * steps).max(1) as f64;
        let fits = u32::from(CALIBRATION_FITS) + 1;
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        Progress {
            phase: Phase::Fitting,
            share: READ + (FITTED - READ) * (f64::from(fit) + of_fit.min(1.0)) / f64::from(fits),
            fit: u32::from(fit) + 1,
            fits,
            network: number(member),
            epoch: number(epoch),
            loss,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_work_grows_from_fit_to_fit_and_from_network_to_network() {
        let ear = Ear::new(&Networks { members: 2, epochs: 2, ..Networks::default() });
        let mut before = READ;
        for fit in 0..3 {
            for member in 0..2 {
                for epoch in 0..2 {
                    let heard = ear.hear(fit, lstm::Progress { member, epoch, step: 10, steps: 10, loss: Some(0.5) });
                    assert!(heard.share > before && heard.share <= FITTED + 1e-9, "{heard:?}");
                    assert_eq!((heard.fit, heard.network), (u32::from(fit) + 1, member as u32 + 1));
                    before = heard.share;
                }
            }
        }
        assert!((before - FITTED).abs() < 1e-9, "{before}");
    }
}

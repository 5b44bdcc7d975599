//! The models on disk: those that ship, those trained here, and which of them serves.
//!
//! Two folders hold one folder a version. `champions.json` in the writable one (else in the shipped one) names for
//! each family the versions that served, the present one last: promotion adds one, roll-back takes one away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::evaluation::Evaluation;
use domain::model::{Family, ModelCard, Version};
use ml::artefact::{self, ArtefactError, Manifest, Weights};
use ml::forecaster::Forecaster;
use serde::{Deserialize, Serialize};

use crate::whole_file;

const CHAMPIONS: &str = "champions.json";
const EVALUATION: &str = "evaluation.json";

/// Largest evaluation that is read, in bytes.
const EVALUATION_LIMIT: u64 = 16 * 1024 * 1024;

/// Champions that are remembered for a roll-back, a family.
const REMEMBERED: usize = 20;

/// What can go wrong in the registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There is no such version in either folder.
    #[error("there is no model version {0} in the registry; `investbuddy models` lists them")]
    Unknown(Version),
    /// Nothing of the family can serve.
    #[error("no {family} model can serve: {reason}; run `investbuddy train --model {family} --promote`")]
    NoChampion {
        /// The family.
        family: &'static str,
        /// Why the last one that was tried cannot.
        reason: String,
    },
    /// There is no earlier champion to go back to.
    #[error("the {family} family has no earlier champion to go back to")]
    NothingBefore {
        /// The family.
        family: &'static str,
    },
    /// The list of champions cannot be read or written.
    #[error("{path}: {reason}")]
    Champions {
        /// The list.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// A stored evaluation cannot be read or written.
    #[error("{path}: {reason}; remove the file, or evaluate again")]
    Evaluation {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// An artefact cannot be used.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// The versions that served, by family, the present champion last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Champions(BTreeMap<Family, Vec<Version>>);

/// What a stored evaluation's file looked like when it was read: another one was written since where this differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    written_at: Option<SystemTime>,
    bytes: u64,
}

/// The two folders.
#[derive(Debug, Clone)]
pub struct Registry {
    shipped: PathBuf,
    trained: PathBuf,
}

/// A champion that was loaded, and what was refused on the way to it.
pub struct Loaded {
    /// The forecaster.
    pub forecaster: Forecaster,
    /// Versions that should have served and cannot, with the reason.
    pub refused: Vec<(Version, ArtefactError)>,
}

impl Registry {
    /// A registry of shipped models (read only) and models trained on this machine.
    #[must_use]
    pub fn new(shipped: PathBuf, trained: PathBuf) -> Self {
        Self { shipped, trained }
    }

    /// Every model whose manifest can be read, champions first, then the newest training first.
    #[must_use]
    pub fn cards(&self) -> Vec<ModelCard> {
        let champions = self.champions().unwrap_or_default();
        let mut cards: Vec<ModelCard> = self
            .versions()
            .into_iter()
            .filter_map(|version| self.manifest(&version).ok())
            .map(|manifest| {
                let is_champion = champions.of(manifest.family) == Some(&manifest.version);
                manifest.card(is_champion)
            })
            .collect();
        cards.sort_by(|a, b| (b.is_champion, b.trained_at, &b.version).cmp(&(a.is_champion, a.trained_at, &a.version)));
        cards
    }

    /// What a reader may know of one model.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub fn card(&self, version: &Version) -> Result<ModelCard, RegistryError> {
        let manifest = self.manifest(version)?;
        let is_champion = self.champions().unwrap_or_default().of(manifest.family) == Some(version);
        Ok(manifest.card(is_champion))
    }

    /// Versions whose manifest cannot be read, with the reason.
    #[must_use]
    pub fn damaged(&self) -> Vec<(Version, ArtefactError)> {
        self.versions()
            .into_iter()
            .filter_map(|version| match self.manifest(&version) {
                Err(RegistryError::Artefact(error)) => Some((version, error)),
                _ => None,
            })
            .collect()
    }

    /// The present champion of a family.
    ///
    /// # Errors
    /// [`RegistryError::Champions`] where the list cannot be read.
    pub fn champion(&self, family: Family) -> Result<Option<Version>, RegistryError> {
        Ok(self.champions()?.of(family).cloned())
    }

    /// Loads the champion of a family. Where it is damaged or foreign, the champion before it serves, and so on;
    /// what was refused is told.
    ///
    /// # Errors
    /// [`RegistryError::NoChampion`] where none of them can serve.
    pub fn load_champion(&self, family: Family) -> Result<Loaded, RegistryError> {
        let mut refused = Vec::new();
        // A list that cannot be read must not stop the shipped models from serving.
        let own = self.champions().unwrap_or_default();
        let shipped = read_champions(&self.shipped.join(CHAMPIONS)).ok().flatten().unwrap_or_default();
        let candidates = own.newest_first(family).chain(shipped.newest_first(family));
        for version in candidates {
            if refused.iter().any(|(seen, _)| *seen == version) {
                continue;
            }
            let Some(folder) = self.folder(&version) else { continue };
            match artefact::load(&folder) {
                Ok(forecaster) => return Ok(Loaded { forecaster, refused }),
                Err(error) => refused.push((version, error)),
            }
        }
        let reason = refused.last().map_or_else(|| "none was ever promoted".to_owned(), |(_, error)| error.to_string());
        Err(RegistryError::NoChampion { family: family.as_str(), reason })
    }

    /// Stores a trained model among those of this machine; it does not serve before it is promoted.
    ///
    /// # Errors
    /// [`RegistryError::Artefact`] where the disk refuses.
    pub fn add(&self, manifest: &Manifest, weights: &Weights) -> Result<PathBuf, RegistryError> {
        Ok(artefact::save(&self.trained, manifest, weights)?)
    }

    /// Makes a version the champion of its family, after loading it whole: what cannot serve is never promoted.
    ///
    /// # Errors
    /// [`RegistryError`]; the present champion goes on serving.
    pub fn promote(&self, version: &Version) -> Result<Family, RegistryError> {
        let folder = self.folder(version).ok_or_else(|| RegistryError::Unknown(version.clone()))?;
        let family = artefact::load(&folder)?.manifest().family;
        let mut champions = self.champions()?;
        let served = champions.0.entry(family).or_default();
        if served.last() != Some(version) {
            served.push(version.clone());
            let forgotten = served.len().saturating_sub(REMEMBERED);
            served.drain(..forgotten);
            self.write(&champions)?;
        }
        Ok(family)
    }

    /// Takes the present champion of a family away, so that the one before it serves again; returns that one.
    ///
    /// # Errors
    /// [`RegistryError::NothingBefore`] where there is none.
    pub fn roll_back(&self, family: Family) -> Result<Version, RegistryError> {
        let mut champions = self.champions()?;
        let served = champions.0.entry(family).or_default();
        if served.len() < 2 {
            return Err(RegistryError::NothingBefore { family: family.as_str() });
        }
        served.pop();
        let back = served[served.len() - 1].clone();
        self.write(&champions)?;
        Ok(back)
    }

    /// The version that a roll-back of a family leads to; none where there is no earlier champion.
    ///
    /// # Errors
    /// [`RegistryError::Champions`] where the list cannot be read.
    pub fn former(&self, family: Family) -> Result<Option<Version>, RegistryError> {
        Ok(self.champions()?.newest_first(family).nth(1))
    }

    /// Loads a version whole, whoever serves.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Artefact`].
    pub fn load(&self, version: &Version) -> Result<Forecaster, RegistryError> {
        let folder = self.folder(version).ok_or_else(|| RegistryError::Unknown(version.clone()))?;
        Ok(artefact::load(&folder)?)
    }

    /// A model's description.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Artefact`].
    pub fn manifest(&self, version: &Version) -> Result<Manifest, RegistryError> {
        let folder = self.folder(version).ok_or_else(|| RegistryError::Unknown(version.clone()))?;
        Ok(artefact::manifest(&folder)?)
    }

    /// The evaluation that is stored beside a model; none where there is no such file.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], or [`RegistryError::Evaluation`] where the file is not an evaluation.
    pub fn evaluation(&self, version: &Version) -> Result<Option<Evaluation>, RegistryError> {
        let Some(stamp) = self.evaluation_stamp(version)? else { return Ok(None) };
        let path = self.evaluation_file(version)?;
        let failed = |reason: String| RegistryError::Evaluation { path: path.clone(), reason };
        if stamp.bytes > EVALUATION_LIMIT {
            return Err(failed(format!("larger than {EVALUATION_LIMIT} bytes")));
        }
        let bytes = fs::read(&path).map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(error.to_string()))
    }

    /// What the file of [`Registry::evaluation`] looks like now, without reading it; none where there is none.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], or [`RegistryError::Evaluation`] where the disk refuses.
    pub fn evaluation_stamp(&self, version: &Version) -> Result<Option<Stamp>, RegistryError> {
        let path = self.evaluation_file(version)?;
        match fs::metadata(&path) {
            Ok(file) => Ok(Some(Stamp { written_at: file.modified().ok(), bytes: file.len() })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RegistryError::Evaluation { path, reason: error.to_string() }),
        }
    }

    /// Stores an evaluation beside its model, in place of an earlier one. Nobody ever reads half of it.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], or [`RegistryError::Evaluation`] where the disk refuses or a number is not one.
    pub fn keep_evaluation(&self, version: &Version, evaluation: &Evaluation) -> Result<(), RegistryError> {
        let path = self.evaluation_file(version)?;
        let failed = |reason: String| RegistryError::Evaluation { path: path.clone(), reason };
        let json = serde_json::to_vec(evaluation).map_err(|error| failed(error.to_string()))?;
        // JSON has no NaN: what would not be read again is not written.
        serde_json::from_slice::<Evaluation>(&json).map_err(|error| failed(error.to_string()))?;
        whole_file::write(&path, &json).map_err(|error| failed(error.to_string()))
    }

    fn evaluation_file(&self, version: &Version) -> Result<PathBuf, RegistryError> {
        let folder = self.folder(version).ok_or_else(|| RegistryError::Unknown(version.clone()))?;
        Ok(folder.join(EVALUATION))
    }

    fn folder(&self, version: &Version) -> Option<PathBuf> {
        [&self.trained, &self.shipped]
            .map(|root| root.join(version.as_str()))
            .into_iter()
            .find(|folder| folder.is_dir())
    }

    fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<Version> = [&self.trained, &self.shipped]
            .into_iter()
            .filter_map(|root| fs::read_dir(root).ok())
            .flatten()
            .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir())?.file_name().into_string().ok())
            .filter_map(|name| Version::parse(&name).ok())
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    fn champions(&self) -> Result<Champions, RegistryError> {
        match read_champions(&self.trained.join(CHAMPIONS))? {
            Some(own) => Ok(own),
            None => Ok(read_champions(&self.shipped.join(CHAMPIONS))?.unwrap_or_default()),
        }
    }

    fn write(&self, champions: &Champions) -> Result<(), RegistryError> {
        let path = self.trained.join(CHAMPIONS);
        let failed = |error: std::io::Error| RegistryError::Champions { path: path.clone(), reason: error.to_string() };
        fs::create_dir_all(&self.trained).map_err(failed)?;
        let json = serde_json::to_vec_pretty(champions).expect("families and versions are plain text");
        whole_file::write(&path, &json).map_err(failed)
    }
}

impl Champions {
    fn of(&self, family: Family) -> Option<&Version> {
        self.0.get(&family)?.last()
    }

    fn newest_first(&self, family: Family) -> impl Iterator<Item = Version> + use<> {
        self.0.get(&family).cloned().unwrap_or_default().into_iter().rev()
    }
}

/// The list in a file; none where there is no file.
fn read_champions(path: &Path) -> Result<Option<Champions>, RegistryError> {
    let failed = |reason: String| RegistryError::Champions { path: path.to_owned(), reason };
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.to_string())),
    }
}

//! A trained forecaster on disk: `weights.safetensors` beside `manifest.json` in a folder that carries its version.
//!
//! A folder is written under another name and renamed when it is whole, so that nobody ever reads half of one. What
//! does not hash to what its manifest says, or was made for other features, is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::model::{Family, ModelCard, Score, Version};
use jiff::Timestamp;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::calibration::Calibration;
use crate::dataset::Scaler;
use crate::features::schema_hash;
use crate::forecaster::Forecaster;
use crate::model::har::Har;
use crate::model::lstm::Lstm;
use crate::model::{ModelError, VolatilityModel};

/// Names the layout of the two files. A change of layout is a new name.
const FORMAT: &str = "investbuddy-forecaster/2";

const MANIFEST: &str = "manifest.json";
const WEIGHTS: &str = "weights.safetensors";

/// Largest manifest that is read, in bytes.
const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// Named tensors as flat 64-bit values with their shapes; 32-bit weights survive the trip bit for bit.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

/// Why an artefact cannot be written or used.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The manifest is not JSON of our layout.
    #[error("{path}: the manifest cannot be read ({reason}); restore the folder from a backup or train again")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The artefact is of another format or made for other features.
    #[error("{path}: made for {found}, this program reads {expected}; train again with this version")]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// What the artefact says.
        found: String,
        /// What this program reads.
        expected: String,
    },
    /// The weights are not those that the manifest describes.
    #[error("{path}: damaged ({reason}); restore the folder from a backup or train again")]
    Damaged {
        /// The weights.
        path: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
    /// This family has nothing that could be stored.
    #[error("a {family} model is not stored: it is fitted whenever it is needed")]
    NotStored {
        /// The family.
        family: &'static str,
    },
    /// The model could not be taken apart or put together.
    #[error("the model cannot be put together")]
    Model(#[from] ModelError),
}

/// Everything about a trained forecaster except its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The layout of the artefact.
    pub format: String,
    /// The name in the registry.
    pub version: Version,
    /// The family.
    pub family: Family,
    /// Hash of the feature list that the model reads.
    pub feature_schema: String,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// First candle of the training span.
    pub trained_from: Timestamp,
    /// The errors that shape the intervals were made from here on, by models that had not seen what they forecast.
    pub calibrated_from: Timestamp,
    /// End of everything that the training saw.
    pub trained_to: Timestamp,
    /// The coins that it was fitted on.
    pub symbols: Vec<String>,
    /// The seed of every random choice.
    pub seed: u64,
    /// The git revision of the program that trained it.
    pub revision: String,
    /// Number of fitted parameters.
    pub parameters: u32,
    /// Means and deviations of the features over the training span.
    pub scaler: Scaler,
    /// Scores on origins after the training, pooled over coins.
    pub scores: Vec<Score>,
    /// The same scores of the baseline.
    pub baseline: Vec<Score>,
    /// Scores by coin.
    pub by_symbol: BTreeMap<String, Vec<Score>>,
    /// SHA-256 of the weights, hexadecimal.
    pub weights_sha256: String,
}

impl Manifest {
    /// The layout that this program writes.
    #[must_use]
    pub fn format() -> String {
        FORMAT.to_owned()
    }

    /// What a reader may know.
    #[must_use]
    pub fn card(&self, is_champion: bool) -> ModelCard {
        ModelCard {
            version: self.version.clone(),
            family: self.family,
            is_champion,
            trained_at: self.trained_at,
            trained_from: self.trained_from,
            trained_to: self.trained_to,
            seed: self.seed,
            revision: self.revision.clone(),
            parameters: self.parameters,
            scores: self.scores.clone(),
            baseline: self.baseline.clone(),
            by_symbol: self.by_symbol.clone(),
        }
    }
}

/// A model that can be stored.
#[derive(Debug, Clone)]
pub enum StoredModel {
    /// The recurrent network.
    Lstm(Box<Lstm>),
    /// A heterogeneous autoregression, with or without calendar.
    Har(Har),
}

impl StoredModel {
    /// The model behind the trait.
    #[must_use]
    pub fn into_model(self) -> Box<dyn VolatilityModel> {
        match self {
            Self::Lstm(lstm) => lstm,
            Self::Har(har) => Box::new(har),
        }
    }

    /// The model behind the trait, borrowed.
    #[must_use]
    pub fn as_model(&self) -> &dyn VolatilityModel {
        match self {
            Self::Lstm(lstm) => lstm.as_ref(),
            Self::Har(har) => har,
        }
    }

    /// The weights and the errors beside them as they are stored, and their hash.
    ///
    /// # Errors
    /// [`ArtefactError::Model`] where a tensor cannot be read.
    pub fn weights(&self, calibration: &Calibration) -> Result<Weights, ArtefactError> {
        let mut tensors = match self {
            Self::Lstm(lstm) => lstm.to_tensors()?,
            Self::Har(har) => har.to_tensors(),
        };
        calibration.to_tensors(&mut tensors);
        Ok(Weights::new(&tensors))
    }

    fn from_tensors(manifest: &Manifest, tensors: &Tensors) -> Result<Option<Self>, ArtefactError> {
        Ok(match manifest.family {
            Family::Lstm => {
                Lstm::from_tensors(tensors, &manifest.scaler, &manifest.symbols)?.map(|lstm| Self::Lstm(Box::new(lstm)))
            }
            Family::Har => Har::from_tensors(tensors, false).map(Self::Har),
            Family::HarCalendar => Har::from_tensors(tensors, true).map(Self::Har),
            family => return Err(ArtefactError::NotStored { family: family.as_str() }),
        })
    }
}

/// Serialised weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    bytes: Vec<u8>,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

impl Weights {
    fn new(tensors: &Tensors) -> Self {
        let flat: BTreeMap<&str, (&[usize], Vec<u8>)> = tensors
            .iter()
            .map(|(name, (shape, values))| {
                (name.as_str(), (shape.as_slice(), values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            })
            .collect();
        let views = flat.iter().map(|(name, (shape, bytes))| {
            let view = TensorView::new(Dtype::F64, shape.to_vec(), bytes)
                .expect("a tensor's shape counts its values: both come from one array");
            (*name, view)
        });
        let bytes = serialize(views, None).expect("the header of a few named tensors fits the format");
        let sha256 = hex(&Sha256::digest(&bytes));
        Self { bytes, sha256 }
    }
}

/// Writes an artefact as `folder/<version>` and returns that path. An artefact that is already there is left alone:
/// a version names its content.
///
/// # Errors
/// [`ArtefactError::File`] where the disk refuses; nothing half-written stays under the final name.
pub fn save(folder: &Path, manifest: &Manifest, weights: &Weights) -> Result<PathBuf, ArtefactError> {
    let target = folder.join(manifest.version.as_str());
    if target.join(MANIFEST).is_file() {
        return Ok(target);
    }
    let draft = folder.join(format!(".draft-{}-{}", manifest.version, std::process::id()));
    fs::create_dir_all(&draft).map_err(at(&draft))?;
    write_whole(&draft.join(WEIGHTS), &weights.bytes)?;
    let mut json = serde_json::to_vec_pretty(manifest).expect("a manifest holds only finite numbers and text");
    json.push(b'\n');
    write_whole(&draft.join(MANIFEST), &json)?;
    match fs::rename(&draft, &target) {
        Ok(()) => Ok(target),
        // Somebody else finished the same version first.
        Err(_) if target.join(MANIFEST).is_file() => {
            fs::remove_dir_all(&draft).map_err(at(&draft))?;
            Ok(target)
        }
        Err(error) => Err(at(&target)(error)),
    }
}

/// Reads the manifest in a version's folder.
///
/// # Errors
/// [`ArtefactError::File`], [`ArtefactError::Manifest`] or [`ArtefactError::Foreign`].
pub fn manifest(folder: &Path) -> Result<Manifest, ArtefactError> {
    let path = folder.join(MANIFEST);
    let unreadable = |reason: String| ArtefactError::Manifest { path: path.clone(), reason };
    if fs::metadata(&path).map_err(at(&path))?.len() > MANIFEST_LIMIT {
        return Err(unreadable(format!("larger than {MANIFEST_LIMIT} bytes")));
    }
    let bytes = fs::read(&path).map_err(at(&path))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let foreign = |found: &str, expected: String| ArtefactError::Foreign {
        path: path.clone(),
        found: found.to_owned(),
        expected,
    };
    let format = value.get("format").and_then(|format| format.as_str()).unwrap_or("another program");
    if format != FORMAT {
        return Err(foreign(format, FORMAT.to_owned()));
    }
    let schema = value.get("feature_schema").and_then(|schema| schema.as_str()).unwrap_or("no features");
    if schema != schema_hash() {
        return Err(foreign(&format!("features {schema:.12}"), format!("features {:.12}", schema_hash())));
    }
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}

/// Reads a whole artefact from a version's folder and checks every part of it.
///
/// # Errors
/// [`ArtefactError`]; its text says what to do.
pub fn load(folder: &Path) -> Result<Forecaster, ArtefactError> {
    let manifest = manifest(folder)?;
    let path = folder.join(WEIGHTS);
    let damaged = |reason: &str| ArtefactError::Damaged { path: path.clone(), reason: reason.to_owned() };
    let bytes = fs::read(&path).map_err(at(&path))?;
    if hex(&Sha256::digest(&bytes)) != manifest.weights_sha256 {
        return Err(damaged("its hash is not the manifest's"));
    }
    if !manifest.scaler.is_sound() {
        return Err(damaged("the scaler of its manifest is not sound"));
    }
    let tensors = read_tensors(&bytes).ok_or_else(|| damaged("not tensors of 64-bit numbers"))?;
    let model = StoredModel::from_tensors(&manifest, &tensors)?.ok_or_else(|| damaged("tensors are missing"))?;
    let calibration = Calibration::from_tensors(&tensors)
        .filter(Calibration::is_enough)
        .ok_or_else(|| damaged("the errors that shape its intervals are missing"))?;
    Ok(Forecaster::new(manifest, model.into_model(), calibration))
}

fn read_tensors(bytes: &[u8]) -> Option<Tensors> {
    let file = SafeTensors::deserialize(bytes).ok()?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            let values: Vec<f64> = view
                .data()
                .chunks_exact(8)
                .map(|chunk| f64::from_le_bytes(std::array::from_fn(|byte| chunk[byte])))
                .collect();
            let is_plain = view.dtype() == Dtype::F64 && values.iter().all(|value| value.is_finite());
            is_plain.then(|| (name, (view.shape().to_vec(), values)))
        })
        .collect()
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArtefactError> {
    let mut file = fs::File::create(path).map_err(at(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> ArtefactError + '_ {
    |source| ArtefactError::File { path: path.to_owned(), source }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! What an evaluation has done so far, so that one that was interrupted goes on where it stopped.
//!
//! Kept under a name made of everything that the numbers depend on: the program itself, the candles, the plan, the seed.

use std::fs;
use std::path::PathBuf;

use domain::model::Family;
use ml::dataset::{Origin, Panel};
use ml::evaluate::walk::Made;
use ml::model::Prediction;
use ml::model::lstm::Plan;
use ml::split::Fold;
use sha2::{Digest, Sha256};

use crate::config::Settings;
use crate::hex::hex;
use crate::verbs::VerbError;
use crate::whole_file;

/// A folder of finished jobs.
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// The folder of this very evaluation; emptied where it is to begin anew.
    ///
    /// # Errors
    /// [`VerbError`] where the program cannot read itself or the disk refuses.
    pub(super) fn open(
        settings: &Settings,
        panel: &Panel,
        plan: &Plan,
        seed: u64,
        is_fresh: bool,
    ) -> Result<Self, VerbError> {
        let mut hash = Sha256::new();
        let program = std::env::current_exe().and_then(fs::read).map_err(VerbError::because)?;
        hash.update(Sha256::digest(&program));
        panel.write_to(&mut |bytes| hash.update(bytes));
        hash.update(format!("{plan:?} {seed}"));
        let name = hex(&hash.finalize()[..12]);
        let folder = settings.data_dir.join("evaluations").join(name);
        if is_fresh && folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(VerbError::because)?;
        }
        fs::create_dir_all(&folder).map_err(VerbError::because)?;
        Ok(Self { folder })
    }

    /// What a job found earlier; none where it was not finished.
    pub(super) fn read(&self, family: Family, fold: &Fold) -> Option<Vec<Made>> {
        decode(&fs::read(self.file(family, fold)).ok()?)
    }

    /// Keeps what a job found. A disk that refuses costs only the resuming, so it is a warning.
    pub(super) fn write(&self, family: Family, fold: &Fold, made: &[Made]) {
        let path = self.file(family, fold);
        if let Err(error) = whole_file::write(&path, &encode(made)) {
            tracing::warn!(file = %path.display(), error = %error, "Could not keep what was done so far");
        }
    }

    /// Forgets everything: the evaluation is complete.
    pub(super) fn discard(&self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), error = %error, "Could not remove what was kept");
        }
    }

    fn file(&self, family: Family, fold: &Fold) -> PathBuf {
        let Fold { train_from_s, test_from_s, test_to_s } = fold;
        self.folder.join(format!("{}-{train_from_s}-{test_from_s}-{test_to_s}.bin", family.as_str()))
    }
}

/// Bytes of one forecast: coin and row, two locations, two scales.
const RECORD: usize = 40;

/// Every bit of every number, which text would not promise.
fn encode(made: &[Made]) -> Vec<u8> {
    let record = |made: &Made| {
        let Made { origin, prediction } = made;
        let places = [origin.coin, origin.row].into_iter().flat_map(u32::to_le_bytes);
        let numbers = prediction.location.into_iter().chain(prediction.scale).flat_map(f64::to_le_bytes);
        places.chain(numbers).collect::<Vec<u8>>()
    };
    made.iter().flat_map(record).collect()
}

/// None where the bytes are not whole records.
fn decode(bytes: &[u8]) -> Option<Vec<Made>> {
    let (records, rest) = bytes.as_chunks::<RECORD>();
    let place = |record: &[u8; RECORD], at: usize| u32::from_le_bytes(std::array::from_fn(|byte| record[at + byte]));
    let number = |record: &[u8; RECORD], at: usize| f64::from_le_bytes(std::array::from_fn(|byte| record[at + byte]));
    rest.is_empty().then(|| {
        records
            .iter()
            .map(|record| Made {
                origin: Origin { coin: place(record, 0), row: place(record, 4) },
                prediction: Prediction {
                    location: [number(record, 8), number(record, 16)],
                    scale: [number(record, 24), number(record, 32)],
                },
            })
            .collect()
    })
}

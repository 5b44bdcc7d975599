//! The errors as named tensors: `errors.<coin>.<horizon>`, rows of `[end of the horizon, residual, scale]`.

use domain::forecast::Horizon;
use domain::market::Symbol;

use super::{Calibration, Finished};
use crate::artefact::Tensors;

const PREFIX: &str = "errors.";
const COLUMNS: usize = 3;

impl Calibration {
    pub(crate) fn to_tensors(&self, tensors: &mut Tensors) {
        for (symbol, both) in self.errors() {
            for horizon in Horizon::ALL {
                let errors = &both[horizon.index()];
                let values = errors.iter().flat_map(|one| [one.ends_at_s as f64, one.residual, one.scale]).collect();
                tensors.insert(format!("{PREFIX}{symbol}.{horizon}"), (vec![errors.len(), COLUMNS], values));
            }
        }
    }

    /// None where a tensor has another shape, a scale is not positive or time goes back.
    pub(crate) fn from_tensors(tensors: &Tensors) -> Option<Self> {
        let mut calibration = Self::default();
        for (name, (shape, values)) in tensors {
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            let (symbol, horizon) = name.rsplit_once('.')?;
            let (symbol, horizon) = (Symbol::parse(symbol).ok()?, Horizon::parse(horizon).ok()?);
            let (rows, rest) = values.as_chunks::<COLUMNS>();
            let is_sound = *shape == [rows.len(), COLUMNS]
                && rest.is_empty()
                && rows.iter().all(|row| row[2] > 0.0)
                && rows.is_sorted_by(|one, next| one[0] < next[0]);
            if !is_sound {
                return None;
            }
            for &[ends_at_s, residual, scale] in rows {
                calibration.add(&symbol, horizon, Finished { ends_at_s: ends_at_s as i64, residual, scale });
            }
        }
        Some(calibration)
    }
}

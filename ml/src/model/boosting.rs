//! Gradient boosting over regression trees (Friedman 2001; Chen and Guestrin 2016), grown by smartcore, pooled over
//! coins, one sum of trees a horizon.
//!
//! Trees cannot reach beyond what they have seen, so they learn the distance from the level at the origin and read
//! what moves with the level against it.

mod trees;

use domain::forecast::Horizon;
use domain::model::Family;
use rayon::prelude::*;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};

use self::trees::Trees;
use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{FEATURE_COUNT, LEVEL_INPUT, Origin, Panel, level, relative, weekday_shares};

/// Trees a horizon.
const TREES: usize = 150;
/// Splits from the root to a leaf at most.
const DEPTH: u16 = 4;
/// What each tree adds of what it found.
const LEARNING_RATE: f64 = 0.05;
/// Fewest origins in a leaf.
const MIN_LEAF: usize = 30;
/// L2 penalty of the leaves' values.
const PENALTY: f64 = 5.0;
/// Share of the origins that each tree sees.
const SHARE: f64 = 0.5;

/// Features of the origin and the weekdays of the horizon.
const WIDTH: usize = FEATURE_COUNT + 7;

/// Trees for each horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosting {
    trees: [Trees; 2],
    scale: [f64; 2],
}

impl Boosting {
    /// Grows the trees on the given origins; the same seed gives the same trees.
    ///
    /// # Errors
    /// [`ModelError::Trees`] where smartcore refuses, [`ModelError::NotEnoughData`] where no target is known.
    pub fn fit(panel: &Panel, origins: &[Origin], seed: u64) -> Result<Self, ModelError> {
        let grown: Vec<Result<Trees, ModelError>> =
            Horizon::ALL.par_iter().map(|&horizon| grow(panel, origins, horizon, seed)).collect();
        let [day, two_days] = <[_; 2]>::try_from(grown).expect("there are two horizons");
        let mut model = Self { trees: [day?, two_days?], scale: [1.0; 2] };
        let locations: Vec<[f64; 2]> =
            model.predict(panel, origins)?.iter().map(|prediction| prediction.location).collect();
        model.scale = constant_scale(panel, origins, &locations);
        Ok(model)
    }
}

fn grow(panel: &Panel, origins: &[Origin], horizon: Horizon, seed: u64) -> Result<Trees, ModelError> {
    let mut values = Vec::new();
    let mut targets = Vec::new();
    for &origin in origins {
        let target = panel.target(origin, horizon);
        if target.is_finite() {
            let (level, row) = inputs(panel, origin, horizon);
            values.extend(row);
            targets.push(target as f32 - level);
        }
    }
    if targets.len() < 10 * MIN_LEAF {
        return Err(ModelError::NotEnoughData { needed: 10 * MIN_LEAF, given: targets.len() });
    }
    let failed = |error: &dyn std::fmt::Display| ModelError::Trees(error.to_string());
    let x = DenseMatrix::new(targets.len(), WIDTH, values, false).map_err(|error| failed(&error))?;
    let parameters = XGRegressorParameters::default()
        .with_n_estimators(TREES)
        .with_learning_rate(LEARNING_RATE)
        .with_max_depth(DEPTH)
        .with_min_child_weight(MIN_LEAF)
        .with_lambda(PENALTY)
        .with_subsample(SHARE)
        .with_base_score(0.0)
        .with_seed(seed);
    let model: XGRegressor<f32, f32, DenseMatrix<f32>, Vec<f32>> =
        XGRegressor::fit(&x, &targets, parameters).map_err(|error| failed(&error))?;
    let model = serde_json::to_value(&model).map_err(|error| failed(&error))?;
    Trees::from_smartcore(&model).ok_or_else(|| ModelError::Trees("its trees have another layout".to_owned()))
}

/// The level at the origin and the inputs against it. A feature that is not known stands at the level.
fn inputs(panel: &Panel, origin: Origin, horizon: Horizon) -> (f32, [f32; WIDTH]) {
    let features = panel.features(origin);
    let level = level(features);
    let mut row = [0.0; WIDTH];
    relative(features, level, &mut row[..FEATURE_COUNT]);
    row[LEVEL_INPUT] = level;
    for (slot, share) in row[FEATURE_COUNT..].iter_mut().zip(weekday_shares(panel.origin_s(origin), horizon)) {
        *slot = share as f32;
    }
    (level, row.map(|value| if value.is_finite() { value } else { 0.0 }))
}

impl VolatilityModel for Boosting {
    fn family(&self) -> Family {
        Family::Boosting
    }

    fn parameters(&self) -> usize {
        self.trees.iter().map(Trees::len).sum()
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        Ok(origins
            .iter()
            .map(|&origin| Prediction {
                location: Horizon::ALL.map(|horizon| {
                    let (level, row) = inputs(panel, origin, horizon);
                    f64::from(level) + self.trees[horizon.index()].at(&row)
                }),
                scale: self.scale,
            })
            .collect())
    }
}

//! Random forest (Breiman 2001) by smartcore, pooled over coins, one forest a horizon.

use domain::forecast::Horizon;
use domain::model::Family;
use rayon::prelude::*;
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{FEATURE_COUNT, Origin, Panel, weekday_shares};

type Forest = RandomForestRegressor<f32, f32, DenseMatrix<f32>, Vec<f32>>;

/// Trees a horizon, in groups that are grown side by side.
const GROUPS: usize = 8;
const TREES_PER_GROUP: usize = 8;
const MIN_LEAF: usize = 12;
const MAX_DEPTH: u16 = 12;

/// Features of the origin and the weekdays of the horizon.
const WIDTH: usize = FEATURE_COUNT + 7;

/// A forest for each horizon.
pub struct RandomForest {
    groups: [Vec<Forest>; 2],
    scale: [f64; 2],
}

impl RandomForest {
    /// Grows both forests on the given origins; the same seed gives the same forests.
    ///
    /// # Errors
    /// [`ModelError::Trees`] where smartcore refuses, [`ModelError::NotEnoughData`] where no target is known.
    pub fn fit(panel: &Panel, origins: &[Origin], seed: u64) -> Result<Self, ModelError> {
        let [day, two_days] = Horizon::ALL.map(|horizon| grow(panel, origins, horizon, seed));
        let mut forest = Self { groups: [day?, two_days?], scale: [1.0; 2] };
        let locations: Vec<[f64; 2]> =
            forest.predict(panel, origins)?.iter().map(|prediction| prediction.location).collect();
        forest.scale = constant_scale(panel, origins, &locations);
        Ok(forest)
    }
}

fn grow(panel: &Panel, origins: &[Origin], horizon: Horizon, seed: u64) -> Result<Vec<Forest>, ModelError> {
    let known: Vec<Origin> =
        origins.iter().copied().filter(|&origin| panel.target(origin, horizon).is_finite()).collect();
    if known.len() < 10 * MIN_LEAF {
        return Err(ModelError::NotEnoughData { needed: 10 * MIN_LEAF, given: known.len() });
    }
    let x = matrix(panel, &known, horizon)?;
    let y: Vec<f32> = known.iter().map(|&origin| panel.target(origin, horizon) as f32).collect();
    (0..GROUPS)
        .into_par_iter()
        .map(|group| {
            let parameters = RandomForestRegressorParameters::default()
                .with_n_trees(TREES_PER_GROUP)
                .with_min_samples_leaf(MIN_LEAF)
                .with_max_depth(MAX_DEPTH)
                .with_m(WIDTH / 3)
                .with_seed(seed.wrapping_add(group as u64));
            Forest::fit(&x, &y, parameters).map_err(|error| ModelError::Trees(error.to_string()))
        })
        .collect()
}

fn matrix(panel: &Panel, origins: &[Origin], horizon: Horizon) -> Result<DenseMatrix<f32>, ModelError> {
    let mut values = Vec::with_capacity(origins.len() * WIDTH);
    for &origin in origins {
        values.extend(panel.features(origin).iter().map(|value| if value.is_finite() { *value } else { 0.0 }));
        values.extend(weekday_shares(panel.origin_s(origin), horizon).map(|share| share as f32));
    }
    DenseMatrix::new(origins.len(), WIDTH, values, false).map_err(|error| ModelError::Trees(error.to_string()))
}

impl VolatilityModel for RandomForest {
    fn family(&self) -> Family {
        Family::RandomForest
    }

    fn parameters(&self) -> usize {
        2 * GROUPS * TREES_PER_GROUP
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        let mut predictions = vec![Prediction { location: [0.0; 2], scale: self.scale }; origins.len()];
        for horizon in Horizon::ALL {
            let x = matrix(panel, origins, horizon)?;
            for group in &self.groups[horizon.index()] {
                let values = group.predict(&x).map_err(|error| ModelError::Trees(error.to_string()))?;
                for (prediction, value) in predictions.iter_mut().zip(values) {
                    prediction.location[horizon.index()] += f64::from(value) / GROUPS as f64;
                }
            }
        }
        Ok(predictions)
    }
}

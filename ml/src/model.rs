//! The models: whatever they are inside, each says where log realised volatility will be and how far it may miss.

pub mod boosting;
pub mod ewma;
pub mod forest;
pub mod garch;
pub mod har;
pub mod lstm;
pub mod persistence;

use domain::model::Family;

use crate::dataset::{Origin, Panel};

/// What can go wrong while fitting or asking a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Too few observations to fit on.
    #[error("{needed} observations are needed to fit the model, and there are {given}: bring a longer history")]
    NotEnoughData {
        /// The fewest that do.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// The inputs of a regression are linearly dependent.
    #[error("the inputs are linearly dependent: raise the ridge penalty or drop a feature")]
    Singular,
    /// The prices do not move.
    #[error("the returns do not vary, so there is no volatility to model")]
    Flat,
    /// A tensor operation failed: shapes that do not fit, or no memory.
    #[error("a tensor operation failed")]
    Tensor(#[from] candle_core::Error),
    /// Trees could not be grown or asked.
    #[error("the trees could not be grown: {0}")]
    Trees(String),
    /// The family is made of others and never fitted by itself.
    #[error("{family} is made of other models' forecasts")]
    NotFitted {
        /// The family.
        family: &'static str,
    },
    /// Training ended without a usable model.
    #[error("training diverged: the loss is not a number; lower the learning rate")]
    Diverged,
    /// Whoever watched the training asked it to stop.
    #[error("training was stopped")]
    Stopped,
}

/// Where log realised volatility (natural log of a fraction per day) is expected, and the scale of the error.
/// The shape of the error is the calibration's business.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Centre, one a horizon in the order of [`domain::forecast::Horizon::ALL`].
    pub location: [f64; 2],
    /// Positive scale, one a horizon.
    pub scale: [f64; 2],
}

/// What is taken away from the inputs to see what it was worth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hidden {
    /// Positions in [`crate::dataset::INPUTS`] that stand at their training mean in every step.
    pub inputs: Vec<usize>,
    /// Whether every day of the week counts alike.
    pub calendar: bool,
}

/// A fitted model of log realised volatility.
pub trait VolatilityModel: Send + Sync {
    /// The family it belongs to.
    fn family(&self) -> Family;

    /// How many numbers were fitted.
    fn parameters(&self) -> usize;

    /// One prediction an origin, in their order, from nothing later than each origin.
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError>;

    /// Predictions for pairs of an origin and what is hidden from the model there. A model that cannot do without
    /// its inputs answers as if nothing were hidden, and so gives no reasons.
    ///
    /// # Errors
    /// [`ModelError`] where a tensor operation fails.
    fn predict_hiding(&self, panel: &Panel, cases: &[(Origin, &Hidden)]) -> Result<Vec<Prediction>, ModelError> {
        let origins: Vec<Origin> = cases.iter().map(|&(origin, _)| origin).collect();
        self.predict(panel, &origins)
    }
}

/// The root mean square of what `locations` leave of the targets, by horizon: the scale of a model that knows
/// no better than a constant one. Targets that are not known are left out.
pub(crate) fn constant_scale(panel: &Panel, origins: &[Origin], locations: &[[f64; 2]]) -> [f64; 2] {
    domain::forecast::Horizon::ALL.map(|horizon| {
        let (sum, count) = origins
            .iter()
            .zip(locations)
            .map(|(&origin, location)| panel.target(origin, horizon) - location[horizon.index()])
            .filter(|residual| residual.is_finite())
            .fold((0.0, 0_usize), |(sum, count), residual| (sum + residual * residual, count + 1));
        if count == 0 { 1.0 } else { (sum / count as f64).sqrt().max(1e-3) }
    })
}

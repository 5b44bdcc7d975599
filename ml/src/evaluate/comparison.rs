//! Whether the losses of one model are lower than another's by more than chance: the test of Diebold and Mariano.

use crate::student::two_sided_p;

/// Why models cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ComparisonError {
    /// There is no model to compare.
    #[error("There is no model to compare.")]
    NoModel,
    /// Too few days for anything to be said.
    #[error("{needed} days are needed to compare models, and there are {given}. Score a longer span.")]
    TooShort {
        /// The fewest that do.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// The models were not scored on the same days.
    #[error("A model has losses on {given} days and the first one on {expected}: compare them on the same days.")]
    Lengths {
        /// Days of the first model.
        expected: usize,
        /// Days of the other.
        given: usize,
    },
    /// A loss is not a number.
    #[error("The loss at position {index} is not finite.")]
    Value {
        /// The position of the day.
        index: usize,
    },
    /// The difference of the losses never changes.
    #[error("The losses differ by the same amount every day, so there is nothing to test.")]
    Alike,
    /// Nothing was drawn.
    #[error("There is no resample to compare on. Ask for at least one replication.")]
    NoResample,
}

/// What the test says of two models, `a` and `b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DieboldMariano {
    /// Mean loss of `a` less mean loss of `b`, in the unit of the losses: negative where `a` is better.
    pub difference: f64,
    /// The difference over its standard error, with the small-sample factor.
    pub statistic: f64,
    /// Two-sided p-value: how often a difference at least as large would come about between equals.
    pub p: f64,
}

/// Tests whether two models' losses on the same days, in order of time, have the same mean.
///
/// The variance of the mean difference is that of Newey and West (1987): autocovariances up to `lags` with the
/// weights `1 - k / (lags + 1)`, which cannot be negative. The statistic has the small-sample factor of Harvey,
/// Leybourne and Newbold (1997) for a horizon of `lags + 1` and is held against Student's t with `days - 1` degrees
/// of freedom. That is `dm_test(.., h=lags + 1, variance_estimator="bartlett")` of the Python package
/// `dieboldmariano`. Forecasts over h days overlap, so `lags` is at least `h - 1`.
///
/// Source: Diebold and Mariano (1995), Journal of Business and Economic Statistics 13(3).
///
/// # Errors
/// [`ComparisonError`] where there are not more days than `lags + 1`, a loss is not finite, or the difference of the
/// losses is the same every day.
pub fn diebold_mariano(loss_a: &[f64], loss_b: &[f64], lags: usize) -> Result<DieboldMariano, ComparisonError> {
    let days = check(&[loss_a, loss_b])?;
    if days < lags + 2 {
        return Err(ComparisonError::TooShort { needed: lags + 2, given: days });
    }
    let count = days as f64;
    let horizon = (lags + 1) as f64;
    let differences: Vec<f64> = loss_a.iter().zip(loss_b).map(|(a, b)| a - b).collect();
    let difference = differences.iter().sum::<f64>() / count;
    let centred: Vec<f64> = differences.iter().map(|value| value - difference).collect();
    let covariance =
        |lag: usize| centred[lag..].iter().zip(&centred).map(|(now, before)| now * before).sum::<f64>() / count;
    let long_run =
        (1..=lags).fold(covariance(0), |sum, lag| sum + 2.0 * (1.0 - lag as f64 / horizon) * covariance(lag));
    if long_run <= 0.0 {
        return Err(ComparisonError::Alike);
    }
    let small_sample = (count + 1.0 - 2.0 * horizon + horizon * (horizon - 1.0) / count) / count;
    let statistic = difference / (long_run / count).sqrt() * small_sample.sqrt();
    Ok(DieboldMariano { difference, statistic, p: two_sided_p(statistic, count - 1.0) })
}

/// How many days every model was scored on.
pub(super) fn check<L: AsRef<[f64]>>(losses: &[L]) -> Result<usize, ComparisonError> {
    let expected = losses.first().ok_or(ComparisonError::NoModel)?.as_ref().len();
    for loss in losses.iter().map(AsRef::as_ref) {
        if loss.len() != expected {
            return Err(ComparisonError::Lengths { expected, given: loss.len() });
        }
        if let Some(index) = loss.iter().position(|value| !value.is_finite()) {
            return Err(ComparisonError::Value { index });
        }
    }
    if expected < 2 { Err(ComparisonError::TooShort { needed: 2, given: expected }) } else { Ok(expected) }
}

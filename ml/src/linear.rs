//! Ridge regression by the normal equations: the linear part of every model that has one.

use crate::model::ModelError;

/// A linear map with an intercept, fitted by least squares with an L2 penalty on the slopes.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// The value where every input is zero.
    pub intercept: f64,
    /// One slope an input.
    pub slopes: Vec<f64>,
}

impl Ridge {
    /// Fits `y` on the rows of `x` (row-major, `width` columns), minimising
    /// `sum (y - a - x b)^2 + n * penalty * |b|^2` (Hoerl and Kennard 1970). The intercept is not penalised.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where there are fewer rows than columns, [`ModelError::Singular`] where the
    /// inputs are collinear and the penalty is zero.
    pub fn fit(x: &[f64], width: usize, y: &[f64], penalty: f64) -> Result<Self, ModelError> {
        let rows = y.len();
        if rows <= width || x.len() != rows * width {
            return Err(ModelError::NotEnoughData { needed: width + 1, given: rows });
        }
        let count = rows as f64;
        let y_mean = y.iter().sum::<f64>() / count;
        let mut x_mean = vec![0.0; width];
        for row in x.chunks_exact(width) {
            for (mean, value) in x_mean.iter_mut().zip(row) {
                *mean += value / count;
            }
        }

        let mut gram = vec![0.0; width * width];
        let mut moment = vec![0.0; width];
        let mut centred = vec![0.0; width];
        for (row, target) in x.chunks_exact(width).zip(y) {
            for ((slot, value), mean) in centred.iter_mut().zip(row).zip(&x_mean) {
                *slot = value - mean;
            }
            for i in 0..width {
                moment[i] += centred[i] * (target - y_mean);
                for j in 0..=i {
                    gram[i * width + j] += centred[i] * centred[j];
                }
            }
        }
        for i in 0..width {
            gram[i * width + i] += count * penalty;
        }

        let slopes = solve_positive_definite(gram, width, moment)?;
        let intercept = y_mean - slopes.iter().zip(&x_mean).map(|(slope, mean)| slope * mean).sum::<f64>();
        Ok(Self { intercept, slopes })
    }

    /// The value at one row of inputs.
    #[must_use]
    pub fn at(&self, row: impl IntoIterator<Item = f64>) -> f64 {
        self.intercept + self.slopes.iter().zip(row).map(|(slope, value)| slope * value).sum::<f64>()
    }
}

/// Solves `gram * b = moment` by Cholesky's decomposition; only the lower triangle of `gram` is read.
fn solve_positive_definite(mut gram: Vec<f64>, width: usize, moment: Vec<f64>) -> Result<Vec<f64>, ModelError> {
    for i in 0..width {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| gram[i * width + k] * gram[j * width + k]).sum();
            let rest = gram[i * width + j] - dot;
            gram[i * width + j] = if i != j {
                rest / gram[j * width + j]
            } else if rest > 1e-10 * gram[i * width + i].abs().max(f64::MIN_POSITIVE) {
                rest.sqrt()
            } else {
                return Err(ModelError::Singular);
            };
        }
    }
    let mut solution = moment;
    for i in 0..width {
        let dot: f64 = (0..i).map(|k| gram[i * width + k] * solution[k]).sum();
        solution[i] = (solution[i] - dot) / gram[i * width + i];
    }
    for i in (0..width).rev() {
        let dot: f64 = (i + 1..width).map(|k| gram[k * width + i] * solution[k]).sum();
        solution[i] = (solution[i] - dot) / gram[i * width + i];
    }
    Ok(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_linear_relation_is_found() {
        let x: Vec<f64> = (0..40).flat_map(|i| [f64::from(i), f64::from(i * i % 7)]).collect();
        let y: Vec<f64> = x.chunks_exact(2).map(|row| 3.0 + 2.0 * row[0] - 0.5 * row[1]).collect();
        let fitted = Ridge::fit(&x, 2, &y, 0.0).expect("well-posed");
        assert!((fitted.intercept - 3.0).abs() < 1e-9, "{fitted:?}");
        assert!((fitted.slopes[0] - 2.0).abs() < 1e-9 && (fitted.slopes[1] + 0.5).abs() < 1e-9, "{fitted:?}");
    }

    #[test]
    fn collinear_inputs_are_refused_without_a_penalty_and_shared_with_one() {
        let x: Vec<f64> = (0..20).flat_map(|i| [f64::from(i), f64::from(i)]).collect();
        let y: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(matches!(Ridge::fit(&x, 2, &y, 0.0), Err(ModelError::Singular)));
        let fitted = Ridge::fit(&x, 2, &y, 1e-6).expect("penalised");
        assert!((fitted.slopes[0] - fitted.slopes[1]).abs() < 1e-6, "{fitted:?}");
    }
}

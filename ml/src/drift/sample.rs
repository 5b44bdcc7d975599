//! The numbers of one window, sorted once for all tests.

use super::{Numbers, QUANTILES, Summary};
use crate::calibration::interpolate;

/// The finite numbers of a window.
pub(super) struct Sample {
    /// In rising order.
    pub(super) sorted: Vec<f64>,
    pub(super) rows: usize,
    pub(super) mean: f64,
    pub(super) standard_deviation: f64,
}

impl Sample {
    pub(super) fn of(values: &[f64]) -> Self {
        // Adding zero makes one zero of two: they sort apart and are equal.
        let mut sorted: Vec<f64> = values.iter().filter(|value| value.is_finite()).map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (mean, standard_deviation) = moments(&sorted);
        Self { sorted, rows: values.len(), mean, standard_deviation }
    }

    pub(super) fn summary(&self) -> Summary {
        let numbers = match (self.sorted.first(), self.sorted.last()) {
            (Some(&least), Some(&most)) => Some(Numbers {
                mean: self.mean,
                standard_deviation: self.standard_deviation,
                least,
                most,
                quantiles: QUANTILES.map(|level| self.quantile(level)),
            }),
            _ => None,
        };
        let missing = (self.rows - self.sorted.len()) as u64;
        Summary { rows: self.rows as u64, missing, categories: None, numbers }
    }

    /// The quantile at `level`, between neighbours by interpolation; there must be a number.
    pub(super) fn quantile(&self, level: f64) -> f64 {
        let position = level * (self.sorted.len() - 1) as f64;
        let value = interpolate(&self.sorted, position);
        // Neighbours at both ends of what a number can be are too far apart to be interpolated.
        if value.is_finite() { value } else { self.sorted[position as usize] }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// How many numbers are below `value`.
    pub(super) fn below(&self, value: f64) -> usize {
        self.sorted.partition_point(|number| *number < value)
    }

    /// The different numbers in rising order; where there are more than `most`, the lowest ones and one more than that.
    pub(super) fn distinct(&self, most: usize) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::new();
        let mut rest = &self.sorted[..];
        while let Some(&value) = rest.first() {
            values.push(value);
            if values.len() > most {
                break;
            }
            rest = &rest[rest.partition_point(|number| *number <= value)..];
        }
        values
    }
}

/// Mean and standard deviation over the count, from values scaled so that no square overflows.
fn moments(values: &[f64]) -> (f64, f64) {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return (0.0, 0.0) };
    let scale = first.abs().max(last.abs());
    if scale == 0.0 {
        return (0.0, 0.0);
    }
    if first == last {
        return (*first, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / scale).sum::<f64>() / count;
    let square = values.iter().map(|value| (value / scale - mean).powi(2)).sum::<f64>() / count;
    ((mean * scale).clamp(*first, *last), (square.sqrt() * scale).min(f64::MAX))
}

/// What stands at one value of two sorted samples.
pub(super) struct Step {
    pub(super) value: f64,
    /// Numbers below the value, in either sample.
    pub(super) below: [usize; 2],
    /// Numbers equal to the value, in either sample.
    pub(super) at: [usize; 2],
}

/// Walks up the different values of two sorted samples.
pub(super) fn walk(reference: &[f64], current: &[f64], mut visit: impl FnMut(Step)) {
    let samples = [reference, current];
    let mut below = [0, 0];
    loop {
        let value = match (reference.get(below[0]), current.get(below[1])) {
            (Some(one), Some(other)) => one.min(*other),
            (Some(one), None) | (None, Some(one)) => *one,
            (None, None) => return,
        };
        let at: [usize; 2] = std::array::from_fn(|of| {
            let rest = &samples[of][below[of]..];
            rest.iter().take_while(|number| **number == value).count()
        });
        visit(Step { value, below, at });
        below = [below[0] + at[0], below[1] + at[1]];
    }
}

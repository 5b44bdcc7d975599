//! What windows of the reference itself come to. Where rows remember for longer than a window lasts, nobody can say how many
//! independent ones it is worth; but how far a usual window is from the whole can be looked up.
//!
//! Source: Politis, Romano and Wolf (1999), Subsampling, chapter 3: blocks of a dependent series as long as the window.

use super::kolmogorov::Distance;
use super::sample::Sample;
use super::wasserstein;

/// Fewest windows that fit into the reference side by side.
const LEAST_APART: usize = 20;
/// Windows that are looked at, most of which overlap.
const MOST: usize = 100;

/// How far windows of the reference are from all of it, in rising order.
pub(super) struct Blocks {
    distances: Vec<f64>,
    moved: Vec<f64>,
}

impl Blocks {
    /// Windows of so many rows of `values`, which come in order of time; `reference` are all of them. None where too few
    /// fit.
    pub(super) fn of(values: &[f64], reference: &Sample, rows: usize) -> Option<Self> {
        if rows == 0 || values.len() / rows < LEAST_APART {
            return None;
        }
        let last = values.len() - rows;
        let windows: Vec<Sample> = (0..MOST)
            .map(|window| window * last / (MOST - 1))
            .map(|from| Sample::of(&values[from..from + rows]))
            // Half of a window is no window.
            .filter(|window| 2 * window.len() >= rows)
            .collect();
        if windows.len() < LEAST_APART {
            return None;
        }
        let distance = |window: &Sample| Distance::of(&reference.sorted, &window.sorted).statistic();
        let moved = |window: &Sample| wasserstein::distance(reference, window).unwrap_or(0.0);
        Some(Self { distances: rising(windows.iter().map(distance)), moved: rising(windows.iter().map(moved)) })
    }

    /// How many windows there are.
    pub(super) fn len(&self) -> usize {
        self.distances.len()
    }

    /// The share of windows at least as far from the whole, the window in question among them.
    pub(super) fn p(&self, distance: f64) -> f64 {
        let nearer = self.distances.partition_point(|of| *of < distance);
        (self.len() - nearer + 1) as f64 / (self.len() + 1) as f64
    }

    /// How far mass moves in so small a share of the windows: the Wasserstein distance that is farther than usual.
    pub(super) fn noise(&self, significance: f64) -> f64 {
        let place = ((1.0 - significance) * self.moved.len() as f64) as usize;
        self.moved[place.min(self.moved.len() - 1)]
    }
}

fn rising(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calm and wild weeks in turn.
    fn weeks() -> Vec<f64> {
        (0..6_000_u32).map(|row| f64::from(row * 7_919 % 1_000) / 1_000.0 + f64::from(row / 250 % 4)).collect()
    }

    #[test]
    fn a_usual_window_is_not_far_and_one_that_never_was_is() {
        let values = weeks();
        let reference = Sample::of(&values);
        let blocks = Blocks::of(&values, &reference, 250).expect("enough windows");
        let of = |window: &[f64]| Distance::of(&reference.sorted, &Sample::of(window).sorted).statistic();
        assert!(blocks.p(of(&values[1_250..1_500])) > 0.05, "{}", blocks.p(of(&values[1_250..1_500])));
        let far: Vec<f64> = values[..250].iter().map(|value| value + 9.0).collect();
        assert!(blocks.p(of(&far)) < 0.05);
        assert!(wasserstein::distance(&reference, &Sample::of(&far)).expect("a distance") > blocks.noise(0.05));
    }

    #[test]
    fn a_reference_of_few_windows_says_nothing_of_them() {
        let values = weeks();
        assert!(Blocks::of(&values, &Sample::of(&values), 301).is_none());
        assert!(Blocks::of(&values, &Sample::of(&values), 0).is_none());
    }
}

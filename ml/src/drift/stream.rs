//! Whether a stream of errors has changed: Page-Hinkley for a rise against a reference, ADWIN for any change of the
//! mean against the stream's own past. Both take one error at a time, keep little, and can be stored and go on later.
//!
//! Both bounds are made for independent errors. Errors of overlapping forecasts are not, so both learn from reference
//! errors after how many rows two of them are as good as independent, and ask for that much more.

use serde::{Deserialize, Serialize};

use super::DriftError;
use super::sample::Sample;
use super::serial::integrated_time;

/// Fewest reference errors that a detector learns from.
pub const MIN_REFERENCE: usize = 30;

/// A change of the mean error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Mean error before, in the unit of the errors.
    pub before: f64,
    /// Mean error since, in the unit of the errors.
    pub after: f64,
    /// Errors since it began, as far as can be told.
    pub rows: u64,
}

impl Shift {
    /// Whether errors have become larger.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.after > self.before
    }
}

/// What is usual, as learnt from reference errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Usual {
    mean: f64,
    standard_deviation: f64,
    /// From the 1st to the 99th percentile.
    range: f64,
    correlation_rows: f64,
}

impl Usual {
    fn of(reference: &[f64]) -> Result<Self, DriftError> {
        let sample = Sample::of(reference);
        if sample.len() < MIN_REFERENCE {
            let value = sample.len() as f64;
            return Err(DriftError::Rule { name: "reference errors", value, must: "at least 30 finite numbers" });
        }
        if sample.standard_deviation <= 0.0 {
            return Err(DriftError::Rule { name: "spread of the reference errors", value: 0.0, must: "above 0" });
        }
        let finite: Vec<f64> = reference.iter().copied().filter(|error| error.is_finite()).collect();
        let range = sample.quantile(0.99) - sample.quantile(0.01);
        Ok(Self {
            mean: sample.mean,
            standard_deviation: sample.standard_deviation,
            range: if range > 0.0 { range } else { sample.standard_deviation },
            correlation_rows: integrated_time(&finite),
        })
    }
}

/// Sums how far errors lie above their usual mean and alarms when the sum has risen too far from its lowest point.
///
/// Source: Page (1954), Biometrika 41(1/2); Hinkley (1971), Biometrika 58(3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageHinkley {
    usual: Usual,
    tolerance: f64,
    threshold: f64,
    /// Sum above the lowest point, in standard deviations.
    risen: f64,
    /// Errors since the lowest point, and their sum in standard deviations from the mean.
    rows: u64,
    sum: f64,
}

impl PageHinkley {
    /// Rises below this many standard deviations do not count.
    pub const TOLERANCE: f64 = 0.25;

    /// How far the sum may rise, in standard deviations. With [`Self::TOLERANCE`] a stream that did not change gives a
    /// false alarm less than once in a million independent errors (Siegmund 1985, Sequential Analysis, section 2.6),
    /// and a rise of one standard deviation is seen after some 35.
    pub const THRESHOLD: f64 = 25.0;

    /// A detector for errors like these, which come in order of time. The threshold is multiplied by the rows after
    /// which two errors are as good as independent.
    ///
    /// # Errors
    /// [`DriftError::Rule`] where there are fewer than [`MIN_REFERENCE`] finite errors, they are all the same, or
    /// `tolerance` or `threshold` are not above 0.
    pub fn new(reference: &[f64], tolerance: f64, threshold: f64) -> Result<Self, DriftError> {
        for (name, value) in [("tolerance", tolerance), ("threshold", threshold)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(DriftError::Rule { name, value, must: "a number above 0" });
            }
        }
        let usual = Usual::of(reference)?;
        let threshold = threshold * usual.correlation_rows;
        Ok(Self { usual, tolerance, threshold, risen: 0.0, rows: 0, sum: 0.0 })
    }

    /// How far the sum may rise, in standard deviations, dependence of the errors included.
    #[must_use]
    pub const fn threshold(&self) -> f64 {
        self.threshold
    }

    /// How far the sum has risen, in standard deviations.
    #[must_use]
    pub const fn risen(&self) -> f64 {
        self.risen
    }

    /// Takes the next error; what is not finite is passed over. After an alarm the sum starts again at nothing.
    pub fn push(&mut self, error: f64) -> Option<Shift> {
        if !error.is_finite() {
            return None;
        }
        let deviations = (error - self.usual.mean) / self.usual.standard_deviation;
        self.risen += deviations - self.tolerance;
        self.rows += 1;
        self.sum += deviations;
        if self.risen <= 0.0 {
            self.start_again();
            return None;
        }
        if self.risen <= self.threshold {
            return None;
        }
        let after = self.usual.mean + self.usual.standard_deviation * self.sum / self.rows as f64;
        let shift = Shift { before: self.usual.mean, after, rows: self.rows };
        self.start_again();
        Some(shift)
    }

    fn start_again(&mut self) {
        self.risen = 0.0;
        self.rows = 0;
        self.sum = 0.0;
    }
}

/// Errors summed up: their number is a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bucket {
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl Bucket {
    const fn of(value: f64) -> Self {
        Self { mean: value, squares: 0.0 }
    }

    /// Two buckets of `count` errors each as one.
    fn with(self, other: Self, count: f64) -> Self {
        let distance = other.mean - self.mean;
        let squares = self.squares + other.squares + 0.5 * count * distance * distance;
        Self { mean: self.mean + 0.5 * distance, squares }
    }
}

/// Keeps a window of errors whose mean does not change: where an older part of it differs from the newer one by more
/// than chance, the older part is dropped and the change reported. The window is kept in buckets of 1, 2, 4, ...
/// errors, so that a million errors take a hundred buckets.
///
/// Source: Bifet and Gavaldà (2007), SIAM International Conference on Data Mining, ADWIN2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adwin {
    usual: Usual,
    confidence: f64,
    /// `levels[k]`: buckets of `2^k` errors, the oldest first.
    levels: Vec<Vec<Bucket>>,
    rows: u64,
    pushed: u64,
}

impl Adwin {
    /// Chance of a false cut that one check may have.
    pub const CONFIDENCE: f64 = 0.002;

    /// Buckets of one size.
    const BUCKETS: usize = 5;

    /// The window is checked after so many errors.
    const EVERY: u64 = 8;

    /// Fewest independent errors on either side of a cut.
    const LEAST_SIDE: f64 = 5.0;

    /// A detector for errors like these, which come in order of time. They give the scale and the dependence; the
    /// window starts empty.
    ///
    /// # Errors
    /// [`DriftError::Rule`] where there are fewer than [`MIN_REFERENCE`] finite errors, they are all the same, or
    /// `confidence` is not between 0 and 1.
    pub fn new(reference: &[f64], confidence: f64) -> Result<Self, DriftError> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(DriftError::Rule { name: "confidence", value: confidence, must: "between 0 and 1" });
        }
        let usual = Usual::of(reference)?;
        Ok(Self { usual, confidence, levels: vec![Vec::new()], rows: 0, pushed: 0 })
    }

    /// Errors in the window.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Mean error of the window, in the unit of the errors; none where it is empty.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let (count, sum) = self
            .oldest_first()
            .fold((0.0, 0.0), |(count, sum), (size, bucket)| (count + size, sum + size * bucket.mean));
        (count > 0.0).then(|| self.in_unit(sum / count))
    }

    /// Takes the next error; what is not finite is passed over.
    pub fn push(&mut self, error: f64) -> Option<Shift> {
        if !error.is_finite() {
            return None;
        }
        self.levels[0].push(Bucket::of((error - self.usual.mean) / self.usual.range));
        self.rows += 1;
        self.pushed += 1;
        self.merge();
        if !self.pushed.is_multiple_of(Self::EVERY) {
            return None;
        }
        let mut found = None;
        while let Some(shift) = self.cut() {
            found = Some(shift);
            self.drop_oldest();
        }
        found
    }

    fn merge(&mut self) {
        let (mut level, mut count) = (0, 1.0);
        while self.levels[level].len() > Self::BUCKETS {
            let merged = self.levels[level][0].with(self.levels[level][1], count);
            self.levels[level].drain(..2);
            level += 1;
            count *= 2.0;
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(merged);
        }
    }

    /// The oldest cut of the window whose sides differ by more than chance.
    fn cut(&self) -> Option<Shift> {
        let all = self.rows as f64;
        let mean = self.oldest_first().map(|(size, bucket)| size * bucket.mean).sum::<f64>() / all;
        let squares: f64 = self
            .oldest_first()
            .map(|(size, bucket)| bucket.squares + size * (bucket.mean - mean) * (bucket.mean - mean))
            .sum();
        let variance = squares / all;
        let correlation = self.usual.correlation_rows;
        let certainty = (2.0 * (all / correlation).ln().max(1.0) / self.confidence).ln();
        let (mut older, mut sum) = (0.0, 0.0);
        for (size, bucket) in self.oldest_first() {
            older += size;
            sum += size * bucket.mean;
            let newer = all - older;
            if newer.min(older) < Self::LEAST_SIDE * correlation {
                continue;
            }
            let (before, after) = (sum / older, (mean * all - sum) / newer);
            let worth = 1.0 / (correlation / older + correlation / newer);
            let bound = (2.0 / worth * variance * certainty).sqrt() + 2.0 / (3.0 * worth) * certainty;
            if (before - after).abs() > bound {
                return Some(Shift { before: self.in_unit(before), after: self.in_unit(after), rows: newer as u64 });
            }
        }
        None
    }

    fn drop_oldest(&mut self) {
        while self.levels.len() > 1 && self.levels.last().is_some_and(Vec::is_empty) {
            self.levels.pop();
        }
        let size = 1_u64 << (self.levels.len() - 1);
        if let Some(oldest) = self.levels.last_mut()
            && !oldest.is_empty()
        {
            oldest.remove(0);
            self.rows -= size;
        }
    }

    /// Buckets with the number of their errors.
    fn oldest_first(&self) -> impl Iterator<Item = (f64, &Bucket)> {
        self.levels.iter().enumerate().rev().flat_map(|(level, buckets)| {
            let size = (1_u64 << level) as f64;
            buckets.iter().map(move |bucket| (size, bucket))
        })
    }

    fn in_unit(&self, value: f64) -> f64 {
        self.usual.mean + self.usual.range * value
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;
    use crate::seed;

    /// Errors around 1, each depending on the one before with `weight`, raised by `rise` from row `from` on.
    fn errors(seed: u64, rows: usize, weight: f64, rise: f64, from: usize) -> Vec<f64> {
        let mut generator = seed::generator(seed, 2);
        let mut part = 0.0;
        (0..rows)
            .map(|row| {
                part = weight * part + generator.random_range(-1.0..1.0_f64);
                1.0 + part + if row >= from { rise } else { 0.0 }
            })
            .collect()
    }

    fn page_hinkley(reference: &[f64]) -> PageHinkley {
        PageHinkley::new(reference, PageHinkley::TOLERANCE, PageHinkley::THRESHOLD).expect("errors that vary")
    }

    fn adwin(reference: &[f64]) -> Adwin {
        Adwin::new(reference, Adwin::CONFIDENCE).expect("errors that vary")
    }

    #[test]
    fn errors_that_do_not_change_give_no_alarm() {
        for weight in [0.0, 0.8] {
            for seed in 0..10 {
                let reference = errors(100 + seed, 4_000, weight, 0.0, 0);
                let (mut rising, mut window) = (page_hinkley(&reference), adwin(&reference));
                for error in errors(seed, 5_000, weight, 0.0, 0) {
                    assert_eq!(rising.push(error), None, "{weight} {seed}");
                    assert_eq!(window.push(error), None, "{weight} {seed}");
                }
                assert_eq!(window.rows(), 5_000);
                assert!((window.mean().expect("a window") - 1.0).abs() < 0.5);
            }
        }
    }

    #[test]
    fn a_rise_of_one_and_a_half_deviations_is_seen_within_60_rows() {
        for seed in 0..10 {
            let reference = errors(100 + seed, 4_000, 0.0, 0.0, 0);
            let (mut rising, mut window) = (page_hinkley(&reference), adwin(&reference));
            let rise = 1.5 / 3.0_f64.sqrt();
            let (mut first_rising, mut first_window) = (None, None);
            for (row, error) in errors(seed, 1_200, 0.0, rise, 1_000).into_iter().enumerate() {
                if let Some(shift) = rising.push(error) {
                    assert!(shift.is_worse() && shift.rows < 300);
                    first_rising.get_or_insert(row);
                }
                if let Some(shift) = window.push(error) {
                    assert!(shift.is_worse());
                    first_window.get_or_insert(row);
                }
            }
            for first in [first_rising, first_window] {
                let first = first.expect("an alarm");
                assert!((1_000..1_060).contains(&first), "{seed}: {first}");
            }
            assert!(window.rows() < 400, "the window forgets what was before: {}", window.rows());
        }
    }

    #[test]
    fn only_the_window_reports_errors_that_become_smaller() {
        let reference = errors(3, 4_000, 0.0, 0.0, 0);
        let (mut rising, mut window) = (page_hinkley(&reference), adwin(&reference));
        let mut shifts = Vec::new();
        for error in errors(4, 2_000, 0.0, -1.0, 1_000) {
            assert_eq!(rising.push(error), None);
            shifts.extend(window.push(error));
        }
        assert!(!shifts.is_empty() && shifts.iter().all(|shift| !shift.is_worse()), "{shifts:?}");
    }

    #[test]
    fn a_stored_detector_goes_on_as_if_it_had_never_stopped() {
        let reference = errors(5, 500, 0.3, 0.0, 0);
        let (mut rising, mut window) = (page_hinkley(&reference), adwin(&reference));
        let stream = errors(6, 900, 0.3, 2.0, 600);
        for &error in &stream[..500] {
            rising.push(error);
            window.push(error);
        }
        let (kept, kept_window) = (
            serde_json::to_string(&rising).expect("plain numbers"),
            serde_json::to_string(&window).expect("plain numbers"),
        );
        let mut again: PageHinkley = serde_json::from_str(&kept).expect("what was written");
        let mut window_again: Adwin = serde_json::from_str(&kept_window).expect("what was written");
        for &error in &stream[500..] {
            assert_eq!(rising.push(error).is_some(), again.push(error).is_some());
            assert_eq!(window.push(error).is_some(), window_again.push(error).is_some());
        }
        assert_eq!(window.rows(), window_again.rows());
    }

    #[test]
    fn what_is_not_finite_is_passed_over_and_bad_settings_are_refused() {
        let reference = errors(7, 100, 0.0, 0.0, 0);
        let mut window = adwin(&reference);
        for error in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(window.push(error), None);
            assert_eq!(page_hinkley(&reference).push(error), None);
        }
        assert_eq!((window.rows(), window.mean()), (0, None));
        assert!(PageHinkley::new(&[1.0; 100], 0.2, 9.0).is_err());
        assert!(PageHinkley::new(&reference[..10], 0.2, 9.0).is_err());
        assert!(PageHinkley::new(&reference, f64::NAN, 9.0).is_err());
        assert!(Adwin::new(&reference, 0.0).is_err());
    }
}

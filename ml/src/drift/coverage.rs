//! Whether intervals and probabilities keep their promise, window by window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::proportion::wilson;
use super::{DriftError, Verdict};

/// Bins of equal width of a reliability diagram.
pub const RELIABILITY_BINS: usize = 10;

/// An interval forecast and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntervalRow {
    /// When the forecast was made, epoch seconds.
    pub at_s: i64,
    /// Lower end, in any unit.
    pub lower: f64,
    /// Upper end, in the same unit.
    pub upper: f64,
    /// What happened, in the same unit.
    pub outcome: f64,
}

/// A probability forecast and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbabilityRow {
    /// When the forecast was made, epoch seconds.
    pub at_s: i64,
    /// The probability, 0 to 1.
    pub probability: f64,
    /// Whether it happened.
    pub happened: bool,
}

/// How rows are cut into windows and judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Windows {
    /// Length of a window, seconds; windows begin at multiples of it since 1970, UTC.
    pub length_s: i64,
    /// Confidence of the intervals around shares, 0 to 1.
    pub confidence: f64,
    /// Fewest independent rows of a window that are judged.
    pub least_rows: f64,
    /// Rows that are worth one independent one: forecasts over 24 hours that are made every hour overlap 24-fold. 1
    /// or more.
    pub rows_per_independent: f64,
}

impl Default for Windows {
    fn default() -> Self {
        Self { length_s: 7 * 86_400, confidence: 0.99, least_rows: 20.0, rows_per_independent: 1.0 }
    }
}

impl Windows {
    fn check(&self) -> Result<(), DriftError> {
        if self.length_s <= 0 {
            let value = self.length_s as f64;
            return Err(DriftError::Rule { name: "length_s", value, must: "above 0" });
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(DriftError::Rule { name: "confidence", value: self.confidence, must: "between 0 and 1" });
        }
        for (name, value) in [("least_rows", self.least_rows), ("rows_per_independent", self.rows_per_independent)] {
            if !(value >= 1.0 && value.is_finite()) {
                return Err(DriftError::Rule { name, value, must: "a number of 1 or more" });
            }
        }
        Ok(())
    }

    fn span(&self, window: i64) -> (i64, i64) {
        (window.saturating_mul(self.length_s), window.saturating_add(1).saturating_mul(self.length_s))
    }

    /// A share of rows against what was promised.
    fn judge(&self, hits: f64, rows: u64, promised: f64) -> ([f64; 2], Verdict) {
        let worth = rows as f64 / self.rows_per_independent;
        let interval = wilson(hits / self.rows_per_independent, worth, self.confidence);
        let verdict = if worth < self.least_rows {
            Verdict::TooFewRows
        } else if promised < interval[0] || promised > interval[1] {
            Verdict::Drifted
        } else {
            Verdict::Stable
        };
        (interval, verdict)
    }
}

/// How often outcomes lay inside their intervals in one window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Begin of the window, epoch seconds.
    pub from_s: i64,
    /// End of the window, not part of it, epoch seconds.
    pub to_s: i64,
    /// Rows.
    pub rows: u64,
    /// Share of outcomes inside, ends included, 0 to 1.
    pub share: f64,
    /// Where the true share may lie (Wilson), for independent rows.
    pub interval: [f64; 2],
    /// What was promised, 0 to 1.
    pub promised: f64,
    /// Drifted where the promise lies outside the interval.
    pub verdict: Verdict,
}

/// Coverage of intervals that promise to hold an outcome with chance `promised`, in order of time. Windows without a
/// row are left out.
///
/// # Errors
/// [`DriftError`] where a setting makes no sense, a value is not finite or the lower end lies above the upper one.
pub fn coverage(rows: &[IntervalRow], promised: f64, windows: &Windows) -> Result<Vec<Coverage>, DriftError> {
    windows.check()?;
    if !(promised > 0.0 && promised < 1.0) {
        return Err(DriftError::Rule { name: "promised", value: promised, must: "between 0 and 1" });
    }
    let mut counts: BTreeMap<i64, [u64; 2]> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if !(row.lower.is_finite() && row.upper.is_finite() && row.outcome.is_finite() && row.lower <= row.upper) {
            return Err(DriftError::Value {
                index,
                must: "all numbers must be finite and the lower end must come first",
            });
        }
        let count = counts.entry(row.at_s.div_euclid(windows.length_s)).or_default();
        count[0] += 1;
        count[1] += u64::from((row.lower..=row.upper).contains(&row.outcome));
    }
    let of_window = |(window, [rows, hits]): (i64, [u64; 2])| {
        let (from_s, to_s) = windows.span(window);
        let (interval, verdict) = windows.judge(hits as f64, rows, promised);
        Coverage { from_s, to_s, rows, share: hits as f64 / rows as f64, interval, promised, verdict }
    };
    Ok(counts.into_iter().map(of_window).collect())
}

/// Forecasts of about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Rows.
    pub rows: u64,
    /// Their mean probability, 0 to 1.
    pub mean_probability: f64,
    /// How often it happened, 0 to 1.
    pub frequency: f64,
    /// Where the true frequency may lie (Wilson), for independent rows.
    pub interval: [f64; 2],
    /// Drifted where the mean probability lies outside the interval.
    pub verdict: Verdict,
}

/// How probabilities compare with what happened in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Begin of the window, epoch seconds.
    pub from_s: i64,
    /// End of the window, not part of it, epoch seconds.
    pub to_s: i64,
    /// Brier score; lower is better.
    pub brier: f64,
    /// All rows of the window together.
    pub all: ReliabilityBin,
    /// [`RELIABILITY_BINS`] bins of equal width; none where a bin has no row.
    pub bins: Vec<Option<ReliabilityBin>>,
}

#[derive(Default, Clone, Copy)]
struct Sum {
    rows: u64,
    probability: f64,
    happened: u64,
}

impl Sum {
    fn add(&mut self, row: &ProbabilityRow) {
        self.rows += 1;
        self.probability += row.probability;
        self.happened += u64::from(row.happened);
    }

    fn judged(&self, windows: &Windows) -> ReliabilityBin {
        let rows = self.rows as f64;
        let mean_probability = (self.probability / rows).clamp(0.0, 1.0);
        let (interval, verdict) = windows.judge(self.happened as f64, self.rows, mean_probability);
        let frequency = self.happened as f64 / rows;
        ReliabilityBin { rows: self.rows, mean_probability, frequency, interval, verdict }
    }
}

/// Reliability of probabilities, in order of time. Windows without a row are left out.
///
/// # Errors
/// [`DriftError`] where a setting makes no sense or a probability is not within 0 and 1.
pub fn reliability(rows: &[ProbabilityRow], windows: &Windows) -> Result<Vec<Reliability>, DriftError> {
    windows.check()?;
    let mut sums: BTreeMap<i64, (f64, Sum, [Sum; RELIABILITY_BINS])> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if !(0.0..=1.0).contains(&row.probability) {
            return Err(DriftError::Value { index, must: "a probability must be within 0 and 1" });
        }
        let (squares, all, bins) = sums.entry(row.at_s.div_euclid(windows.length_s)).or_default();
        *squares += (row.probability - f64::from(u8::from(row.happened))).powi(2);
        all.add(row);
        let bin = ((row.probability * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
        bins[bin].add(row);
    }
    let of_window = |(window, (squares, all, bins)): (i64, (f64, Sum, [Sum; RELIABILITY_BINS]))| {
        let (from_s, to_s) = windows.span(window);
        let bins = bins.iter().map(|bin| (bin.rows > 0).then(|| bin.judged(windows))).collect();
        Reliability { from_s, to_s, brier: squares / all.rows as f64, all: all.judged(windows), bins }
    };
    Ok(sums.into_iter().map(of_window).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK_S: i64 = 7 * 86_400;

    #[test]
    fn coverage_is_counted_week_by_week_and_judged_by_its_promise() {
        let row =
            |at_s, is_inside| IntervalRow { at_s, lower: 1.0, upper: 2.0, outcome: if is_inside { 2.0 } else { 3.0 } };
        let mut rows: Vec<IntervalRow> = (0..100).map(|hour| row(hour * 3_600, hour % 5 != 0)).collect();
        rows.extend((0..100).map(|hour| row(3 * WEEK_S + hour * 3_600, hour % 2 == 0)));
        rows.push(row(-1, true));
        let found = coverage(&rows, 0.8, &Windows::default()).expect("rows that can be used");
        let verdicts: Vec<(i64, u64, Verdict)> = found.iter().map(|one| (one.from_s, one.rows, one.verdict)).collect();
        assert_eq!(
            verdicts,
            [(-WEEK_S, 1, Verdict::TooFewRows), (0, 100, Verdict::Stable), (3 * WEEK_S, 100, Verdict::Drifted)]
        );
        assert_eq!((found[1].share, found[2].share), (0.8, 0.5));
        // A fifth of the rows is not enough to break the promise.
        let overlapping = Windows { rows_per_independent: 10.0, least_rows: 5.0, ..Windows::default() };
        let found = coverage(&rows, 0.8, &overlapping).expect("rows that can be used");
        assert_eq!(found[2].verdict, Verdict::Stable);
    }

    #[test]
    fn probabilities_that_are_too_high_are_found_in_their_bin() {
        let rows: Vec<ProbabilityRow> = (0..400)
            .map(|hour: i64| {
                let is_high = hour % 2 == 0;
                let happened = if is_high { hour % 8 == 0 } else { hour % 20 == 1 };
                ProbabilityRow { at_s: hour * 600, probability: if is_high { 0.95 } else { 0.1 }, happened }
            })
            .collect();
        let found = reliability(&rows, &Windows::default()).expect("rows that can be used");
        assert_eq!(found.len(), 1);
        let bins: Vec<Option<Verdict>> = found[0].bins.iter().map(|bin| bin.map(|bin| bin.verdict)).collect();
        assert_eq!((bins[1], bins[9], bins[4]), (Some(Verdict::Stable), Some(Verdict::Drifted), None));
        let high = found[0].bins[9].expect("rows in the last bin");
        assert_eq!((high.rows, high.frequency), (200, 0.25));
        assert!(found[0].brier > 0.2 && found[0].all.verdict == Verdict::Drifted);
    }

    #[test]
    fn a_probability_of_one_belongs_to_the_last_bin_and_impossible_ones_are_refused() {
        let row = |probability| ProbabilityRow { at_s: 0, probability, happened: true };
        let found = reliability(&[row(1.0), row(0.0)], &Windows::default()).expect("rows that can be used");
        assert!(found[0].bins[9].is_some() && found[0].bins[0].is_some());
        assert!(reliability(&[row(1.01)], &Windows::default()).is_err());
        assert!(reliability(&[row(f64::NAN)], &Windows::default()).is_err());
        let upside_down = IntervalRow { at_s: 0, lower: 2.0, upper: 1.0, outcome: 1.5 };
        assert!(coverage(&[upside_down], 0.8, &Windows::default()).is_err());
        assert!(coverage(&[], 1.5, &Windows::default()).is_err());
        let endless = Windows { length_s: 0, ..Windows::default() };
        assert!(coverage(&[], 0.8, &endless).is_err());
    }
}

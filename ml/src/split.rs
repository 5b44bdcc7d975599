//! Walk-forward spans: what a model may be fitted on, and what tests it.

use domain::clock::SECONDS_PER_HOUR;

use crate::dataset::{Origin, Panel};

/// Hours between the two spans, so that no target of the first reaches into the second: the longest horizon.
pub const EMBARGO_HOURS: i64 = 48;

/// One fit of a walk-forward: fitted on everything before, tested on what follows. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fold {
    /// First origin that may be fitted on.
    pub train_from_s: i64,
    /// Origins for fitting lie before this instant less the embargo; tests begin here.
    pub test_from_s: i64,
    /// End of the test span.
    pub test_to_s: i64,
}

impl Fold {
    /// Origins to fit on, one every `every_hours`.
    #[must_use]
    pub fn training(&self, panel: &Panel, every_hours: i64) -> Vec<Origin> {
        panel.origins(self.train_from_s, self.test_from_s - EMBARGO_HOURS * SECONDS_PER_HOUR, every_hours)
    }

    /// Origins that test, at 00:00 UTC every day.
    #[must_use]
    pub fn test(&self, panel: &Panel) -> Vec<Origin> {
        panel.origins(self.test_from_s, self.test_to_s, 24)
    }

    /// The `count` folds before this one, the oldest first, each as long as `days`.
    #[must_use]
    pub fn before(&self, count: u8, days: i64) -> Vec<Self> {
        let step = days * 24 * SECONDS_PER_HOUR;
        (1..=i64::from(count))
            .rev()
            .map(|back| Self {
                train_from_s: self.train_from_s,
                test_from_s: self.test_from_s - back * step,
                test_to_s: self.test_from_s - (back - 1) * step,
            })
            .collect()
    }
}

/// Folds that cover `[from_s, to_s)`, each `refit_days` long and fitted on everything before it.
#[must_use]
pub fn walk_forward(data_from_s: i64, from_s: i64, to_s: i64, refit_days: i64) -> Vec<Fold> {
    let step = refit_days.max(1) * 24 * SECONDS_PER_HOUR;
    let mut folds = Vec::new();
    let mut start = from_s;
    while start < to_s {
        folds.push(Fold { train_from_s: data_from_s, test_from_s: start, test_to_s: (start + step).min(to_s) });
        start += step;
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * SECONDS_PER_HOUR;

    #[test]
    fn folds_cover_the_span_once_and_end_with_it() {
        let folds = walk_forward(0, 1_000 * DAY, 1_400 * DAY, 182);
        assert_eq!(folds.len(), 3);
        assert!(folds.windows(2).all(|pair| pair[0].test_to_s == pair[1].test_from_s));
        assert_eq!(folds[2].test_to_s, 1_400 * DAY);
    }

    #[test]
    fn the_folds_before_one_end_where_it_begins() {
        let fold = Fold { train_from_s: 0, test_from_s: 1_000 * DAY, test_to_s: 1_100 * DAY };
        let before = fold.before(2, 183);
        assert_eq!(before.iter().map(|fold| fold.test_from_s / DAY).collect::<Vec<_>>(), [634, 817]);
        assert_eq!(before[0].test_to_s, before[1].test_from_s);
        assert_eq!(before[1].test_to_s, fold.test_from_s);
    }
}

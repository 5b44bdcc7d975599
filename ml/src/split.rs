//! Walk-forward spans: what a model may be fitted on, what may choose its settings, what tests it.

use domain::clock::SECONDS_PER_HOUR;

use crate::dataset::{Origin, Panel};

/// Hours between two spans, so that no target of the first reaches into the second: the longest horizon.
pub const EMBARGO_HOURS: i64 = 48;

/// Days at the end of the training span that are held back from fitting: they stop the training and shape
/// the intervals.
pub const VALIDATION_DAYS: i64 = 180;

/// One fit of a walk-forward: fitted on everything before, tested on what follows. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fold {
    /// First origin that may be fitted on.
    pub train_from_s: i64,
    /// Origins for fitting lie before this instant less the embargo.
    pub validate_from_s: i64,
    /// Origins for validation lie before this instant less the embargo; tests begin here.
    pub test_from_s: i64,
    /// End of the test span.
    pub test_to_s: i64,
}

impl Fold {
    /// The fold that is fitted on `[from_s, to_s)` and tested on what follows.
    #[must_use]
    pub const fn new(from_s: i64, to_s: i64, test_to_s: i64) -> Self {
        Self {
            train_from_s: from_s,
            validate_from_s: to_s - VALIDATION_DAYS * 24 * SECONDS_PER_HOUR,
            test_from_s: to_s,
            test_to_s,
        }
    }

    /// Origins to fit on, one every `every_hours`.
    #[must_use]
    pub fn training(&self, panel: &Panel, every_hours: i64) -> Vec<Origin> {
        panel.origins(self.train_from_s, self.validate_from_s - EMBARGO_HOURS * SECONDS_PER_HOUR, every_hours)
    }

    /// Origins that stop the training and shape the intervals.
    #[must_use]
    pub fn validation(&self, panel: &Panel, every_hours: i64) -> Vec<Origin> {
        panel.origins(self.validate_from_s, self.test_from_s - EMBARGO_HOURS * SECONDS_PER_HOUR, every_hours)
    }

    /// Origins that test, at 00:00 UTC every day.
    #[must_use]
    pub fn test(&self, panel: &Panel) -> Vec<Origin> {
        panel.origins(self.test_from_s, self.test_to_s, 24)
    }
}

/// Folds that cover `[from_s, to_s)`, each `refit_days` long and fitted on everything before it.
#[must_use]
pub fn walk_forward(data_from_s: i64, from_s: i64, to_s: i64, refit_days: i64) -> Vec<Fold> {
    let step = refit_days.max(1) * 24 * SECONDS_PER_HOUR;
    let mut folds = Vec::new();
    let mut start = from_s;
    while start < to_s {
        folds.push(Fold::new(data_from_s, start, (start + step).min(to_s)));
        start += step;
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_cover_the_span_once_and_end_with_it() {
        let day = 24 * SECONDS_PER_HOUR;
        let folds = walk_forward(0, 1_000 * day, 1_400 * day, 182);
        assert_eq!(folds.len(), 3);
        assert!(folds.windows(2).all(|pair| pair[0].test_to_s == pair[1].test_from_s));
        assert_eq!(folds[2].test_to_s, 1_400 * day);
    }

    #[test]
    fn no_target_of_one_span_reaches_into_the_next() {
        let fold = Fold::new(0, 86_400_000, 90_000_000);
        let last_training_origin = fold.validate_from_s - EMBARGO_HOURS * SECONDS_PER_HOUR - SECONDS_PER_HOUR;
        assert!(last_training_origin + 48 * SECONDS_PER_HOUR < fold.validate_from_s);
    }
}

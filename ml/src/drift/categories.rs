//! Windows of categories: how often each one occurs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::serial::integrated_time;
use super::special::chi_square_survival;
use super::{DriftError, Histogram, MISSING, Summary};

/// Categories whose dependence over time is measured, the most frequent ones.
const FOLLOWED: usize = 8;

/// Categories that are drawn one by one.
const DRAWN: usize = 12;

/// New categories that are named.
const NAMED: usize = 20;

/// Both windows counted by category.
pub(super) struct Table<'a> {
    /// The categories that occur, in order.
    names: Vec<&'a str>,
    /// Rows a category, of the reference and of the current window.
    pub(super) counts: [Vec<u64>; 2],
    rows: [usize; 2],
    /// Rows with a category.
    pub(super) known: [u64; 2],
}

impl<'a> Table<'a> {
    /// Counts two windows, each with its own levels.
    pub(super) fn of(name: &str, windows: [(&'a [String], &[u32]); 2]) -> Result<Self, DriftError> {
        let mut by_name: BTreeMap<&'a str, [u64; 2]> = BTreeMap::new();
        let mut known = [0, 0];
        for (of, (levels, codes)) in windows.into_iter().enumerate() {
            let mut counts = vec![0_u64; levels.len()];
            for &code in codes.iter().filter(|code| **code != MISSING) {
                let count = counts.get_mut(code as usize);
                *count.ok_or_else(|| DriftError::Code { name: name.to_owned(), code, levels: levels.len() })? += 1;
                known[of] += 1;
            }
            for (level, count) in levels.iter().zip(counts).filter(|(_, count)| *count > 0) {
                by_name.entry(level).or_default()[of] += count;
            }
        }
        let names = by_name.keys().copied().collect();
        let counts = [0, 1].map(|of: usize| by_name.values().map(|both| both[of]).collect());
        Ok(Self { names, counts, rows: windows.map(|(_, codes)| codes.len()), known })
    }

    pub(super) fn summary(&self, of: usize) -> Summary {
        let different = self.counts[of].iter().filter(|count| **count > 0).count();
        Summary {
            rows: self.rows[of] as u64,
            missing: self.rows[of] as u64 - self.known[of],
            categories: Some(different as u64),
            numbers: None,
        }
    }

    /// How many categories occur at all.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The categories that only the current window has, the most frequent first.
    pub(super) fn new_names(&self) -> Vec<String> {
        let mut new: Vec<(u64, &str)> =
            self.pairs().filter(|(_, r, _)| *r == 0).map(|(name, _, c)| (c, name)).collect();
        new.sort_by_key(|(count, name)| (Reverse(*count), *name));
        new.into_iter().take(NAMED).map(|(_, name)| name.to_owned()).collect()
    }

    /// The share of the current rows in categories that the reference lacks.
    pub(super) fn new_share(&self) -> f64 {
        let new: u64 = self.pairs().filter(|(_, r, _)| *r == 0).map(|(_, _, c)| c).sum();
        new as f64 / self.known[1].max(1) as f64
    }

    /// The share of the reference's rows that are the only one of their category: about the chance that the next row
    /// has a new one.
    ///
    /// Source: Good (1953), Biometrika 40(3/4).
    pub(super) fn unseen_share(&self) -> f64 {
        self.counts[0].iter().filter(|count| **count == 1).count() as f64 / self.known[0].max(1) as f64
    }

    /// The statistic of Pearson's test of homogeneity.
    pub(super) fn homogeneity(&self) -> f64 {
        let [n, m] = self.known.map(|known| known as f64);
        self.pairs()
            .map(|(_, r, c)| {
                let (r, c) = (r as f64, c as f64);
                // Both cells of the category in one: the difference of its shares over what is expected of them.
                n * m * (r / n - c / m).powi(2) / (r + c)
            })
            .sum()
    }

    /// The statistic of Pearson's test of fit to the reference's shares; none where a category is new.
    pub(super) fn fit(&self) -> Option<f64> {
        let scale = self.known[1] as f64 / self.known[0] as f64;
        self.pairs()
            .map(|(_, r, c)| {
                let expected = r as f64 * scale;
                (r > 0).then(|| (c as f64 - expected).powi(2) / expected)
            })
            .sum()
    }

    /// The p-value of either statistic.
    pub(super) fn p(&self, statistic: f64) -> f64 {
        chi_square_survival(statistic, self.len().saturating_sub(1).max(1) as f64)
    }

    pub(super) fn histogram(&self) -> Histogram {
        let mut all: Vec<(&str, u64, u64)> = self.pairs().collect();
        all.sort_by_key(|(name, r, c)| (Reverse(r + c), *name));
        let rest = all.split_off(all.len().min(DRAWN));
        Histogram::Categories {
            names: all.iter().map(|(name, _, _)| (*name).to_owned()).collect(),
            reference: all.iter().map(|(_, r, _)| *r).collect(),
            current: all.iter().map(|(_, _, c)| *c).collect(),
            others: [rest.iter().map(|(_, r, _)| r).sum(), rest.iter().map(|(_, _, c)| c).sum()],
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, u64, u64)> {
        self.names.iter().zip(&self.counts[0]).zip(&self.counts[1]).map(|((name, r), c)| (*name, *r, *c))
    }
}

/// After how many rows two of them are as good as independent: the longest time of the most frequent categories.
pub(super) fn correlation_rows(levels: &[String], codes: &[u32]) -> f64 {
    let mut counts: Vec<(u64, u32)> = (0..).take(levels.len()).map(|code| (0, code)).collect();
    let known: Vec<u32> = codes.iter().copied().filter(|code| (*code as usize) < counts.len()).collect();
    for code in &known {
        counts[*code as usize].0 += 1;
    }
    counts.sort_unstable_by_key(|(count, code)| (Reverse(*count), *code));
    counts
        .iter()
        .take(FOLLOWED)
        .map(|(_, followed)| {
            let is_it: Vec<f64> = known.iter().map(|code| f64::from(u8::from(code == followed))).collect();
            integrated_time(&is_it)
        })
        .fold(1.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(names: &str) -> Vec<String> {
        names.chars().map(String::from).collect()
    }

    #[test]
    fn the_order_of_the_levels_does_not_count() {
        let (one, other) = (levels("abc"), levels("cab"));
        let table = Table::of("x", [(&one, &[0, 0, 1, MISSING]), (&other, &[1, 1, 2])]).expect("codes have levels");
        assert_eq!(table.counts, [vec![2, 1], vec![2, 1]]);
        assert_eq!((table.known, table.summary(0).missing), ([3, 3], 1));
        assert!(table.homogeneity().abs() < 1e-15 && table.p(0.0) == 1.0);
    }

    #[test]
    fn new_categories_are_named_by_frequency_and_have_no_test_of_fit() {
        let names = levels("abcd");
        let table = Table::of("x", [(&names, &[0, 0]), (&names, &[3, 1, 3, 0])]).expect("codes have levels");
        assert_eq!(table.new_names(), ["d", "b"]);
        assert_eq!((table.new_share(), table.fit()), (0.75, None));
    }

    #[test]
    fn a_code_without_a_level_is_an_error() {
        let names = levels("ab");
        let error = Table::of("x", [(&names, &[0]), (&names, &[2])]).err();
        assert_eq!(error, Some(DriftError::Code { name: "x".to_owned(), code: 2, levels: 2 }));
    }

    #[test]
    fn categories_that_come_in_runs_are_worth_fewer_rows() {
        let names = levels("ab");
        let runs: Vec<u32> = (0..6_000).map(|row| (row / 50) * 7 % 11 % 2).collect();
        let found = correlation_rows(&names, &runs);
        assert!(found > 10.0, "{found}");
    }
}

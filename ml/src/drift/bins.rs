//! Two windows counted in the same bins, and how far the counts are apart.

use serde::{Deserialize, Serialize};

use super::Rules;
use super::sample::Sample;
use super::special::chi_square_above;

/// Up to so many different reference values Evidently takes numbers for categories.
const EVIDENTLY_CATEGORIES: usize = 20;

/// The share that PSI gives to an empty bin, as in Evidently, and the divisor of the smallest share where that is
/// smaller still.
const FLOOR: f64 = 1e-4;
const FLOOR_DIVISOR: f64 = 1e6;

/// Where the bins of PSI and Jensen-Shannon come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Quantiles of the reference, whatever the current window holds: the same reference always has the same bins, and
    /// scores of different windows can be compared.
    ReferenceQuantiles,
    /// Equal widths by the rule of Sturges over both windows together, as Evidently does it; a bin a value where the
    /// reference has at most 20 different ones.
    Evidently,
}

/// Both windows in bins.
pub(super) struct Binned {
    /// Inner edges in rising order.
    pub(super) edges: Vec<f64>,
    /// Rows a bin, of the reference and of the current window.
    pub(super) counts: [Vec<u64>; 2],
    pub(super) rule: String,
}

impl Binned {
    /// Counts two windows that both hold something.
    pub(super) fn of(reference: &Sample, current: &Sample, rules: &Rules) -> Self {
        let (edges, rule) = match rules.binning {
            Binning::ReferenceQuantiles => reference_quantiles(reference, rules.bins as usize),
            Binning::Evidently => like_evidently(reference, current),
        };
        let counts = [count(reference, &edges), count(current, &edges)];
        Self { edges, counts, rule }
    }
}

fn reference_quantiles(reference: &Sample, bins: usize) -> (Vec<f64>, String) {
    let values = reference.distinct(bins);
    if values.len() <= bins {
        // A bin a value, and one for whatever lies between them.
        let around = values.iter().flat_map(|value| [*value, value.next_up()]);
        let edges = around.filter(|edge| edge.is_finite()).collect();
        return (edges, format!("a bin for each of the reference's {} values", values.len()));
    }
    let mut edges: Vec<f64> = (1..bins).map(|bin| reference.quantile(bin as f64 / bins as f64)).collect();
    edges.dedup();
    let rule = format!("{} quantile bins fixed on the reference", edges.len() + 1);
    (edges, rule)
}

fn like_evidently(reference: &Sample, current: &Sample) -> (Vec<f64>, String) {
    if reference.distinct(EVIDENTLY_CATEGORIES).len() <= EVIDENTLY_CATEGORIES {
        let mut values = reference.distinct(usize::MAX);
        values.extend(current.distinct(usize::MAX));
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let rule = format!("a bin for each of the {} values of both windows, as in Evidently", values.len());
        return (values.split_off(1), rule);
    }
    let ends = |of: &Sample| (of.sorted[0], of.sorted[of.len() - 1]);
    let ((least, most), (other_least, other_most)) = (ends(reference), ends(current));
    let (least, most) = (least.min(other_least), most.max(other_most));
    let range = most - least;
    let rows = (reference.len() + current.len()) as f64;
    let bins = (range / (range / (rows.log2() + 1.0))).ceil();
    let bins = if bins.is_finite() { bins as usize } else { 1 };
    let step = range / bins as f64;
    let mut edges: Vec<f64> = (1..bins).map(|bin| bin as f64 * step + least).collect();
    edges.dedup();
    let rule = format!("{} bins of equal width over both windows (Sturges), as in Evidently", edges.len() + 1);
    (edges, rule)
}

/// Numbers a bin; a number belongs to the bin above its edge, or on it.
pub(super) fn count(sample: &Sample, edges: &[f64]) -> Vec<u64> {
    let ends = edges.iter().map(|edge| sample.below(*edge)).chain([sample.len()]);
    let mut before = 0;
    ends.map(|end| {
        // Rounding may turn two edges of a hair's breadth.
        let inside = end.saturating_sub(before);
        before = before.max(end);
        inside as u64
    })
    .collect()
}

/// Population stability index `Σ (r - c) ln(r / c)` of the shares, an empty bin having a small one.
///
/// Source: Kullback and Leibler (1951), Annals of Mathematical Statistics 22(1): the symmetric divergence; the floor
/// is Evidently's.
pub(super) fn psi(counts: &[Vec<u64>; 2]) -> f64 {
    let [reference, current] = [0, 1].map(|of: usize| filled(shares(&counts[of])));
    reference.iter().zip(&current).map(|(r, c)| (r - c) * (r / c).ln()).sum::<f64>().max(0.0)
}

/// The root of the Jensen-Shannon divergence of the shares, natural logarithm: 0 to `√(ln 2)`.
///
/// Source: Endres and Schindelin (2003), IEEE Transactions on Information Theory 49(7).
pub(super) fn jensen_shannon(counts: &[Vec<u64>; 2]) -> f64 {
    let [reference, current] = [0, 1].map(|of: usize| shares(&counts[of]));
    let part = |of: f64, other: f64| if of > 0.0 { of * (2.0 * of / (of + other)).ln() } else { 0.0 };
    let twice: f64 = reference.iter().zip(&current).map(|(r, c)| part(*r, *c) + part(*c, *r)).sum();
    (0.5 * twice).clamp(0.0, std::f64::consts::LN_2).sqrt()
}

/// What PSI exceeds with chance `significance` between samples of one distribution, of so many independent rows.
///
/// Source: Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4): PSI is about `(1/n + 1/m) χ²`.
pub(super) fn psi_noise(counts: &[Vec<u64>; 2], effective: [f64; 2], significance: f64) -> f64 {
    let used = counts[0].iter().zip(&counts[1]).filter(|(r, c)| **r + **c > 0).count();
    let degrees = used.saturating_sub(1).max(1) as f64;
    (1.0 / effective[0] + 1.0 / effective[1]) * chi_square_above(significance, degrees)
}

/// The same for the Jensen-Shannon distance, whose square is an eighth of PSI between neighbours; at most what it can
/// be.
pub(super) fn jensen_shannon_noise(psi_noise: f64) -> f64 {
    (psi_noise / 8.0).min(std::f64::consts::LN_2).sqrt()
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|count| *count as f64 / all).collect()
}

fn filled(mut shares: Vec<f64>) -> Vec<f64> {
    let least = shares.iter().copied().filter(|share| *share > 0.0).fold(1.0, f64::min);
    let floor = if least <= FLOOR { least / FLOOR_DIVISOR } else { FLOOR };
    for share in &mut shares {
        if *share == 0.0 {
            *share = floor;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: impl IntoIterator<Item = i32>) -> Sample {
        Sample::of(&values.into_iter().map(f64::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_reference_alone_says_where_the_bins_are() {
        let (reference, rules) = (sample(0..1_000), Rules::default());
        let one = Binned::of(&reference, &sample(0..50), &rules);
        let other = Binned::of(&reference, &sample(-5_000..9_000), &rules);
        assert_eq!(one.edges, other.edges);
        assert_eq!(one.counts[0], [100; 10]);
        assert_eq!(other.counts[1].iter().sum::<u64>(), 14_000);
    }

    #[test]
    fn few_values_have_a_bin_each_and_new_ones_do_not_hide_in_them() {
        let reference = sample((0..300).map(|row| row % 3));
        let binned = Binned::of(&reference, &sample((0..300).map(|_| 7)), &Rules::default());
        assert_eq!(binned.counts[0], [0, 100, 0, 100, 0, 100, 0]);
        assert_eq!(binned.counts[1], [0, 0, 0, 0, 0, 0, 300]);
        let constant = Binned::of(&sample([4; 60]), &sample([5; 60]), &Rules::default());
        assert!(psi(&constant.counts) > 1.0 && jensen_shannon(&constant.counts) > 0.8);
    }

    #[test]
    fn distances_are_nothing_between_equals_and_bounded_between_strangers() {
        let same = [vec![5, 0, 7], vec![10, 0, 14]];
        assert!(psi(&same).abs() < 1e-15 && jensen_shannon(&same) < 1e-7);
        let strangers = [vec![5, 0], vec![0, 9]];
        assert!((jensen_shannon(&strangers) - std::f64::consts::LN_2.sqrt()).abs() < 1e-15);
        assert!(psi(&strangers).is_finite());
        let none = [vec![0, 0], vec![0, 9]];
        assert!(psi(&none).is_finite() && jensen_shannon(&none).is_finite());
    }
}

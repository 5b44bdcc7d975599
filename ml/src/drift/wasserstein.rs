//! How far the mass of one distribution must move to become the other one.

use super::sample::{Sample, walk};

/// The Wasserstein distance of order 1 over the standard deviation of the reference; none where that is zero or a
/// sample is empty.
///
/// Source: Ramdas, García and Cuturi (2017), Entropy 19(2): the area between the distribution functions.
pub(super) fn distance(reference: &Sample, current: &Sample) -> Option<f64> {
    let unit = reference.standard_deviation;
    if unit <= 0.0 || current.len() == 0 {
        return None;
    }
    let counts = [reference.len() as f64, current.len() as f64];
    let (mut area, mut before) = (0.0, None);
    let mut height = 0.0;
    walk(&reference.sorted, &current.sorted, |step| {
        if let Some(before) = before
            && height > 0.0
        {
            // Divided first: the difference of two large numbers may not be finite.
            area += height * (step.value / unit - before / unit);
        }
        let shares = [0, 1].map(|of: usize| (step.below[of] + step.at[of]) as f64 / counts[of]);
        height = f64::abs(shares[0] - shares[1]);
        before = Some(step.value);
    });
    Some(area.min(f64::MAX))
}

/// The area under `√(F (1 - F))` of a sample over its standard deviation: by how much larger the distance of samples
/// of its own is than the distance of a proportion from its mean, 1.6 for a normal distribution.
pub(super) fn spread(sample: &Sample) -> f64 {
    let unit = sample.standard_deviation;
    if unit <= 0.0 {
        return 0.0;
    }
    let count = sample.len() as f64;
    let area: f64 = sample
        .sorted
        .windows(2)
        .zip(1..)
        .filter(|(pair, _)| pair[0] < pair[1])
        .map(|(pair, below): (_, usize)| {
            let share = below as f64 / count;
            (share * (1.0 - share)).sqrt() * (pair[1] / unit - pair[0] / unit)
        })
        .sum();
    area.min(f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_costs_its_length() {
        let values: Vec<f64> = (0..1_000).map(|row| f64::from(row * 7 % 1_000)).collect();
        let shifted: Vec<f64> = values.iter().map(|value| value + 100.0).collect();
        let (reference, current) = (Sample::of(&values), Sample::of(&shifted));
        let expected = 100.0 / reference.standard_deviation;
        assert!((distance(&reference, &current).expect("there is something to compare") - expected).abs() < 1e-9);
        assert_eq!(distance(&reference, &reference), Some(0.0));
        assert_eq!(distance(&Sample::of(&[1.0; 5]), &current), None);
    }

    #[test]
    fn numbers_at_the_ends_of_the_range_are_no_trouble() {
        let (reference, current) = (Sample::of(&[-1e308, 1e308, 0.0]), Sample::of(&[1e308, 1e308, 1e308]));
        assert!(distance(&reference, &current).expect("there is something to compare").is_finite());
        assert!(spread(&reference).is_finite());
    }
}

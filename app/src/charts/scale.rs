//! From values to places, and round numbers for axes.

/// A straight line from a range of values to a range of places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Maps `values.0` to `places.0` and `values.1` to `places.1`. An empty range of values maps to the middle.
    pub(crate) const fn new(values: (f64, f64), places: (f64, f64)) -> Self {
        Self { from: values.0, to: values.1, start: places.0, end: places.1 }
    }

    /// The place of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let span = self.to - self.from;
        let share = if span.abs() < f64::EPSILON { 0.5 } else { (value - self.from) / span };
        self.start + share * (self.end - self.start)
    }
}

/// The least and the greatest of finite values.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// Round numbers between two bounds, about `count` of them, for the lines of an axis.
pub(crate) fn ticks(low: f64, high: f64, count: u32) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || count == 0 {
        return Vec::new();
    }
    let rough = span / f64::from(count);
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * magnitude);
    let first = (low / step).ceil();
    let last = (high / step + 1e-9).floor();
    let mut ticks = Vec::new();
    let mut index = first;
    while index <= last {
        ticks.push(index * step);
        index += 1.0;
    }
    ticks
}

/// 1, 2 and 5 times powers of ten between two positive bounds, for the lines of a logarithmic axis.
pub(crate) fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high >= low && high.is_finite()) {
        return Vec::new();
    }
    let first = low.log10().floor() as i32;
    let last = high.log10().floor() as i32;
    (first..=last)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10_f64.powi(power)))
        .filter(|&tick| tick >= low * (1.0 - 1e-9) && tick <= high * (1.0 + 1e-9))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_maps_its_ends_and_may_run_backwards() {
        let down = Scale::new((0.0, 10.0), (100.0, 0.0));
        assert_eq!((down.at(0.0), down.at(10.0), down.at(2.5)), (100.0, 0.0, 75.0));
    }

    #[test]
    fn a_flat_series_lies_in_the_middle() {
        assert_eq!(Scale::new((3.0, 3.0), (0.0, 100.0)).at(3.0), 50.0);
    }

    #[test]
    fn the_extent_ignores_what_is_not_a_number() {
        assert_eq!(extent([f64::NAN, 2.0, -1.0, f64::INFINITY]), Some((-1.0, 2.0)));
        assert_eq!(extent([f64::NAN]), None);
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let close = |ticks: Vec<f64>, expected: &[f64]| {
            assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
            assert!(ticks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{ticks:?}");
        };
        close(ticks(0.0, 0.05, 5), &[0.0, 0.01, 0.02, 0.03, 0.04, 0.05]);
        close(ticks(0.013, 0.061, 3), &[0.02, 0.04, 0.06]);
        assert!(ticks(1.0, 1.0, 4).is_empty());
        assert!(ticks(0.0, f64::NAN, 4).is_empty());
    }

    #[test]
    fn logarithmic_ticks_are_round_and_inside() {
        let ticks = log_ticks(0.008, 0.11);
        assert_eq!(ticks.len(), 4, "{ticks:?}");
        assert!(ticks.iter().zip([0.01, 0.02, 0.05, 0.1]).all(|(a, b)| (a - b).abs() < 1e-12), "{ticks:?}");
        assert!(log_ticks(0.0, 1.0).is_empty() && log_ticks(f64::NAN, 1.0).is_empty());
    }
}

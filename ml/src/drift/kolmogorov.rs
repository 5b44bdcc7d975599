//! The two-sample test of Kolmogorov and Smirnov, with the p-value that scipy's `ks_2samp` gives by default.

use super::sample::walk;
use super::special::kolmogorov_survival;

/// Rows in the larger sample up to which the p-value is exact, as in scipy.
const MOST_EXACT: u64 = 10_000;

/// From this `d² nm / (n + m)` on the p-value is below 1e-7, and where there are so many paths that counting them takes
/// long, its limit stands for it.
const CERTAIN: f64 = 9.0;
const MANY_PATHS: u64 = 1_000_000;

/// The largest distance of two distribution functions, exactly: numerator over both counts.
pub(super) struct Distance {
    numerator: u64,
    counts: [u64; 2],
}

/// How the p-value of independent rows was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// By counting paths.
    Exact,
    /// By the distribution of a sample of `nm / (n + m)` rows.
    Asymptotic,
}

impl Distance {
    /// Of two samples in rising order that both hold something.
    pub(super) fn of(reference: &[f64], current: &[f64]) -> Self {
        let counts = [reference.len() as u64, current.len() as u64];
        let mut numerator = 0;
        walk(reference, current, |step| {
            let up_to = [0, 1].map(|of: usize| (step.below[of] + step.at[of]) as u64);
            numerator = numerator.max((up_to[0] * counts[1]).abs_diff(up_to[1] * counts[0]));
        });
        Self { numerator, counts }
    }

    pub(super) fn statistic(&self) -> f64 {
        self.numerator as f64 / (self.counts[0] as f64 * self.counts[1] as f64)
    }

    /// The p-value of independent rows.
    pub(super) fn p(&self) -> (f64, Method) {
        let [n, m] = self.counts;
        let statistic = self.statistic();
        let rows = n as f64 * m as f64 / (n as f64 + m as f64);
        if n.max(m) > MOST_EXACT {
            return (one_sample_survival(rows.round_ties_even(), statistic).clamp(0.0, 1.0), Method::Asymptotic);
        }
        if self.numerator == 0 {
            return (1.0, Method::Exact);
        }
        if n != m && n * m > MANY_PATHS && statistic * statistic * rows > CERTAIN {
            return (kolmogorov_survival(statistic * rows.sqrt()), Method::Asymptotic);
        }
        let p = if n == m { outside_of_square(n, self.numerator / n) } else { self.outside() };
        (p.clamp(0.0, 1.0), Method::Exact)
    }

    /// The p-value where the samples are worth so many independent rows.
    pub(super) fn effective_p(&self, rows: f64) -> f64 {
        kolmogorov_survival(self.statistic() * rows.sqrt())
    }

    /// The share of the paths from corner to corner that somewhere are as far from the diagonal as the distance, for
    /// samples of different sizes.
    ///
    /// Source: Hodges (1958), Arkiv för Matematik 3(43), with the shares in place of the counts (as scipy does it), so
    /// that nothing overflows.
    fn outside(&self) -> f64 {
        let common = greatest_common_divisor(self.counts[0], self.counts[1]);
        let (long, short) = (self.counts[0].max(self.counts[1]), self.counts[0].min(self.counts[1]));
        let (long_step, short_step) = (long / common, short / common);
        let bound = self.numerator / common;
        let inverse: Vec<f64> = (0..=long + short + 1).map(|sum| 1.0 / sum as f64).collect();

        let (mut first, mut past) = (0, bound.div_ceil(long_step).min(short + 1));
        // `shares[k]` belongs to the path's height `first + k`; beyond the band every path was outside.
        let mut shares = vec![1.0; (2 * past + 4).min(short + 4) as usize];
        shares[..past as usize].fill(0.0);
        let mut held = past as usize;
        for column in 1..=long {
            let (first_before, held_before) = (first, held);
            let reached = short_step * column;
            first = if reached < bound { 0 } else { ((reached - bound) / long_step + 1).min(short) };
            past = (reached + bound).div_ceil(long_step).min(short + 1);
            if past <= first {
                return 1.0;
            }
            held = (past - first) as usize;
            let moved = (first - first_before) as usize;
            let mut share = if first == 0 { 0.0 } else { 1.0 };
            for (position, height) in (first..past).enumerate() {
                let weight = inverse[(column + height) as usize];
                share = shares[position + moved] * (column as f64 * weight) + share * (height as f64 * weight);
                shares[position] = share;
            }
            if held_before > held {
                shares[held..held_before].fill(1.0);
            }
        }
        shares[held - 1]
    }
}

/// The same for two samples of `n` rows, where the distance is `steps / n`.
///
/// Source: Gnedenko and Korolyuk (1951), in the nested form that scipy uses.
fn outside_of_square(n: u64, steps: u64) -> f64 {
    let mut outside = 0.0;
    for k in (0..=n / steps).rev() {
        let mut term = 1.0;
        for j in 0..steps {
            let above = (n - k * steps) as f64 - j as f64;
            term *= above / (n + k * steps + j + 1) as f64;
        }
        outside = term * (1.0 - outside);
    }
    2.0 * outside
}

/// The chance that the largest distance of a sample of `n` rows from its own distribution is at least `x`.
///
/// Source: Simard and L'Ecuyer (2011), Journal of Statistical Software 39(11), for which method is good where.
fn one_sample_survival(n: f64, x: f64) -> f64 {
    let square = n * x * x;
    if x >= 1.0 {
        0.0
    } else if n * x <= 0.5 {
        1.0
    } else if n <= 140.0 && (x >= 0.5 || square > 4.0) {
        twice_one_sided(n, x)
    } else if n <= 140.0 || (n <= 1_000.0 && n * x.powf(1.5) <= 1.4) {
        1.0 - within_by_matrix(n, x)
    } else if square >= 9.0 {
        kolmogorov_survival(square.sqrt())
    } else {
        1.0 - within_by_series(n, x)
    }
}

/// Exact from `x` of one half on, and a very good approximation where the chance is small.
///
/// Source: Birnbaum and Tingey (1951), Annals of Mathematical Statistics 22(4).
fn twice_one_sided(n: f64, x: f64) -> f64 {
    let mut sum = 0.0;
    let mut binomial = 0.0_f64;
    for j in (0..=140_u8).map(f64::from).take_while(|j| j / n <= 1.0 - x) {
        let (up, down) = (x + j / n, (1.0 - x - j / n).max(0.0));
        let power = if n == j { 0.0 } else { (n - j) * down.ln() };
        sum += (binomial + (j - 1.0) * up.ln() + power).exp();
        binomial += ((n - j) / (j + 1.0)).ln();
    }
    2.0 * x * sum
}

/// The chance to stay below `x`, exactly: a row of the matrix of Durbin, multiplied `n` times.
///
/// Source: Marsaglia, Tsang and Wang (2003), Journal of Statistical Software 8(18).
fn within_by_matrix(n: f64, x: f64) -> f64 {
    let middle = (n * x).ceil() as usize;
    let over = middle as f64 - n * x;
    let size = 2 * middle - 1;
    let mut inverse_factorial = vec![1.0];
    for k in 1..=size {
        inverse_factorial.push(inverse_factorial[k - 1] / k as f64);
    }
    let powers: Vec<f64> = std::iter::successors(Some(1.0), |power| Some(power * over)).take(size + 1).collect();
    let corner = 1.0 - 2.0 * powers[size] + (2.0 * over - 1.0).max(0.0).powf(size as f64);
    let entry = |row: usize, column: usize| {
        let order = row + 1 - column;
        let part = match (row == size - 1, column == 0) {
            (true, true) => corner,
            (true, false) | (false, true) => 1.0 - powers[order],
            (false, false) => 1.0,
        };
        part * inverse_factorial[order]
    };
    let mut row = vec![0.0; size];
    row[middle - 1] = 1.0;
    let mut step = 1.0;
    while step <= n {
        let product = (0..size).map(|column| {
            let from = column.saturating_sub(1);
            (from..size).map(|index| row[index] * entry(index, column)).sum::<f64>() * (step / n)
        });
        row = product.collect();
        step += 1.0;
    }
    row[middle - 1]
}

/// The chance to stay below `x` for a large `n`.
///
/// Source: Pelz and Good (1976), JRSS B 38(2), in the arrangement of scipy.
fn within_by_series(n: f64, x: f64) -> f64 {
    let pi2 = std::f64::consts::PI.powi(2);
    let (pi4, pi6) = (pi2 * pi2, pi2 * pi2 * pi2);
    let z = n.sqrt() * x;
    let z2 = z * z;
    let (z4, z6, z8) = (z2 * z2, z2 * z2 * z2, z2 * z2 * z2 * z2);
    let exponent = -pi2 / (8.0 * z2);
    if exponent < -700.0 {
        return 0.0;
    }
    let terms = (16.0 * z / std::f64::consts::PI).ceil() as i32;
    let mut sums = [0.0; 4];
    for k in (1..=terms).rev() {
        let odd2 = f64::from(2 * k - 1).powi(2);
        let (odd4, odd6) = (odd2 * odd2, odd2 * odd2 * odd2);
        let coefficients = [
            1.0,
            -z2 + pi2 / 4.0 * odd2,
            6.0 * z6 + 2.0 * z4 + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * odd2 + pi4 * (1.0 - 2.0 * z2) / 16.0 * odd4,
            -30.0 * z6 - 90.0 * z8
                + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * odd2
                + pi4 * (-60.0 * z2 + 212.0 * z4) / 16.0 * odd4
                + pi6 * (5.0 - 30.0 * z2) / 64.0 * odd6,
        ];
        let power = (exponent * f64::from(8 * k)).exp();
        for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
            *sum = *sum * power + coefficient;
        }
    }
    let front = exponent.exp() * (2.0 * std::f64::consts::PI).sqrt();
    for (sum, divisor) in sums.iter_mut().zip([z, 6.0 * z4, 72.0 * z6 * z, 6_480.0 * z6 * z4]) {
        *sum *= front / divisor;
    }
    let (mut second, mut third) = (0.0, 0.0);
    for k in (1..=terms).map(f64::from) {
        let power = (-pi2 / (2.0 * z2) * k * k).exp() * k * k;
        second += power;
        third += (3.0 * z2 - pi2 * k * k) * power;
    }
    let root = (2.0 * std::f64::consts::PI).sqrt();
    sums[2] -= second * pi2 * root / (36.0 * z2 * z);
    sums[3] += third * pi2 * root / (216.0 * z6);
    sums[0] + sums[1] / n.sqrt() + sums[2] / n + sums[3] / (n * n.sqrt())
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_the_one_sample_distribution_meet_where_one_takes_over() {
        for n in [141.0, 200.0, 400.0, 999.0] {
            for square in [0.4_f64, 0.8, 1.5, 3.0] {
                let x = (square / n).sqrt();
                let (matrix, series) = (within_by_matrix(n, x), within_by_series(n, x));
                assert!((matrix - series).abs() < 5e-6, "{n} {square}: {matrix} {series}");
            }
            let x = (9.0 / n).sqrt();
            assert!((1.0 - within_by_series(n, x) - kolmogorov_survival(3.0)).abs() < 1e-7);
        }
        let x = (4.0_f64 / 140.0).sqrt();
        assert!((1.0 - within_by_matrix(140.0, x) - twice_one_sided(140.0, x)).abs() < 1e-6);
    }

    #[test]
    fn tails_of_one_sample_are_what_scipy_says() {
        // `scipy.stats.kstwo.sf(x, n)` of scipy 1.17.1.
        for (n, x, expected) in KSTWO {
            let found = one_sample_survival(n, x);
            assert!((found - expected).abs() < 2e-7, "{n} {x}: {found:e} {expected:e}");
        }
    }

    const KSTWO: [(f64, f64, f64); 8] = [
        (3.0, 0.6, 0.14400000000000004),
        (50.0, 0.1, 0.6623112704658186),
        (139.0, 0.07, 0.48212715109442467),
        (139.0, 0.2, 2.3829672649172915e-05),
        (200.0, 0.03, 0.991436524714942),
        (160.0, 0.09, 0.14080711215888775),
        (20000.0, 0.009, 0.07785289326070222),
        (500000.0, 0.0015, 0.21034190155828947),
    ];

    #[test]
    fn samples_that_do_not_overlap_are_as_unlikely_as_their_order() {
        let (low, high) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0]);
        let distance = Distance::of(&low, &high);
        assert_eq!(distance.statistic(), 1.0);
        // Two of the 35 ways to mix four and three.
        let (p, method) = distance.p();
        assert!((p - 2.0 / 35.0).abs() < 1e-15 && method == Method::Exact);
        let (p, _) = Distance::of(&low, &[5.0, 6.0, 7.0, 8.0]).p();
        assert!((p - 2.0 / 70.0).abs() < 1e-15);
        assert_eq!(Distance::of(&low, &low).p(), (1.0, Method::Exact));
    }
}

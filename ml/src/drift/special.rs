//! How unlikely a value of a distribution is: chi-square, normal and Kolmogorov's.

use crate::student::ln_gamma;

const TERMS: u32 = 100_000;

/// The chance that a chi-square variable with so many degrees of freedom is at least as large.
pub(super) fn chi_square_survival(statistic: f64, degrees: f64) -> f64 {
    upper_gamma(0.5 * degrees, 0.5 * statistic)
}

/// The value that a chi-square variable exceeds with chance `chance`, 0 to 1 exclusive.
pub(super) fn chi_square_above(chance: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, degrees + 10.0);
    while chi_square_survival(high, degrees) > chance && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if chi_square_survival(middle, degrees) > chance {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The chance that a standard normal variable is at least as far from zero.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    chi_square_survival(z * z, 1.0)
}

/// The distance from zero that a standard normal variable exceeds with chance `chance`.
pub(super) fn normal_beyond(chance: f64) -> f64 {
    chi_square_above(chance, 1.0).sqrt()
}

/// The chance that the supremum of a Brownian bridge's absolute value exceeds `lambda`.
///
/// Source: Kolmogorov (1933); the second series is the first one's theta transform, which converges where the first
/// does not.
pub(super) fn kolmogorov_survival(lambda: f64) -> f64 {
    if lambda <= 0.0 {
        return 1.0;
    }
    let chance = if lambda < 1.0 {
        let exponent = -std::f64::consts::PI.powi(2) / (8.0 * lambda * lambda);
        let sum: f64 = (0..8).map(|k| (exponent * f64::from(2 * k + 1).powi(2)).exp()).sum();
        1.0 - (2.0 * std::f64::consts::PI).sqrt() / lambda * sum
    } else {
        let term = |k: i32| (-2.0 * f64::from(k * k) * lambda * lambda).exp();
        2.0 * (term(1) - term(2) + term(3) - term(4) + term(5))
    };
    chance.clamp(0.0, 1.0)
}

/// The regularised upper incomplete gamma function.
///
/// Source: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 6.5.29 and 6.5.31.
fn upper_gamma(shape: f64, x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return if x > 0.0 { 0.0 } else { 1.0 };
    }
    let front = (shape * x.ln() - x - ln_gamma(shape)).exp();
    if x < shape + 1.0 {
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        for k in (1..TERMS).map(f64::from) {
            term *= x / (shape + k);
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    // The continued fraction by the method of Lentz (1976).
    const SMALL: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < SMALL { SMALL } else { value };
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / SMALL;
    let mut d = 1.0 / away_from_zero(b);
    let mut fraction = d;
    for k in (1..TERMS).map(f64::from) {
        let a = -k * (k - shape);
        b += 2.0;
        d = 1.0 / away_from_zero(a * d + b);
        c = away_from_zero(b + a / c);
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi_square_tails_are_what_their_closed_forms_say() {
        for x in [0.01_f64, 0.5, 1.0, 3.0, 10.0, 60.0, 700.0] {
            let two = (-0.5 * x).exp();
            let four = (-0.5 * x).exp() * (1.0 + 0.5 * x);
            assert!((chi_square_survival(x, 2.0) - two).abs() < 1e-13 * two.max(1e-3), "{x}");
            assert!((chi_square_survival(x, 4.0) - four).abs() < 1e-13 * four.max(1e-3), "{x}");
        }
        assert_eq!(chi_square_survival(0.0, 3.0), 1.0);
        assert_eq!(chi_square_survival(f64::INFINITY, 3.0), 0.0);
    }

    #[test]
    fn quantiles_lead_back_to_their_chance() {
        for degrees in [1.0, 2.0, 9.0, 200.0] {
            for chance in [0.5, 0.05, 0.01, 1e-6] {
                let back = chi_square_survival(chi_square_above(chance, degrees), degrees);
                assert!((back / chance - 1.0).abs() < 1e-9, "{degrees} {chance} {back}");
            }
        }
        assert!((normal_beyond(0.05) - 1.959_963_984_540_054).abs() < 1e-9);
        assert!((normal_two_sided(-1.959_963_984_540_054) - 0.05).abs() < 1e-12);
    }

    #[test]
    fn both_series_of_kolmogorov_meet() {
        let (below, above) = (kolmogorov_survival(1.0 - 1e-12), kolmogorov_survival(1.0));
        assert!((below - above).abs() < 1e-10 && (above - 0.269_999_671_677_355).abs() < 1e-9, "{below} {above}");
        assert_eq!(kolmogorov_survival(0.0), 1.0);
        assert!(kolmogorov_survival(0.05) > 1.0 - 1e-12 && kolmogorov_survival(30.0) == 0.0);
    }
}

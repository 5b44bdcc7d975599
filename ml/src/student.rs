//! Student's t distribution: what its density needs, and how unlikely a value of it is.

/// Natural log of the gamma function of a positive number, to about 15 digits.
///
/// Source: Lanczos (1964), SIAM Journal on Numerical Analysis 1(1), with the coefficients of Godfrey (2001) for g = 7.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let series = COEFFICIENTS.iter().zip(1_u8..).fold(FIRST, |sum, (c, k)| sum + c / (x + f64::from(k)));
    let base = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + series.ln()
}

/// The chance that a value with so many degrees of freedom is at least as far from zero as this one.
pub(crate) fn two_sided_p(statistic: f64, degrees: f64) -> f64 {
    let square = statistic * statistic;
    let (inside, outside) = (square / (degrees + square), degrees / (degrees + square));
    incomplete_beta(outside, inside, 0.5 * degrees, 0.5)
}

/// The regularised incomplete beta function at `x`, which comes with `1 - x` so that neither loses digits.
fn incomplete_beta(x: f64, rest: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || rest <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // Beyond the mean the fraction of the mirrored function converges, and this one's does not.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(rest, x, b, a);
    }
    let front = a * x.ln() + b * rest.ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    front.exp() / a * beta_fraction(x, a, b)
}

/// The continued fraction of the incomplete beta function by the method of Lentz (1976).
///
/// Source: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.5.8.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TERMS: u32 = 10_000;
    const SMALL: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < SMALL { SMALL } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in (1..TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gamma_function_continues_the_factorial() {
        let mut factorial = 1.0_f64;
        for n in 1..60 {
            assert!((ln_gamma(f64::from(n)) - factorial.ln()).abs() < 1e-12 * factorial.ln().max(1.0), "{n}");
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - 0.5 * std::f64::consts::PI.ln()).abs() < 1e-14);
    }

    #[test]
    fn one_and_two_degrees_of_freedom_are_what_their_closed_forms_say() {
        for statistic in [0.0_f64, 1e-3, 0.3, 1.0, 2.5, 40.0, 1e6] {
            let cauchy = 1.0 - 2.0 / std::f64::consts::PI * statistic.atan();
            assert!((two_sided_p(statistic, 1.0) - cauchy).abs() < 1e-12, "{statistic}");
            let two = 1.0 - statistic / (2.0 + statistic * statistic).sqrt();
            assert!((two_sided_p(-statistic, 2.0) - two).abs() < 1e-12, "{statistic}");
        }
    }

    #[test]
    fn tails_are_what_scipy_says() {
        // `2 * scipy.stats.t.sf(abs(statistic), degrees)` of scipy 1.17.1.
        for (statistic, degrees, expected) in [
            (0.1, 7.0, 0.923_148_059_604_792_4),
            (2.0, 30.0, 0.054_625_044_962_983_094),
            (1.96, 1_698.0, 0.050_159_130_233_405_81),
            (-8.0, 1_698.0, 2.282_290_513_188_972_7e-15),
            (3.0, 15_000.0, 0.002_704_229_846_861_82),
        ] {
            let p = two_sided_p(statistic, degrees);
            assert!((p / expected - 1.0).abs() < 1e-9, "{statistic} {degrees}: {p:e} {expected:e}");
        }
    }
}

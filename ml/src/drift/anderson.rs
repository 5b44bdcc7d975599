//! The two-sample test of Anderson and Darling with mid-ranks, as `scipy.stats.anderson_ksamp(midrank=True)`.

use super::sample::walk;

/// Chances beyond which the table of Scholz and Stephens ends, and the statistics there.
const ENDS: [(f64, f64); 2] = [(0.325, 0.25), (6.546, 0.001)];

/// The parabola through the table: logarithm of the chance over the statistic, by least squares.
const PARABOLA: [f64; 3] = [-1.077_770_279_820_486, -1.008_226_564_465_251_5, 0.018_198_094_574_111_343];

/// The statistic before it is made comparable, and what makes it so.
pub(super) struct AndersonDarling {
    raw: f64,
    deviation: f64,
}

impl AndersonDarling {
    /// Of two samples in rising order; none where there are fewer than four values or all are the same.
    ///
    /// Source: Scholz and Stephens (1987), JASA 82(399), equation 7.
    pub(super) fn of(reference: &[f64], current: &[f64]) -> Option<Self> {
        let rows = reference.len() + current.len();
        if reference.is_empty() || current.is_empty() || rows < 4 {
            return None;
        }
        let counts = [reference.len() as f64, current.len() as f64];
        let all = rows as f64;
        let (mut sum, mut values) = (0.0, 0_usize);
        walk(reference, current, |step| {
            values += 1;
            let tied = (step.at[0] + step.at[1]) as f64;
            let middle = (step.below[0] + step.below[1]) as f64 + 0.5 * tied;
            let middle_of_one = step.below[0] as f64 + 0.5 * step.at[0] as f64;
            let divisor = middle * (all - middle) - all * tied / 4.0;
            if divisor > 0.0 {
                sum += tied / all * (all * middle_of_one - middle * counts[0]).powi(2) / divisor;
            }
        });
        if values < 2 {
            return None;
        }
        // With two samples the second one's part is the first one's with the counts exchanged.
        let raw = sum * (1.0 / counts[0] + 1.0 / counts[1]) * (all - 1.0) / all;
        Some(Self { raw, deviation: deviation(rows, counts) })
    }

    /// The statistic, in standard deviations above what is expected of equals.
    pub(super) fn statistic(&self) -> f64 {
        self.scaled(1.0)
    }

    /// The p-value of independent rows, 0.001 to 0.25.
    pub(super) fn p(&self) -> f64 {
        chance(self.scaled(1.0))
    }

    /// The p-value where the rows are worth this share of as many independent ones.
    pub(super) fn effective_p(&self, share: f64) -> f64 {
        chance(self.scaled(share))
    }

    fn scaled(&self, share: f64) -> f64 {
        (self.raw * share - 1.0) / self.deviation
    }
}

/// The standard deviation of the raw statistic over all ways to mix two samples.
fn deviation(rows: usize, counts: [f64; 2]) -> f64 {
    let n = rows as f64;
    let (mut running, mut g) = (0.0, 0.0);
    for step in 0..rows - 2 {
        running += 1.0 / (rows - 1 - step) as f64;
        g += running / (step + 2) as f64;
    }
    let h = running + 1.0;
    let inverse = 1.0 / counts[0] + 1.0 / counts[1];
    let a = 4.0 * g - 6.0 + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * 4.0 + 16.0 * h + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * 4.0 + (4.0 * h - 4.0 * g + 6.0) * 2.0 + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * 4.0 - 8.0 * h;
    ((a * n.powi(3) + b * n.powi(2) + c * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0))).sqrt()
}

fn chance(statistic: f64) -> f64 {
    let [(least, most_likely), (most, least_likely)] = ENDS;
    if statistic < least {
        return most_likely;
    }
    if statistic > most {
        return least_likely;
    }
    let [constant, linear, square] = PARABOLA;
    (constant + statistic * (linear + statistic * square)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_values_or_one_value_only_give_no_test() {
        assert!(AndersonDarling::of(&[1.0, 2.0], &[3.0]).is_none());
        assert!(AndersonDarling::of(&[1.0; 9], &[1.0; 9]).is_none());
        assert!(AndersonDarling::of(&[], &[1.0, 2.0, 3.0, 4.0]).is_none());
    }

    #[test]
    fn dependent_rows_make_the_same_distance_less_surprising() {
        let reference: Vec<f64> = (0..200).map(f64::from).collect();
        let current: Vec<f64> = (40..240).map(f64::from).collect();
        let test = AndersonDarling::of(&reference, &current).expect("there is something to compare");
        assert_eq!(test.p(), 0.001);
        assert_eq!(test.effective_p(0.02), 0.25);
        assert!(test.effective_p(0.2) > 0.001);
    }
}

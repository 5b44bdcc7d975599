//! Shares of rows: how far two are apart, and where a true one may lie.

use super::special::{normal_beyond, normal_two_sided};

/// The interval of Wilson around a share of `hits` among `rows`, 0 to 1; everything where there is no row.
///
/// Source: Wilson (1927), JASA 22(158).
pub(super) fn wilson(hits: f64, rows: f64, confidence: f64) -> [f64; 2] {
    if rows <= 0.0 {
        return [0.0, 1.0];
    }
    let z = normal_beyond(1.0 - confidence);
    let share = (hits / rows).clamp(0.0, 1.0);
    let z2 = z * z;
    let centre = (share + z2 / (2.0 * rows)) / (1.0 + z2 / rows);
    let half = z / (1.0 + z2 / rows) * (share * (1.0 - share) / rows + z2 / (4.0 * rows * rows)).sqrt();
    [(centre - half).max(0.0).min(share), (centre + half).min(1.0).max(share)]
}

/// The standard error of the difference of two shares that are the same in truth.
fn error(pooled: f64, rows: [f64; 2]) -> f64 {
    (pooled * (1.0 - pooled) * (1.0 / rows[0] + 1.0 / rows[1])).sqrt()
}

/// The p-value of a difference of shares.
pub(super) fn p(difference: f64, pooled: f64, rows: [f64; 2]) -> f64 {
    let error = error(pooled, rows);
    if error > 0.0 { normal_two_sided(difference / error) } else { 1.0 }
}

/// What the difference of two shares exceeds with chance `significance` where they are the same in truth.
pub(super) fn noise(pooled: f64, rows: [f64; 2], significance: f64) -> f64 {
    normal_beyond(significance) * error(pooled, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_what_the_textbook_says_and_stay_within_bounds() {
        // Newcombe (1998), Statistics in Medicine 17(8), table I: 81 of 263, 15 of 148, 0 of 20.
        for (hits, rows, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611)]
        {
            let [found_low, found_high] = wilson(hits, rows, 0.95);
            assert!((found_low - low).abs() < 1e-4 && (found_high - high).abs() < 1e-4, "{found_low} {found_high}");
        }
        assert_eq!(wilson(0.0, 0.0, 0.95), [0.0, 1.0]);
    }

    #[test]
    fn shares_without_spread_never_differ_by_chance() {
        assert_eq!(p(0.0, 0.0, [50.0, 50.0]), 1.0);
        assert_eq!(noise(1.0, [50.0, 50.0], 0.01), 0.0);
    }
}

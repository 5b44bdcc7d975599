//! The minimum of a smooth function of a few variables, without its gradient.

/// Evaluations after which one run of the simplex ends in any case.
const MAX_EVALUATIONS: usize = 2_000;

/// Runs after which the search ends in any case.
const MAX_RUNS: usize = 12;

/// The point where `function` is lowest, from `start` with first steps of `step` in each direction. The search ends
/// when the values of the simplex are within `tolerance` and a fresh simplex around the point found finds no better
/// one: a simplex that has collapsed too early would otherwise pass for a minimum. NaN counts as no minimum.
///
/// Source: Nelder and Mead (1965), The Computer Journal 7(4), with their coefficients.
pub(super) fn minimise<const N: usize>(
    mut function: impl FnMut(&[f64; N]) -> f64,
    start: [f64; N],
    step: f64,
    tolerance: f64,
) -> [f64; N] {
    let mut value_at = |point: &[f64; N]| {
        let value = function(point);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let mut best = (value_at(&start), start);
    for _ in 0..MAX_RUNS {
        let found = run(&mut value_at, best, step, tolerance);
        let is_settled = best.0 - found.0 <= 10.0 * tolerance;
        best = found;
        if is_settled {
            break;
        }
    }
    best.1
}

/// One simplex, from its start to its collapse.
fn run<const N: usize>(
    value_at: &mut impl FnMut(&[f64; N]) -> f64,
    start: (f64, [f64; N]),
    step: f64,
    tolerance: f64,
) -> (f64, [f64; N]) {
    let mut corners = vec![start];
    for direction in 0..N {
        let mut point = start.1;
        point[direction] += step;
        corners.push((value_at(&point), point));
    }
    let mut evaluations = N;
    while evaluations < MAX_EVALUATIONS {
        corners.sort_by(|left, right| left.0.total_cmp(&right.0));
        let (best, second_worst, worst) = (corners[0], corners[N - 1], corners[N]);
        if worst.0 - best.0 <= tolerance {
            break;
        }
        let mut centre = [0.0; N];
        for (_, point) in &corners[..N] {
            for (sum, value) in centre.iter_mut().zip(point) {
                *sum += value / N as f64;
            }
        }
        // 1 is the worst corner mirrored at the centre of the others, 2 twice as far, -0.5 half the way back to it.
        let mut at = |distance: f64| {
            let mut point = centre;
            for (value, worst) in point.iter_mut().zip(&worst.1) {
                *value += distance * (*value - worst);
            }
            evaluations += 1;
            (value_at(&point), point)
        };
        let mirrored = at(1.0);
        let replacement = if mirrored.0 < best.0 {
            let expanded = at(2.0);
            Some(if expanded.0 < mirrored.0 { expanded } else { mirrored })
        } else if mirrored.0 < second_worst.0 {
            Some(mirrored)
        } else {
            let contracted = at(if mirrored.0 < worst.0 { 0.5 } else { -0.5 });
            (contracted.0 < worst.0.min(mirrored.0)).then_some(contracted)
        };
        if let Some(corner) = replacement {
            corners[N] = corner;
            continue;
        }
        for corner in &mut corners[1..] {
            for (value, target) in corner.1.iter_mut().zip(&best.1) {
                *value = 0.5 * (*value + target);
            }
            corner.0 = value_at(&corner.1);
        }
        evaluations += N;
    }
    corners.into_iter().min_by(|left, right| left.0.total_cmp(&right.0)).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let valley = |[x, y]: &[f64; 2]| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
        let found = minimise(valley, [-1.2, 1.0], 0.5, 1e-14);
        assert!(found.iter().all(|value| (value - 1.0).abs() < 1e-5), "{found:?}");
    }

    #[test]
    fn where_the_function_is_not_a_number_there_is_no_minimum() {
        let bowl = |point: &[f64; 3]| {
            point.iter().zip([1.0, 2.0, 3.0]).map(|(value, low)| (value - low).powi(2)).sum::<f64>()
                + if point[0] < 0.5 { f64::NAN } else { 0.0 }
        };
        let found = minimise(bowl, [4.0; 3], 1.0, 1e-14);
        assert!(found.iter().zip([1.0, 2.0, 3.0]).all(|(value, low)| (value - low).abs() < 1e-5), "{found:?}");
    }
}

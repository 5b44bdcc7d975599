//! The GARCH(1,1) process with Student-t innovations: its variance from day to day, its likelihood and its estimate.

use super::simplex::minimise;
use crate::model::ModelError;
use crate::student::ln_gamma;

/// Between these the degrees of freedom are looked for: under 2 there is no variance, and from some hundreds on the
/// likelihood is that of normal innovations. They are the bounds of the Python package `arch`.
const DEGREES: [f64; 2] = [2.05, 500.0];

/// Largest `alpha + beta`, so that the unconditional variance is finite. At this one a shock has a half-life of
/// nineteen years.
const MAX_PERSISTENCE: f64 = 0.9999;

/// Days at the beginning of a series whose squares say where its variance starts.
const START_DAYS: usize = 75;

/// By how much less each of those days counts than the one before it.
const START_DECAY: f64 = 0.94;

/// Differences of log-likelihood that are none.
const TOLERANCE: f64 = 1e-8;

/// `r_t = mean + e_t`, `s_t = omega + alpha * e_{t-1}^2 + beta * s_{t-1}`, where `e_t / sqrt(s_t)` is Student's t with
/// some degrees of freedom, scaled to unit variance.
///
/// Source: Bollerslev (1987), Review of Economics and Statistics 69(3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Process {
    /// Mean daily log return.
    pub mean: f64,
    /// The part of a day's variance that is always there.
    pub omega: f64,
    /// What yesterday's squared surprise adds.
    pub alpha: f64,
    /// What stays of yesterday's variance.
    pub beta: f64,
    /// Degrees of freedom of the innovations, above 2.
    pub degrees: f64,
}

impl Process {
    /// How much of a surplus of variance is left a day later, below 1.
    #[must_use]
    pub fn persistence(&self) -> f64 {
        self.alpha + self.beta
    }

    /// The variance to which every forecast reverts.
    #[must_use]
    pub fn unconditional_variance(&self) -> f64 {
        self.omega / (1.0 - self.persistence())
    }

    /// The variance of the day after one whose variance and log return are known. Where the return is not known (NaN)
    /// its expectation stands in.
    #[must_use]
    pub fn next(&self, variance: f64, log_return: f64) -> f64 {
        let square = if log_return.is_finite() { (log_return - self.mean).powi(2) } else { variance };
        self.omega + self.alpha * square + self.beta * variance
    }

    /// The variance that is expected some days after the day whose variance is known.
    #[must_use]
    pub fn expected(&self, variance: f64, days_later: u32) -> f64 {
        let level = self.unconditional_variance();
        level + self.persistence().powf(f64::from(days_later)) * (variance - level)
    }

    /// After each return of a series, in order of time, the variance of the day that follows it. `before` is the
    /// variance of the time before the series.
    pub fn filter(&self, log_returns: impl IntoIterator<Item = f64>, before: f64) -> impl Iterator<Item = f64> {
        let mut variance = self.next(before, f64::NAN);
        log_returns.into_iter().map(move |log_return| {
            variance = self.next(variance, log_return);
            variance
        })
    }

    /// The log density of the known returns of a series, in order of time, given the variance `before` it.
    #[must_use]
    pub fn log_likelihood(&self, log_returns: &[f64], before: f64) -> f64 {
        let half = 0.5 * (self.degrees + 1.0);
        let spread = self.degrees - 2.0;
        let mut variance = self.next(before, f64::NAN);
        let (mut known, mut sum) = (0_usize, 0.0);
        for &log_return in log_returns {
            if log_return.is_finite() {
                let square = (log_return - self.mean).powi(2);
                sum += 0.5 * variance.ln() + half * (square / (spread * variance)).ln_1p();
                known += 1;
            }
            variance = self.next(variance, log_return);
        }
        let constant = ln_gamma(half) - ln_gamma(0.5 * self.degrees) - 0.5 * (std::f64::consts::PI * spread).ln();
        known as f64 * constant - sum
    }

    /// The process under which some series, each in order of time, are likeliest; they share it. A day that is not
    /// known is NaN.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where fewer than `needed` returns are known, [`ModelError::Flat`] where they do
    /// not vary.
    pub fn estimate(series: &[Vec<f64>], needed: usize) -> Result<Self, ModelError> {
        let unit = variance(series.iter().flatten().copied(), needed)?.sqrt();
        // Every series with what is known of the variance before it, in units of the common deviation.
        let scaled: Vec<(Vec<f64>, f64)> = series
            .iter()
            .map(|returns| returns.iter().map(|log_return| log_return / unit).collect::<Vec<f64>>())
            .map(|returns| {
                let before = start_variance(&returns);
                (returns, before)
            })
            .filter(|(_, before)| before.is_finite())
            .collect();
        let cost = |point: &[f64; 5]| {
            let process = Self::from_unbounded(point);
            -scaled.iter().map(|(returns, before)| process.log_likelihood(returns, *before)).sum::<f64>()
        };

        let mean = mean(scaled.iter().flat_map(|(returns, _)| returns).copied());
        let starts = [0.03, 0.08, 0.2].into_iter().flat_map(|alpha| {
            [0.9, 0.97, 0.995].map(|persistence| Self {
                mean,
                omega: 1.0 - persistence,
                alpha,
                beta: persistence - alpha,
                degrees: 5.0,
            })
        });
        let likeliest = starts
            .map(Self::to_unbounded)
            .map(|point| (cost(&point), point))
            .min_by(|left, right| left.0.total_cmp(&right.0))
            .map_or([0.0; 5], |(_, point)| point);
        let process = Self::from_unbounded(&minimise(cost, likeliest, 0.3, TOLERANCE));
        Ok(Self { mean: process.mean * unit, omega: process.omega * unit * unit, ..process })
    }

    /// Five numbers without bounds that say the same: mean, log omega, the odds of the persistence, of alpha's share
    /// of it, and of the degrees of freedom between their bounds.
    fn to_unbounded(self) -> [f64; 5] {
        let odds = |share: f64| (share / (1.0 - share)).ln();
        [
            self.mean,
            self.omega.ln(),
            odds(self.persistence() / MAX_PERSISTENCE),
            odds(self.alpha / self.persistence()),
            odds((self.degrees - DEGREES[0]) / (DEGREES[1] - DEGREES[0])),
        ]
    }

    fn from_unbounded(&[mean, log_omega, persistence, alpha, degrees]: &[f64; 5]) -> Self {
        let share = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        let persistence = MAX_PERSISTENCE * share(persistence);
        let alpha = persistence * share(alpha);
        Self {
            mean,
            omega: log_omega.exp(),
            alpha,
            beta: persistence - alpha,
            degrees: DEGREES[0] + (DEGREES[1] - DEGREES[0]) * share(degrees),
        }
    }
}

/// The variance of the time before a series: its first squared surprises, each counting for less than the one before
/// it, as the Python package `arch` has it ("backcast"). NaN where no return is known.
#[must_use]
pub fn start_variance(log_returns: &[f64]) -> f64 {
    let known = || log_returns.iter().copied().filter(|log_return| log_return.is_finite());
    let mean = mean(known());
    let (mut total, mut weights, mut weight) = (0.0, 0.0, 1.0);
    for log_return in known().take(START_DAYS) {
        total += weight * (log_return - mean).powi(2);
        weights += weight;
        weight *= START_DECAY;
    }
    total / weights
}

/// The variance of the returns that are known.
pub(super) fn variance(log_returns: impl Iterator<Item = f64> + Clone, needed: usize) -> Result<f64, ModelError> {
    let known = log_returns.filter(|log_return| log_return.is_finite());
    let given = known.clone().count();
    if given < needed {
        return Err(ModelError::NotEnoughData { needed, given });
    }
    let mean = mean(known.clone());
    let variance = known.map(|log_return| (log_return - mean).powi(2)).sum::<f64>() / given as f64;
    if variance > 0.0 { Ok(variance) } else { Err(ModelError::Flat) }
}

fn mean(log_returns: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = log_returns
        .filter(|log_return| log_return.is_finite())
        .fold((0.0, 0_usize), |(sum, count), log_return| (sum + log_return, count + 1));
    sum / count.max(1) as f64
}

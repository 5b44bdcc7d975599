//! Scores of forecasts against outcomes: plain functions of two or three columns of the same length.
//!
//! Every score is a mean over pairs. What a score means where it is not defined (no pair, one class only) is for the
//! caller to say, so that is an error and never a number.

/// Probabilities are kept this far from 0 and 1 in [`log_score`], so that one certain miss costs 13.8 and not
/// everything.
pub const PROBABILITY_FLOOR: f64 = 1e-6;

/// Why there is no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// There is nothing to score.
    #[error("There is no pair of forecast and outcome to score.")]
    Empty,
    /// Forecasts and outcomes do not pair up.
    #[error("{forecasts} forecasts do not pair up with {outcomes} outcomes.")]
    Lengths {
        /// How many forecasts there are.
        forecasts: usize,
        /// How many outcomes there are.
        outcomes: usize,
    },
    /// A value is outside the score's domain.
    #[error("The pair at position {index} cannot be scored: {must}.")]
    Value {
        /// The position of the pair.
        index: usize,
        /// What must hold.
        must: &'static str,
    },
    /// The score compares two kinds of outcome, and there is only one.
    #[error("All outcomes are alike, so the score is not defined. Score a longer span.")]
    OneKind,
}

/// QLIKE loss `mean(rv/f - ln(rv/f) - 1)` of variance forecasts; 0 is perfect, lower is better. It ranks forecasts
/// rightly even though realised variance is a noisy stand-in for the true one, and it weighs relative errors, so that
/// wild and calm months count alike.
///
/// Source: Patton (2011), Journal of Econometrics 160(1). Both arguments are variances, above 0.
///
/// # Errors
/// [`MetricError`] where there is no pair, or a variance is not above 0.
pub fn qlike(variance_forecast: &[f64], realised_variance: &[f64]) -> Result<f64, MetricError> {
    mean_over(variance_forecast, realised_variance, "variances must be finite and above 0", |forecast, realised| {
        let ratio = realised / forecast;
        (forecast > 0.0 && realised > 0.0).then(|| ratio - ratio.ln() - 1.0)
    })
}

/// Root mean squared error, in the unit of the values; lower is better.
///
/// # Errors
/// [`MetricError`] where there is no pair, or a value is not finite.
pub fn rmse(forecast: &[f64], outcome: &[f64]) -> Result<f64, MetricError> {
    Ok(mean_over(forecast, outcome, FINITE, |forecast, outcome| Some((forecast - outcome).powi(2)))?.sqrt())
}

/// Coefficient of determination `1 - Σ(y - f)² / Σ(y - mean y)²`; 1 is perfect, 0 is as good as the outcomes' own
/// mean (known only afterwards), negative is worse.
///
/// Source: any textbook; out of sample as in Campbell and Thompson (2008), Review of Financial Studies 21(4).
///
/// # Errors
/// [`MetricError`] where there is no pair, a value is not finite, or all outcomes are the same.
pub fn r2(forecast: &[f64], outcome: &[f64]) -> Result<f64, MetricError> {
    let error = mean_over(forecast, outcome, FINITE, |forecast, outcome| Some((forecast - outcome).powi(2)))?;
    let mean = mean(outcome);
    let spread = outcome.iter().map(|outcome| (outcome - mean).powi(2)).sum::<f64>() / outcome.len() as f64;
    if spread > 0.0 { Ok(1.0 - error / spread) } else { Err(MetricError::OneKind) }
}

/// Area under the ROC curve: the chance that a period in which it happened had a higher score than one in which it
/// did not, ties counting one half. 1 is perfect, 0.5 is a coin toss; higher is better. Only the order of the scores
/// counts.
///
/// Source: Hanley and McNeil (1982), Radiology 143(1), as the Mann-Whitney statistic with mid-ranks.
///
/// # Errors
/// [`MetricError`] where there is no pair, a score is not finite, or all outcomes are alike.
pub fn auc(score: &[f64], happened: &[bool]) -> Result<f64, MetricError> {
    let groups = by_falling_score(score, happened)?;
    let (yes, no) = totals(&groups)?;
    let (mut wins, mut no_above) = (0.0, 0.0);
    for group in groups {
        wins += group.yes * (no - no_above - group.no / 2.0);
        no_above += group.no;
    }
    Ok(wins / (yes * no))
}

/// Average precision `Σ (recall - recall before) · precision` over falling scores, tied scores as one step; 1 is
/// perfect, the base rate is chance; higher is better.
///
/// Source: Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, section 8.4.
///
/// # Errors
/// [`MetricError`] where there is no pair, a score is not finite, or all outcomes are alike.
pub fn average_precision(score: &[f64], happened: &[bool]) -> Result<f64, MetricError> {
    let groups = by_falling_score(score, happened)?;
    let (yes, _) = totals(&groups)?;
    let (mut precision, mut yes_so_far, mut so_far) = (0.0, 0.0, 0.0);
    for group in groups {
        yes_so_far += group.yes;
        so_far += group.yes + group.no;
        precision += group.yes / yes * yes_so_far / so_far;
    }
    Ok(precision)
}

/// Brier score: mean squared distance of the probability from what happened (1 or 0); 0 is perfect, lower is better.
///
/// Source: Brier (1950), Monthly Weather Review 78(1).
///
/// # Errors
/// [`MetricError`] where there is no pair, or a probability is not within 0 and 1.
pub fn brier(probability: &[f64], happened: &[bool]) -> Result<f64, MetricError> {
    mean_of_probabilities(probability, happened, |probability, happened| {
        (probability - f64::from(u8::from(happened))).powi(2)
    })
}

/// Logarithmic score: mean of `-ln(probability given to what happened)`, the probability kept
/// [`PROBABILITY_FLOOR`] away from 0 and 1; 0 is perfect, lower is better.
///
/// Source: Good (1952), JRSS B 14(1).
///
/// # Errors
/// [`MetricError`] where there is no pair, or a probability is not within 0 and 1.
pub fn log_score(probability: &[f64], happened: &[bool]) -> Result<f64, MetricError> {
    mean_of_probabilities(probability, happened, |probability, happened| {
        let of_what_happened = if happened { probability } else { 1.0 - probability };
        -of_what_happened.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR).ln()
    })
}

/// Pinball loss of a quantile forecast at `level` (0.1 is the 10th percentile), in the unit of the values; lower is
/// better, and the true quantile has the least on average.
///
/// Source: Koenker and Bassett (1978), Econometrica 46(1).
///
/// # Errors
/// [`MetricError`] where there is no pair, or a value is not finite.
pub fn pinball(quantile: &[f64], outcome: &[f64], level: f64) -> Result<f64, MetricError> {
    mean_over(quantile, outcome, FINITE, |quantile, outcome| {
        let above = outcome - quantile;
        Some(if above >= 0.0 { level * above } else { (level - 1.0) * above })
    })
}

/// Share of outcomes inside their interval, ends included, 0 to 1; good is what the interval promises, no more and
/// no less.
///
/// Source: unconditional coverage of Christoffersen (1998), International Economic Review 39(4).
///
/// # Errors
/// [`MetricError`] where there is no pair, or an end is not finite or above the other.
pub fn coverage(lower: &[f64], upper: &[f64], outcome: &[f64]) -> Result<f64, MetricError> {
    check_lengths(upper.len(), outcome.len())?;
    let mut upper = upper.iter().copied();
    mean_over(lower, outcome, ORDERED, |lower, outcome| {
        let upper = upper.next().filter(|upper| upper.is_finite() && lower <= *upper)?;
        Some(f64::from(u8::from((lower..=upper).contains(&outcome))))
    })
}

/// Mean width of intervals, in the unit of the values; of two intervals that keep their promise the narrower one
/// says more.
///
/// Source: sharpness of Gneiting, Balabdaoui and Raftery (2007), JRSS B 69(2).
///
/// # Errors
/// [`MetricError`] where there is no interval, or an end is not finite or above the other.
pub fn interval_width(lower: &[f64], upper: &[f64]) -> Result<f64, MetricError> {
    mean_over(lower, upper, ORDERED, |lower, upper| (lower <= upper).then_some(upper - lower))
}

const FINITE: &str = "values must be finite";
const ORDERED: &str = "ends must be finite, the lower one first";

/// The mean loss over pairs of finite values; the loss is none where the pair is outside its domain.
fn mean_over(
    forecast: &[f64],
    outcome: &[f64],
    must: &'static str,
    mut loss: impl FnMut(f64, f64) -> Option<f64>,
) -> Result<f64, MetricError> {
    check_lengths(forecast.len(), outcome.len())?;
    let mut sum = 0.0;
    for (index, (&forecast, &outcome)) in forecast.iter().zip(outcome).enumerate() {
        let pair = if forecast.is_finite() && outcome.is_finite() { loss(forecast, outcome) } else { None };
        sum += pair.ok_or(MetricError::Value { index, must })?;
    }
    Ok(sum / forecast.len() as f64)
}

fn mean_of_probabilities(
    probability: &[f64],
    happened: &[bool],
    loss: impl Fn(f64, bool) -> f64,
) -> Result<f64, MetricError> {
    check_lengths(probability.len(), happened.len())?;
    let mut sum = 0.0;
    for (index, (&probability, &happened)) in probability.iter().zip(happened).enumerate() {
        if !(0.0..=1.0).contains(&probability) {
            return Err(MetricError::Value { index, must: "a probability must be within 0 and 1" });
        }
        sum += loss(probability, happened);
    }
    Ok(sum / probability.len() as f64)
}

/// Pairs of one score: in how many it happened, in how many not.
struct Tied {
    score: f64,
    yes: f64,
    no: f64,
}

fn by_falling_score(score: &[f64], happened: &[bool]) -> Result<Vec<Tied>, MetricError> {
    check_lengths(score.len(), happened.len())?;
    if let Some(index) = score.iter().position(|score| !score.is_finite()) {
        return Err(MetricError::Value { index, must: FINITE });
    }
    let mut pairs: Vec<(f64, bool)> = score.iter().copied().zip(happened.iter().copied()).collect();
    pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
    let mut groups: Vec<Tied> = Vec::new();
    for (score, happened) in pairs {
        let (yes, no) = if happened { (1.0, 0.0) } else { (0.0, 1.0) };
        match groups.last_mut() {
            Some(group) if group.score == score => {
                group.yes += yes;
                group.no += no;
            }
            _ => groups.push(Tied { score, yes, no }),
        }
    }
    Ok(groups)
}

/// How often it happened and how often not, where both did.
fn totals(groups: &[Tied]) -> Result<(f64, f64), MetricError> {
    let (yes, no) = groups.iter().fold((0.0, 0.0), |(yes, no), group| (yes + group.yes, no + group.no));
    if yes > 0.0 && no > 0.0 { Ok((yes, no)) } else { Err(MetricError::OneKind) }
}

fn check_lengths(forecasts: usize, outcomes: usize) -> Result<(), MetricError> {
    if forecasts != outcomes {
        return Err(MetricError::Lengths { forecasts, outcomes });
    }
    if forecasts == 0 { Err(MetricError::Empty) } else { Ok(()) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

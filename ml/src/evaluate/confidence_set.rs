//! Which models cannot be told from the best: the model confidence set of Hansen, Lunde and Nason.

use super::bootstrap::resamples;
use super::comparison::{ComparisonError, check};

/// The p-value of each model, in the order of `losses`: the models whose p-value is above 0.05 are the ones that hold
/// the best with 95 % confidence. The model with the lowest mean loss has 1.
///
/// One list of losses a model, over the same days in order of time. Days are resampled in blocks of `block` days on
/// average, see [`resamples`].
///
/// Source: Hansen, Lunde and Nason (2011), Econometrica 79(2), with the range statistic.
///
/// # Errors
/// [`ComparisonError`] where there is no model, the models have different days, a loss is not finite or there is no
/// replication.
pub fn confidence_set(
    losses: &[Vec<f64>],
    block: usize,
    replications: usize,
    seed: u64,
) -> Result<Vec<f64>, ComparisonError> {
    let days = check(losses)?;
    p_values(losses, resamples(days, block, replications, seed))
}

/// The same over given resamples, each of them positions of days.
///
/// While more than one model is left, the largest t statistic of a difference between two of them is held against
/// its distribution over the resamples, and the worse one of the pair goes. A model's p-value is the largest one up
/// to the step in which it went.
///
/// # Errors
/// [`ComparisonError`] as for [`confidence_set`].
pub fn p_values<R: AsRef<[usize]>>(
    losses: &[Vec<f64>],
    resamples: impl IntoIterator<Item = R>,
) -> Result<Vec<f64>, ComparisonError> {
    let days = check(losses)?;
    let models = losses.len();
    let means: Vec<f64> = losses.iter().map(|loss| loss.iter().sum::<f64>() / days as f64).collect();
    // By how much the mean over each resample is above the mean over all days, model by model.
    let shifts: Vec<Vec<f64>> = resamples
        .into_iter()
        .map(|days| {
            let days = days.as_ref();
            let mean = |loss: &Vec<f64>| days.iter().map(|&day| loss[day]).sum::<f64>() / days.len() as f64;
            losses.iter().zip(&means).map(|(loss, all)| mean(loss) - all).collect()
        })
        .collect();
    if shifts.is_empty() {
        return Err(ComparisonError::NoResample);
    }

    let mut deviations = vec![0.0; models * models];
    for (pair, deviation) in deviations.iter_mut().enumerate() {
        let (worse, better) = (pair / models, pair % models);
        let squares = shifts.iter().map(|shift| (shift[worse] - shift[better]).powi(2)).sum::<f64>();
        *deviation = (squares / shifts.len() as f64).sqrt();
    }
    let statistic = |values: &[f64], worse: usize, better: usize| {
        let difference = values[worse] - values[better];
        // Two models with the same losses are equals, and not a division of nothing by nothing.
        if difference == 0.0 { 0.0 } else { difference / deviations[worse * models + better] }
    };

    let mut left: Vec<usize> = (0..models).collect();
    let mut p_values = vec![1.0; models];
    let mut largest_p = 0.0_f64;
    while left.len() > 1 {
        let (observed, worst) = largest(&left, |worse, better| statistic(&means, worse, better));
        let as_large = shifts.iter().filter(|shift| {
            let (resampled, _) = largest(&left, |worse, better| statistic(shift, worse, better));
            resampled >= observed
        });
        largest_p = largest_p.max(as_large.count() as f64 / shifts.len() as f64);
        p_values[worst] = largest_p;
        left.retain(|&model| model != worst);
    }
    Ok(p_values)
}

/// The largest statistic over ordered pairs of different models, and the worse model of that pair.
fn largest(models: &[usize], statistic: impl Fn(usize, usize) -> f64) -> (f64, usize) {
    let mut found = (f64::NEG_INFINITY, models[0]);
    for &worse in models {
        for &better in models.iter().filter(|&&better| better != worse) {
            let value = statistic(worse, better);
            if value > found.0 {
                found = (value, worse);
            }
        }
    }
    found
}

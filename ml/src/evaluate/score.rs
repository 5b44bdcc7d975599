//! A forecast beside its outcome, and the scores of many of them.

use domain::forecast::{Horizon, Quantiles};
use domain::model::Score;

use super::metrics;

/// A forecast and its outcome, in the numbers that scores are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Position of the coin in the panel.
    pub coin: u32,
    /// When the forecast was made, epoch seconds.
    pub origin_s: i64,
    /// Where log realised volatility was expected.
    pub log_forecast: f64,
    /// Its published quantiles, in the order of [`Quantiles::LEVELS`].
    pub log_quantiles: [f64; 7],
    /// The forecast of variance, with the causal bias correction.
    pub variance_forecast: f64,
    /// The chance of a high-volatility period, 0 to 1.
    pub chance: f64,
    /// Log of the usual range at the origin: its lower and its upper end.
    pub log_usual: [f64; 2],
    /// Log realised volatility of the horizon that ended at the origin.
    pub log_before: f64,
    /// Log realised volatility of the horizon that began at the origin.
    pub log_realised: f64,
}

impl Case {
    /// Whether it turned out a high-volatility period.
    #[must_use]
    pub fn was_high(&self) -> bool {
        self.log_realised > self.log_usual[1]
    }

    /// QLIKE of this one forecast (Patton 2011): `ratio - ln(ratio) - 1` of realised over expected variance.
    #[must_use]
    pub fn qlike(&self) -> f64 {
        let log_ratio = 2.0 * self.log_realised - self.variance_forecast.ln();
        log_ratio.exp() - log_ratio - 1.0
    }

    /// Whether the outcome lies in the 80 % interval.
    #[must_use]
    pub fn is_in80(&self) -> bool {
        (self.log_quantiles[1]..=self.log_quantiles[5]).contains(&self.log_realised)
    }
}

/// All coins together, and then each coin by itself, with its cases; these must be of one coin after another.
pub fn subjects(cases: &[Case]) -> impl Iterator<Item = (Option<u32>, &[Case])> {
    let by_coin = cases.chunk_by(|one, next| one.coin == next.coin).map(|own| (Some(own[0].coin), own));
    std::iter::once((None, cases)).chain(by_coin)
}

/// The score of some cases; none where there are none, or where all ended alike and nothing can be ranked.
#[must_use]
pub fn score(horizon: Horizon, cases: &[Case]) -> Option<Score> {
    let column = |of: &dyn Fn(&Case) -> f64| cases.iter().map(of).collect::<Vec<f64>>();
    let forecast = column(&|case| case.log_forecast);
    let realised = column(&|case| case.log_realised);
    let chance = column(&|case| case.chance);
    let was_high: Vec<bool> = cases.iter().map(Case::was_high).collect();
    let quantiles: [Vec<f64>; 7] = std::array::from_fn(|index| column(&|case| case.log_quantiles[index]));
    let coverage = |low: usize, high: usize| metrics::coverage(&quantiles[low], &quantiles[high], &realised).ok();
    let width = |low: usize, high: usize| metrics::interval_width(&quantiles[low], &quantiles[high]).ok();
    let pinball = quantiles
        .iter()
        .zip(Quantiles::LEVELS)
        .map(|(quantile, level)| metrics::pinball(quantile, &realised, level).ok())
        .sum::<Option<f64>>()?;
    Some(Score {
        horizon,
        origins: u32::try_from(cases.len()).unwrap_or(u32::MAX),
        qlike: metrics::qlike(
            &column(&|case| case.variance_forecast),
            &column(&|case| (2.0 * case.log_realised).exp()),
        )
        .ok()?,
        rmse_log: metrics::rmse(&forecast, &realised).ok()?,
        r2_log: metrics::r2(&forecast, &realised).ok()?,
        auc: metrics::auc(&chance, &was_high).ok()?,
        average_precision: metrics::average_precision(&chance, &was_high).ok()?,
        brier: metrics::brier(&chance, &was_high).ok()?,
        log_score: metrics::log_score(&chance, &was_high).ok()?,
        pinball: pinball / Quantiles::LEVELS.len() as f64,
        coverage50: coverage(2, 4)?,
        coverage80: coverage(1, 5)?,
        coverage95: coverage(0, 6)?,
        width50: width(2, 4)?,
        width80: width(1, 5)?,
        width95: width(0, 6)?,
    })
}

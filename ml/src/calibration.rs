//! The shape of a model's errors, learnt from errors that it made on data it was not fitted on, and kept true while
//! it serves.
//!
//! Each coin and horizon has a window of its last standardised errors (rolling split conformal prediction: Lei,
//! G'Sell, Rinaldo, Tibshirani and Wasserman 2018), and the level at which each quantile is read off moves against
//! the misses, so that in the long run the quantiles keep their promise whatever the market does (adaptive conformal
//! inference: Gibbs and Candès 2021). Nothing counts before its horizon has ended.

mod tensors;

use std::collections::{BTreeMap, VecDeque};

use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::{Horizon, Quantiles};
use domain::market::Symbol;

use crate::dataset::{Origin, Panel};
use crate::model::Prediction;

/// Errors in a window: a year of daily forecasts.
pub const WINDOW: usize = 365;

/// Fewest errors that make a shape.
pub const MIN_ERRORS: usize = 30;

/// How far one miss moves a level (`gamma` of Gibbs and Candès).
const STEP: f64 = 0.005;

/// No level comes closer than this to 0 or 1.
const LEVEL_FLOOR: f64 = 0.002;

/// A forecast whose horizon has ended, on a model that had not seen it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finished {
    /// When the horizon ended, epoch seconds.
    pub ends_at_s: i64,
    /// Log realised volatility less the location of its forecast.
    pub residual: f64,
    /// The scale of the forecast.
    pub scale: f64,
}

impl Finished {
    /// What came of a prediction; its error is not finite while the outcome is not known.
    #[must_use]
    pub fn of(panel: &Panel, origin: Origin, prediction: &Prediction, horizon: Horizon) -> Self {
        Self {
            ends_at_s: panel.origin_s(origin) + i64::from(horizon.hours()) * SECONDS_PER_HOUR,
            residual: panel.target(origin, horizon) - prediction.location[horizon.index()],
            scale: prediction.scale[horizon.index()],
        }
    }

    /// The residual in units of the scale.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.residual / self.scale
    }
}

/// The errors that come with a trained model, by coin and horizon, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibration {
    by_symbol: BTreeMap<Symbol, [Vec<Finished>; 2]>,
}

impl Calibration {
    /// Adds a finished forecast; those of one coin and horizon must come in order of time. What is not known is left
    /// out.
    pub fn add(&mut self, symbol: &Symbol, horizon: Horizon, finished: Finished) {
        if finished.error().is_finite() {
            self.by_symbol.entry(symbol.clone()).or_default()[horizon.index()].push(finished);
        }
    }

    /// The errors of each coin.
    pub fn errors(&self) -> impl Iterator<Item = (&Symbol, &[Vec<Finished>; 2])> {
        self.by_symbol.iter()
    }

    /// Whether there are enough errors for forecasts of any coin at both horizons.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.fewest() >= MIN_ERRORS
    }

    /// How many errors of all coins there are, at the horizon that has fewer.
    #[must_use]
    pub fn fewest(&self) -> usize {
        let count = |horizon: Horizon| self.by_symbol.values().map(|both| both[horizon.index()].len()).sum();
        Horizon::ALL.map(count).into_iter().min().unwrap_or(0)
    }

    /// Where a coin stands after these errors: its own, where it has enough, else those of all coins.
    #[must_use]
    pub fn start(&self, symbol: &Symbol, horizon: Horizon) -> Running {
        match self.by_symbol.get(symbol).map(|both| &both[horizon.index()]) {
            Some(own) if own.len() >= MIN_ERRORS => Running::after(own),
            _ => self.start_of_a_stranger(horizon),
        }
    }

    /// Where a coin stands that has no errors of its own: at those of all coins.
    #[must_use]
    pub fn start_of_a_stranger(&self, horizon: Horizon) -> Running {
        let of_coin = |both: &[Vec<Finished>; 2]| both[horizon.index()].iter().map(Finished::error).collect::<Vec<_>>();
        let mut strangers: Vec<f64> = self.by_symbol.values().flat_map(of_coin).collect();
        strangers.sort_by(f64::total_cmp);
        Running { strangers, ..Running::default() }
    }
}

/// The shape of one coin's and horizon's errors as time goes by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Running {
    /// The last of them, the oldest first.
    window: VecDeque<Finished>,
    /// Their errors in order of size.
    sorted: Vec<f64>,
    /// Errors of other coins in order of size, for as long as this one has too few.
    strangers: Vec<f64>,
    /// What is added to each of [`Quantiles::LEVELS`].
    shifts: [f64; 7],
    /// Forecasts whose horizon still runs, the oldest first.
    pending: VecDeque<Pending>,
}

#[derive(Debug, Clone, PartialEq)]
struct Pending {
    finished: Finished,
    published: Option<[f64; 7]>,
}

impl Running {
    fn after(errors: &[Finished]) -> Self {
        let mut running = Self::default();
        for &finished in errors {
            running.settle(finished.ends_at_s - 1);
            running.learn(finished);
        }
        running
    }

    /// Takes in every forecast whose horizon has ended at `now_s`, epoch seconds. Time must not go back.
    pub fn settle(&mut self, now_s: i64) {
        while let Some(pending) = self.pending.pop_front_if(|pending| pending.finished.ends_at_s <= now_s) {
            let error = pending.finished.error();
            if let Some(published) = pending.published {
                for ((shift, level), quantile) in self.shifts.iter_mut().zip(Quantiles::LEVELS).zip(published) {
                    *shift += STEP * (level - if error < quantile { 1.0 } else { 0.0 });
                }
            }
            self.take(pending.finished);
        }
    }

    /// Hears of a forecast that has just been made; it counts once its horizon has ended.
    pub fn learn(&mut self, finished: Finished) {
        if finished.error().is_finite() {
            let published = self.is_known().then(|| self.standardised());
            self.pending.push_back(Pending { finished, published });
        }
    }

    /// Whether there are enough errors for a shape.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.shape().len() >= MIN_ERRORS
    }

    fn shape(&self) -> &[f64] {
        if self.sorted.len() >= MIN_ERRORS { &self.sorted } else { &self.strangers }
    }

    /// The distribution of log realised volatility around a prediction, in the order of [`Quantiles::LEVELS`]; none
    /// where too few errors are known.
    #[must_use]
    pub fn log_quantiles(&self, prediction: &Prediction, horizon: Horizon) -> Option<[f64; 7]> {
        let index = horizon.index();
        self.is_known().then(|| self.standardised().map(|z| prediction.location[index] + prediction.scale[index] * z))
    }

    /// The chance that log realised volatility ends above `log_threshold`; none where too few errors are known. Never
    /// exactly 0 or 1: the errors that were measured say nothing about what lies beyond them.
    #[must_use]
    pub fn chance_above(&self, prediction: &Prediction, horizon: Horizon, log_threshold: f64) -> Option<f64> {
        let index = horizon.index();
        let z = (log_threshold - prediction.location[index]) / prediction.scale[index];
        self.is_known().then(|| {
            let shape = self.shape();
            let below = shape.partition_point(|&error| error < z);
            1.0 - self.nominal((below as f64 + 0.5) / (shape.len() + 1) as f64)
        })
    }

    /// The levels at which the quantiles are read off the shape.
    fn levels(&self) -> [f64; 7] {
        let mut highest = LEVEL_FLOOR;
        // Levels that move on their own might cross.
        std::array::from_fn(|index| {
            highest = (Quantiles::LEVELS[index] + self.shifts[index]).clamp(highest, 1.0 - LEVEL_FLOOR);
            highest
        })
    }

    /// The level that is promised for a rank in the shape, so that a chance and the quantiles are read off one curve:
    /// straight between the quantiles.
    fn nominal(&self, rank: f64) -> f64 {
        let ends = |middle: [f64; 7]| {
            let mut all = [0.0; 9];
            all[1..8].copy_from_slice(&middle);
            all[8] = 1.0;
            all
        };
        let (moved, promised) = (ends(self.levels()), ends(Quantiles::LEVELS));
        let above = moved.partition_point(|&level| level <= rank).clamp(1, 8);
        let span = moved[above] - moved[above - 1];
        let share = if span > 0.0 { (rank - moved[above - 1]) / span } else { 0.0 };
        promised[above - 1] + share * (promised[above] - promised[above - 1])
    }

    /// What makes a forecast of variance of one of its logarithm: the mean of `exp(2 * residual)` over the window.
    #[must_use]
    pub fn variance_factor(&self) -> f64 {
        if self.window.len() < MIN_ERRORS {
            return 1.0;
        }
        self.window.iter().map(|finished| (2.0 * finished.residual).exp()).sum::<f64>() / self.window.len() as f64
    }

    fn standardised(&self) -> [f64; 7] {
        let shape = self.shape();
        self.levels().map(|level| interpolate(shape, level * (shape.len() + 1) as f64 - 1.0))
    }

    fn take(&mut self, finished: Finished) {
        let error = finished.error();
        self.window.push_back(finished);
        self.sorted.insert(self.sorted.partition_point(|&other| other < error), error);
        if self.window.len() > WINDOW
            && let Some(oldest) = self.window.pop_front()
        {
            self.sorted.remove(self.sorted.partition_point(|&other| other < oldest.error()));
        }
    }
}

/// The value at a fractional position of a sorted list; beyond the ends, the ends.
pub(crate) fn interpolate(sorted: &[f64], position: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = position.clamp(0.0, last as f64);
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;
    use crate::seed;

    const PREDICTION: Prediction = Prediction { location: [-3.5; 2], scale: [0.4; 2] };
    const DAY: i64 = 86_400;

    fn symbol() -> Symbol {
        Symbol::parse("BTC").expect("a ticker")
    }

    fn finished(ends_at_s: i64, residual: f64) -> Finished {
        Finished { ends_at_s, residual, scale: 1.0 }
    }

    fn even(count: i64) -> Calibration {
        let mut calibration = Calibration::default();
        for k in 0..count {
            let residual = 2.0 * (k * 7_919 % count) as f64 / count as f64 - 1.0;
            calibration.add(&symbol(), Horizon::Day, finished(k * DAY, residual));
        }
        calibration
    }

    #[test]
    fn quantiles_rise_and_the_chance_of_passing_them_is_what_their_level_says() {
        let mut running = even(365).start(&symbol(), Horizon::Day);
        running.settle(400 * DAY);
        let quantiles = running.log_quantiles(&PREDICTION, Horizon::Day).expect("a year of errors");
        assert!(quantiles.is_sorted());
        for (value, level) in quantiles.iter().zip(Quantiles::LEVELS) {
            let chance = running.chance_above(&PREDICTION, Horizon::Day, *value).expect("a year of errors");
            assert!((chance - (1.0 - level)).abs() < 0.02, "{level}: {chance}");
        }
    }

    #[test]
    fn nothing_is_certain() {
        let running = even(365).start(&symbol(), Horizon::Day);
        for threshold in [-1e12, 1e12] {
            let chance = running.chance_above(&PREDICTION, Horizon::Day, threshold).expect("a year of errors");
            assert!(chance > 0.0 && chance < 1.0, "{chance}");
        }
    }

    #[test]
    fn too_few_errors_give_no_shape_and_strangers_stand_in_until_there_are_enough() {
        assert!(!even(29).is_enough());
        assert!(even(29).start(&symbol(), Horizon::Day).log_quantiles(&PREDICTION, Horizon::Day).is_none());
        let mut running = even(200).start(&Symbol::parse("XYZ").expect("a ticker"), Horizon::Day);
        let strangers = running.log_quantiles(&PREDICTION, Horizon::Day).expect("other coins' errors");
        for day in 0..60 {
            running.settle(day * DAY);
            running.learn(finished((day + 1) * DAY, 5.0));
            assert!(running.is_known());
        }
        running.settle(100 * DAY);
        let own = running.log_quantiles(&PREDICTION, Horizon::Day).expect("its own errors");
        assert!(own[3] > strangers[3] + 1.0, "{own:?} and {strangers:?}");
    }

    #[test]
    fn a_forecast_counts_only_once_its_horizon_has_ended() {
        let mut running = even(365).start(&symbol(), Horizon::Day);
        running.settle(370 * DAY);
        let before = running.log_quantiles(&PREDICTION, Horizon::Day);
        running.learn(finished(372 * DAY, 40.0));
        running.settle(372 * DAY - 1);
        assert_eq!(running.log_quantiles(&PREDICTION, Horizon::Day), before);
        running.settle(372 * DAY);
        assert_ne!(running.log_quantiles(&PREDICTION, Horizon::Day), before);
    }

    #[test]
    fn intervals_keep_their_promise_while_the_errors_change() {
        let mut generator = seed::generator(4, 0);
        let mut running = even(365).start(&symbol(), Horizon::Day);
        let (mut inside80, mut inside95, days) = (0, 0, 3_000);
        for day in 400..400 + days {
            running.settle(day * DAY);
            let quantiles = running.log_quantiles(&Prediction { location: [0.0; 2], scale: [1.0; 2] }, Horizon::Day);
            let quantiles = quantiles.expect("a year of errors");
            // The errors widen to five times what they were, and drift away.
            let spread = 1.0 + 4.0 * (day - 400) as f64 / days as f64;
            let error = spread * (generator.random_range(-1.0..1.0) + 0.3);
            inside80 += i64::from((quantiles[1]..=quantiles[5]).contains(&error));
            inside95 += i64::from((quantiles[0]..=quantiles[6]).contains(&error));
            running.learn(finished((day + 1) * DAY, error));
        }
        let share = |count: i64| count as f64 / days as f64;
        assert!((share(inside80) - 0.80).abs() < 0.02, "{}", share(inside80));
        assert!((share(inside95) - 0.95).abs() < 0.01, "{}", share(inside95));
    }
}

//! How good models are on origins that they were not fitted on: walk-forward, side by side.

pub mod bootstrap;
pub mod comparison;
pub mod confidence_set;
pub mod metrics;
pub mod score;

use std::collections::{BTreeMap, VecDeque};

use domain::forecast::Horizon;
use domain::model::{Family, Score};
use serde::Serialize;

use crate::calibration::Calibration;
use crate::dataset::{Origin, Panel};
use crate::model::ewma::Ewma;
use crate::model::forest::RandomForest;
use crate::model::har::Har;
use crate::model::lstm::{Lstm, Plan, Progress};
use crate::model::persistence::Persistence;
use crate::model::{ModelError, VolatilityModel};
use crate::split::Fold;

use self::score::{Case, score};

/// Finished origins over which the variance correction is averaged.
const CORRECTION_ORIGINS: usize = 365;

/// Fewest finished origins before a correction is made at all.
const MIN_CORRECTION_ORIGINS: usize = 30;

/// Every family that an evaluation compares, the simplest first.
pub const FAMILIES: [Family; 6] =
    [Family::Persistence, Family::Ewma, Family::Har, Family::HarCalendar, Family::RandomForest, Family::Lstm];

/// A model with the shape of its errors, as it would serve.
pub struct Fitted<'a> {
    /// The model.
    pub model: &'a dyn VolatilityModel,
    /// The shape of its errors.
    pub calibration: &'a Calibration,
}

/// Scores over all coins and by coin.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// One score a horizon, all coins together.
    pub pooled: Vec<Score>,
    /// The same for each coin with at least one scored origin.
    pub by_symbol: BTreeMap<String, Vec<Score>>,
}

/// One row of an evaluation's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The family.
    pub model: Family,
    /// The coin, or `ALL`.
    pub symbol: String,
    /// The score.
    #[serde(flatten)]
    pub score: Score,
}

/// Scores a fitted model on the test origins of a fold.
///
/// # Errors
/// [`ModelError`] where a tensor operation fails.
pub fn score_fold(panel: &Panel, fold: &Fold, fitted: &Fitted<'_>) -> Result<Scores, ModelError> {
    let cases = test_cases(panel, fold, fitted)?;
    Ok(Scores::of(panel, [&cases[0], &cases[1]]))
}

impl Scores {
    fn of(panel: &Panel, cases: [&[Case]; 2]) -> Self {
        let mut pooled = Vec::new();
        let mut by_symbol: BTreeMap<String, Vec<Score>> = BTreeMap::new();
        for horizon in Horizon::ALL {
            let cases = cases[horizon.index()];
            pooled.extend(score(horizon, cases));
            for (index, coin) in panel.coins().iter().enumerate() {
                let own: Vec<Case> = cases.iter().filter(|case| case.coin as usize == index).copied().collect();
                if let Some(score) = score(horizon, &own) {
                    by_symbol.entry(coin.symbol.to_string()).or_default().push(score);
                }
            }
        }
        Self { pooled, by_symbol }
    }
}

/// Forecasts and outcomes at the test origins of a fold, by horizon. The validation origins warm the variance
/// correction up: they are finished when the test begins.
fn test_cases(panel: &Panel, fold: &Fold, fitted: &Fitted<'_>) -> Result<[Vec<Case>; 2], ModelError> {
    let warm_up = fold.validation(panel, 24);
    let mut origins: Vec<Origin> = warm_up.iter().chain(&fold.test(panel)).copied().collect();
    origins.sort_unstable();
    let predictions = fitted.model.predict(panel, &origins)?;

    let mut cases = [Vec::new(), Vec::new()];
    for horizon in Horizon::ALL {
        let index = horizon.index();
        let mut correction = Correction::default();
        let mut coin = u32::MAX;
        for (&origin, prediction) in origins.iter().zip(&predictions) {
            if origin.coin != coin {
                correction = Correction::default();
                coin = origin.coin;
            }
            let origin_s = panel.origin_s(origin);
            let log_forecast = prediction.location[index];
            let log_realised = panel.target(origin, horizon);
            let factor = correction.at(origin_s);
            if log_realised.is_finite() {
                let ends_at_s = origin_s + i64::from(horizon.hours()) * 3_600;
                correction.learn(ends_at_s, log_realised - log_forecast);
            }
            let usual = panel.usual(origin, horizon);
            let (Some(usual), true, true) = (usual, log_realised.is_finite(), origin_s >= fold.test_from_s) else {
                continue;
            };
            let quantiles = fitted.calibration.quantiles(prediction, horizon);
            cases[index].push(Case {
                coin: origin.coin,
                origin_s,
                log_forecast,
                log_quantiles: quantiles.to_array().map(f64::ln),
                variance_forecast: (2.0 * log_forecast).exp() * factor,
                chance: fitted.calibration.chance_above(prediction, horizon, usual.high),
                log_usual: [usual.low.ln(), usual.high.ln()],
                log_before: panel.trailing(origin, horizon),
                log_realised,
            });
        }
    }
    Ok(cases)
}

/// The causal bias correction of a variance forecast made from a log forecast: the rolling mean of
/// `exp(2 * residual)` over the last origins whose horizon has ended.
#[derive(Debug, Default)]
struct Correction {
    running: VecDeque<(i64, f64)>,
    finished: VecDeque<f64>,
}

impl Correction {
    /// The factor that is known at an instant; origins must come in order of time.
    fn at(&mut self, now_s: i64) -> f64 {
        while let Some(&(ends_at_s, residual)) = self.running.front()
            && ends_at_s <= now_s
        {
            self.running.pop_front();
            self.finished.push_back((2.0 * residual).exp());
            if self.finished.len() > CORRECTION_ORIGINS {
                self.finished.pop_front();
            }
        }
        if self.finished.len() < MIN_CORRECTION_ORIGINS {
            return 1.0;
        }
        self.finished.iter().sum::<f64>() / self.finished.len() as f64
    }

    fn learn(&mut self, ends_at_s: i64, residual: f64) {
        self.running.push_back((ends_at_s, residual));
    }
}

/// Fits and scores families over the folds of a walk-forward. Rows come family by family, all coins first.
/// `watch` hears of the network's training and may return false to stop.
///
/// # Errors
/// [`ModelError`] where a history is too short, a training fails or is stopped.
pub fn walk_forward(
    panel: &Panel,
    folds: &[Fold],
    families: &[Family],
    plan: &Plan,
    seed: u64,
    watch: &(dyn Fn(Family, usize, Option<Progress>) -> bool + Sync),
) -> Result<Vec<Row>, ModelError> {
    let mut rows = Vec::new();
    for &family in families {
        let mut cases = [Vec::new(), Vec::new()];
        for (number, fold) in folds.iter().enumerate() {
            if !watch(family, number, None) {
                return Err(ModelError::Stopped);
            }
            let model = fit(panel, fold, family, plan, seed, &|progress| watch(family, number, Some(progress)))?;
            let calibration = Calibration::measure(model.as_ref(), panel, &fold.validation(panel, 6))?;
            let fitted = Fitted { model: model.as_ref(), calibration: &calibration };
            let [day, two_days] = test_cases(panel, fold, &fitted)?;
            cases[0].extend(day);
            cases[1].extend(two_days);
        }
        let scores = Scores::of(panel, [&cases[0], &cases[1]]);
        let row = |symbol: &str, score: Score| Row { model: family, symbol: symbol.to_owned(), score };
        rows.extend(scores.pooled.into_iter().map(|score| row("ALL", score)));
        for (symbol, scores) in scores.by_symbol {
            rows.extend(scores.into_iter().map(|score| row(&symbol, score)));
        }
    }
    Ok(rows)
}

fn fit(
    panel: &Panel,
    fold: &Fold,
    family: Family,
    plan: &Plan,
    seed: u64,
    watch: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Box<dyn VolatilityModel>, ModelError> {
    let daily = fold.training(panel, 24);
    Ok(match family {
        Family::Persistence => Box::new(Persistence::fit(panel, &daily)),
        Family::Ewma => Box::new(Ewma::fit(panel, &daily)),
        Family::Har => Box::new(Har::fit(panel, &daily)?),
        Family::HarCalendar => Box::new(Har::fit_with_calendar(panel, &daily)?),
        Family::RandomForest => Box::new(RandomForest::fit(panel, &daily, &fold.validation(panel, 24), seed)?),
        Family::Garch | Family::Boosting | Family::BlendWithoutLstm | Family::Blend => {
            unreachable!("not among the families that are compared")
        }
        Family::Lstm => Box::new(Lstm::fit(
            panel,
            &fold.training(panel, plan.every_hours),
            &fold.validation(panel, 6),
            plan,
            seed,
            watch,
        )?),
    })
}

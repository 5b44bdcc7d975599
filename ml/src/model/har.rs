//! Heterogeneous autoregression (Corsi 2009) of log realised volatility, with and without day-of-week terms.

mod tensors;

use std::collections::BTreeMap;

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Family;

use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{Origin, Panel, weekday_shares};
use crate::linear::Ridge;

/// A penalty that only guards against collinear day-of-week terms.
const PENALTY: f64 = 1e-6;

/// Fewest origins for an equation of a coin's own: over them its nine slopes settle.
const MIN_OWN_ORIGINS: usize = 250;

/// `ln RV_{t,t+h} = a + b1 ln RV_1d + b7 ln RV_7d + b30 ln RV_30d (+ day-of-week terms)`, one regression a coin
/// and horizon, and one over all coins for coins that were not in the training.
#[derive(Debug, Clone, PartialEq)]
pub struct Har {
    has_calendar: bool,
    by_coin: BTreeMap<Symbol, Equation>,
    pooled: Equation,
}

#[derive(Debug, Clone, PartialEq)]
struct Equation {
    lines: [Ridge; 2],
    scale: [f64; 2],
}

impl Har {
    /// Fits the plain regression on one day, one week and one month.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where there are too few origins.
    pub fn fit(panel: &Panel, origins: &[Origin]) -> Result<Self, ModelError> {
        Self::fit_with(panel, origins, false)
    }

    /// Fits the regression with the share of the horizon that falls on each day of the week.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where there are too few origins.
    pub fn fit_with_calendar(panel: &Panel, origins: &[Origin]) -> Result<Self, ModelError> {
        Self::fit_with(panel, origins, true)
    }

    fn fit_with(panel: &Panel, origins: &[Origin], has_calendar: bool) -> Result<Self, ModelError> {
        let pooled = Equation::fit(panel, origins, has_calendar)?;
        let mut of_coin: BTreeMap<usize, Vec<Origin>> = BTreeMap::new();
        for &origin in origins {
            of_coin.entry(origin.coin as usize).or_default().push(origin);
        }
        let mut by_coin = BTreeMap::new();
        for (coin, own) in of_coin {
            // A coin with a short history is served by the pooled equation.
            if own.len() < MIN_OWN_ORIGINS {
                continue;
            }
            match Equation::fit(panel, &own, has_calendar) {
                Ok(equation) => {
                    by_coin.insert(panel.coins()[coin].symbol.clone(), equation);
                }
                Err(ModelError::NotEnoughData { .. } | ModelError::Singular) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { has_calendar, by_coin, pooled })
    }
}

impl Equation {
    fn fit(panel: &Panel, origins: &[Origin], has_calendar: bool) -> Result<Self, ModelError> {
        let fitted = Horizon::ALL.map(|horizon| {
            let mut x = Vec::new();
            let mut y = Vec::new();
            let mut width = 0;
            for &origin in origins {
                let row = regressors(panel, origin, horizon, has_calendar);
                let target = panel.target(origin, horizon);
                if target.is_finite() && row.iter().all(|value| value.is_finite()) {
                    width = row.len();
                    x.extend(row);
                    y.push(target);
                }
            }
            Ridge::fit(&x, width, &y, PENALTY)
        });
        let [day, two_days] = fitted;
        let mut equation = Self { lines: [day?, two_days?], scale: [1.0; 2] };
        let locations: Vec<[f64; 2]> =
            origins.iter().map(|&origin| equation.location(panel, origin, has_calendar)).collect();
        equation.scale = constant_scale(panel, origins, &locations);
        Ok(equation)
    }

    fn location(&self, panel: &Panel, origin: Origin, has_calendar: bool) -> [f64; 2] {
        Horizon::ALL.map(|horizon| self.lines[horizon.index()].at(regressors(panel, origin, horizon, has_calendar)))
    }
}

/// Six shares of the week are enough: the seventh is one minus their sum.
fn regressors(panel: &Panel, origin: Origin, horizon: Horizon, has_calendar: bool) -> Vec<f64> {
    let mut row = panel.har_terms(origin).to_vec();
    if has_calendar {
        row.extend_from_slice(&weekday_shares(panel.origin_s(origin), horizon)[..6]);
    }
    row
}

impl VolatilityModel for Har {
    fn family(&self) -> Family {
        if self.has_calendar { Family::HarCalendar } else { Family::Har }
    }

    fn parameters(&self) -> usize {
        let of = |equation: &Equation| equation.lines.iter().map(|line| line.slopes.len() + 2).sum::<usize>();
        of(&self.pooled) + self.by_coin.values().map(of).sum::<usize>()
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        Ok(origins
            .iter()
            .map(|&origin| {
                let symbol = &panel.coins()[origin.coin as usize].symbol;
                let equation = self.by_coin.get(symbol).unwrap_or(&self.pooled);
                Prediction { location: equation.location(panel, origin, self.has_calendar), scale: equation.scale }
            })
            .collect())
    }
}

//! GARCH(1,1) with Student-t innovations on daily log returns (Bollerslev 1987): the econometrician's benchmark, which
//! sees one return a day and none of the hours between.

pub mod process;
mod simplex;

use std::collections::BTreeMap;

use domain::market::Symbol;
use domain::model::Family;
use rayon::prelude::*;

use self::process::{Process, variance};
use super::{ModelError, Prediction, VolatilityModel, constant_scale};
use crate::dataset::{Origin, Panel};

/// Fewest daily returns from which a coin gets a process of its own; a coin with fewer is served by the pooled one.
/// Estimates from shorter histories are biased towards too little persistence (Hwang and Valls Pereira 2006).
const OWN_DAYS: usize = 500;

/// Fewest daily returns of all coins together from which the pooled process is estimated.
const POOLED_DAYS: usize = 250;

/// Hours from one return to the next.
const DAY_HOURS: usize = 24;

/// One process a coin, and one that all coins share for coins that were not in the training: the process under which
/// the returns of all of them are likeliest.
///
/// The forecast is the expected variance of the next day and the mean of the next two days'. Days end at the origin's
/// hour, whichever that is, and the variance is followed from the coin's first day up to the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Garch {
    by_coin: BTreeMap<Symbol, Equation>,
    pooled: Equation,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Equation {
    process: Process,
    /// The variance of the returns it was fitted on, at which a coin's first day starts.
    before: f64,
    scale: [f64; 2],
}

impl Garch {
    /// Fits the processes on the daily returns from each coin's first training origin to its last.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] where there are too few days, [`ModelError::Flat`] where no price moves.
    pub fn fit(panel: &Panel, origins: &[Origin]) -> Result<Self, ModelError> {
        let mut of_coin: BTreeMap<u32, Vec<Origin>> = BTreeMap::new();
        for &origin in origins {
            of_coin.entry(origin.coin).or_default().push(origin);
        }
        let of_coin: Vec<(u32, Vec<Origin>)> = of_coin.into_iter().collect();
        let series: Vec<Vec<f64>> = of_coin.iter().map(|(_, origins)| training_returns(panel, origins)).collect();

        let (pooled, own) = rayon::join(
            || Equation::fit(panel, origins, &series, POOLED_DAYS),
            || {
                of_coin
                    .par_iter()
                    .zip(&series)
                    .map(|((_, origins), returns)| {
                        Equation::fit(panel, origins, std::slice::from_ref(returns), OWN_DAYS)
                    })
                    .collect::<Vec<_>>()
            },
        );
        let mut by_coin = BTreeMap::new();
        for ((coin, _), equation) in of_coin.iter().zip(own) {
            match equation {
                Ok(equation) => {
                    by_coin.insert(panel.coins()[*coin as usize].symbol.clone(), equation);
                }
                // A coin with a short history is served by the pooled equation.
                Err(ModelError::NotEnoughData { .. } | ModelError::Flat) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { by_coin, pooled: pooled? })
    }
}

/// The daily log returns from the first of a coin's origins to the last, in order of time.
fn training_returns(panel: &Panel, origins: &[Origin]) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (origins.iter().min(), origins.iter().max()) else {
        return Vec::new();
    };
    returns_until(panel, last, (last.row - first.row) as usize / DAY_HOURS + 1)
}

/// The last `days` daily log returns at an origin, in order of time.
fn returns_until(panel: &Panel, origin: Origin, days: usize) -> Vec<f64> {
    let mut returns: Vec<f64> = panel.daily_log_returns(origin, days).collect();
    returns.reverse();
    returns
}

impl Equation {
    fn fit(panel: &Panel, origins: &[Origin], series: &[Vec<f64>], needed: usize) -> Result<Self, ModelError> {
        let process = Process::estimate(series, needed)?;
        let before = variance(series.iter().flatten().copied(), needed)?;
        let mut equation = Self { process, before, scale: [1.0; 2] };
        let locations = locations(panel, origins, |_| &equation);
        equation.scale = constant_scale(panel, origins, &locations);
        Ok(equation)
    }

    /// Half the log of the variance a day, over the next day and over the next two.
    fn location(&self, tomorrow: f64) -> [f64; 2] {
        let two_days = 0.5 * (tomorrow + self.process.expected(tomorrow, 1));
        [tomorrow, two_days].map(|variance| 0.5 * variance.ln())
    }
}

/// Where each origin's volatility is expected, by the equation of its coin. Each series of daily returns is gone
/// through once, up to the last origin that ends one of its days.
fn locations<'a>(panel: &Panel, origins: &[Origin], equation: impl Fn(u32) -> &'a Equation) -> Vec<[f64; 2]> {
    let series_of = |origin: &Origin| (origin.coin, origin.row as usize % DAY_HOURS);
    let mut last: BTreeMap<(u32, usize), Origin> = BTreeMap::new();
    for origin in origins {
        let newest = last.entry(series_of(origin)).or_insert(*origin);
        *newest = (*newest).max(*origin);
    }
    let tomorrow: BTreeMap<(u32, usize), Vec<f64>> = last
        .into_iter()
        .map(|(series, origin)| {
            let Equation { process, before, .. } = equation(origin.coin);
            let returns = returns_until(panel, origin, origin.row as usize / DAY_HOURS + 1);
            (series, process.filter(returns, *before).collect())
        })
        .collect();
    origins
        .iter()
        .map(|origin| equation(origin.coin).location(tomorrow[&series_of(origin)][origin.row as usize / DAY_HOURS]))
        .collect()
}

impl VolatilityModel for Garch {
    fn family(&self) -> Family {
        Family::Garch
    }

    fn parameters(&self) -> usize {
        const PER_EQUATION: usize = 8;
        PER_EQUATION * (1 + self.by_coin.len())
    }

    fn predict(&self, panel: &Panel, origins: &[Origin]) -> Result<Vec<Prediction>, ModelError> {
        let equation = |coin: u32| self.by_coin.get(&panel.coins()[coin as usize].symbol).unwrap_or(&self.pooled);
        Ok(locations(panel, origins, equation)
            .into_iter()
            .zip(origins)
            .map(|(location, origin)| Prediction { location, scale: equation(origin.coin).scale })
            .collect())
    }
}

//! The regressions as named tensors: one per equation, `har.<coin>` and `har.pooled`, horizon by horizon `[intercept, slopes.., scale]`.

use domain::market::Symbol;

use super::{Equation, Har};
use crate::artefact::Tensors;
use crate::linear::Ridge;

const PREFIX: &str = "har.";
const POOLED: &str = "pooled";

impl Har {
    pub(crate) fn to_tensors(&self) -> Tensors {
        self.by_coin
            .iter()
            .map(|(symbol, equation)| (format!("{PREFIX}{symbol}"), equation.to_tensor()))
            .chain([(format!("{PREFIX}{POOLED}"), self.pooled.to_tensor())])
            .collect()
    }

    pub(crate) fn from_tensors(tensors: &Tensors, has_calendar: bool) -> Option<Self> {
        let slopes = if has_calendar { 9 } else { 3 };
        let mut by_coin = std::collections::BTreeMap::new();
        let mut pooled = None;
        for (name, tensor) in tensors {
            match name.strip_prefix(PREFIX) {
                Some(POOLED) => pooled = Some(Equation::from_tensor(tensor, slopes)?),
                Some(symbol) => {
                    by_coin.insert(Symbol::parse(symbol).ok()?, Equation::from_tensor(tensor, slopes)?);
                }
                None => {}
            }
        }
        Some(Self { has_calendar, by_coin, pooled: pooled? })
    }
}

impl Equation {
    fn to_tensor(&self) -> (Vec<usize>, Vec<f64>) {
        let values: Vec<f64> = self
            .lines
            .iter()
            .zip(self.scale)
            .flat_map(|(line, scale)| [line.intercept].into_iter().chain(line.slopes.iter().copied()).chain([scale]))
            .collect();
        (vec![2, values.len() / 2], values)
    }

    fn from_tensor((shape, values): &(Vec<usize>, Vec<f64>), slopes: usize) -> Option<Self> {
        if shape.as_slice() != [2, slopes + 2] || values.len() != 2 * (slopes + 2) {
            return None;
        }
        let (day, two_days) = values.split_at(slopes + 2);
        let line = |row: &[f64]| Ridge { intercept: row[0], slopes: row[1..=slopes].to_vec() };
        Some(Self { lines: [line(day), line(two_days)], scale: [day[slopes + 1], two_days[slopes + 1]] })
    }
}

//! What the forecaster reads of a panel: inputs against the coin's level at the origin, standardised.

use candle_core::{Device, Tensor};
use domain::forecast::{Driver, Horizon};
use domain::market::Symbol;

use super::training::Without;
use crate::dataset::{
    FEATURE_COUNT, INPUTS, LEVEL_INPUT, Origin, Panel, SEQUENCE_DAYS, Scaler, level, relative, weekday_shares,
};
use crate::model::{Hidden, ModelError};

/// Every how many training origins one is measured for the sequences' scaler: thirty days of each are enough.
const MEASURE_EVERY: usize = 8;

/// Turns origins into inputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reader {
    /// The features as they are: what a hidden one is replaced by.
    pub(super) plain: Scaler,
    /// The features at the origin against the level; the level itself as it is.
    pub(super) origin: Scaler,
    /// The features of a sequence's days against the level at the origin.
    pub(super) sequence: Scaler,
    /// The coins that have an intercept of their own.
    pub(super) symbols: Vec<Symbol>,
    /// What is hidden from every forecast.
    pub(super) always: Hidden,
    /// Whether inputs are read against the level.
    pub(super) has_level: bool,
}

impl Reader {
    /// Measures the training origins.
    pub(super) fn fit(panel: &Panel, training: &[Origin], without: &Without) -> Self {
        let unmeasured = Scaler { mean: vec![0.0; FEATURE_COUNT], deviation: vec![1.0; FEATURE_COUNT] };
        let mut reader = Self {
            plain: Scaler::fit(panel, training),
            origin: unmeasured.clone(),
            sequence: unmeasured,
            symbols: panel.coins().iter().map(|coin| coin.symbol.clone()).collect(),
            always: Hidden {
                inputs: (0..FEATURE_COUNT)
                    .filter(|&index| without.drivers.contains(&INPUTS[index].spec().driver))
                    .collect(),
                calendar: without.drivers.contains(&Driver::DayOfWeek),
            },
            has_level: !without.level,
        };
        let nothing = Hidden::default();
        reader.origin = Scaler::measure(training.iter().map(|&origin| {
            let features = reader.hide(panel.features(origin), &nothing);
            reader.at_origin(&features, reader.level(&features))
        }));
        let read = &reader;
        let days = training.iter().step_by(MEASURE_EVERY).flat_map(|&origin| {
            let level = read.level(&read.hide(panel.features(origin), &Hidden::default()));
            (0..SEQUENCE_DAYS).filter_map(move |day| {
                let mut row = [0.0_f32; FEATURE_COUNT];
                let features = read.hide(panel.features_before(origin, day)?, &Hidden::default());
                relative(&features, level, &mut row);
                Some(row)
            })
        });
        let sequence = Scaler::measure(days);
        reader.sequence = sequence;
        reader
    }

    /// The level at the origin, and the inputs of the linear equation: standardised features, six weekday shares of
    /// the horizon, the coin.
    pub(super) fn equation_row(
        &self,
        panel: &Panel,
        origin: Origin,
        horizon: Horizon,
        hidden: &Hidden,
    ) -> (f64, impl Iterator<Item = f64>) {
        let features = self.hide(panel.features(origin), hidden);
        let level = self.level(&features);
        let row = self.at_origin(&features, level);
        let mut standardised = [0.0_f32; FEATURE_COUNT];
        self.origin.write(&row, &mut standardised);

        let shares = if hidden.calendar || self.always.calendar {
            [1.0 / 7.0; 7]
        } else {
            weekday_shares(panel.origin_s(origin), horizon)
        };
        let symbol = &panel.coins()[origin.coin as usize].symbol;
        let coin = self.symbols.iter().map(move |known| if known == symbol { 1.0 } else { 0.0 });
        let inputs = standardised.into_iter().map(f64::from).chain(shares.into_iter().take(6)).chain(coin);
        (f64::from(level), inputs)
    }

    /// One tensor `[L, B, F]`, the oldest day first.
    pub(super) fn sequence(&self, panel: &Panel, cases: &[(Origin, &Hidden)]) -> Result<Tensor, ModelError> {
        let mut values = vec![0.0_f32; SEQUENCE_DAYS * cases.len() * FEATURE_COUNT];
        for (position, &(origin, hidden)) in cases.iter().enumerate() {
            let level = self.level(&self.hide(panel.features(origin), hidden));
            for day in 0..SEQUENCE_DAYS {
                // Days before the coin's first stay at zero, which is the mean.
                if let Some(features) = panel.features_before(origin, day) {
                    let start = ((SEQUENCE_DAYS - 1 - day) * cases.len() + position) * FEATURE_COUNT;
                    let mut row = [0.0_f32; FEATURE_COUNT];
                    relative(&self.hide(features, hidden), level, &mut row);
                    self.sequence.write(&row, &mut values[start..start + FEATURE_COUNT]);
                }
            }
        }
        Ok(Tensor::from_vec(values, (SEQUENCE_DAYS, cases.len(), FEATURE_COUNT), &Device::Cpu)?)
    }

    fn hide(&self, features: &[f32], hidden: &Hidden) -> [f32; FEATURE_COUNT] {
        let mut row: [f32; FEATURE_COUNT] = std::array::from_fn(|index| features[index]);
        for &input in self.always.inputs.iter().chain(&hidden.inputs) {
            row[input] = self.plain.mean[input];
        }
        row
    }

    fn level(&self, features: &[f32]) -> f32 {
        if self.has_level { level(features) } else { 0.0 }
    }

    /// Against the level, except for the level itself, which would be zero.
    fn at_origin(&self, features: &[f32], level: f32) -> [f32; FEATURE_COUNT] {
        let mut row = [0.0; FEATURE_COUNT];
        relative(features, level, &mut row);
        row[LEVEL_INPUT] = features[LEVEL_INPUT];
        row
    }
}

//! The reasons of a forecast against a computation that takes no short cut: the hours themselves are changed, and the
//! model is asked as always.

use domain::forecast::{Driver, Horizon};
use ml::dataset::{INPUTS, Origin, Panel};
use ml::features::{self, FeatureTable};
use ml::forecaster::{Forecaster, Shapes};

use crate::models;

const DAY_S: i64 = 86_400;

const DRIVERS: [Driver; 8] = [
    Driver::RecentVolatility,
    Driver::LongerVolatility,
    Driver::DownsideMoves,
    Driver::PriceRange,
    Driver::Trend,
    Driver::TradingVolume,
    Driver::WholeMarket,
    Driver::DayOfWeek,
];

fn tables() -> Vec<FeatureTable> {
    let market = models::candles(models::DAYS);
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    features::compute(&borrowed).unwrap()
}

/// The tables with every input of a family at its training mean in every hour.
fn levelled(forecaster: &Forecaster, driver: Driver) -> Vec<FeatureTable> {
    let mut tables = tables();
    for (feature, &mean) in INPUTS.iter().zip(&forecaster.manifest().scaler.mean) {
        if feature.spec().driver == driver {
            tables.iter_mut().for_each(|table| table.columns[feature.index()].fill(f64::from(mean)));
        }
    }
    tables
}

fn location(forecaster: &Forecaster, tables: &[FeatureTable], origin: Origin) -> [f64; 2] {
    forecaster.model().predict(&Panel::new(tables), &[origin]).unwrap()[0].location
}

/// Where the model expects volatility when a family says nothing. The day of the week is not only a feature: the
/// model also reads it from the clock, so every day is tried. That the mean over the week is the model without its
/// calendar holds because those terms enter linearly.
fn location_without(forecaster: &Forecaster, driver: Driver, origin: Origin) -> [f64; 2] {
    let mut tables = levelled(forecaster, driver);
    if driver != Driver::DayOfWeek {
        return location(forecaster, &tables, origin);
    }
    let mut mean = [0.0; 2];
    for _ in 0..7 {
        let on_that_day = location(forecaster, &tables, origin);
        mean.iter_mut().zip(on_that_day).for_each(|(mean, location)| *mean += location / 7.0);
        tables.iter_mut().for_each(|table| table.closes_at_s.iter_mut().for_each(|at_s| *at_s += DAY_S));
    }
    mean
}

#[test]
fn the_reasons_are_the_strongest_effects_of_levelling_each_family_by_hand() {
    let forecaster = models::loaded(models::lstm());
    let tables = tables();
    let panel = Panel::new(&tables);
    let origins = panel.origins((models::DAYS - 40) * DAY_S, models::DAYS * DAY_S, 24 * 9);
    assert!(origins.len() >= 4);
    for origin in origins {
        let full = location(&forecaster, &tables, origin);
        let without = DRIVERS.map(|driver| location_without(&forecaster, driver, origin));
        let told = forecaster.forecast(&panel, origin, &Shapes::default()).unwrap().unwrap();
        for (forecast, horizon) in told.iter().zip(Horizon::ALL) {
            let index = horizon.index();
            let mut effects: Vec<(Driver, f64)> = DRIVERS
                .into_iter()
                .zip(without.map(|without| (full[index] - without[index]).exp() - 1.0))
                .filter(|(_, effect)| effect.abs() >= 0.01)
                .collect();
            effects.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            effects.truncate(4);
            assert_eq!(forecast.reasons.len(), effects.len(), "{effects:?} against {:?}", forecast.reasons);
            for (reason, (driver, effect)) in forecast.reasons.iter().zip(effects) {
                assert_eq!(reason.driver, driver);
                assert!((reason.effect - effect).abs() < 1e-6, "{driver:?}: {} against {effect}", reason.effect);
            }
        }
    }
}

#[test]
fn days_in_a_row_are_those_of_the_realised_volatility_that_a_reader_can_check() {
    let forecaster = models::loaded(models::lstm());
    let panel = Panel::new(&tables());
    let mut runs = Vec::new();
    for origin in panel.origins((models::DAYS - 60) * DAY_S, models::DAYS * DAY_S, 24) {
        let daily: Vec<f64> = panel.daily_log_rv(origin, 40).collect();
        let steps = daily.windows(2).map(|pair| (pair[0] - pair[1]).signum());
        let first = (daily[0] - daily[1]).signum();
        let run = first * steps.take_while(|&step| step == first).count() as f64;
        for reason in forecaster
            .forecast(&panel, origin, &Shapes::default())
            .unwrap()
            .unwrap()
            .iter()
            .flat_map(|both| &both.reasons)
        {
            let is_told = reason.driver == Driver::RecentVolatility;
            assert_eq!(f64::from(reason.days_in_a_row), if is_told { run } else { 0.0 });
            runs.push(reason.days_in_a_row);
        }
    }
    assert!(runs.iter().any(|&run| run >= 2) && runs.iter().any(|&run| run <= -2), "{runs:?}");
}

//! GARCH(1,1) against the Python package arch (`golden/garch.py`), and its forecasts on a small market made here.

use std::sync::OnceLock;

use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use ml::dataset::{Origin, Panel};
use ml::features;
use ml::model::garch::Garch;
use ml::model::garch::process::{Process, start_variance};
use ml::model::{ModelError, VolatilityModel as _};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::{START_S, assert_close, candles, symbol, without};

const DAY_S: i64 = 86_400;
const DAYS: i64 = 640;
const TRAINED_DAYS: i64 = 600;

#[derive(Deserialize)]
struct Golden {
    returns: Vec<f64>,
    start_variance: f64,
    given: Said,
    fitted: Said,
}

#[derive(Deserialize)]
struct Said {
    parameters: [f64; 5],
    log_likelihood: f64,
    variances: [f64; 3],
    forecast: [f64; 2],
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/garch.json")).unwrap()
}

fn process([mean, omega, alpha, beta, degrees]: [f64; 5]) -> Process {
    Process { mean, omega, alpha, beta, degrees }
}

#[test]
fn the_likelihood_and_the_variances_are_those_of_arch() {
    for Golden { returns, start_variance: before, given, fitted } in golden() {
        assert_close("start variance", start_variance(&returns), before, 1e-12);
        for said in [given, fitted] {
            let process = process(said.parameters);
            assert_close("likelihood", process.log_likelihood(&returns, before), said.log_likelihood, 1e-10);
            let variances: Vec<f64> = process.filter(returns.iter().copied(), before).collect();
            // A day's variance is known the day before.
            for (ours, theirs) in variances[returns.len() - 4..].iter().zip(said.variances) {
                assert_close("variance", *ours, theirs, 1e-9);
            }
            let tomorrow = variances[returns.len() - 1];
            assert_close("one day ahead", tomorrow, said.forecast[0], 1e-9);
            assert_close("two days ahead", process.expected(tomorrow, 1), said.forecast[1], 1e-9);
        }
    }
}

#[test]
fn the_estimate_is_that_of_arch() {
    for Golden { returns, start_variance: before, fitted, .. } in golden() {
        let ours = Process::estimate(std::slice::from_ref(&returns), 500).unwrap();
        let likelihood = ours.log_likelihood(&returns, before);
        assert!(likelihood >= fitted.log_likelihood - 1e-6, "{likelihood} {}", fitted.log_likelihood);
        let found = [ours.mean, ours.omega, ours.alpha, ours.beta, ours.degrees];
        for (ours, theirs) in found.into_iter().zip(fitted.parameters) {
            assert!((ours - theirs).abs() < 1e-3 * theirs.abs().max(0.1), "{found:?} {:?}", fitted.parameters);
        }
    }
}

#[test]
fn the_unit_of_the_returns_does_not_count() {
    let percent = &golden()[2].returns;
    let fraction: Vec<f64> = percent.iter().map(|value| value / 100.0).collect();
    let one = Process::estimate(std::slice::from_ref(percent), 500).unwrap();
    let other = Process::estimate(&[fraction], 500).unwrap();
    assert_close("omega", one.omega, other.omega * 1e4, 1e-4);
    assert_close("alpha", one.alpha, other.alpha, 1e-4);
    assert_close("degrees", one.degrees, other.degrees, 1e-4);
}

#[test]
fn several_series_share_the_process_that_made_them() {
    let returns = &golden()[0].returns;
    let (first, second) = returns.split_at(700);
    let whole = Process::estimate(std::slice::from_ref(returns), 500).unwrap();
    let shared = Process::estimate(&[first.to_vec(), second.to_vec()], 500).unwrap();
    assert_close("persistence", shared.persistence(), whole.persistence(), 0.02);
    assert_close("degrees", shared.degrees, whole.degrees, 0.05);
}

#[test]
fn a_series_of_which_nothing_is_known_says_nothing() {
    let returns = golden().swap_remove(2).returns;
    let alone = Process::estimate(std::slice::from_ref(&returns), 500).unwrap();
    let beside = Process::estimate(&[vec![f64::NAN; 90], Vec::new(), returns], 500).unwrap();
    assert_eq!(beside, alone);
}

#[test]
fn returns_that_are_too_few_or_do_not_vary_are_refused() {
    let flat = Process::estimate(&[vec![0.0; 600]], 500);
    assert!(matches!(flat, Err(ModelError::Flat)), "{flat:?}");
    let mut holes = golden()[0].returns.clone();
    holes[400..].fill(f64::NAN);
    let few = Process::estimate(&[holes], 500);
    assert!(matches!(few, Err(ModelError::NotEnoughData { needed: 500, given: 400 })), "{few:?}");
}

fn market() -> Vec<(Symbol, CandleSeries)> {
    let hours = (DAYS * 24) as usize;
    vec![
        (symbol("BTC"), without(&candles(20, hours), |hour| hour % 997 < 5)),
        (symbol("ETH"), candles(21, hours)),
        (symbol("SOL"), candles(22, hours).between(START_S + 400 * DAY_S, i64::MAX)),
    ]
}

fn panel_of(market: &[(Symbol, CandleSeries)]) -> Panel {
    let borrowed: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    Panel::new(&features::compute(&borrowed).unwrap())
}

fn panel() -> &'static Panel {
    static PANEL: OnceLock<Panel> = OnceLock::new();
    PANEL.get_or_init(|| panel_of(&market()))
}

fn garch() -> &'static Garch {
    static MODEL: OnceLock<Garch> = OnceLock::new();
    MODEL.get_or_init(|| Garch::fit(panel(), &panel().origins(0, START_S + TRAINED_DAYS * DAY_S, 24)).unwrap())
}

/// Origins at every seventh hour of the last month.
fn late_origins(panel: &Panel) -> Vec<Origin> {
    panel.origins(START_S + TRAINED_DAYS * DAY_S, i64::MAX, 7)
}

#[test]
fn a_daily_return_is_the_log_of_the_price_over_the_price_a_day_before() {
    let market = market();
    let close = &market[1].1.close;
    let origin = Origin { coin: 1, row: 1_001 };
    let ours: Vec<f64> = panel().daily_log_returns(origin, 50).collect();
    for (day, value) in ours.iter().enumerate().take(41) {
        let end = 1_001 - day * 24;
        assert_close("return", *value, (close[end] / close[end - 24]).ln(), 1e-9);
    }
    // The first hour has no return of its own, and the coin nothing before it.
    assert!(ours[42..].iter().all(|value| value.is_nan()), "{ours:?}");
}

#[test]
fn forecasts_are_in_reach_of_what_is_usual_for_coins_with_a_process_of_their_own_and_without() {
    let origins = late_origins(panel());
    assert!(origins.iter().any(|origin| origin.coin == 2) && origins.len() > 300);
    for (origin, prediction) in origins.iter().zip(garch().predict(panel(), &origins).unwrap()) {
        for horizon in Horizon::ALL {
            let usual = panel().usual(*origin, horizon).unwrap();
            let forecast = prediction.location[horizon.index()].exp();
            assert!(forecast > 0.3 * usual.low && forecast < 3.0 * usual.high, "{forecast} {usual:?}");
            assert!(prediction.scale[horizon.index()] > 0.0);
        }
    }
    // Two coins have a process of their own; the third has too short a history.
    assert_eq!(garch().parameters(), 3 * 8);
}

#[test]
fn one_origin_at_a_time_and_many_at_once_agree() {
    let origins: Vec<Origin> = late_origins(panel()).into_iter().step_by(13).collect();
    let together = garch().predict(panel(), &origins).unwrap();
    for (origin, expected) in origins.iter().zip(together) {
        assert_eq!(garch().predict(panel(), &[*origin]).unwrap(), [expected]);
    }
}

#[test]
fn whatever_the_future_holds_no_process_and_no_forecast_moves() {
    let now_s = START_S + (TRAINED_DAYS + 20) * DAY_S;
    let mut market = market();
    for (_, series) in &mut market {
        let future = series.opens_at_s.partition_point(|&at_s| at_s < now_s);
        for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
            column[future..].iter_mut().for_each(|price| *price *= 4.0);
        }
    }
    let changed = panel_of(&market);
    let refitted = Garch::fit(&changed, &changed.origins(0, START_S + TRAINED_DAYS * DAY_S, 24)).unwrap();
    let origins: Vec<Origin> =
        late_origins(panel()).into_iter().filter(|&origin| panel().origin_s(origin) <= now_s).collect();
    assert!(origins.len() > 100);
    let before = garch().predict(panel(), &origins).unwrap();
    assert_eq!(before, refitted.predict(&changed, &origins).unwrap());
}

prop_compose! {
    fn any_process()(
        mean in -0.01..0.01_f64,
        omega in 1e-6..1e-2_f64,
        persistence in 0.05..0.97_f64,
        share in 0.0..1.0_f64,
        degrees in 2.1..100.0_f64,
    ) -> Process {
        Process { mean, omega, alpha: persistence * share, beta: persistence * (1.0 - share), degrees }
    }
}

proptest! {
    #[test]
    fn forecasts_revert_to_the_unconditional_variance(process in any_process(), factor in 0.01..50.0_f64) {
        let level = process.unconditional_variance();
        let start = level * factor;
        let mut distance = (start - level).abs();
        for days in 1..60 {
            let further = (process.expected(start, days) - level).abs();
            prop_assert!(further <= distance * (1.0 + 1e-9) + 1e-12 * level);
            distance = further;
        }
        assert_close("in the end", process.expected(start, 2_000), level, 1e-9);
    }

    #[test]
    fn a_day_that_is_not_known_leaves_what_was_expected_of_it(process in any_process(), factor in 0.01..50.0_f64) {
        let start = process.unconditional_variance() * factor;
        let unknown: Vec<f64> = process.filter([f64::NAN; 5], start).collect();
        for (days, variance) in (2..).zip(unknown) {
            assert_close("expected", variance, process.expected(start, days), 1e-9);
        }
    }

    #[test]
    fn a_greater_surprise_is_never_followed_by_a_calmer_forecast(
        process in any_process(),
        surprise in 0.0..0.5_f64,
        more in 0.0..0.5_f64,
    ) {
        let after = |surprise: f64| process.next(1e-3, process.mean + surprise);
        prop_assert!(after(surprise) <= after(-(surprise + more)) * (1.0 + 1e-12));
    }
}

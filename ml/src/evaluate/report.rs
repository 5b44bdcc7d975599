//! The served model in detail: what the page "How good is it?" draws.

use std::collections::BTreeMap;

use domain::clock::instant;
use domain::evaluation::{Miss, MonthScore, OutcomeBin, Part, PartScore, ReliabilityBin, Report, Warnings};
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::score::Case;
use crate::calibration::interpolate;

/// Bins of the reliability diagram, from 0 to 1.
const RELIABILITY_BINS: usize = 10;

/// Bins of forecasts against outcomes.
const OUTCOME_BINS: usize = 20;

/// Fewest forecasts in a bin of forecasts against outcomes.
const MIN_BIN: usize = 20;

/// Misses that are listed.
const MISSES: usize = 8;

/// One case of the served model with the baseline's on the same origin.
type Pair<'a> = (&'a Case, &'a Case);

/// Describes a model on the cases of one coin, or of all, beside those of the baseline on the same origins in the same
/// order; `symbols` are the panel's coins.
#[must_use]
pub fn describe(
    symbol: Option<Symbol>,
    horizon: Horizon,
    symbols: &[Symbol],
    served: &[Case],
    baseline: &[Case],
) -> Report {
    let pairs: Vec<Pair<'_>> = served.iter().zip(baseline).collect();
    Report {
        symbol,
        horizon,
        warnings: Warnings::count(served.iter().map(|case| (case.chance, case.was_high()))),
        reliability: reliability(served),
        outcomes: outcomes(served),
        months: months(&pairs),
        parts: parts(&pairs),
        misses: misses(symbols, served),
    }
}

/// Given chances against what happened, in bins of one tenth.
#[must_use]
pub fn reliability(cases: &[Case]) -> Vec<ReliabilityBin> {
    let mut bins: [(f64, f64, usize); RELIABILITY_BINS] = Default::default();
    for case in cases {
        let index = ((case.chance * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
        let (chance, happened, number) = &mut bins[index];
        *chance += case.chance;
        *happened += if case.was_high() { 1.0 } else { 0.0 };
        *number += 1;
    }
    bins.into_iter()
        .filter(|&(_, _, number)| number > 0)
        .map(|(chance, happened, number)| ReliabilityBin {
            chance: chance / number as f64,
            happened: happened / number as f64,
            count: count(number),
        })
        .collect()
}

fn outcomes(cases: &[Case]) -> Vec<OutcomeBin> {
    let mut by_forecast: Vec<&Case> = cases.iter().collect();
    by_forecast.sort_by(|one, other| one.log_quantiles[3].total_cmp(&other.log_quantiles[3]));
    let bins = OUTCOME_BINS.min(by_forecast.len() / MIN_BIN).max(1);
    (0..bins)
        .map(|bin| &by_forecast[bin * by_forecast.len() / bins..(bin + 1) * by_forecast.len() / bins])
        .filter(|members| !members.is_empty())
        .map(|members| {
            let mut realised: Vec<f64> = members.iter().map(|case| case.log_realised.exp()).collect();
            realised.sort_by(f64::total_cmp);
            let at = |level: f64| interpolate(&realised, level * (realised.len() - 1) as f64);
            OutcomeBin {
                forecast: members.iter().map(|case| case.log_quantiles[3].exp()).sum::<f64>() / members.len() as f64,
                q10: at(0.1),
                q50: at(0.5),
                q90: at(0.9),
                count: count(members.len()),
            }
        })
        .collect()
}

fn months(pairs: &[Pair<'_>]) -> Vec<MonthScore> {
    let mut by_month: BTreeMap<Date, Vec<Pair<'_>>> = BTreeMap::new();
    for &pair in pairs {
        by_month.entry(day(pair.0).first_of_month()).or_default().push(pair);
    }
    by_month
        .into_iter()
        .map(|(month, members)| {
            let (qlike, baseline) = mean_losses(&members);
            MonthScore { month, qlike, baseline, count: count(members.len()) }
        })
        .collect()
}

fn parts(pairs: &[Pair<'_>]) -> Vec<PartScore> {
    let mut by_year: BTreeMap<i16, Vec<Pair<'_>>> = BTreeMap::new();
    let mut by_state: [Vec<Pair<'_>>; 3] = Default::default();
    for &pair in pairs {
        by_year.entry(day(pair.0).year()).or_default().push(pair);
        let [low, high] = pair.0.log_usual;
        let state = if pair.0.log_before < low { 0 } else { 1 + usize::from(pair.0.log_before > high) };
        by_state[state].push(pair);
    }
    let years = by_year.into_iter().map(|(year, members)| (Part::Year(year), members));
    let states = [Part::Calm, Part::Usual, Part::Wild].into_iter().zip(by_state);
    years
        .chain(states)
        .filter(|(_, members)| !members.is_empty())
        .map(|(part, members)| {
            let (qlike, baseline) = mean_losses(&members);
            let inside = members.iter().filter(|(case, _)| case.is_in80()).count();
            PartScore {
                part,
                qlike,
                baseline,
                coverage80: inside as f64 / members.len() as f64,
                count: count(members.len()),
            }
        })
        .collect()
}

fn misses(symbols: &[Symbol], cases: &[Case]) -> Vec<Miss> {
    let mut worst: Vec<&Case> = cases.iter().collect();
    worst.sort_by(|one, other| other.qlike().total_cmp(&one.qlike()));
    worst
        .into_iter()
        .take(MISSES)
        .map(|case| Miss {
            symbol: symbols[case.coin as usize].clone(),
            origin: instant(case.origin_s),
            q10: case.log_quantiles[1].exp(),
            q50: case.log_quantiles[3].exp(),
            q90: case.log_quantiles[5].exp(),
            realised: case.log_realised.exp(),
        })
        .collect()
}

fn mean_losses(pairs: &[Pair<'_>]) -> (f64, f64) {
    let mean = |loss: &dyn Fn(&Pair<'_>) -> f64| pairs.iter().map(loss).sum::<f64>() / pairs.len() as f64;
    (mean(&|pair| pair.0.qlike()), mean(&|pair| pair.1.qlike()))
}

fn day(case: &Case) -> Date {
    TimeZone::UTC.to_datetime(instant(case.origin_s)).date()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

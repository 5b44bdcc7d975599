//! How good models are on origins that they were not fitted on: walk-forward, side by side. The protocol is
//! `docs/ml-protocol.md`.

pub mod ablation;
pub mod bootstrap;
pub mod comparison;
pub mod confidence_set;
pub mod judge;
pub mod metrics;
pub mod report;
pub mod score;
pub mod walk;

use std::collections::BTreeMap;

use domain::evaluation::{BestSet, Comparison, Intervals, Report, Row};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::{Family, Score};

use self::score::{Case, score, subjects};
use self::walk::Made;
use crate::calibration::Calibration;
use crate::dataset::Panel;
use crate::model::Prediction;

/// Lags of the HAC errors: two weeks, longer than the overlap of the horizons.
const LAGS: usize = 14;

/// Mean length of the bootstrap's blocks of days.
const BLOCK_DAYS: usize = 20;

/// Resamples of the confidence set and of the intervals.
const REPLICATIONS: usize = 1_000;
const INTERVAL_REPLICATIONS: usize = 200;

/// Days without which no test of accuracy is made.
const MIN_DAYS: usize = 60;

/// The model that the served one is held against.
pub const BASELINE: Family = Family::HarCalendar;

/// What each model said over the whole walk, coin by coin in order of time.
pub type Walks = BTreeMap<Family, Vec<Made>>;

/// Everything that an evaluation finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// One row a model, subject and horizon.
    pub rows: Vec<Row>,
    /// Each pair of models, at each horizon.
    pub comparisons: Vec<Comparison>,
    /// Which models cannot be told from the best, at each horizon.
    pub best: Vec<BestSet>,
    /// The served model in detail.
    pub reports: Vec<Report>,
}

/// Blends and their members; the first member gives the scale.
const BLENDS: [(Family, [Family; 2]); 2] = [
    (Family::BlendWithoutLstm, [Family::HarCalendar, Family::Boosting]),
    (Family::Blend, [Family::Lstm, Family::Boosting]),
];

/// Adds the blends of what was fitted, where all their members are there.
pub fn add_blends(walks: &mut Walks) {
    for (family, members) in BLENDS {
        let members: Option<Vec<BTreeMap<_, _>>> = members
            .iter()
            .map(|member| Some(walks.get(member)?.iter().map(|made| (made.origin, made.prediction)).collect()))
            .collect();
        let Some(members) = members else { continue };
        let blended = members[0].keys().filter_map(|origin| {
            let said = members.iter().map(|member| member.get(origin).copied()).collect::<Option<Vec<_>>>()?;
            Some(Made { origin: *origin, prediction: mean(&said) })
        });
        let blended = blended.collect();
        walks.insert(family, blended);
    }
}

/// The mean of what members say of the logarithm, with the scale of the first. Equal weights need no fitting and are
/// hard to beat (Timmermann 2006, Handbook of Economic Forecasting 1, chapter 4).
fn mean(members: &[Prediction]) -> Prediction {
    let count = members.len() as f64;
    let location = [0, 1].map(|index: usize| members.iter().map(|member| member.location[index]).sum::<f64>() / count);
    Prediction { location, scale: members[0].scale }
}

/// Judges every walk on the origins from `from_s` on (epoch seconds) that all of them have a case for, compares them and
/// describes `served`. Earlier origins only teach the corrections.
#[must_use]
pub fn find(panel: &Panel, walks: &Walks, served: Family, from_s: i64, seed: u64) -> Findings {
    let symbols: Vec<Symbol> = panel.coins().iter().map(|coin| coin.symbol.clone()).collect();
    let named = |coin: Option<u32>| coin.map(|coin| symbols[coin as usize].clone());
    let nothing = Calibration::default();
    let cases: BTreeMap<Family, [Vec<Case>; 2]> =
        walks.iter().map(|(&family, made)| (family, judge::judge(panel, made, &nothing, from_s))).collect();
    let mut findings = Findings { rows: Vec::new(), comparisons: Vec::new(), best: Vec::new(), reports: Vec::new() };
    for horizon in Horizon::ALL {
        let by_family = common(&cases, horizon);
        for (&family, cases) in &by_family {
            findings.rows.extend(subjects(cases).filter_map(|(coin, cases)| {
                let score = score(horizon, cases)?;
                let intervals = intervals(horizon, cases, seed)?;
                Some(Row { model: family, symbol: named(coin), score, intervals })
            }));
        }
        let losses = daily_losses(&by_family);
        findings.comparisons.extend(comparisons(&losses, horizon));
        findings.best.extend(best(&losses, horizon, seed));
        if let (Some(ours), Some(theirs)) = (by_family.get(&served), by_family.get(&BASELINE)) {
            let described = subjects(ours)
                .zip(subjects(theirs))
                .map(|((coin, ours), (_, theirs))| report::describe(named(coin), horizon, &symbols, ours, theirs));
            findings.reports.extend(described);
        }
    }
    findings
}

/// The cases of each family on the origins that every family has one for, and so the same ones in the same order.
fn common(cases: &BTreeMap<Family, [Vec<Case>; 2]>, horizon: Horizon) -> BTreeMap<Family, Vec<Case>> {
    let mut times: BTreeMap<(u32, i64), usize> = BTreeMap::new();
    for both in cases.values() {
        for case in &both[horizon.index()] {
            *times.entry((case.coin, case.origin_s)).or_default() += 1;
        }
    }
    let everywhere = |case: &&Case| times[&(case.coin, case.origin_s)] == cases.len();
    cases
        .iter()
        .map(|(&family, both)| (family, both[horizon.index()].iter().filter(everywhere).copied().collect()))
        .collect()
}

/// Confidence intervals from resampled days: what happened to all coins on a day stays together.
fn intervals(horizon: Horizon, cases: &[Case], seed: u64) -> Option<Intervals> {
    let mut by_day: BTreeMap<i64, Vec<Case>> = BTreeMap::new();
    for case in cases {
        by_day.entry(case.origin_s).or_default().push(*case);
    }
    let days: Vec<Vec<Case>> = by_day.into_values().collect();
    let mut scores = Vec::with_capacity(INTERVAL_REPLICATIONS);
    for picked in bootstrap::resamples(days.len(), BLOCK_DAYS, INTERVAL_REPLICATIONS, seed) {
        let resample: Vec<Case> = picked.iter().flat_map(|&day| days[day].iter().copied()).collect();
        scores.extend(score(horizon, &resample));
    }
    let between = |of: fn(&Score) -> f64| bootstrap::ends(scores.iter().map(of).collect());
    Some(Intervals {
        qlike: between(|score| score.qlike)?,
        r2_log: between(|score| score.r2_log)?,
        auc: between(|score| score.auc)?,
        coverage80: between(|score| score.coverage80)?,
    })
}

/// Mean QLIKE over coins, day by day, of each family.
fn daily_losses(cases: &BTreeMap<Family, Vec<Case>>) -> BTreeMap<Family, Vec<f64>> {
    let daily = |cases: &Vec<Case>| {
        let mut days: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for case in cases {
            let (sum, count) = days.entry(case.origin_s).or_default();
            *sum += case.qlike();
            *count += 1.0;
        }
        days.into_values().map(|(sum, count)| sum / count).collect()
    };
    cases.iter().map(|(&family, cases)| (family, daily(cases))).collect()
}

fn comparisons(losses: &BTreeMap<Family, Vec<f64>>, horizon: Horizon) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (&a, of_a) in losses {
        for (&b, of_b) in losses.range(a..).skip(1) {
            if of_a.len() < MIN_DAYS {
                continue;
            }
            // Models that said the same all along cannot be compared.
            if let Ok(test) = comparison::diebold_mariano(of_a, of_b, LAGS) {
                let comparison::DieboldMariano { difference, statistic, p } = test;
                comparisons.push(Comparison { a, b, horizon, difference, statistic, p });
            }
        }
    }
    comparisons
}

fn best(losses: &BTreeMap<Family, Vec<f64>>, horizon: Horizon, seed: u64) -> Option<BestSet> {
    let columns: Vec<Vec<f64>> = losses.values().cloned().collect();
    if columns.first().is_none_or(|column| column.len() < MIN_DAYS) {
        return None;
    }
    let p = confidence_set::confidence_set(&columns, BLOCK_DAYS, REPLICATIONS, seed).ok()?;
    Some(BestSet { horizon, members: losses.keys().copied().zip(p).collect() })
}

//! A made-up evaluation that looks like one: what the pages draw in tests.

use domain::clock::instant;
use domain::evaluation::{
    BestSet, Comparison, Evaluation, Intervals, Miss, MonthScore, OutcomeBin, Part, PartScore, ReliabilityBin, Report,
    Row, Warnings,
};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::{Family, Score};
use jiff::civil::date;

/// Every method with its error on the next 24 hours.
const METHODS: [(Family, f64); 10] = [
    (Family::Persistence, 0.248),
    (Family::Ewma, 0.213),
    (Family::Garch, 0.204),
    (Family::Har, 0.171),
    (Family::HarCalendar, 0.152),
    (Family::RandomForest, 0.158),
    (Family::Boosting, 0.146),
    (Family::Lstm, 0.143),
    (Family::BlendWithoutLstm, 0.144),
    (Family::Blend, 0.141),
];

/// 2021-01-01 to 2025-07-01, nine coins, both horizons.
pub(crate) fn evaluation() -> Evaluation {
    let subjects = || std::iter::once(None).chain(Symbol::followed().into_iter().map(Some));
    let rows = subjects()
        .flat_map(|symbol| Horizon::ALL.map(|horizon| (symbol.clone(), horizon)))
        .flat_map(|(symbol, horizon)| METHODS.map(|(model, error)| row(model, error, symbol.clone(), horizon)))
        .collect();
    let comparisons = Horizon::ALL
        .into_iter()
        .flat_map(|horizon| {
            METHODS.into_iter().enumerate().flat_map(move |(index, first)| {
                METHODS[index + 1..].iter().map(move |second| compare(first, *second, horizon)).collect::<Vec<_>>()
            })
        })
        .collect();
    let best = Horizon::ALL.map(|horizon| BestSet {
        horizon,
        members: METHODS.map(|(model, error)| (model, if error < 0.1435 { 0.6 } else { 0.01 })).to_vec(),
    });
    Evaluation {
        from: instant(1_609_459_200),
        to: instant(1_751_328_000),
        refit_days: 183,
        made_at: instant(1_751_400_000),
        revision: "cc27a02".to_owned(),
        served: Family::Blend,
        baseline: Family::HarCalendar,
        rows,
        comparisons,
        best: best.to_vec(),
        reports: subjects().flat_map(|symbol| Horizon::ALL.map(|horizon| report(symbol.clone(), horizon))).collect(),
    }
}

fn row(model: Family, error: f64, symbol: Option<Symbol>, horizon: Horizon) -> Row {
    let qlike = error * if horizon == Horizon::Day { 1.0 } else { 0.8 } * (1.0 + 0.02 * place(symbol.as_ref()));
    let (r2_log, auc) = (0.9 - 2.6 * error, 0.92 - 0.7 * error);
    Row {
        model,
        score: Score {
            horizon,
            origins: if symbol.is_some() { 1_642 } else { 14_500 },
            qlike,
            rmse_log: 0.324,
            r2_log,
            auc,
            average_precision: 0.55,
            brier: 0.121,
            log_score: 0.38,
            pinball: 0.08,
            coverage50: 0.503,
            coverage80: 0.803,
            coverage95: 0.951,
            width50: 0.5,
            width80: 0.96,
            width95: 1.55,
        },
        intervals: Intervals {
            qlike: [qlike * 0.94, qlike * 1.07],
            r2_log: [r2_log - 0.03, r2_log + 0.03],
            auc: [auc - 0.012, auc + 0.012],
            coverage80: [0.791, 0.814],
        },
        symbol,
    }
}

fn compare(a: (Family, f64), b: (Family, f64), horizon: Horizon) -> Comparison {
    let difference = a.1 - b.1;
    let p = (-difference.abs() * 900.0).exp();
    Comparison { a: a.0, b: b.0, horizon, difference, statistic: difference * 400.0, p }
}

/// Where a coin stands in the order of coins; none stands at nought.
fn place(symbol: Option<&Symbol>) -> f64 {
    symbol.and_then(|symbol| Symbol::followed().iter().position(|other| other == symbol)).map_or(0.0, |at| at as f64)
}

fn report(symbol: Option<Symbol>, horizon: Horizon) -> Report {
    let size = if symbol.is_some() { 1 } else { 9 };
    let seed = place(symbol.as_ref()) + horizon.days();
    let wave = |step: f64| ((step * 1.7 + seed).sin() + (step * 0.61 + seed * 3.0).sin()) / 2.0;
    let reliability = (0..10)
        .map(|bin| {
            let chance = 0.05 + 0.1 * f64::from(bin);
            let off = if bin == 7 { 0.08 } else { 0.02 * wave(f64::from(bin)) };
            ReliabilityBin {
                chance,
                happened: chance - off,
                count: size * [620, 380, 210, 130, 92, 71, 52, 41, 30, 16][bin as usize],
            }
        })
        .collect();
    let outcomes = (0..12)
        .map(|bin| {
            let forecast = 0.009 * 1.19_f64.powi(bin);
            let middle = forecast * (1.0 + 0.05 * wave(f64::from(bin)));
            OutcomeBin { forecast, q10: middle * 0.66, q50: middle, q90: middle * 1.58, count: size * 136 }
        })
        .collect();
    let months = (0_i16..54)
        .map(|month| {
            let baseline = 0.15 * (1.0 + 0.4 * wave(f64::from(month)));
            let qlike = baseline * (0.93 + 0.1 * wave(f64::from(month) * 2.3));
            let first = date(2021 + month / 12, (month % 12 + 1) as i8, 1);
            MonthScore { month: first, qlike, baseline, count: size * 30 }
        })
        .collect();
    let part = |part, qlike: f64, gain: f64, coverage80, count| PartScore {
        part,
        qlike,
        baseline: qlike * (1.0 + gain),
        coverage80,
        count: size * count,
    };
    let parts = vec![
        part(Part::Year(2021), 0.126, 0.06, 0.797, 365),
        part(Part::Year(2022), 0.139, 0.08, 0.802, 365),
        part(Part::Year(2023), 0.168, 0.07, 0.794, 365),
        part(Part::Year(2024), 0.142, 0.05, 0.811, 366),
        part(Part::Year(2025), 0.133, -0.01, 0.805, 181),
        part(Part::Calm, 0.171, 0.09, 0.786, 330),
        part(Part::Usual, 0.139, 0.07, 0.804, 980),
        part(Part::Wild, 0.128, 0.05, 0.812, 332),
    ];
    let misses = (0_i32..5)
        .map(|rank| {
            let q50 = 0.016 + 0.003 * f64::from(rank);
            let miss = symbol.clone().unwrap_or_else(|| Symbol::followed()[rank as usize].clone());
            let days = i64::from(rank) * 311 + 180;
            Miss {
                symbol: miss,
                origin: instant(1_609_459_200 + days * 86_400),
                q10: q50 * 0.66,
                q50,
                q90: q50 * 1.6,
                realised: q50 * (5.2 - 0.4 * f64::from(rank)),
            }
        })
        .collect();
    Report {
        symbol,
        horizon,
        warnings: Warnings { right: 134 * size - 6, wrong: 66 * size + 6, missed: 205 * size, calm: 1_237 * size },
        reliability,
        outcomes,
        months,
        parts,
        misses,
    }
}

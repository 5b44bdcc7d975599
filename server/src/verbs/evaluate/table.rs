//! An evaluation as text for people and as JSON for programs.

use domain::evaluation::{Evaluation, Row};
use domain::forecast::Horizon;
use domain::market::Symbol;
use serde::Serialize;

/// What stands for all coins together.
const ALL: &str = "ALL";

#[derive(Serialize)]
struct Output<'a> {
    rows: Vec<OutputRow<'a>>,
    dm: Vec<Test>,
    served: &'static str,
}

#[derive(Serialize)]
struct OutputRow<'a> {
    model: &'static str,
    symbol: &'a str,
    horizon_h: u32,
    origins: u32,
    qlike: f64,
    rmse_log: f64,
    r2_log: f64,
    auc: f64,
    ap: f64,
    brier: f64,
    log_score: f64,
    pinball: f64,
    coverage50: f64,
    coverage80: f64,
    coverage95: f64,
    width50: f64,
    width80: f64,
    width95: f64,
}

#[derive(Serialize)]
struct Test {
    a: &'static str,
    b: &'static str,
    horizon_h: u32,
    statistic: f64,
    p: f64,
}

/// `{"rows": [...], "dm": [...], "served": "..."}`; a Diebold-Mariano statistic below zero says that `a` is better.
///
/// # Errors
/// Where a number is not finite.
pub(super) fn json(evaluation: &Evaluation) -> Result<String, serde_json::Error> {
    let rows = evaluation
        .rows
        .iter()
        .map(|of| {
            let score = of.score;
            OutputRow {
                model: of.model.as_str(),
                symbol: subject(of.symbol.as_ref()),
                horizon_h: score.horizon.hours(),
                origins: score.origins,
                qlike: score.qlike,
                rmse_log: score.rmse_log,
                r2_log: score.r2_log,
                auc: score.auc,
                ap: score.average_precision,
                brier: score.brier,
                log_score: score.log_score,
                pinball: score.pinball,
                coverage50: score.coverage50,
                coverage80: score.coverage80,
                coverage95: score.coverage95,
                width50: score.width50,
                width80: score.width80,
                width95: score.width95,
            }
        })
        .collect();
    let dm = evaluation
        .comparisons
        .iter()
        .map(|test| Test {
            a: test.a.as_str(),
            b: test.b.as_str(),
            horizon_h: test.horizon.hours(),
            statistic: test.statistic,
            p: test.p,
        })
        .collect();
    serde_json::to_string_pretty(&Output { rows, dm, served: evaluation.served.as_str() })
}

/// Tables for a terminal.
pub(super) fn text(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "coin      horizon  model               origins   QLIKE   RMSE log  R2 log    AUC     AP   Brier   80 %   95 %",
    );
    let mut sorted: Vec<&Row> = evaluation.rows.iter().collect();
    sorted.sort_by(|one, other| {
        let key = |row: &Row| (row.symbol.clone(), row.score.horizon);
        key(one).cmp(&key(other)).then(other.score.qlike.total_cmp(&one.score.qlike))
    });
    for row in sorted {
        let score = row.score;
        text.push_str(&format!(
            "\n{:9} {:7}  {:18} {:8}  {:.4}     {:.4}   {:5.3}  {:.3}  {:.3}  {:.4}  {:.3}  {:.3}",
            subject(row.symbol.as_ref()),
            score.horizon.as_str(),
            row.model.as_str(),
            score.origins,
            score.qlike,
            score.rmse_log,
            score.r2_log,
            score.auc,
            score.average_precision,
            score.brier,
            score.coverage80,
            score.coverage95,
        ));
    }
    for horizon in Horizon::ALL {
        text.push_str(&format!(
            "\n\n{horizon}: {} against each model (below zero: better)",
            evaluation.served.as_str()
        ));
        for test in evaluation.comparisons.iter().filter(|test| test.horizon == horizon) {
            let (other, sign) = if test.a == evaluation.served {
                (test.b, 1.0)
            } else if test.b == evaluation.served {
                (test.a, -1.0)
            } else {
                continue;
            };
            text.push_str(&format!(
                "\n  {:18} QLIKE {:+.4}  Diebold-Mariano {:+6.2}  p {:.4}",
                other.as_str(),
                sign * test.difference,
                sign * test.statistic,
                test.p
            ));
        }
        for best in evaluation.best.iter().filter(|best| best.horizon == horizon) {
            let members: Vec<String> = best
                .members
                .iter()
                .filter(|(_, p)| *p >= 0.1)
                .map(|(model, p)| format!("{} ({p:.2})", model.as_str()))
                .collect();
            text.push_str(&format!("\n  cannot be told from the best at 10 %: {}", members.join(", ")));
        }
    }
    text
}

/// What each part brings: pooled QLIKE of each variant, and by how much it is worse than the first.
pub(super) fn ablation(rows: &[(&str, [f64; 2])]) -> String {
    let mut text = format!("{:44} {:>8} {:>8} {:>8} {:>8}", "", "24h", "", "48h", "");
    for (name, qlike) in rows {
        let worse = [0, 1].map(|index: usize| 100.0 * (qlike[index] / rows[0].1[index] - 1.0));
        text.push_str(&format!("\n{name:44} {:8.4} {:+7.1}% {:8.4} {:+7.1}%", qlike[0], worse[0], qlike[1], worse[1]));
    }
    text
}

fn subject(symbol: Option<&Symbol>) -> &str {
    symbol.map_or(ALL, Symbol::as_str)
}

//! `investbuddy evaluate`: every family side by side, walk-forward, on origins that none was fitted on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use domain::model::Family;
use jiff::civil::Date;
use ml::evaluate::{FAMILIES, Row, walk_forward as run_walk_forward};
use ml::model::lstm::Plan;
use ml::split::walk_forward;
use serde::Serialize;

use super::watch::{Watch, say};
use super::{VerbError, archive, family_among, print};
use crate::config::Settings;

/// Days at the end of the archive that are evaluated where nothing else is asked.
const DEFAULT_DAYS: i64 = 365;

/// What to evaluate.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Folder of candle files [default: the archive of the settings]
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// First day that is forecast, UTC [default: 365 days before the last candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// First day that is no longer forecast, UTC [default: the last candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Days after which every model is fitted anew
    #[arg(long, default_value_t = 183, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(30..))]
    refit_days: u16,
    /// Families to compare, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = family)]
    models: Vec<Family>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print {"rows": [...]} with one row a model, coin and horizon
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    rows: Vec<Row>,
}

fn family(text: &str) -> Result<Family, String> {
    family_among(&FAMILIES, text)
}

/// Evaluates and prints.
///
/// # Errors
/// [`VerbError`] where the archive is missing or too short.
pub fn run(args: &EvaluateArgs, settings: &Settings) -> Result<(), VerbError> {
    let candles = archive::read(args.archive.as_deref(), settings)?;
    let panel = archive::panel(&candles)?;
    let (first_s, last_s) = panel.span_s().ok_or_else(|| VerbError::because("the archive is empty"))?;
    let to_s = args.to.map_or(last_s + 1, archive::day);
    let from_s = args.from.map_or_else(|| (last_s - DEFAULT_DAYS * 86_400).div_euclid(86_400) * 86_400, archive::day);
    if from_s >= to_s {
        return Err(VerbError::Usage("--from must lie before --to".to_owned()));
    }
    let folds = walk_forward(first_s, from_s, to_s, i64::from(args.refit_days));
    let families = if args.models.is_empty() { FAMILIES.to_vec() } else { args.models.clone() };

    let plan = Plan::default();
    let watches: Mutex<BTreeMap<usize, Watch>> = Mutex::new(BTreeMap::new());
    let rows = run_walk_forward(&panel, &folds, &families, &plan, args.seed, &|family, fold, progress| {
        match progress {
            None => say(&format!("{}: fit {} of {}", family.as_str(), fold + 1, folds.len())),
            Some(progress) => {
                if let Ok(mut watches) = watches.lock() {
                    watches.entry(fold).or_insert_with(|| Watch::new(&plan)).hear(&plan, progress);
                }
            }
        }
        true
    });
    if let Ok(watches) = watches.lock() {
        watches.values().for_each(Watch::finish);
    }
    let rows = rows.map_err(VerbError::because)?;
    if args.json {
        print(&serde_json::to_string_pretty(&Report { rows }).map_err(VerbError::because)?);
    } else {
        print(&table(&rows));
    }
    Ok(())
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "coin      horizon  model          origins   QLIKE   RMSE log  R2 log    AUC   Brier   80 %   95 %",
    );
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.symbol.clone(), row.score.horizon));
    for Row { model, symbol, score } in sorted {
        text.push_str(&format!(
            "\n{symbol:9} {:7}  {:13} {:8}  {:.4}     {:.4}   {:5.3}  {:.3}  {:.4}  {:.3}  {:.3}",
            score.horizon.as_str(),
            model.as_str(),
            score.origins,
            score.qlike,
            score.rmse_log,
            score.r2_log,
            score.auc,
            score.brier,
            score.coverage80,
            score.coverage95,
        ));
    }
    text
}

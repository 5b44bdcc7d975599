//! `investbuddy evaluate`: every model side by side, walk-forward, on origins that none was fitted on.

pub mod drift;
mod kept;
pub mod retrieval;
mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, Subcommand};
use domain::clock::{Clock as _, instant};
use domain::evaluation::Evaluation;
use domain::model::{Family, Version};
use jiff::civil::Date;
use ml::calibration::Calibration;
use ml::dataset::Panel;
use ml::evaluate::ablation::variants;
use ml::evaluate::judge::judge;
use ml::evaluate::score::Case;
use ml::evaluate::walk::{FITTED, Made, walk};
use ml::evaluate::{BASELINE, Walks, add_blends, find};
use ml::model::ModelError;
use ml::model::lstm::Plan;
use ml::split::{Fold, walk_forward};
use ml::train::CALIBRATION_FITS;
use rayon::prelude::*;

use self::kept::Kept;
use super::watch::{Jobs, say};
use super::{VerbError, archive, family_among, print};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::forecasting::SERVED;
use crate::registry::Registry;

const DAY_S: i64 = 86_400;

/// First origin that the protocol reports, where the archive reaches far enough back: 2021-01-01.
const PROTOCOL_FROM_S: i64 = 1_609_459_200;

/// Days of history that come before the first origin where nothing else is asked.
const LEAST_HISTORY_DAYS: i64 = 730;

/// What to evaluate.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct EvaluateArgs {
    #[command(subcommand)]
    pub(super) what: Option<What>,
    /// Folder of candle files [default: the archive of the settings]
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// First day that is forecast, UTC [default: 2021-01-01, or two years after the first candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// First day that is no longer forecast, UTC [default: the last candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Days after which every model is fitted anew
    #[arg(long, default_value_t = 183, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(30..=183))]
    refit_days: u16,
    /// Models to fit, separated by commas; blends follow where their members are there [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = family)]
    models: Vec<Family>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Give every origin the outcome of another one: an honest evaluation then finds no skill
    #[arg(long)]
    shuffle_targets: bool,
    /// Take one part of the forecaster away at a time and print what each brings
    #[arg(long, conflicts_with_all = ["models", "keep", "json"])]
    ablation: bool,
    /// Begin anew, without what an interrupted run of this very evaluation left
    #[arg(long)]
    fresh: bool,
    /// Store the result beside this model of the registry, where the page "How good is it?" reads it
    #[arg(long, value_name = "VERSION")]
    keep: Option<String>,
    /// Print rows, tests and the served model as JSON
    #[arg(long)]
    json: bool,
}

/// Other things than models that can be evaluated.
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// How well the Buddy's library finds the passages that answer a question
    Retrieval(retrieval::RetrievalArgs),
    /// What drifted in an archive after a training, month by month, and whether forecasts became worse with it
    Drift(drift::DriftArgs),
}

fn family(text: &str) -> Result<Family, String> {
    family_among(&FITTED, text)
}

/// Evaluates and prints.
///
/// # Errors
/// [`VerbError`] where the archive is missing or too short.
pub fn run(args: &EvaluateArgs, settings: &Settings, revision: &str) -> Result<(), VerbError> {
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let keep = args.keep.as_deref().map(Version::parse).transpose().map_err(VerbError::because)?;
    if let Some(version) = &keep {
        // A name that is not there is said before minutes of work and not after them.
        registry.manifest(version).map_err(VerbError::because)?;
    }
    let candles = archive::read(args.archive.as_deref(), settings)?;
    let mut panel = archive::panel(&candles)?;
    drop(candles);
    if args.shuffle_targets {
        panel.shuffle_targets(args.seed);
    }
    let (first_s, last_s) = panel.span_s().ok_or_else(|| VerbError::because("the archive is empty"))?;
    let to_s = args.to.map_or(last_s + 1, archive::day).min(last_s + 1);
    let from_s = args.from.map_or_else(
        || PROTOCOL_FROM_S.max((first_s + LEAST_HISTORY_DAYS * DAY_S).div_euclid(DAY_S) * DAY_S),
        archive::day,
    );
    if from_s >= to_s {
        return Err(VerbError::Usage(
            "--from must lie before --to and before the last candle; without it, the archive must span more than \
             two years"
                .to_owned(),
        ));
    }
    let folds = walk_forward(first_s, from_s, to_s, i64::from(args.refit_days));
    let warm_up = folds[0].before(CALIBRATION_FITS, i64::from(args.refit_days));
    let all: Vec<Fold> = warm_up.into_iter().chain(folds).collect();
    let families = if args.models.is_empty() { FITTED.to_vec() } else { args.models.clone() };

    if args.ablation {
        return ablate(&panel, &all, from_s, args, settings);
    }
    let plan = Plan::default();
    let kept = Kept::open(settings, &panel, &plan, args.seed, args.fresh)?;
    let mut walks = walk_all(&panel, &all, &families, &plan, args.seed, &kept)?;
    add_blends(&mut walks);
    let served = if walks.contains_key(&SERVED) { SERVED } else { families[families.len() - 1] };
    let findings = find(&panel, &walks, served, from_s, args.seed);
    if findings.rows.is_empty() {
        return Err(VerbError::failed(
            "There is nothing to score",
            "The archive needs some hundred days of history before --from, and outcomes after it.",
        ));
    }
    let evaluation = Evaluation {
        from: instant(from_s),
        to: instant(to_s.min(last_s)),
        refit_days: args.refit_days,
        made_at: SystemClock.now(),
        revision: revision.to_owned(),
        served,
        baseline: BASELINE,
        rows: findings.rows,
        comparisons: findings.comparisons,
        best: findings.best,
        reports: findings.reports,
    };
    if let Some(version) = keep {
        registry.keep_evaluation(&version, &evaluation).map_err(VerbError::because)?;
    }
    kept.discard();
    if args.json {
        print(&table::json(&evaluation).map_err(VerbError::because)?);
    } else {
        print(&table::text(&evaluation));
    }
    Ok(())
}

/// Walks the network with one part taken away at a time.
fn ablate(
    panel: &Panel,
    folds: &[Fold],
    from_s: i64,
    args: &EvaluateArgs,
    settings: &Settings,
) -> Result<(), VerbError> {
    let mut rows = Vec::new();
    for (name, plan) in variants() {
        say(name);
        let kept = Kept::open(settings, panel, &plan, args.seed, args.fresh)?;
        let walks = walk_all(panel, folds, &[Family::Lstm], &plan, args.seed, &kept)?;
        let made = walks.get(&Family::Lstm).map_or(&[][..], Vec::as_slice);
        let cases = judge(panel, made, &Calibration::default(), from_s);
        let qlike = cases.map(|cases| cases.iter().map(Case::qlike).sum::<f64>() / cases.len() as f64);
        rows.push((name, qlike));
        kept.discard();
    }
    print(&table::ablation(&rows));
    Ok(())
}

/// Walks every family over every fold, the longest jobs first, on all cores. What a former run left is not done again.
fn walk_all(
    panel: &Panel,
    folds: &[Fold],
    families: &[Family],
    plan: &Plan,
    seed: u64,
    kept: &Kept,
) -> Result<Walks, VerbError> {
    let mut jobs: Vec<(Family, Fold)> =
        families.iter().rev().flat_map(|&family| folds.iter().rev().map(move |&fold| (family, fold))).collect();
    // Families come from the quickest to the slowest, folds from the shortest to the longest.
    jobs.sort_by_key(|(family, _)| std::cmp::Reverse(FITTED.iter().position(|fitted| fitted == family)));
    let progress = Jobs::new(jobs.len());
    let next = AtomicUsize::new(0);
    let work = |_| {
        let mut done: Vec<(Family, Vec<Made>)> = Vec::new();
        while let Some((family, fold)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let made = match kept.read(*family, fold) {
                Some(made) => made,
                None => match walk(panel, fold, *family, plan, seed, &|_| true) {
                    Ok(made) => {
                        kept.write(*family, fold, &made);
                        made
                    }
                    // A coin's or an archive's first months may teach nothing; the walk begins later then.
                    Err(ModelError::NotEnoughData { .. } | ModelError::Flat | ModelError::Singular) => Vec::new(),
                    Err(error) => return Err(error),
                },
            };
            progress.done(&format!("{} from {}", family.as_str(), instant(fold.test_from_s).strftime("%Y-%m-%d")));
            done.push((*family, made));
        }
        Ok(done)
    };
    let threads = rayon::current_num_threads();
    let done: Vec<Vec<(Family, Vec<Made>)>> =
        (0..threads).into_par_iter().map(work).collect::<Result<_, ModelError>>().map_err(VerbError::because)?;
    progress.finish();
    let mut walks = Walks::new();
    for (family, made) in done.into_iter().flatten().filter(|(_, made)| !made.is_empty()) {
        walks.entry(family).or_default().extend(made);
    }
    walks.values_mut().for_each(|made| made.sort_by_key(|made| made.origin));
    Ok(walks)
}

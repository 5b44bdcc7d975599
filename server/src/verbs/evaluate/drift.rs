//! `investbuddy evaluate drift`: what drifted in the candles of an archive after a training, month by month, and
//! whether the forecasts became worse with it.
//!
//! Nothing here is looked up in what a server published: forecasts are made anew, as they would have been made then, so
//! that the answer is there for every year of an archive and the same on every machine.

mod page;
mod text;
mod windows;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::civil::Date;
use jiff::tz::Offset;
use ml::calibration::Calibration;
use ml::dataset::Panel;
use ml::evaluate::BASELINE;
use ml::evaluate::judge::{errors, judge};
use ml::evaluate::score::Case;
use ml::evaluate::walk::{Made, made, walk};
use ml::model::ModelError;
use ml::model::lstm::Plan;
use ml::split::{EMBARGO_HOURS, Fold};
use ml::train::{CALIBRATION_DAYS, CALIBRATION_FITS};
use rayon::prelude::*;

use crate::config::Settings;
use crate::forecasting::SERVED;
use crate::registry::Registry;
use crate::verbs::watch::Jobs;
use crate::verbs::{VerbError, archive, print};
use crate::watching::{Table, table};
use crate::whole_file;

const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

/// One row a coin and day, as models are judged.
const EVERY_HOURS: i64 = 24;

/// Days at the end of a training that are its reference: a whole year, so that no season is news.
const REFERENCE_DAYS: i64 = 365;

/// Whole years before the one that the archive ends in, where the walk is to be fitted anew and nothing else is asked.
const YEARS: i32 = 3;

/// Years that must lie before the first one that is walked: one to fit on, and one whose errors shape the intervals.
const YEARS_BEFORE: i32 = 2;

/// What to look at.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Folder of candle files [default: the archive of the settings]
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// How far ahead the forecasts look: 24h or 48h
    #[arg(long, default_value = "24h", value_parser = |text: &str| Horizon::parse(text).map_err(|error| error.to_string()))]
    horizon: Horizon,
    /// Calendar months of a window: 1, 2, 3, 4, 6 or 12. Volatility remembers: a month of it is often worth fewer
    /// independent rows than a verdict needs, a quarter is not
    #[arg(long, default_value = "1", value_name = "N", value_parser = months)]
    months: u8,
    /// First day that is looked at, UTC [default: the end of the champion's training; with --refit three years before
    /// the one in which the archive ends]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// First day that is no longer looked at, UTC [default: the last candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Fit the served recipe anew at the start of each year, with the year before as the reference, and hold it
    /// against the first of these models, which is never renewed [default: the champion as it is]
    #[arg(long, value_enum, value_name = "WHEN")]
    refit: Option<Refit>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Draw everything on one HTML page that opens without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// When the model and its reference are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Refit {
    /// On the first of January, UTC
    Yearly,
}

fn months(text: &str) -> Result<u8, String> {
    text.parse().ok().filter(|months| [1, 2, 3, 4, 6, 12].contains(months)).ok_or_else(|| {
        "must be 1, 2, 3, 4, 6 or 12, so that windows begin with calendar months and none reaches over a new year"
            .to_owned()
    })
}

/// What was learnt from, from one instant on until the next one's.
#[derive(Debug, Clone)]
struct Era {
    /// The first instant at which this is the reference, epoch seconds.
    from_s: i64,
    /// The reference: its first origin, epoch seconds.
    reference_from_s: i64,
    /// After its last origin, epoch seconds.
    reference_to_s: i64,
    /// Its rows.
    reference: Table,
}

/// A model, or one after another, with what each had learnt from.
#[derive(Debug, Clone)]
struct Series {
    /// What it is, for people.
    name: String,
    /// In order of time.
    eras: Vec<Era>,
    /// What it said and what came of it, coin by coin in order of time; may begin before the first window.
    cases: Vec<Case>,
}

/// Everything that windows are made of.
struct Walked {
    /// Begin of the first window, epoch seconds.
    from_s: i64,
    /// End of the last one, epoch seconds.
    to_s: i64,
    /// The champion, or the model that is renewed.
    served: Series,
    /// The first of the renewed ones, never renewed.
    kept: Option<Series>,
    /// What HAR with calendar said and what came of it.
    baseline: Vec<Case>,
}

/// Looks and prints.
///
/// # Errors
/// [`VerbError`] where the archive or the champion is missing, there is too little history, or the disk refuses.
pub fn run(args: &DriftArgs, settings: &Settings) -> Result<(), VerbError> {
    let candles = archive::read(args.archive.as_deref(), settings)?;
    let panel = archive::panel(&candles)?;
    drop(candles);
    let (first_s, last_s) = panel.span_s().ok_or_else(|| VerbError::because("the archive is empty"))?;
    let to_s = args.to.map_or(last_s, archive::day).min(last_s);
    let walked = match args.refit {
        None => champion(&panel, to_s, args, settings)?,
        Some(Refit::Yearly) => yearly(&panel, first_s, to_s, args)?,
    };
    let found = windows::find(&panel, &walked, args.horizon, args.months).map_err(VerbError::because)?;
    if let Some(path) = &args.html {
        let written = whole_file::write(path, page::page(&found).as_bytes());
        written.map_err(|error| VerbError::because(format!("{}: {error}", path.display())))?;
    }
    if args.json {
        print(&serde_json::to_string_pretty(&found).map_err(VerbError::because)?);
    } else {
        print(&text::text(&found));
    }
    Ok(())
}

/// The champion as it is, held against the end of its training; the baseline is fitted on the same span.
fn champion(panel: &Panel, to_s: i64, args: &DriftArgs, settings: &Settings) -> Result<Walked, VerbError> {
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let forecaster = registry.load_champion(SERVED).map_err(VerbError::because)?.forecaster;
    let manifest = forecaster.manifest();
    let trained_to_s = manifest.trained_to.as_second();
    let from_s = args.from.map_or(trained_to_s, archive::day);
    if from_s < trained_to_s || from_s >= to_s {
        return Err(VerbError::Usage(format!(
            "the champion was trained on what lies before {}: --from must not be earlier, and the archive and --to \
             must reach further; with --refit yearly earlier years can be looked at",
            manifest.trained_to.strftime("%Y-%m-%d")
        )));
    }
    // No outcome reaches into what the training did not see.
    let reference_to_s = trained_to_s - EMBARGO_HOURS * SECONDS_PER_HOUR;
    let reference_from_s =
        manifest.trained_from.as_second().max(reference_to_s.saturating_sub(REFERENCE_DAYS * SECONDS_PER_DAY));
    let learnt = panel.origins(reference_from_s, reference_to_s, EVERY_HOURS);
    if learnt.is_empty() {
        return Err(VerbError::failed(
            format!("The archive holds no candles of what the champion {} was trained on", manifest.version),
            "Name the archive that it was trained on with --archive, or train a model on this one.",
        ));
    }
    // It was fitted on these, so that its chances are a little surer than of new ones; so it is on the server's board.
    let (past, _) = forecaster.past(panel, &learnt).map_err(VerbError::because)?;
    let chances: BTreeMap<(&Symbol, i64), f64> = past
        .iter()
        .filter(|((_, of), _)| *of == args.horizon)
        .flat_map(|((symbol, _), forecasts)| forecasts.iter().map(move |said| (symbol, said)))
        .map(|(symbol, said)| ((symbol, said.origin_s), said.high_volatility))
        .collect();
    let reference = rows(panel, args.horizon, [reference_from_s, reference_to_s], &chances);
    let said =
        made(panel, forecaster.model(), &panel.origins(trained_to_s, to_s, EVERY_HOURS)).map_err(VerbError::because)?;
    let served = Series {
        name: format!("champion {}", manifest.version),
        eras: vec![Era { from_s: trained_to_s, reference_from_s, reference_to_s, reference }],
        cases: cases(panel, &said, forecaster.calibration(), from_s, args.horizon),
    };

    let fold = Fold { train_from_s: manifest.trained_from.as_second(), test_from_s: trained_to_s, test_to_s: to_s };
    let plan = Plan::default();
    let fit = |fold: &Fold| walk(panel, fold, BASELINE, &plan, args.seed, &|_| true).map_err(VerbError::because);
    let mut earlier: Vec<Made> = Vec::new();
    for before in fold.before(CALIBRATION_FITS, CALIBRATION_DAYS) {
        earlier.extend(fit(&before)?);
    }
    earlier.sort_by_key(|made| made.origin);
    let baseline = cases(panel, &fit(&fold)?, &errors(panel, &earlier), from_s, args.horizon);
    Ok(Walked { from_s, to_s, served, kept: None, baseline })
}

/// The served recipe, fitted anew at the start of each year, beside the first of these models and the baseline, which
/// is fitted anew as well.
fn yearly(panel: &Panel, first_s: i64, to_s: i64, args: &DriftArgs) -> Result<Walked, VerbError> {
    let last_year = year_of(to_s - 1);
    let first_year = args.from.map_or(last_year - YEARS, |date| i32::from(date.year()));
    let from_s = args.from.map_or_else(|| windows::year_start(first_year), archive::day);
    if windows::year_start(first_year - YEARS_BEFORE) < first_s || from_s >= to_s {
        return Err(VerbError::Usage(format!(
            "{} must lie before the end of the archive, with {YEARS_BEFORE} whole years of candles before its year; \
             the archive begins on {}",
            args.from.map_or_else(|| format!("the first day, {first_year}-01-01,"), |_| "--from".to_owned()),
            instant(first_s).strftime("%Y-%m-%d")
        )));
    }
    // The first of them only makes the errors that shape the first intervals.
    let starts: Vec<i64> = (first_year - 1..=last_year).map(windows::year_start).collect();
    let end_of = |place: usize| starts.get(place + 1).copied().unwrap_or(to_s);
    let folds: Vec<Fold> = starts
        .iter()
        .enumerate()
        // The second of them is the one that is never renewed.
        .map(|(place, &start_s)| Fold {
            train_from_s: first_s,
            test_from_s: start_s,
            test_to_s: if place == 1 { to_s } else { end_of(place) },
        })
        .collect();

    let plan = Plan::default();
    let progress = Jobs::new(2 * folds.len());
    let fit = |fold: &Fold| -> Result<[Vec<Made>; 2], ModelError> {
        let year = instant(fold.test_from_s).strftime("%Y").to_string();
        let [served, baseline] = [SERVED, BASELINE].map(|family| {
            let said = walk(panel, fold, family, &plan, args.seed, &|_| true);
            progress.done(&format!("{} for {year}", family.as_str()));
            said
        });
        Ok([served?, baseline?])
    };
    let fitted: Vec<[Vec<Made>; 2]> =
        folds.par_iter().map(fit).collect::<Result<_, ModelError>>().map_err(VerbError::because)?;
    progress.finish();

    let within = |said: &[Made], from_s: i64, to_s: i64| -> Vec<Made> {
        said.iter().filter(|made| (from_s..to_s).contains(&panel.origin_s(made.origin))).copied().collect()
    };
    let renewed_of = |which: usize| -> Vec<Made> {
        fitted.iter().enumerate().flat_map(|(place, both)| within(&both[which], starts[place], end_of(place))).collect()
    };
    // Nothing is known of any error before the first of all these years: it is there to make them.
    let judged = |mut said: Vec<Made>| {
        said.sort_by_key(|made| made.origin);
        cases(panel, &said, &Calibration::default(), starts[0], args.horizon)
    };
    let (renewed, baseline) = (judged(renewed_of(0)), judged(renewed_of(1)));
    let warm_up = within(&fitted[0][0], starts[0], starts[1]);
    let kept = judged(warm_up.into_iter().chain(within(&fitted[1][0], starts[1], to_s)).collect());

    let chances = chances(panel, &renewed);
    let era = |pair: &[i64]| {
        let [reference_from_s, reference_to_s] = [pair[0], pair[1] - EMBARGO_HOURS * SECONDS_PER_HOUR];
        let reference = rows(panel, args.horizon, [reference_from_s, reference_to_s], &chances);
        Era { from_s: pair[1], reference_from_s, reference_to_s, reference }
    };
    let eras: Vec<Era> = starts.windows(2).map(era).collect();
    let first_day = instant(starts[1]).strftime("%Y-%m-%d");
    let kept = Series {
        name: format!("{} fitted once, on {first_day}", SERVED.as_str()),
        eras: eras.iter().take(1).cloned().collect(),
        cases: kept,
    };
    let served =
        Series { name: format!("{} fitted anew each year from {first_day} on", SERVED.as_str()), eras, cases: renewed };
    Ok(Walked { from_s, to_s, served, kept: Some(kept), baseline })
}

/// What was said beside what came of it, at one horizon, from an instant on (epoch seconds). `said` must be of one coin
/// after another, each in order of time.
fn cases(panel: &Panel, said: &[Made], calibration: &Calibration, from_s: i64, horizon: Horizon) -> Vec<Case> {
    let [day, two_days] = judge(panel, said, calibration, from_s);
    match horizon {
        Horizon::Day => day,
        Horizon::TwoDays => two_days,
    }
}

/// The chances that were given, by coin and origin (epoch seconds).
fn chances<'a>(panel: &'a Panel, cases: &[Case]) -> BTreeMap<(&'a Symbol, i64), f64> {
    let place = |case: &Case| (&panel.coins()[case.coin as usize].symbol, case.origin_s);
    cases.iter().map(|case| (place(case), case.chance)).collect()
}

/// The rows of a span (epoch seconds) in order of time, as the server's watch makes them. Origins without a forecast
/// have no chance and miss none: there is no server here that could have failed to make it.
fn rows(panel: &Panel, horizon: Horizon, [from_s, to_s]: [i64; 2], chances: &BTreeMap<(&Symbol, i64), f64>) -> Table {
    let mut origins = panel.origins(from_s, to_s, EVERY_HOURS);
    origins.sort_by_key(|&origin| (panel.origin_s(origin), origin.coin));
    let mut rows = table(panel, &origins, horizon, chances);
    rows.chances.retain(|chance| chance.is_finite());
    rows
}

/// The year of an instant (epoch seconds), UTC.
fn year_of(at_s: i64) -> i32 {
    i32::from(Offset::UTC.to_datetime(instant(at_s)).date().year())
}

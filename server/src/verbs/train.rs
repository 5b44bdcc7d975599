//! `investbuddy train`: fits a model on an archive, scores it on what came later and keeps it in the registry.

use std::path::PathBuf;

use clap::Args;
use domain::clock::Clock as _;
use domain::model::{Family, ModelCard};
use jiff::civil::Date;
use ml::model::lstm::Plan;
use ml::split::Fold;
use ml::train::{CALIBRATION_FITS, Order, train};

use super::watch::{Watch, say};
use super::{VerbError, archive, family_among, print};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::registry::Registry;

/// Days at the end of the archive that a training leaves out where it is not told otherwise: they test the model.
const HELD_OUT_DAYS: i64 = 365;

/// What to train.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// The family: lstm, har or har_calendar
    #[arg(long, default_value = "lstm", value_parser = stored_family)]
    model: Family,
    /// Folder of candle files [default: the archive of the settings]
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// First day of the training span, UTC [default: the first candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// First day after the training span, UTC; later days test the model [default: 365 days before the last candle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Networks in the ensemble
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    members: Option<u8>,
    /// Passes over the training data at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    epochs: Option<u8>,
    /// Folder that takes the model [default: models/ in the data folder]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Let the model serve from now on
    #[arg(long)]
    promote: bool,
    /// Print the model's card as JSON
    #[arg(long)]
    json: bool,
}

/// The families that are stored; the others have nothing to store.
const STORED: [Family; 3] = [Family::Lstm, Family::Har, Family::HarCalendar];

/// Reads the name of a family that is stored.
pub(super) fn stored_family(text: &str) -> Result<Family, String> {
    family_among(&STORED, text)
}

/// Trains and keeps a model.
///
/// # Errors
/// [`VerbError`] where the archive is missing or too short, or the disk refuses.
pub fn run(args: &TrainArgs, settings: &Settings, revision: &str) -> Result<(), VerbError> {
    let candles = archive::read(args.archive.as_deref(), settings)?;
    let panel = archive::panel(&candles)?;
    let (first_s, last_s) = panel.span_s().ok_or_else(|| VerbError::because("the archive is empty"))?;
    let to_s = args.to.map_or_else(|| (last_s - HELD_OUT_DAYS * 86_400).div_euclid(86_400) * 86_400, archive::day);
    let from_s = args.from.map_or(first_s, archive::day);

    let mut plan = Plan::default();
    plan.members = args.members.map_or(plan.members, usize::from);
    plan.epochs = args.epochs.map_or(plan.epochs, usize::from);
    let order = Order {
        family: args.model,
        fold: Fold { train_from_s: from_s, test_from_s: to_s, test_to_s: last_s + 1 },
        plan: plan.clone(),
        seed: args.seed,
        revision: revision.to_owned(),
        now: SystemClock.now(),
    };
    let watch = Watch::new(&plan, usize::from(CALIBRATION_FITS) + 1);
    let trained = train(&panel, &order, &|fit, progress| {
        watch.hear(&plan, usize::from(fit), progress);
        true
    });
    watch.finish();
    let trained = trained.map_err(VerbError::because)?;

    let folder = args.into.clone().unwrap_or_else(|| settings.trained_dir());
    let registry = Registry::new(settings.model_dir.clone(), folder);
    let path = registry.add(&trained.manifest, &trained.weights).map_err(VerbError::because)?;
    if args.promote {
        registry.promote(&trained.manifest.version).map_err(VerbError::because)?;
    }
    let card = trained.manifest.card(args.promote);
    if args.json {
        print(&serde_json::to_string_pretty(&card).map_err(VerbError::because)?);
    } else {
        print(&describe(&card));
        say(&format!("Kept in {}", path.display()));
        if !args.promote {
            say(&format!("It serves after `investbuddy models promote {}`", card.version));
        }
    }
    Ok(())
}

fn describe(card: &ModelCard) -> String {
    let mut text = format!(
        "{}: trained on {} to {}, {} parameters",
        card.version,
        card.trained_from.strftime("%Y-%m-%d"),
        card.trained_to.strftime("%Y-%m-%d"),
        card.parameters
    );
    for (ours, theirs) in card.scores.iter().zip(&card.baseline) {
        text.push_str(&format!(
            "\n  {} on {} later origins: QLIKE {:.4} (HAR with calendar {:.4}, {:+.1} %), R2 of log {:.3} ({:.3}), \
             AUC {:.3} ({:.3}), 80 % interval covers {:.1} %",
            ours.horizon,
            ours.origins,
            ours.qlike,
            theirs.qlike,
            100.0 * (ours.qlike / theirs.qlike - 1.0),
            ours.r2_log,
            theirs.r2_log,
            ours.auc,
            theirs.auc,
            100.0 * ours.coverage80,
        ));
    }
    text
}

//! The history that is replayed: an archive in the store, as `ingest` brings it there, and a model of the time.
//!
//! Where there is no archive the simulator writes one, with a shock where the plot wants it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use domain::model::Version;
use jiff::{SignedDuration, Timestamp};

use super::plot::Plot;
use super::teller::{Teller, minute};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::forecasting::SERVED;
use crate::market::archive as files;
use crate::market::ingest::Ingestion;
use crate::market::progress::Silent;
use crate::market::simulator::simulate;
use crate::registry::Registry;
use crate::retraining::{Instruction, Made, Material, carry_out};
use crate::store::Store;
use crate::verbs::{VerbError, archive};

/// The largest move of an hour, in log price, that the quarantine of any source believes.
const LARGEST_MOVE: f64 = 0.4;
/// By what the shock multiplies the movements of a made-up market.
const SHOCK: f64 = 3.0;
/// The seed of the trainings, as that of the server's own.
const SEED: u64 = 7;
/// Days before the first model's training of which it must know candles: a year of what is usual, and something to
/// learn from in each of its fits.
const LEAST_DAYS_BEFORE: i64 = 900;

/// The folder of candle files: that of the settings, else one that the simulator writes into `folder`; and whether it
/// is made up.
///
/// # Errors
/// [`VerbError`] where nothing can be written.
pub(super) fn find(settings: &Settings, plot: &Plot, folder: &Path) -> Result<(PathBuf, bool), VerbError> {
    let candidates = settings.archive_candidates();
    let found = files::find(candidates.iter().map(PathBuf::as_path), &Symbol::followed());
    match found.filter(|_| !plot.is_made_up) {
        Some((found, _)) => Ok((found.to_owned(), false)),
        None => {
            let made_up = folder.join("archive");
            write_archive(&made_up, plot, settings.market.seed).map_err(|cause| {
                VerbError::failed(
                    format!("The made-up market cannot be written: {cause}"),
                    "Is there room, and may this user write there?",
                )
            })?;
            Ok((made_up, true))
        }
    }
}

/// Brings the archive of the settings into their store.
///
/// # Errors
/// [`VerbError`] where the store fails, or the archive does not reach over what is told.
pub(super) async fn bring_in(settings: &Settings, plot: &Plot, teller: &Teller) -> Result<(), VerbError> {
    let store = Store::at(&settings.store_place()).await.map_err(VerbError::because)?;
    let brought = Box::pin(bring_into(&store, settings, plot, teller)).await;
    store.close().await;
    brought
}

async fn bring_into(store: &Store, settings: &Settings, plot: &Plot, teller: &Teller) -> Result<(), VerbError> {
    let (store, clock) = (Arc::new(store.clone()), Arc::new(SystemClock));
    let ingestion = Ingestion::new(settings.market_settings(), store, clock).await.map_err(VerbError::because)?;
    let summary = ingestion.found_archive(&Silent).await.map_err(VerbError::because)?;
    let coins = summary.map(|summary| summary.coins).unwrap_or_default();
    let needed_from_s = plot.trained_at.as_second() - LEAST_DAYS_BEFORE * 24 * SECONDS_PER_HOUR;
    let reaches = coins.iter().any(|coin| {
        coin.from_s.is_some_and(|from_s| from_s <= needed_from_s)
            && coin.to_s.is_some_and(|to_s| to_s >= plot.ends_at().as_second())
    });
    if !reaches {
        return Err(VerbError::failed(
            format!(
                "The archive does not reach from {} to {}",
                minute(domain::clock::instant(needed_from_s)),
                minute(plot.ends_at())
            ),
            "Name another day with --from, or another archive with INVESTBUDDY_ARCHIVE; --short needs none.",
        ));
    }
    let candles: u64 = coins.iter().map(|coin| coin.candles).sum();
    let held = coins.iter().filter(|coin| coin.candles > 0).count();
    teller.say(&format!("{candles} hourly candles of {held} coins are in a store of their own."));
    Ok(())
}

/// Trains the model of the time: on nothing that was not known at its training, by the recipe of the server's own
/// trainings, with the newest days held out. It serves from then on.
///
/// # Errors
/// [`VerbError`] where it cannot be trained.
pub(super) async fn train_model_of_the_time(
    settings: &Settings,
    plot: &Plot,
    revision: &str,
    teller: &Teller,
) -> Result<Version, VerbError> {
    let (own, at, revision) = (settings.clone(), plot.trained_at, revision.to_owned());
    let trained = tokio::task::spawn_blocking(move || train(&own, at, &revision)).await.map_err(VerbError::because)?;
    let (made, trained_to, candles) = trained?;
    teller.say(&format!(
        "Trained on {candles} candles up to {}, as the server itself would have done on {}: {}.",
        trained_to.strftime("%Y-%m-%d"),
        at.strftime("%Y-%m-%d"),
        made.version
    ));
    for at in &made.comparison.horizons {
        teller.say(&format!(
            "{}: QLIKE {:.4} on the {} days after its training, the 80 % interval covers {:.1} %.",
            at.horizon,
            at.challenger.qlike,
            at.days,
            100.0 * at.challenger.coverage80
        ));
    }
    Ok(made.version)
}

fn train(settings: &Settings, at: Timestamp, revision: &str) -> Result<(Made, Timestamp, usize), VerbError> {
    let mut candles = archive::read(None, settings)?;
    for series in candles.values_mut() {
        // The hour that was running had not ended.
        *series = series.between(i64::MIN, at.as_second() - SECONDS_PER_HOUR + 1);
    }
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let instruction = Instruction {
        family: SERVED,
        now: at,
        held_out_days: settings.retraining.held_out_days,
        seed: SEED,
        hears_people: false,
        networks: settings.retraining.networks(),
        rules: settings.retraining.rules(),
    };
    let material = Material { candles: &candles, votes: &[], registry: &registry, revision };
    let made = carry_out(&instruction, &material, &|_| {}).map_err(VerbError::because)?;
    registry.promote(&made.version).map_err(VerbError::because)?;
    let trained_to = registry.manifest(&made.version).map_err(VerbError::because)?.trained_to;
    Ok((made, trained_to, candles.values().map(CandleSeries::len).sum()))
}

/// Writes a made-up market as an archive of CSV files, in which everything moves more from the shock on.
fn write_archive(folder: &Path, plot: &Plot, seed: u64) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let until = plot.ends_at().saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    let shock_s = plot.shock_at().as_second();
    for (symbol, series) in simulate(seed, &plot.coins, until) {
        let mut table = "open_time_ms,open,high,low,close,volume\n".to_owned();
        for hour in shocked(&series, shock_s) {
            let Hour { opens_at_s, open, high, low, close, volume } = hour;
            // Writing into a text cannot fail.
            let _ = writeln!(table, "{},{open},{high},{low},{close},{volume}", opens_at_s * 1_000);
        }
        std::fs::write(folder.join(format!("{symbol}_1h.csv")), table)?;
    }
    Ok(())
}

struct Hour {
    opens_at_s: i64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

/// The hours of a series, those from `shock_s` (epoch seconds) on with [`SHOCK`] times their movements.
fn shocked(series: &CandleSeries, shock_s: i64) -> impl Iterator<Item = Hour> + '_ {
    let mut open = series.open.first().copied().unwrap_or(1.0);
    (0..series.len()).map(move |index| {
        let opens_at_s = series.opens_at_s[index];
        let factor = if opens_at_s < shock_s { 1.0 } else { SHOCK };
        let moved = |to: f64| {
            let change = factor * (to / series.open[index]).ln();
            open * change.clamp(-LARGEST_MOVE, LARGEST_MOVE).exp()
        };
        let hour = Hour {
            opens_at_s,
            open,
            high: moved(series.high[index]),
            low: moved(series.low[index]),
            close: moved(series.close[index]),
            volume: series.volume[index] * factor,
        };
        open = hour.close;
        hour
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_market_moves_more_from_the_shock_on_and_its_hours_fit_together() {
        let plot = Plot::in_short().expect("a plot");
        let series = simulate(7, &plot.coins[..1], plot.ends_at()).remove(&plot.coins[0]).expect("a coin");
        let shock_s = plot.shock_at().as_second();
        let hours: Vec<Hour> = shocked(&series, shock_s).collect();
        assert_eq!(hours.len(), series.len());
        assert!(
            hours.iter().all(|hour| hour.low <= hour.open.min(hour.close) && hour.high >= hour.open.max(hour.close))
        );
        assert!(hours.windows(2).all(|pair| (pair[1].open - pair[0].close).abs() < f64::EPSILON * pair[0].close));
        let moves = |is_after: bool| {
            let chosen = hours.iter().filter(|hour| (hour.opens_at_s >= shock_s) == is_after);
            let squares: Vec<f64> = chosen.map(|hour| (hour.close / hour.open).ln().powi(2)).collect();
            (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
        };
        assert!(moves(true) > 1.5 * moves(false), "{} {}", moves(true), moves(false));
    }
}

//! `investbuddy retrain --job ID`: one training that the server asked for, in a process of its own.
//!
//! Only the server starts it. It takes what other processes leave of the processor, keeps to a limit of memory, tells how
//! far it is on standard output, and ends with whoever holds its standard input.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use domain::market::{CandleSeries, Symbol};
use jiff::{SignedDuration, Timestamp};

use super::{VerbError, print};
use crate::config::Settings;
use crate::registry::Registry;
use crate::retraining::{Made, Material, Phase, Progress, Report, Training, Vote, carry_out};
use crate::store::Store;

/// The lowest priority that there is.
const NICE: i32 = 19;
/// Progress is told this often at most, but for the end of each pass over the data.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// How far back votes count.
const VOTES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(730 * 24);
/// The exit code where nobody holds the standard input any more.
const ABANDONED: i32 = 3;

/// Which training.
#[derive(Debug, Args)]
pub struct RetrainArgs {
    /// The name of a training that waits in the store
    #[arg(long, value_name = "ID")]
    job: String,
}

/// Carries a training out and tells what it made, or why it made nothing.
///
/// # Errors
/// [`VerbError::Reported`] where there is no model; why was told on standard output.
pub fn run(args: &RetrainArgs, settings: &Settings, revision: &str) -> Result<(), VerbError> {
    give_way(settings.retraining.memory_mb);
    end_with_the_server();
    let worked = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .map_err(|error| error.to_string())
        .and_then(|()| work(args, settings, revision));
    match worked {
        Ok(made) => {
            tell(&Report::Made(Box::new(made)));
            Ok(())
        }
        Err(reason) => {
            tell(&Report::Failed { reason });
            Err(VerbError::Reported)
        }
    }
}

fn work(args: &RetrainArgs, settings: &Settings, revision: &str) -> Result<Made, String> {
    let began = Progress { phase: Phase::Reading, share: 0.0, fit: 0, fits: 0, network: 0, epoch: 0, loss: None };
    tell(&Report::Progress(began));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let (training, candles, votes) = runtime.block_on(Box::pin(read(&args.job, settings)))?;
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let material = Material { candles: &candles, votes: &votes, registry: &registry, revision };
    let told: Mutex<Option<Instant>> = Mutex::new(None);
    carry_out(&training.instruction, &material, &|progress| {
        let Ok(mut last) = told.lock() else { return };
        let is_news = progress.loss.is_some() || progress.phase != Phase::Fitting;
        if is_news || last.is_none_or(|last| last.elapsed() >= TELL_EVERY) {
            *last = Some(Instant::now());
            tell(&Report::Progress(progress));
        }
    })
    .map_err(|error| error.to_string())
}

/// What a training works on.
type Read = (Training, BTreeMap<Symbol, CandleSeries>, Vec<Vote>);

async fn read(job: &str, settings: &Settings) -> Result<Read, String> {
    let store = Store::at(&settings.store_place()).await.map_err(|error| error.to_string())?;
    let read = Box::pin(read_from(&store, job)).await;
    store.close().await;
    read
}

async fn read_from(store: &Store, job: &str) -> Result<Read, String> {
    let in_words = |error: crate::store::StoreError| error.to_string();
    let training = store.training(job).await.map_err(in_words)?.filter(|training| training.state.is_open());
    let training = training.ok_or_else(|| format!("no training {job} waits or runs"))?;
    let now = training.instruction.now;
    let mut candles = BTreeMap::new();
    for symbol in Symbol::followed() {
        let series = store.load_candles(&symbol).await.map_err(in_words)?;
        // An archive may reach past the instant that the server's clock shows.
        let known = series.between(i64::MIN, now.as_second() - 3_599);
        if !known.is_empty() {
            candles.insert(symbol, known);
        }
    }
    let from = now.checked_sub(VOTES_COUNT_FOR).unwrap_or(Timestamp::MIN);
    let votes = store.votes(from, now).await.map_err(in_words)?;
    Ok((training, candles, votes))
}

fn tell(report: &Report) {
    if let Ok(line) = serde_json::to_string(report) {
        print(&line);
    }
}

/// Where the system refuses the training goes on as it is: it is then only less polite.
fn give_way(memory_mb: u32) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};

        let bytes = u64::from(memory_mb) * 1024 * 1024;
        if let Err(cause) = setpriority_process(None, NICE) {
            tracing::warn!(%cause, "A training could not be given a low priority");
        }
        if let Err(cause) = setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) }) {
            tracing::warn!(%cause, "A training could not be given a limit of memory");
        }
    }
    #[cfg(not(target_os = "linux"))]
    tracing::warn!(memory_mb, nice = NICE, "A training runs without a limit of memory and with usual priority");
}

/// Ends the process where its standard input ends: the server is gone, or does not want it any more.
fn end_with_the_server() {
    std::thread::spawn(|| {
        let mut nothing = [0_u8; 64];
        let mut input = std::io::stdin().lock();
        while input.read(&mut nothing).is_ok_and(|read| read > 0) {}
        std::process::exit(ABANDONED);
    });
}

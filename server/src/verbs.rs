//! The verbs of the command line, and how each ends: 0 done, 1 could not, 2 asked the wrong way.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::model::Family;

use self::evaluate::{EvaluateArgs, What};
use crate::config::{ConfigError, Settings, Sources};
use crate::telemetry::{self, TelemetryError};
use crate::web::listen::ListenError;

mod archive;
pub mod backup;
pub mod bench;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod drift;
pub mod evaluate;
pub mod export;
pub mod fetch;
pub mod ingest;
mod knowledge;
pub mod models;
pub mod operator;
pub mod predict;
mod product;
pub mod retrain;
pub mod serve;
pub mod train;
mod watch;

/// Will the next one to two days in BTC, ETH and seven other coins be unusually volatile, how sure are we, and why?
#[derive(Debug, Parser)]
#[command(name = "investbuddy", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    /// The settings file [default: investbuddy.toml in the working directory, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the server: pages, API, market and forecasts
    Serve(serve::ServeArgs),
    /// Fetch candles from an archive or an exchange into the store; goes on where it was interrupted
    Ingest(ingest::IngestArgs),
    /// Fit a model on an archive of candles, score it on what came later and keep it
    Train(train::TrainArgs),
    /// Compare every family of models on origins that none was fitted on
    Evaluate(evaluate::EvaluateArgs),
    /// Forecast one coin in the terminal, without a server
    Predict(predict::PredictArgs),
    /// List the models, let one serve, go back to the one before
    Models(models::ModelsArgs),
    /// Fetch the files of language models that run on this machine; does nothing where they are there
    Fetch(fetch::FetchArgs),
    /// Measure the language models that run on this machine
    Bench(bench::BenchArgs),
    /// Replay history in front of a real server that watches itself, and tell what happens
    Demo(demo::DemoArgs),
    /// Let an account look after this server
    Operator(operator::OperatorArgs),
    /// Say whether one table is still like another: a report for the terminal, as JSON or as one HTML file
    Drift(drift::DriftArgs),
    /// Write production data, their reference or feedback as CSV
    Export(export::ExportArgs),
    /// Copy the whole store into one file, while a server serves from it
    Backup(backup::BackupArgs),
    /// Put a copy that `backup` made into the store
    Restore(backup::RestoreArgs),
    /// Check this install and say what is wrong and what to do
    Doctor(doctor::DoctorArgs),
    /// Carry out a training that the server asked for; only the server starts it
    #[command(hide = true)]
    Retrain(retrain::RetrainArgs),
    /// Print the settings in force, as a file that can be edited
    Config(config::ConfigArgs),
}

/// Why a verb could not do what it was asked. Printed as one sentence; where it helps, a second says what to do.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logging cannot start.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The server cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// What was asked for makes no sense; another call would.
    #[error("{0}")]
    Usage(String),
    /// Something else in the way, in words for a person.
    #[error("{what}")]
    Failed {
        /// What could not be done, and why.
        what: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Everything was reported already; only the exit code is left to set.
    #[error("")]
    Reported,
}

impl VerbError {
    /// What could not be done, and what to do about it.
    pub fn failed(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), hint: Some(hint.into()) }
    }

    /// Something that went wrong and speaks for itself.
    pub fn because(cause: impl std::fmt::Display) -> Self {
        Self::Failed { what: cause.to_string(), hint: None }
    }

    const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Telemetry(_) | Self::Usage(_) => 2,
            Self::Listen(_) | Self::Failed { .. } | Self::Reported => 1,
        }
    }

    fn report(&self) {
        let mut err = std::io::stderr().lock();
        // Where standard error is gone there is nobody to tell.
        let _ = match self {
            Self::Reported => Ok(()),
            Self::Failed { what, hint: Some(hint) } => writeln!(err, "investbuddy: {what}\n  {hint}"),
            other => writeln!(err, "investbuddy: {other}"),
        };
    }
}

/// Reads the command line and does what it says. `revision` is the git revision of the program.
#[must_use]
pub fn run(revision: &str) -> ExitCode {
    let cli = Cli::parse();
    match do_verb(cli, revision) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(error.exit_code())
        }
    }
}

fn do_verb(cli: Cli, revision: &str) -> Result<(), VerbError> {
    let mut settings = Settings::load(&Sources::of_this_process(cli.config))?;
    if let Verb::Serve(args) = &cli.verb {
        args.apply(&mut settings);
    }
    if let Verb::Demo(args) = &cli.verb {
        args.apply(&mut settings);
    }
    telemetry::start(&settings)?;
    match cli.verb {
        Verb::Serve(_) => on_the_web_runtime(&settings, serve::run(&settings)),
        Verb::Demo(args) => on_the_web_runtime(&settings, demo::run(args, &settings, revision)),
        Verb::Doctor(args) => on_the_web_runtime(&settings, doctor::run(args, &settings)),
        Verb::Ingest(args) => on_the_web_runtime(&settings, ingest::run(args, &settings)),
        Verb::Fetch(args) => on_the_web_runtime(&settings, fetch::run(args, &settings)),
        Verb::Bench(args) => on_the_web_runtime(&settings, bench::run(args, &settings)),
        Verb::Operator(args) => on_the_web_runtime(&settings, operator::run(args, &settings)),
        Verb::Drift(args) => drift::run(&args),
        Verb::Export(args) => on_the_web_runtime(&settings, export::run(args, &settings)),
        Verb::Backup(args) => on_the_web_runtime(&settings, backup::back_up(args, &settings)),
        Verb::Restore(args) => on_the_web_runtime(&settings, backup::restore(args, &settings)),
        Verb::Train(args) => train::run(&args, &settings, revision),
        Verb::Retrain(args) => retrain::run(&args, &settings, revision),
        Verb::Evaluate(EvaluateArgs { what: Some(What::Retrieval(args)), .. }) => {
            on_the_web_runtime(&settings, evaluate::retrieval::run(args, &settings))
        }
        Verb::Evaluate(EvaluateArgs { what: Some(What::Drift(args)), .. }) => evaluate::drift::run(&args, &settings),
        Verb::Evaluate(args) => evaluate::run(&args, &settings, revision),
        Verb::Predict(args) => predict::run(&args, &settings),
        Verb::Models(args) => models::run(&args, &settings),
        Verb::Config(args) => config::run(&args, &settings),
    }
}

fn on_the_web_runtime(settings: &Settings, work: impl Future<Output = Result<(), VerbError>>) -> Result<(), VerbError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Page rendering blocks for moments; with fewer than four threads pages were seen to wait for each other.
        .worker_threads((settings.limits.web_threads as usize).max(4))
        .thread_name("web")
        .enable_all()
        .build()
        .map_err(|error| VerbError::because(format!("The system gives us no threads: {error}")))?;
    runtime.block_on(Box::pin(work))
}

/// Reads the name of one of some families.
fn family_among(families: &[Family], text: &str) -> Result<Family, String> {
    let names: Vec<&str> = families.iter().map(|family| family.as_str()).collect();
    families
        .iter()
        .copied()
        .find(|family| family.as_str() == text)
        .ok_or_else(|| format!("must be among {}", names.join(", ")))
}

/// Prints to standard output; a reader that has gone away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

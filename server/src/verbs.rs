//! The verbs of the command line, and how each ends: 0 done, 1 could not, 2 asked the wrong way.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Settings, Sources};
use crate::telemetry::{self, TelemetryError};
use crate::web::listen::ListenError;

pub mod config;
pub mod doctor;
pub mod serve;

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
    /// Check this install and say what is wrong and what to do
    Doctor(doctor::DoctorArgs),
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

/// Reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match do_verb(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(error.exit_code())
        }
    }
}

fn do_verb(cli: Cli) -> Result<(), VerbError> {
    let settings = Settings::load(&Sources::of_this_process(cli.config))?;
    telemetry::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Page rendering blocks for moments; with fewer than four threads pages were seen to wait for each other.
        .worker_threads((settings.limits.web_threads as usize).max(4))
        .thread_name("web")
        .enable_all()
        .build()
        .map_err(|error| VerbError::because(format!("The system gives us no threads: {error}")))?;
    runtime.block_on(async {
        match cli.verb {
            Verb::Doctor(args) => Box::pin(doctor::run(args, &settings)).await,
            Verb::Config(args) => config::run(&args, &settings),
        }
    })
}

/// Prints to standard output; a reader that has gone away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

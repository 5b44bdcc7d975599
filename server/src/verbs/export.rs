//! `investbuddy export`: production data, what it is compared with, and feedback, as CSV.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;

use clap::{Args, ValueEnum};
use futures::{Stream, TryStreamExt};

use super::VerbError;
use crate::config::Settings;
use crate::monitoring::{Monitoring, MonitoringError};
use crate::registry::Registry;
use crate::store::{FeedbackFilter, Store};

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The table
    what: Table,
    /// The file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Table {
    /// Every published forecast with its features, outcome and feedback, as Evidently reads it
    Production,
    /// The end of what the champion was trained on, with the same features
    Reference,
    /// What people said about forecasts and answers
    Feedback,
}

/// Writes a table as CSV.
///
/// # Errors
/// [`VerbError`] where the store cannot be read, no model serves, or the disk refuses.
pub async fn run(args: ExportArgs, settings: &Settings) -> Result<(), VerbError> {
    let ExportArgs { what, out } = args;
    let store = Store::at(&settings.store_place()).await.map_err(VerbError::because)?;
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let monitoring = Monitoring::new(store.clone(), registry);
    let written = match out {
        None => to_standard_output(&monitoring, what).await,
        Some(path) => to_file(&monitoring, what, &path).await,
    };
    store.close().await;
    written
}

async fn to_standard_output(monitoring: &Monitoring, what: Table) -> Result<(), VerbError> {
    match write(monitoring, what, &mut io::stdout()).await {
        // A reader that has gone away (`| head`) is no error.
        Err(ExportError::Disk(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(VerbError::because(error)),
        Ok(()) => Ok(()),
    }
}

/// Writes a file under another name and renames it when it is whole.
async fn to_file(monitoring: &Monitoring, what: Table, path: &Path) -> Result<(), VerbError> {
    let name = path.file_name().ok_or_else(|| VerbError::Usage(format!("{} names no file", path.display())))?;
    let draft = path.with_file_name(format!(".{}-{}", name.to_string_lossy(), std::process::id()));
    let failed = |error: &dyn std::fmt::Display| VerbError::because(format!("{}: {error}", path.display()));
    let mut file = io::BufWriter::new(fs::File::create(&draft).map_err(|error| failed(&error))?);
    let written = match write(monitoring, what, &mut file).await {
        Ok(()) => file.flush().map_err(ExportError::Disk),
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        // What is half is of no use to anybody.
        let _ = fs::remove_file(&draft);
        return Err(failed(&error));
    }
    fs::rename(&draft, path).map_err(|error| failed(&error))
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Table(#[from] MonitoringError),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

async fn write(monitoring: &Monitoring, what: Table, out: &mut impl Write) -> Result<(), ExportError> {
    match what {
        Table::Production => write_pieces(monitoring.production(), out).await,
        Table::Feedback => write_pieces(monitoring.feedback(FeedbackFilter::default()), out).await,
        Table::Reference => Ok(out.write_all(&monitoring.reference().await?)?),
    }
}

async fn write_pieces(
    pieces: impl Stream<Item = Result<Vec<u8>, MonitoringError>>,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let mut pieces = pin!(pieces);
    while let Some(piece) = pieces.try_next().await? {
        out.write_all(&piece)?;
    }
    Ok(out.flush()?)
}

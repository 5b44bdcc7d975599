//! Fills the book when the server starts: first from the store, then from archive files that are new.

use std::path::PathBuf;

use domain::market::{CandleSeries, MarketOrigin, Symbol};
use futures::{StreamExt, stream};
use tracing::{info, warn};

use super::MarketSettings;
use super::archive::{self, CandleFile};
use super::gaps;
use super::intake::{Delivery, Intake, Taken};
use super::progress::{Progress, Step};
use super::quarantine::Judged;
use crate::store::{ArchiveFile, StoreError};

/// The archive's name in the store.
pub(crate) const ARCHIVE: &str = "archive";
/// Coins read at once: two cores, and readers of SQLite do not block each other.
const COINS_AT_ONCE: usize = 3;
/// Files parsed at once.
const FILES_AT_ONCE: usize = 2;

/// What reading an archive came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ArchiveSummary {
    /// Files that were read now.
    pub(crate) files_read: u32,
    /// Files that have not changed since they were read.
    pub(crate) files_unchanged: u32,
    /// Files that could not be read as a whole.
    pub(crate) files_failed: u32,
    /// Candles that were not known.
    pub(crate) added: u64,
    /// Refused rows that were not known.
    pub(crate) quarantined: u64,
}

/// Brings every stored candle into the book.
///
/// # Errors
/// [`StoreError`] where the store cannot be read.
pub(crate) async fn load_store(intake: &Intake, symbols: &[Symbol]) -> Result<(), StoreError> {
    let mut loads = stream::iter(symbols.iter().cloned())
        .map(|symbol| async move {
            let series = intake.store.load_candles(&symbol).await?;
            let newest = intake.store.newest_candle(&symbol).await?;
            Ok::<_, StoreError>((symbol, series, newest))
        })
        .buffer_unordered(COINS_AT_ONCE);
    let stored_gaps = intake.store.gaps().await?;
    while let Some(load) = loads.next().await {
        let (symbol, series, newest) = load?;
        let found = gaps::find(&series);
        // A kill between a batch and its gaps leaves the gaps behind.
        if stored_gaps.get(&symbol).map_or(&[][..], Vec::as_slice) != found {
            intake.store.replace_gaps(&symbol, &found).await?;
        }
        let is_from_exchange = newest.is_some_and(|(_, source)| source != ARCHIVE);
        let origin = if is_from_exchange { MarketOrigin::Exchange } else { MarketOrigin::Archive };
        intake.book.merge(&symbol, &series, origin);
    }
    intake.book.set_quarantined_rows(intake.store.quarantined_rows().await?);
    Ok(())
}

/// The candle files of the first folder that has some: the one of the settings, then the usual places.
pub(crate) async fn find_archive(settings: &MarketSettings) -> Option<Vec<CandleFile>> {
    let folders: Vec<PathBuf> = settings.archive.iter().chain(&settings.archive_folders).cloned().collect();
    let (wanted, symbols) = (settings.archive.clone(), settings.symbols.clone());
    // A folder may be on a slow disk and hold thousands of files.
    let search = tokio::task::spawn_blocking(move || {
        let (folder, files) = archive::find(folders.iter().map(PathBuf::as_path), &symbols)?;
        Some((folder.to_owned(), files))
    });
    let (folder, files) = search.await.ok().flatten()?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != folder) {
        warn!(folder = %wanted.display(), "The archive of the settings holds no candle files");
    }
    info!(folder = %folder.display(), files = files.len(), "Found an archive");
    Some(files)
}

/// Reads the files of the archive that are new or changed. Readers see the candles as soon as the last file is
/// in memory; the store gets them afterwards, file by file.
///
/// # Errors
/// [`StoreError`] where a file cannot be stored; the files before it are.
pub(crate) async fn load_archive(
    intake: &Intake,
    files: Vec<CandleFile>,
    on_read: impl Fn(f32) + Send,
    progress: &dyn Progress,
) -> Result<ArchiveSummary, StoreError> {
    let known = intake.store.archive_files().await?;
    let (unchanged, changed): (Vec<CandleFile>, Vec<CandleFile>) =
        files.into_iter().partition(|file| known.contains(&file.stamp));
    let count = changed.len();
    let mut summary =
        ArchiveSummary { files_unchanged: u32::try_from(unchanged.len()).unwrap_or(u32::MAX), ..Default::default() };

    let mut parsed: Vec<(CandleFile, Judged)> = Vec::with_capacity(count);
    let mut reads = stream::iter(changed).map(|file| read_file(file, intake.now_s())).buffered(FILES_AT_ONCE);
    while let Some(read) = reads.next().await {
        match read {
            Some(file_and_judged) => parsed.push(file_and_judged),
            None => summary.files_failed += 1,
        }
        let done = parsed.len() + summary.files_failed as usize;
        if done < count {
            on_read(done as f32 / count as f32);
        }
    }
    // All coins at once: what is computed over the whole market is not to be computed over half of it.
    for (file, judged) in &parsed {
        intake.book.merge(&file.symbol, &judged.good, MarketOrigin::Archive);
    }
    intake.book.publish();
    // Only now: whoever hears that all is read may look for it.
    on_read(1.0);

    let total = parsed.len() as u64;
    for (file, judged) in parsed {
        let taken = store_file(intake, &file, &judged).await?;
        summary.files_read += 1;
        summary.added += taken.added;
        summary.quarantined += taken.quarantined;
        progress.step(&Step {
            source: ARCHIVE,
            symbol: &file.symbol,
            done: u64::from(summary.files_read),
            total,
            added: summary.added,
        });
    }
    if summary.files_read > 0 {
        info!(
            files = summary.files_read,
            candles.added = summary.added,
            rows.quarantined = summary.quarantined,
            "Read the archive"
        );
    }
    Ok(summary)
}

/// Every good candle of some files, whatever the clock says; nothing is stored.
pub(crate) async fn read_archive(files: Vec<CandleFile>, on_read: impl Fn(f32) + Send) -> Vec<(Symbol, CandleSeries)> {
    let count = files.len();
    let mut reads = stream::iter(files).map(|file| read_file(file, i64::MAX)).buffered(FILES_AT_ONCE);
    let mut series = Vec::with_capacity(count);
    while let Some(read) = reads.next().await {
        series.extend(read.map(|(file, judged)| (file.symbol, judged.good)));
        on_read(series.len() as f32 / count.max(1) as f32);
    }
    series
}

/// Parses and judges a file on a thread for blocking work; none where the whole file is unreadable.
async fn read_file(file: CandleFile, now_s: i64) -> Option<(CandleFile, Judged)> {
    let work = tokio::task::spawn_blocking(move || {
        let rows = archive::read_rows(&file)?;
        let judged = super::quarantine::judge(&rows, None, now_s);
        Ok::<_, archive::ArchiveError>((file, judged))
    });
    match work.await {
        Ok(Ok(read)) => Some(read),
        Ok(Err(error)) => {
            warn!(%error, "Left out a file of the archive");
            None
        }
        Err(error) => {
            warn!(%error, "Left out a file of the archive: its reader broke");
            None
        }
    }
}

async fn store_file(intake: &Intake, file: &CandleFile, judged: &Judged) -> Result<Taken, StoreError> {
    let ArchiveFile { path, .. } = &file.stamp;
    let taken = intake
        .take(&Delivery {
            symbol: &file.symbol,
            source: ARCHIVE,
            place: path,
            good: &judged.good,
            refused: &judged.refused,
            answered: None,
            file: Some(&file.stamp),
        })
        .await?;
    if taken.quarantined > 0 {
        warn!(file = %path, rows.quarantined = taken.quarantined, "Refused rows of an archive file");
    }
    Ok(taken)
}

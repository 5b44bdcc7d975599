//! Archives: a folder of candle files, read without asking anyone.
//!
//! Three kinds of file: CSV with a header (`open_time_ms,open,high,low,close,volume`), Binance's monthly files
//! (`BTCUSDT-1h-2025-01.zip` or `.csv`, twelve columns, times in milliseconds or, since 2025, microseconds) and
//! Parquet with the columns of the CSV. The coin is told by the file's name.

mod file_name;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use domain::market::Symbol;

pub use table::read_rows;

use crate::store::ArchiveFile;
use file_name::{Kind, describe};

/// How deep folders are searched; Binance's own layout (`spot/monthly/klines/BTCUSDT/1h`) is five deep.
const MAX_DEPTH: usize = 6;
/// More files than any archive of hourly candles has.
const MAX_FILES: usize = 20_000;

/// Why a file of the archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file or folder cannot be opened.
    #[error("cannot read {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The header lacks a column.
    #[error("{} has no column {column}; its header must name open_time_ms, open, high, low, close and volume", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column that is missing.
        column: &'static str,
    },
    /// The zip file is damaged or holds no CSV.
    #[error("{} is no zip file with a CSV in it: {cause}", path.display())]
    Zip {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The Parquet file is damaged or has other columns.
    #[error("{} is no Parquet file of candles: {cause}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

/// A file of hourly candles in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandleFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its coin.
    pub symbol: Symbol,
    /// How it is written.
    kind: Kind,
    /// Its size and age, by which a change is seen.
    pub stamp: ArchiveFile,
}

/// The first of the folders that holds candle files of the coins, with those files ordered by coin and name.
#[must_use]
pub fn find<'a>(
    folders: impl IntoIterator<Item = &'a Path>,
    symbols: &[Symbol],
) -> Option<(&'a Path, Vec<CandleFile>)> {
    folders.into_iter().find_map(|folder| {
        let files = list(folder, symbols);
        (!files.is_empty()).then_some((folder, files))
    })
}

/// Every file of hourly candles of the coins in a folder, or of any coin where none is named. Where one name exists in several formats, Parquet is
/// preferred to CSV and CSV to zip.
#[must_use]
pub fn list(folder: &Path, symbols: &[Symbol]) -> Vec<CandleFile> {
    let mut paths = Vec::new();
    walk(folder, 0, &mut paths);
    let mut by_stem: BTreeMap<(Symbol, PathBuf), CandleFile> = BTreeMap::new();
    for path in paths {
        let Some(file) = candle_file(&path, symbols) else { continue };
        let key = (file.symbol.clone(), path.with_extension(""));
        match by_stem.get(&key) {
            Some(other) if other.kind <= file.kind => {}
            _ => {
                by_stem.insert(key, file);
            }
        }
    }
    by_stem.into_values().collect()
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, depth + 1, paths);
            }
        } else if paths.len() < MAX_FILES {
            paths.push(path);
        }
    }
}

fn candle_file(path: &Path, symbols: &[Symbol]) -> Option<CandleFile> {
    let (symbol, kind) = describe(path)?;
    if !symbols.is_empty() && !symbols.contains(&symbol) {
        return None;
    }
    let stamp = stamp(path)?;
    Some(CandleFile { path: path.to_owned(), symbol, kind, stamp })
}

fn stamp(path: &Path) -> Option<ArchiveFile> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(ArchiveFile {
        path: std::path::absolute(path).ok()?.to_string_lossy().into_owned(),
        size_bytes: i64::try_from(metadata.len()).ok()?,
        modified_ms: i64::try_from(modified.as_millis()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("has a folder")).expect("makes the folder");
        std::fs::write(path, "x").expect("writes");
    }

    #[test]
    fn the_first_folder_with_candle_files_wins() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (empty, full, other) = (root.path().join("empty"), root.path().join("full"), root.path().join("other"));
        touch(&empty, "notes.txt");
        touch(&full, "BTCUSDT_1h.csv");
        touch(&other, "ETHUSDT_1h.csv");
        let folders = [Path::new("/nowhere/at/all"), &empty, &full, &other];
        let (folder, files) = find(folders, &Symbol::followed()).expect("finds the full folder");
        assert_eq!(folder, full);
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn parquet_is_preferred_and_files_of_other_kinds_coins_and_intervals_are_left_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for name in [
            "BTCUSDT_1h.csv",
            "BTCUSDT_1h.parquet",
            "spot/monthly/klines/ETHUSDT/1h/ETHUSDT-1h-2025-01.zip",
            "ETHUSDT-1m-2025-01.zip",
            "BTCUSDT_funding_8h.csv",
            "LTCUSDT_1h.csv",
            "README.md",
        ] {
            touch(root.path(), name);
        }
        let files = list(root.path(), &Symbol::followed());
        let names: Vec<_> = files.iter().filter_map(|file| file.path.file_name()?.to_str()).collect();
        assert_eq!(names, ["BTCUSDT_1h.parquet", "ETHUSDT-1h-2025-01.zip"]);
    }
}

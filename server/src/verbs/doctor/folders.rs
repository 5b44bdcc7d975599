//! Folders: can they be written, is there room, do they hold what they should.

use std::path::{Path, PathBuf};

use domain::market::Symbol;

use super::Finding;
use crate::config::Settings;
use crate::market;

/// Less room than this and writes will fail soon.
const TOO_LITTLE_BYTES: u64 = 100 * 1024 * 1024;
/// Less room than this is worth a word: a full history of nine coins takes about half of it.
const LITTLE_BYTES: u64 = 1024 * 1024 * 1024;

/// Whether the data folder can be written.
pub(super) fn data(settings: &Settings) -> Finding {
    let folder = &settings.data_dir;
    let what = "data folder";
    match try_to_write(folder) {
        Ok(()) => Finding::fine(what, format!("{} can be written", folder.display())),
        Err(error) => Finding::broken(
            what,
            format!("{} cannot be written: {error}", folder.display()),
            "Give this user the right to write there, or set INVESTBUDDY_DATA_DIR to another folder.",
        ),
    }
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"can this be written?")?;
    std::fs::remove_file(&probe)
}

/// Whether there is room on the data folder's disk.
pub(super) fn space(settings: &Settings) -> Finding {
    let what = "disk space";
    let existing = settings.data_dir.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let Ok(disk) = rustix::fs::statvfs(existing) else {
        return Finding::limited(what, "the system does not say", "Look with `df`.");
    };
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    let seen = format!("{:.1} GB free", free_bytes as f64 / 1e9);
    let advice = "Free some space, or set INVESTBUDDY_DATA_DIR to a larger disk.";
    match free_bytes {
        bytes if bytes < TOO_LITTLE_BYTES => Finding::broken(what, seen, advice),
        bytes if bytes < LITTLE_BYTES => Finding::limited(what, seen, advice),
        _ => Finding::fine(what, seen),
    }
}

/// Whether there is an archive of candles. A folder that was set and holds none is a mistake; none at all only
/// means that the market comes from exchanges.
pub(super) fn archive(settings: &Settings) -> Finding {
    let what = "archive";
    let candidates = settings.archive_candidates();
    let symbols = Symbol::followed();
    let found = market::archive::find(candidates.iter().map(PathBuf::as_path), &symbols);
    let tried: Vec<String> = candidates.iter().map(|folder| folder.display().to_string()).collect();
    match (found, &settings.archive) {
        (Some((folder, files)), _) => {
            Finding::fine(what, format!("{} holds {} candle files", folder.display(), files.len()))
        }
        (None, Some(wanted)) => Finding::broken(
            what,
            format!("{} holds no candle files", wanted.display()),
            "Set INVESTBUDDY_ARCHIVE to a folder with CSV, Parquet or Binance zip files, or do not set it.",
        ),
        (None, None) => Finding::limited(
            what,
            format!("there is none in {}", tried.join(" or ")),
            "The market then comes from live exchanges only; put candle files there to start with a long history.",
        ),
    }
}

/// Whether the browser's files are there.
pub(super) fn site(settings: &Settings) -> Finding {
    let what = "site folder";
    let folder = settings.site_dir();
    let advice = "Run `make build`, or set INVESTBUDDY_SITE_DIR to the folder that it made.";
    let Ok(manifest) = std::fs::read(folder.join("manifest.json")) else {
        return Finding::broken(what, format!("{} holds no manifest.json", folder.display()), advice);
    };
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(&manifest) else {
        return Finding::broken(what, format!("{}/manifest.json cannot be read", folder.display()), advice);
    };
    let files = texts(&manifest);
    match files.iter().find(|file| !folder.join(file.trim_start_matches('/')).is_file()) {
        Some(missing) => Finding::broken(what, format!("{}{missing} is missing", folder.display()), advice),
        None => Finding::fine(what, format!("{} holds {} files and more", folder.display(), files.len())),
    }
}

/// Every text in a value, however deep.
fn texts(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(items) => items.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

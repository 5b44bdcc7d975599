//! Files that nobody ever reads half of.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file under another name in the same folder and renames it, in place of an earlier one.
///
/// # Errors
/// Where the disk refuses; the earlier file stays then.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft_of(path);
    fs::write(&draft, content)?;
    fs::rename(&draft, path)
}

/// The same for a file that only its owner may read, and its folder where there is none.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = draft_of(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(content)?;
    fs::rename(&draft, path)
}

fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}-{}", std::process::id()))
}

//! Files that nobody ever reads half of.

use std::io;
use std::path::Path;

/// Writes a file under another name in the same folder and renames it, in place of an earlier one.
///
/// # Errors
/// Where the disk refuses; the earlier file stays then.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}-{}", std::process::id()));
    std::fs::write(&draft, content)?;
    std::fs::rename(&draft, path)
}

//! Files and folders, with errors that name the path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::SiteError;

/// A site folder that is being filled.
pub(super) struct Folder {
    root: PathBuf,
    scratch: PathBuf,
}

impl Folder {
    /// Makes the folder, and a scratch folder inside.
    pub(super) fn new(root: &Path) -> Result<Self, SiteError> {
        let scratch = root.join(".scratch");
        make_folder(&scratch)?;
        Ok(Self { root: root.to_path_buf(), scratch })
    }

    /// Where steps may leave intermediate files.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Removes the scratch folder.
    pub(super) fn drop_scratch(&self) -> Result<(), SiteError> {
        remove_folder(&self.scratch)
    }

    /// Writes a file under its own name.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SiteError> {
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            make_folder(parent)?;
        }
        fs::write(&path, bytes).map_err(|source| SiteError::io("write", &path, source))
    }

    /// Writes a file under a name that holds a hash of its content; returns that name.
    pub(super) fn write_hashed(&self, stem: &str, extension: &str, bytes: &[u8]) -> Result<String, SiteError> {
        let name = format!("{stem}-{}.{extension}", content_hash(bytes));
        self.write(&name, bytes)?;
        Ok(name)
    }

    /// Copies every file of a folder; a folder that is not there holds none.
    pub(super) fn copy_tree(&self, from: &Path) -> Result<(), SiteError> {
        for path in walk(from)? {
            let inside = path.strip_prefix(from).unwrap_or(&path);
            self.write(&inside.to_string_lossy(), &read(&path)?)?;
        }
        Ok(())
    }
}

/// Sixteen hexadecimal digits of the content's SHA-256.
pub(super) fn content_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole content of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SiteError> {
    fs::read(path).map_err(|source| SiteError::io("read", path, source))
}

/// The whole content of a text file.
pub(super) fn read_text(path: &Path) -> Result<String, SiteError> {
    fs::read_to_string(path).map_err(|source| SiteError::io("read", path, source))
}

/// Every file under a folder, sorted, so that hashes do not depend on the file system's order.
pub(super) fn walk(folder: &Path) -> Result<Vec<PathBuf>, SiteError> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), SiteError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(SiteError::io("read", folder, source)),
    };
    for entry in entries {
        let path = entry.map_err(|source| SiteError::io("read", folder, source))?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Removes a folder with everything in it, where it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), SiteError> {
    missing_is_fine(fs::remove_dir_all(path)).map_err(|source| SiteError::io("remove", path, source))
}

/// Removes a file, where it is there.
pub(super) fn remove_file(path: &Path) -> Result<(), SiteError> {
    missing_is_fine(fs::remove_file(path)).map_err(|source| SiteError::io("remove", path, source))
}

/// Puts a finished folder in the place of an older one: two renames, so that nobody meets a half-filled folder.
pub(super) fn swap_folder(fresh: &Path, place: &Path) -> Result<(), SiteError> {
    let old = place.with_extension("old");
    remove_folder(&old)?;
    missing_is_fine(fs::rename(place, &old)).map_err(|source| SiteError::io("move away", place, source))?;
    fs::rename(fresh, place).map_err(|source| SiteError::io("put in place", place, source))?;
    remove_folder(&old)
}

fn make_folder(path: &Path) -> Result<(), SiteError> {
    fs::create_dir_all(path).map_err(|source| SiteError::io("make", path, source))
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_follows_the_content_and_a_swap_replaces_the_whole_folder() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let place = home.path().join("site");
        for (text, other) in [("one", "a.txt"), ("two", "b.txt")] {
            let fresh = home.path().join("new");
            let folder = Folder::new(&fresh).expect("a folder");
            let name = folder.write_hashed("pkg/x", "js", text.as_bytes()).expect("a file");
            assert!(name.starts_with("pkg/x-") && name.ends_with(".js"), "{name}");
            folder.write(other, b"-").expect("a file");
            folder.drop_scratch().expect("no scratch");
            swap_folder(&fresh, &place).expect("swapped");
        }
        let names: Vec<String> = walk(&place)
            .expect("readable")
            .iter()
            .map(|path| path.strip_prefix(&place).expect("inside").display().to_string())
            .collect();
        assert_eq!(names, ["b.txt".to_owned(), format!("pkg/x-{}.js", content_hash(b"two"))]);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        assert!(walk(Path::new("/nowhere/at/all")).expect("no error").is_empty());
    }
}

//! Remembers from what the site was built, so that an unchanged build costs nothing.

use std::env;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::SiteError;
use super::files::{self, hex};
use super::wasm::Optimiser;

/// What is known about the site that is in place.
pub(super) struct Stamp {
    /// Hash of everything that it was built from.
    pub inputs: String,
    /// Whether wasm-opt had its turn.
    pub is_optimised: bool,
    /// What the first page's WebAssembly weighs with brotli.
    pub wasm_brotli_bytes: u64,
    /// What the heaviest part weighs with brotli.
    pub part_brotli_bytes: u64,
}

impl Stamp {
    /// Reads a stamp; none where there is none or it cannot be understood, which only means to build again.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(Self {
            inputs: value.get("inputs")?.as_str()?.to_owned(),
            is_optimised: value.get("is_optimised")?.as_bool()?,
            wasm_brotli_bytes: value.get("wasm_brotli_bytes")?.as_u64()?,
            part_brotli_bytes: value.get("part_brotli_bytes")?.as_u64()?,
        })
    }

    /// Writes it.
    pub(super) fn write(&self, path: &Path) -> Result<(), SiteError> {
        let value = serde_json::json!({
            "inputs": self.inputs,
            "is_optimised": self.is_optimised,
            "wasm_brotli_bytes": self.wasm_brotli_bytes,
            "part_brotli_bytes": self.part_brotli_bytes,
        });
        fs::write(path, value.to_string()).map_err(|source| SiteError::io("write", path, source))
    }
}

/// Hash of every input: styles, public files, the given files, this program and the optimiser.
pub(super) fn inputs(workspace: &Path, given: &[&Path], optimiser: Option<&Optimiser>) -> Result<String, SiteError> {
    let mut hash = Sha256::new();
    let mut paths = files::walk(&workspace.join("style"))?;
    paths.extend(files::walk(&workspace.join("public"))?);
    for path in &paths {
        // The name counts for these: a renamed public file is another address.
        let name = path.strip_prefix(workspace).unwrap_or(path).to_string_lossy();
        feed(&mut hash, name.as_bytes());
        feed(&mut hash, &files::read(path)?);
    }
    for path in given {
        feed(&mut hash, &files::read(path)?);
    }
    let program = env::current_exe().map_err(|source| SiteError::io("find", "xtask itself", source))?;
    feed(&mut hash, &files::read(&program)?);
    feed(&mut hash, optimiser.map_or("", Optimiser::version).as_bytes());
    Ok(hex(&hash.finalize()))
}

/// Length first, so that two neighbours cannot trade bytes.
fn feed(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written_and_a_broken_one_is_none() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("stamp.json");
        assert!(Stamp::read(&path).is_none());
        let stamp = Stamp { inputs: "ab".to_owned(), is_optimised: true, wasm_brotli_bytes: 7, part_brotli_bytes: 5 };
        stamp.write(&path).expect("written");
        let read = Stamp::read(&path).expect("readable");
        assert_eq!((read.inputs.as_str(), read.is_optimised), ("ab", true));
        assert_eq!((read.wasm_brotli_bytes, read.part_brotli_bytes), (7, 5));
        fs::write(&path, "{").expect("written");
        assert!(Stamp::read(&path).is_none());
    }

    #[test]
    fn inputs_change_with_a_style_and_with_the_name_of_a_public_file() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let hash = || inputs(home.path(), &[], None).expect("hashed");
        for folder in ["style", "public"] {
            fs::create_dir(home.path().join(folder)).expect("made");
        }
        fs::write(home.path().join("style/main.css"), "a{}").expect("written");
        fs::write(home.path().join("public/a.svg"), "<svg/>").expect("written");
        let first = hash();
        assert_eq!(first, hash());
        fs::rename(home.path().join("public/a.svg"), home.path().join("public/b.svg")).expect("renamed");
        let second = hash();
        assert_ne!(first, second);
        fs::write(home.path().join("style/main.css"), "b{}").expect("written");
        assert_ne!(second, hash());
    }
}

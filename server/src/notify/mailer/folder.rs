//! Letters as files: for a machine without SMTP, where an operator reads them on the outbox page.

use std::path::{Path, PathBuf};

use lettre::Message;

use super::of_system;
use crate::notify::SendError;
use crate::whole_file;

/// The longest name of a file, in bytes.
const MAX_NAME_BYTES: usize = 120;

/// A folder of `.eml` files, readable by the server's own user alone.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder; it is made with the first letter.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A letter by its `Message-ID`; none where it does not lie here.
    pub(in crate::notify) async fn read(&self, id: &str) -> Option<Vec<u8>> {
        tokio::fs::read(self.path.join(file_name(id)?)).await.ok()
    }

    /// Writes a letter under the name of its `Message-ID`: sent twice, it is one file.
    ///
    /// # Errors
    /// [`SendError::Later`] where the disk refuses, [`SendError::Refused`] where the letter has no name.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let id = message.headers().get_raw("Message-ID").unwrap_or_default();
        let name = file_name(id).ok_or_else(|| SendError::refused("the letter has no Message-ID"))?;
        let (path, content) = (self.path.join(name), message.formatted());
        let written = tokio::task::spawn_blocking(move || whole_file::write_private(&path, &content)).await;
        match written {
            Ok(result) => result.map_err(|error| of_system(&error)),
            Err(_) => Err(SendError::later("writing the letter was stopped")),
        }
    }
}

/// `<a-1@example.org>` is `a-1@example.org.eml`; nothing of it leads out of the folder.
fn file_name(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_@.".contains(c) { c } else { '_' };
    let name: String = id.chars().map(plain).take(MAX_NAME_BYTES).collect();
    let name = name.trim_start_matches('.');
    (!name.is_empty()).then(|| format!("{name}.eml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_letters_name_and_stays_in_its_folder() {
        for (id, expected) in [
            ("<a-1@example.org>", Some("a-1@example.org.eml")),
            ("<../../etc/passwd@x>", Some("_.._etc_passwd@x.eml")),
            ("<.hidden@x>", Some("hidden@x.eml")),
            ("<a b\u{e9}@x>", Some("a_b_@x.eml")),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(file_name(id).as_deref(), expected, "{id}");
        }
        assert!(file_name(&"a".repeat(500)).is_some_and(|name| name.len() <= MAX_NAME_BYTES + 4));
    }
}

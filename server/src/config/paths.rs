//! The folders that default paths are relative to.

use std::path::{Path, PathBuf};

/// The folders that default paths are relative to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roots {
    /// The folder that holds `data`: the working directory where that has one, else the nearest folder above the
    /// executable that has one, so that `target/release/investbuddy` starts from anywhere.
    pub data: PathBuf,
    /// The folder of the executable.
    pub executable: PathBuf,
}

impl Roots {
    /// Finds the folders from the working directory and the folder of the executable.
    #[must_use]
    pub fn of(working_dir: &Path, executable_dir: &Path) -> Self {
        let root = std::iter::once(working_dir)
            .chain(executable_dir.ancestors())
            .find(|folder| folder.join("data").is_dir())
            .unwrap_or(working_dir);
        Self { data: root.join("data"), executable: executable_dir.to_owned() }
    }

    /// The folders of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let working_dir = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let executable = std::env::current_exe().ok();
        let executable_dir = executable.as_deref().and_then(Path::parent).unwrap_or(&working_dir);
        Self::of(&working_dir, executable_dir)
    }

    /// Where an archive of candles is looked for when none is set, best first.
    #[must_use]
    pub fn archives(&self) -> Vec<PathBuf> {
        let beside = self.data.parent().and_then(Path::parent).map(|above| above.join("shared/data/market"));
        std::iter::once(self.data.join("market")).chain(beside).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_folder_is_found_above_the_executable_when_the_working_directory_has_none() {
        let repository = tempfile::tempdir().expect("a temporary folder");
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let release = repository.path().join("target/release");
        std::fs::create_dir_all(&release).expect("a folder");
        std::fs::create_dir_all(repository.path().join("data")).expect("a folder");

        let roots = Roots::of(elsewhere.path(), &release);
        assert_eq!(roots.data, repository.path().join("data"));

        std::fs::create_dir_all(elsewhere.path().join("data")).expect("a folder");
        assert_eq!(Roots::of(elsewhere.path(), &release).data, elsewhere.path().join("data"));
    }

    #[test]
    fn an_archive_is_looked_for_in_the_data_folder_and_then_beside_the_repository() {
        let roots = Roots { data: PathBuf::from("/srv/investbuddy/data"), executable: PathBuf::new() };
        assert_eq!(
            roots.archives(),
            [PathBuf::from("/srv/investbuddy/data/market"), PathBuf::from("/srv/shared/data/market")]
        );
    }
}

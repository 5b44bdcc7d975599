//! Vectors that were made, kept as they are made: a run that was killed goes on where it stopped.
//!
//! One file for each embedder. It only grows: each record is the digest of a text and its vector. A record that was
//! cut off by a kill is cut away by the next run. One process writes at a time; others wait for it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use super::items::Digest128;

const DIGEST: usize = size_of::<Digest128>();

/// How often a process that waits looks whether the other one is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The vectors of one embedder, open for reading and writing.
pub(super) struct KeptVectors {
    file: File,
    dimensions: usize,
    places: HashMap<Digest128, u64>,
}

impl KeptVectors {
    /// Opens the file, which may not be there yet, and waits until no other process writes to it. None where `stopped`
    /// says so meanwhile.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(super) fn open(path: &Path, dimensions: usize, stopped: &dyn Fn() -> bool) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if stopped() => return Ok(None),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_AGAIN),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let mut kept = Self { file, dimensions, places: HashMap::new() };
        kept.read_places()?;
        Ok(Some(kept))
    }

    fn read_places(&mut self) -> io::Result<()> {
        let record = self.record() as u64;
        let whole = self.file.metadata()?.len() / record;
        self.file.set_len(whole * record)?;
        let mut digest = [0; DIGEST];
        for place in 0..whole {
            self.file.read_exact_at(&mut digest, place * record)?;
            self.places.insert(digest, place);
        }
        Ok(())
    }

    /// Whether there is a vector of a text.
    pub(super) fn has(&self, digest: &Digest128) -> bool {
        self.places.contains_key(digest)
    }

    /// Keeps vectors. They are on their way to the disk when it returns; a kill loses none of them.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(super) fn keep(&mut self, vectors: &[(Digest128, Vec<f32>)]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(vectors.len() * self.record());
        for (digest, vector) in vectors {
            bytes.extend_from_slice(digest);
            bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
        }
        self.file.write_all(&bytes)?;
        let next = self.places.len() as u64;
        self.places.extend(vectors.iter().zip(next..).map(|((digest, _), place)| (*digest, place)));
        Ok(())
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// Where it is not there or the disk refuses.
    pub(super) fn read(&self, digest: &Digest128) -> io::Result<Vec<f32>> {
        let place = self.places.get(digest).ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; self.dimensions * size_of::<f32>()];
        self.file.read_exact_at(&mut bytes, place * self.record() as u64 + DIGEST as u64)?;
        Ok(bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect())
    }

    const fn record(&self) -> usize {
        DIGEST + self.dimensions * size_of::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: &dyn Fn() -> bool = &|| false;

    fn open(path: &Path) -> KeptVectors {
        KeptVectors::open(path, 2, NEVER).expect("a file").expect("nobody else")
    }

    #[test]
    fn what_was_kept_before_a_kill_is_there_and_the_torn_rest_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vectors");
        open(&path).keep(&[([1; 16], vec![0.5, -1.0]), ([2; 16], vec![0.25, 2.0])]).expect("kept");
        let length = std::fs::metadata(&path).expect("a file").len();
        OpenOptions::new().write(true).open(&path).expect("a file").set_len(length - 3).expect("cut");

        let mut kept = open(&path);
        assert!(kept.has(&[1; 16]) && !kept.has(&[2; 16]));
        assert_eq!(kept.read(&[1; 16]).expect("a vector"), [0.5, -1.0]);
        kept.keep(&[([3; 16], vec![3.0, 4.0])]).expect("kept");
        drop(kept);
        assert_eq!(open(&path).read(&[3; 16]).expect("a vector"), [3.0, 4.0]);
    }

    #[test]
    fn a_second_writer_waits_and_gives_up_when_it_is_stopped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vectors");
        let first = open(&path);
        assert!(KeptVectors::open(&path, 2, &|| true).expect("a file").is_none());
        drop(first);
        assert!(KeptVectors::open(&path, 2, &|| true).expect("a file").is_some());
    }
}

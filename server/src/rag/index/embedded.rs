//! Exact search in this process: a matrix in a file, mapped into memory, and a dot product for each row.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use memmap2::Mmap;
use pulp::{Arch, NullaryFnOnce, bytemuck};

use super::VectorIndex;
use crate::rag::RagError;
use crate::rag::items::{Item, Part};
use crate::rag::vectors::KeptVectors;

/// The ending of a matrix file.
const ENDING: &str = "matrix";

/// Numbers that are added up side by side, so that the compiler can use wide registers.
const LANES: usize = 16;

/// A complete matrix.
pub(super) struct Matrix {
    map: Mmap,
    passages: Vec<u32>,
    /// The first row of what is asked; all before it is said.
    asked_from: usize,
}

/// Opens a matrix that was written whole; none where there is none.
///
/// # Errors
/// Where the disk refuses.
pub(super) fn open(folder: &Path, collection: &str, items: &[Item], dimensions: usize) -> io::Result<Option<Matrix>> {
    let path = path(folder, collection);
    if items.is_empty() || !path.is_file() {
        return Ok(None);
    }
    let map = map(&File::open(&path)?)?;
    // A matrix of another size is none of ours; it is made anew.
    let is_ours = map.len() == items.len() * dimensions * size_of::<f32>();
    let passages = items.iter().map(|item| item.passage).collect();
    let asked_from = items.partition_point(|item| item.part == Part::Said);
    Ok(is_ours.then_some(Matrix { map, passages, asked_from }))
}

#[expect(unsafe_code, reason = "mapping a file is unsafe, because another process could change it")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: a matrix is written under another name and renamed when complete; nobody ever writes to it again.
    // Removing its name leaves the mapped bytes where they are.
    unsafe { Mmap::map(file) }
}

/// Writes a matrix whole or not at all, and removes those that it replaces.
///
/// # Errors
/// Where the disk refuses.
pub(super) fn write(
    folder: &Path,
    collection: &str,
    items: &[Item],
    kept: &KeptVectors,
    dimensions: usize,
) -> io::Result<()> {
    let path = path(folder, collection);
    let draft = folder.join(format!(".{collection}-{}", std::process::id()));
    let mut file = BufWriter::new(File::create(&draft)?);
    for item in items {
        let vector = kept.read(&item.digest())?;
        debug_assert_eq!(vector.len(), dimensions, "the file of vectors is of this embedder");
        for value in vector {
            file.write_all(&value.to_ne_bytes())?;
        }
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&draft, &path)?;
    for other in fs::read_dir(folder)?.flatten().map(|entry| entry.path()) {
        if other != path && other.extension().is_some_and(|ending| ending == ENDING) {
            // Whoever has it mapped goes on reading it. One that stays only takes room.
            let _ = fs::remove_file(other);
        }
    }
    Ok(())
}

fn path(folder: &Path, collection: &str) -> PathBuf {
    folder.join(format!("{collection}.{ENDING}"))
}

impl VectorIndex for Matrix {
    fn search<'a>(
        &'a self,
        part: Part,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u32, f32)>, RagError>> {
        Box::pin(async move { Ok(self.nearest(part, vector, limit)) })
    }
}

impl Matrix {
    /// A few milliseconds for tens of thousands of rows, so that no thread of its own is worth its while.
    fn nearest(&self, part: Part, vector: &[f32], limit: usize) -> Vec<(u32, f32)> {
        let rows = match part {
            Part::Said => 0..self.asked_from,
            Part::Asked => self.asked_from..self.passages.len(),
        };
        let values: &[f32] = bytemuck::cast_slice(&self.map);
        let width = vector.len();
        let cosines = Arch::new().dispatch(Cosines { rows: &values[rows.start * width..rows.end * width], vector });
        let mut found: Vec<(u32, f32)> = self.passages[rows].iter().copied().zip(cosines).collect();
        let limit = limit.min(found.len());
        if limit == 0 {
            return Vec::new();
        }
        found.select_nth_unstable_by(limit - 1, |a, b| b.1.total_cmp(&a.1));
        found.truncate(limit);
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

/// The cosine of every row to a vector. A type of its own, because a closure need not be inlined into `pulp`'s function
/// for the machine.
struct Cosines<'a> {
    rows: &'a [f32],
    vector: &'a [f32],
}

impl NullaryFnOnce for Cosines<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let mut cosines = Vec::with_capacity(self.rows.len() / self.vector.len().max(1));
        for row in self.rows.chunks_exact(self.vector.len().max(1)) {
            cosines.push(dot(row, self.vector));
        }
        cosines
    }
}

/// The dot product; with vectors of length 1 the cosine.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_product_counts_every_number_once() {
        let a: Vec<f32> = (0..39_u8).map(f32::from).collect();
        let expected: f32 = a.iter().map(|value| value * value).sum();
        assert!((dot(&a, &a) - expected).abs() < 1e-2);
    }
}

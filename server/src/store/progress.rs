//! What has been read and asked already, so that an ingestion goes on where it stopped.

use domain::market::Symbol;

use super::candles::Batch;
use super::engine::Write;
use super::statement::sql;
use super::{Store, StoreError};

/// Hours `[from_s, next_s)` for which a source has given all that it has. Epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Start of the first hour that was asked for.
    pub from_s: i64,
    /// Start of the first hour that is still to be asked for.
    pub next_s: i64,
}

/// An archive file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// Where it is, absolute.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// When it was last changed, epoch milliseconds.
    pub modified_ms: i64,
}

impl Store {
    /// What a source has answered about a coin, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn answered(&self, source: &str, symbol: &Symbol) -> Result<Vec<Answered>, StoreError> {
        let asked = sql("select from_s, next_s from ingest_progress where source = ? and symbol = ? order by from_s");
        let rows: Vec<(i64, i64)> = self.engine.all(asked.bind(source).bind(symbol.as_str())).await?;
        Ok(rows.into_iter().map(|(from_s, next_s)| Answered { from_s, next_s }).collect())
    }

    /// Every archive file that has been read.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn archive_files(&self) -> Result<Vec<ArchiveFile>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            self.engine.all(sql("select path, size_bytes, modified_ms from archive_files")).await?;
        Ok(rows
            .into_iter()
            .map(|(path, size_bytes, modified_ms)| ArchiveFile { path, size_bytes, modified_ms })
            .collect())
    }

    /// Adds `[from_s, next_s)` to what the source has answered; a stretch that touches an older one extends it.
    pub(super) async fn extend_progress(
        &self,
        write: &mut Write,
        batch: &Batch<'_>,
        answered: Answered,
    ) -> Result<(), StoreError> {
        let Answered { from_s, next_s } = answered;
        let extend = sql("update ingest_progress set next_s = case when next_s < ? then ? else next_s end, \
             updated_at_s = ? where source = ? and symbol = ? and from_s <= ? and next_s >= ?")
        .bind(next_s)
        .bind(next_s)
        .bind(batch.now_s)
        .bind(batch.source)
        .bind(batch.symbol.as_str())
        .bind(from_s)
        .bind(from_s);
        if write.execute(extend).await? > 0 {
            return Ok(());
        }
        // Whatever began at this very hour touches it: such a row is only there where somebody else made it in this
        // moment.
        let begin = format!(
            "insert into ingest_progress (source, symbol, from_s, next_s, updated_at_s) values (?, ?, ?, ?, ?){}",
            self.engine.or_update("source, symbol, from_s", &["next_s", "updated_at_s"]),
        );
        let begin =
            sql(begin).bind(batch.source).bind(batch.symbol.as_str()).bind(from_s).bind(next_s).bind(batch.now_s);
        write.execute(begin).await?;
        Ok(())
    }

    /// Notes that a file has been read.
    pub(super) async fn remember_file(
        &self,
        write: &mut Write,
        file: &ArchiveFile,
        now_s: i64,
    ) -> Result<(), StoreError> {
        let insert = format!(
            "insert into archive_files (path, size_bytes, modified_ms, read_at_s) values (?, ?, ?, ?){}",
            self.engine.or_update("path", &["size_bytes", "modified_ms", "read_at_s"]),
        );
        let insert = sql(insert).bind(&file.path).bind(file.size_bytes).bind(file.modified_ms).bind(now_s);
        write.execute(insert).await?;
        Ok(())
    }
}

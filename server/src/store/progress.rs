//! What has been read and asked already, so that an ingestion goes on where it stopped.

use domain::market::Symbol;
use sqlx::SqliteConnection;

use super::candles::Batch;
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
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select from_s, next_s from ingest_progress where source = ? and symbol = ? order by from_s",
        )
        .bind(source)
        .bind(symbol.as_str())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(from_s, next_s)| Answered { from_s, next_s }).collect())
    }

    /// Every archive file that has been read.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn archive_files(&self) -> Result<Vec<ArchiveFile>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("select path, size_bytes, modified_ms from archive_files").fetch_all(&self.pool).await?;
        Ok(rows
            .into_iter()
            .map(|(path, size_bytes, modified_ms)| ArchiveFile { path, size_bytes, modified_ms })
            .collect())
    }
}

/// Adds `[from_s, next_s)` to what the source has answered; a stretch that touches an older one extends it.
pub(super) async fn extend(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    answered: Answered,
) -> Result<(), StoreError> {
    let touched = sqlx::query(
        "update ingest_progress set next_s = max(next_s, ?1), updated_at_s = ?2 \
         where source = ?3 and symbol = ?4 and from_s <= ?5 and next_s >= ?5",
    )
    .bind(answered.next_s)
    .bind(batch.now_s)
    .bind(batch.source)
    .bind(batch.symbol.as_str())
    .bind(answered.from_s)
    .execute(&mut *connection)
    .await?;
    if touched.rows_affected() > 0 {
        return Ok(());
    }
    sqlx::query(
        "insert into ingest_progress (source, symbol, from_s, next_s, updated_at_s) values (?, ?, ?, ?, ?) \
         on conflict do update set next_s = max(next_s, excluded.next_s), updated_at_s = excluded.updated_at_s",
    )
    .bind(batch.source)
    .bind(batch.symbol.as_str())
    .bind(answered.from_s)
    .bind(answered.next_s)
    .bind(batch.now_s)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Notes that a file has been read.
pub(super) async fn remember_file(
    connection: &mut SqliteConnection,
    file: &ArchiveFile,
    now_s: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into archive_files (path, size_bytes, modified_ms, read_at_s) values (?, ?, ?, ?) \
         on conflict do update set size_bytes = excluded.size_bytes, modified_ms = excluded.modified_ms, \
         read_at_s = excluded.read_at_s",
    )
    .bind(&file.path)
    .bind(file.size_bytes)
    .bind(file.modified_ms)
    .bind(now_s)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

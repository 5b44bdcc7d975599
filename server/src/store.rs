//! The relational store, the only module of the product that writes SQL: SQLite in one file, or MySQL and MariaDB.
//!
//! Every write is one transaction, so that a kill at any point leaves whole batches only. Statements are written once
//! for all engines (see [`statement`]); what engines say differently is in [`engine`].

mod accounts;
mod alerts;
mod backup;
mod candles;
mod conversations;
mod engine;
mod feedback;
mod jobs;
mod letters;
mod migrations;
mod models;
mod notifications;
mod outbox;
mod predictions;
mod progress;
mod quarantine;
mod sessions;
mod statement;
mod watching;

use std::path::{Path, PathBuf};

use engine::Engine;
use jiff::Timestamp;
use statement::sql;

use crate::config::Secret;

pub use accounts::{KeptAccount, NewAccount};
pub use alerts::{AlertState, Fired, Follower, KeptAlert, KeptRule, MOST_RULES, RuleKept, Said};
pub use backup::{BackupCause, BackupError};
pub use candles::{Batch, Committed};
pub use conversations::{Opened, Written};
pub use feedback::{
    FeedbackCount, FeedbackFilter, FeedbackKind, FeedbackSubject, Giver, Giving, KeptFeedback, OPEN_FOR, Opinion,
    Said as SaidAbout, SaidBefore, feedback_origin,
};
pub use jobs::{JobLease, JobState};
pub use letters::{DecidedLetter, Decision, WaitingAccount, WaitingAlert};
pub use models::{Check, Ending, FinishedForecast, Pair, ShadowForecast};
pub use outbox::{LeasedParcel, OutboxCounts, OutboxEntry, OutboxQuery, ParcelState};
pub use predictions::{
    MadeForecast, OpenForecast, Outcome, PageEnd, ProductionData, PublishedForecast, Settled, prediction_id,
};
pub use progress::{Answered, ArchiveFile};
pub use sessions::KeptSession;
pub use watching::{
    AnsweredBy, Baseline, DriftCheck, DriftColumn, DriftScore, JudgedForecast, KeptFailure, NewestPublished,
    PerformanceWeek, ProducedRow, RefusedOf, SaidOf, Sums, Tenth,
};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of the database file cannot be made.
    #[error("cannot create the folder of the database {}: {cause}; set INVESTBUDDY_DATA_DIR to a folder that can be written", path.display())]
    Folder {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file cannot be opened as a database.
    #[error("cannot open the database {}: {cause}; is it readable, and is it a database of this product?", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        cause: sqlx::Error,
    },
    /// The address of a server is no address.
    #[error(
        "the address of the database cannot be read; set INVESTBUDDY_DATABASE_URL to mysql://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    Address,
    /// The server of the settings does not let us in.
    #[error(
        "cannot connect to the database server: {0}; is it running, and are address, user and password of INVESTBUDDY_DATABASE_URL right?"
    )]
    Connect(sqlx::Error),
    /// The tables cannot be brought to this version's shape.
    #[error("cannot bring the database to this version: {0}; it may belong to a newer version of the product")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Another server holds the lock under which tables are changed.
    #[error(
        "another server has been changing the tables of the database for ten minutes; start this one again when it is done"
    )]
    Changing,
    /// The file is not consistent any more.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A row with this key is there already. What a server says of it repeats the key, which may be an address: that
    /// is forgotten here.
    #[error("the database failed: a row with this key is there already")]
    Taken,
    /// A query failed.
    #[error("the database failed: {0}")]
    Query(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) if error.is_unique_violation() => Self::Taken,
            other => Self::Query(other),
        }
    }
}

impl StoreError {
    /// Whether a server ended the write to part two that waited for each other. Nothing of it was kept then.
    fn is_deadlock(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.code().as_deref() == Some("40001"))
    }

    /// Whether a row with the same key was there already.
    const fn is_taken(&self) -> bool {
        matches!(self, Self::Taken)
    }
}

fn time(table: &str, millisecond: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millisecond).map_err(|_| damaged(table, "time"))
}

fn damaged(table: &str, column: &str) -> StoreError {
    StoreError::Damaged(format!("the column {column} of {table} holds what it never should"))
}

/// Where the store is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A file of SQLite's.
    File(PathBuf),
    /// `mysql://user:password@host:port/database`.
    Server(Secret),
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
}

impl Store {
    /// Opens the store and brings its tables up to date. A file is created where there is none; the database of a
    /// server must be there.
    ///
    /// # Errors
    /// [`StoreError`] where the folder, the file, the server or a migration fails.
    pub async fn at(place: &Place) -> Result<Self, StoreError> {
        let engine = match place {
            Place::File(path) => Engine::file(path).await?,
            Place::Server(url) => Engine::server(url.expose()).await?,
        };
        Box::pin(migrations::up(&engine)).await?;
        Ok(Self { engine })
    }

    /// Opens a file; see [`Store::at`].
    ///
    /// # Errors
    /// As [`Store::at`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::at(&Place::File(path.to_owned())).await
    }

    /// Closes every connection; SQLite's write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Query`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.engine.execute(sql("select 1")).await?;
        Ok(())
    }

    /// Reads the whole file and checks that its pages and indexes fit together. A server does that by itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where they do not, [`StoreError::Query`] where the file cannot be read.
    pub async fn check(&self) -> Result<(), StoreError> {
        if matches!(self.engine, Engine::MySql(_)) {
            return self.ping().await;
        }
        let found: Option<(String,)> = self.engine.first(sql("pragma quick_check(1)")).await?;
        match found {
            Some((found,)) if found != "ok" => Err(StoreError::Damaged(found)),
            _ => Ok(()),
        }
    }

    /// Takes back every step of the tables' shape after `target`, with what those tables hold; 0 leaves no table.
    ///
    /// # Errors
    /// [`StoreError::Migrate`].
    pub async fn shrink_to(&self, target: i64) -> Result<(), StoreError> {
        Box::pin(migrations::down(&self.engine, target)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_opens_twice_and_makes_its_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/er/investbuddy.db");
        for _ in 0..2 {
            let store = Store::open(&path).await.expect("opens");
            store.ping().await.expect("answers");
            store.check().await.expect("is consistent");
            store.close().await;
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notes.db");
        std::fs::write(&path, "this is a text file, and long enough to have a header".repeat(40)).expect("writes");
        let error = Store::open(&path).await.expect_err("not a database");
        assert!(error.to_string().contains("database"), "{error}");
    }
}

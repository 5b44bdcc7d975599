//! The relational store: SQLite in one file, the only module of the product that writes SQL.
//!
//! Every write is one transaction, so that a kill at any point leaves whole batches only.

mod candles;
mod progress;
mod quarantine;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlSafeStr, Sqlite, Transaction};

pub use candles::{Batch, Committed};
pub use progress::{Answered, ArchiveFile};

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers run beside the one writer that SQLite allows.
const MAX_CONNECTIONS: u32 = 6;
/// Rows that a connection may read ahead of its consumer; the default of 50 makes bulk loads wait.
const ROWS_READ_AHEAD: usize = 1_024;

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
    /// The tables cannot be brought to this version's shape.
    #[error("cannot bring the database to this version: {0}; it may belong to a newer version of the product")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The file is not consistent any more.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A query failed.
    #[error("the database failed: {0}")]
    Query(#[from] sqlx::Error),
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database file, which is created where there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] where the folder, the file or a migration fails.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| StoreError::Folder { path: path.to_owned(), cause })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .row_buffer_size(ROWS_READ_AHEAD)
            // It would time how fast we read the rows, not how fast SQLite finds them.
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|cause| StoreError::Open { path: path.to_owned(), cause })?;
        migrator().run(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes every connection; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Query`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Reads the whole file and checks that its pages and indexes fit together.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where they do not, [`StoreError::Query`] where the file cannot be read.
    pub async fn check(&self) -> Result<(), StoreError> {
        let found: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&self.pool).await?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }

    /// Begins a write. `immediate` takes the write lock at once, so that the busy timeout covers the wait.
    async fn begin_write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("begin immediate").await?)
    }
}

/// Every migration, built at run time: the sqlx macros would need a database at compile time.
fn migrator() -> Migrator {
    const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "market data", include_str!("../migrations/0001_market.sql"))];
    Migrator::with_migrations(
        MIGRATIONS
            .into_iter()
            .map(|(version, name, sql)| {
                Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
            })
            .collect(),
    )
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

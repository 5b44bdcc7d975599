//! The engines behind the store: SQLite in one file, or MySQL and MariaDB over the network.

use std::path::Path;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, MySql, Sqlite, Transaction};
use uuid::Uuid;

use super::StoreError;
use super::statement::{Row, Statement};

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// SQLite: readers run beside the one writer that it allows.
const SQLITE_CONNECTIONS: u32 = 6;
/// MySQL: writers run beside each other.
const MYSQL_CONNECTIONS: u32 = 16;
/// Rows that a connection may read ahead of its consumer; the default of 50 makes bulk loads wait.
const ROWS_READ_AHEAD: usize = 1_024;
/// How often a write is tried that a server ends for another one.
const MOST_TRIES: u32 = 10;

/// A pool of connections to the engine that the settings chose. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    /// A file.
    Sqlite(SqlitePool),
    /// A server.
    MySql(MySqlPool),
}

/// A write: whole or not at all. Dropped, it changes nothing.
pub(super) enum Write {
    Sqlite(Transaction<'static, Sqlite>),
    MySql(Transaction<'static, MySql>),
}

impl Engine {
    /// Opens a file, which is created where there is none.
    pub(super) async fn file(path: &Path) -> Result<Self, StoreError> {
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
        let pool = Box::pin(SqlitePoolOptions::new().max_connections(SQLITE_CONNECTIONS).connect_with(options))
            .await
            .map_err(|cause| StoreError::Open { path: path.to_owned(), cause })?;
        Ok(Self::Sqlite(pool))
    }

    /// Connects to a server, `mysql://user:password@host:port/database`.
    pub(super) async fn server(url: &str) -> Result<Self, StoreError> {
        // The library's message could repeat the address, and the address holds the password.
        let options: MySqlConnectOptions = url.parse().map_err(|_| StoreError::Address)?;
        let pool = Box::pin(
            MySqlPoolOptions::new()
                .max_connections(MYSQL_CONNECTIONS)
                .acquire_timeout(BUSY_TIMEOUT)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        // As SQLite: a statement sees what is committed, and locks no rows that it does not change.
                        connection.execute("set session transaction isolation level read committed").await?;
                        // Where a server is set up to be lax it cuts what is too long, and says nothing.
                        let strict = "set session sql_mode = concat(@@session.sql_mode, ',STRICT_ALL_TABLES')";
                        connection.execute(strict).await?;
                        Ok(())
                    })
                })
                .connect_with(options.disable_statement_logging()),
        )
        .await
        .map_err(StoreError::Connect)?;
        Ok(Self::MySql(pool))
    }

    /// Closes every connection.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
        }
    }

    /// Begins a write. SQLite's write lock is taken at once, so that the busy timeout covers the wait.
    pub(super) async fn begin(&self) -> Result<Write, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Write::Sqlite(Box::pin(pool.begin_with("begin immediate")).await?),
            Self::MySql(pool) => Write::MySql(Box::pin(pool.begin()).await?),
        })
    }

    /// Runs a statement alone; how many rows it touched.
    pub(super) async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        again(|| self.execute_once(&statement)).await
    }

    async fn execute_once(&self, statement: &Statement) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Box::pin(statement.as_query::<Sqlite>().execute(pool)).await?.rows_affected(),
            Self::MySql(pool) => Box::pin(statement.as_query::<MySql>().execute(pool)).await?.rows_affected(),
        })
    }

    /// Every row.
    pub(super) async fn all<T: Row>(&self, statement: Statement) -> Result<Vec<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Box::pin(statement.as_query_of::<Sqlite, T>().fetch_all(pool)).await?,
            Self::MySql(pool) => Box::pin(statement.as_query_of::<MySql, T>().fetch_all(pool)).await?,
        })
    }

    /// The first row, if there is one.
    pub(super) async fn first<T: Row>(&self, statement: Statement) -> Result<Option<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Box::pin(statement.as_query_of::<Sqlite, T>().fetch_optional(pool)).await?,
            Self::MySql(pool) => Box::pin(statement.as_query_of::<MySql, T>().fetch_optional(pool)).await?,
        })
    }

    /// The beginning of an insert of many rows that leaves those alone whose key is there already. MySQL lets it cut
    /// texts and drop rows without a parent in silence, so a single row is better off with [`Write::add`].
    pub(super) const fn insert_new(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "insert or ignore into",
            Self::MySql(_) => "insert ignore into",
        }
    }

    /// The end of an insert that writes `columns` anew where the row with this `key` is there already.
    pub(super) fn or_update(&self, key: &str, columns: &[&str]) -> String {
        let (head, new) = match self {
            Self::Sqlite(_) => (format!(" on conflict ({key}) do update set "), "excluded."),
            Self::MySql(_) => (" on duplicate key update ".to_owned(), "values("),
        };
        let close = if matches!(self, Self::MySql(_)) { ")" } else { "" };
        let sets: Vec<String> = columns.iter().map(|column| format!("{column} = {new}{column}{close}")).collect();
        head + &sets.join(", ")
    }
}

/// Does a write again where a server ended it to part two that waited for each other: nothing of it was kept.
pub(super) async fn again<T, F>(write: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut tries = 1_u32;
    loop {
        match write().await {
            Err(error) if tries < MOST_TRIES && error.is_deadlock() => {
                // Each waits another time, so that they do not meet again.
                let wait_ms = u64::from(Uuid::new_v4().as_bytes()[0]) % (1_u64 << tries);
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

impl Write {
    /// Runs an insert of one row; whether it is new. Where its key is there already nothing changes.
    pub(super) async fn add(&mut self, insert: Statement) -> Result<bool, StoreError> {
        match self.execute(insert).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_taken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Runs a statement; how many rows it touched.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(write) => {
                Box::pin(statement.as_query::<Sqlite>().execute(&mut **write)).await?.rows_affected()
            }
            Self::MySql(write) => Box::pin(statement.as_query::<MySql>().execute(&mut **write)).await?.rows_affected(),
        })
    }

    /// Every row.
    pub(super) async fn all<T: Row>(&mut self, statement: Statement) -> Result<Vec<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(write) => Box::pin(statement.as_query_of::<Sqlite, T>().fetch_all(&mut **write)).await?,
            Self::MySql(write) => Box::pin(statement.as_query_of::<MySql, T>().fetch_all(&mut **write)).await?,
        })
    }

    /// The first row, if there is one.
    pub(super) async fn first<T: Row>(&mut self, statement: Statement) -> Result<Option<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(write) => Box::pin(statement.as_query_of::<Sqlite, T>().fetch_optional(&mut **write)).await?,
            Self::MySql(write) => Box::pin(statement.as_query_of::<MySql, T>().fetch_optional(&mut **write)).await?,
        })
    }

    /// Makes everything that was written last.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(write) => Box::pin(write.commit()).await?,
            Self::MySql(write) => Box::pin(write.commit()).await?,
        }
        Ok(())
    }
}

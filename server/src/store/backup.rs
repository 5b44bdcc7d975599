//! A copy of the whole store in one file of SQLite's, whatever the engine, and the way back.
//!
//! A file is written under another name and renamed once it is whole and has been checked. Rows travel table by table
//! as values, never as files or dumps of an engine, so that what was kept in SQLite goes on in MariaDB and back.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::mysql::{MySqlConnection, MySqlPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use super::engine::{Engine, Write};
use super::migrations::{self, NEWEST};
use super::statement::{Value, placeholders, sql};
use super::{Store, StoreError, damaged};

/// How every file of SQLite's begins.
const HEAD: [u8; 16] = *b"SQLite format 3\0";
/// Rows in one insert; times the columns of the widest table well below SQLite's 32,766 parameters.
const ROWS_PER_INSERT: usize = 500;
/// Bytes of text after which an insert is sent, well below the 16 MiB that a server takes at once.
const BYTES_PER_INSERT: usize = 1 << 20;
/// Tables whose rows nobody can read again from elsewhere: a restore over them has to be asked for.
const PRECIOUS: [&str; 5] = ["accounts", "conversations", "feedback", "predictions", "model_events"];

/// Why a backup could not be made or read back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file to write is there.
    #[error("{} is there already, and a backup never overwrites; choose another name or move that file away", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the backup {}: {cause}; choose a folder that can be written and has room", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite said.
        cause: BackupCause,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {cause}; is the name right, and may this user read it?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Something else than a backup.
    #[error("{} is no backup of InvestBuddy; name a file that `investbuddy backup FILE` has made", .0.display())]
    Foreign(PathBuf),
    /// From the future.
    #[error("{} was made by a newer version of InvestBuddy (its tables are of version {found}, this one knows {}); restore it with that version", path.display(), NEWEST)]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        found: i64,
    },
    /// The file was a backup once.
    #[error("{} is damaged ({cause}); nothing was restored, so take another backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The store holds what would be lost.
    #[error(
        "the store holds {rows} rows of {table}, and a restore puts the backup in the place of everything; back it up first, then restore with --replace"
    )]
    Occupied {
        /// A table that nobody can read again from elsewhere.
        table: &'static str,
        /// How many rows it holds.
        rows: i64,
    },
    /// The store failed; it is as it was.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stood in the way of a file.
#[derive(Debug, thiserror::Error)]
pub enum BackupCause {
    /// The system.
    #[error(transparent)]
    System(#[from] io::Error),
    /// SQLite.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Copies the whole store as it is at one moment into a new file that only its owner may read; how many bytes it
    /// has. Others may write to the store meanwhile.
    ///
    /// # Errors
    /// [`BackupError`]; there is no file then.
    pub async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        if fs::symlink_metadata(file).is_ok() {
            return Err(BackupError::Exists(file.to_owned()));
        }
        let failed = |cause: BackupCause| BackupError::Write { path: file.to_owned(), cause };
        let draft = Draft::beside(file).map_err(|cause| failed(cause.into()))?;
        match &self.engine {
            Engine::Sqlite(pool) => copy_file(pool, &draft.path).await.map_err(|cause| failed(cause.into()))?,
            Engine::MySql(pool) => Box::pin(copy_server(pool, &draft.path)).await?,
        }
        let checked = examine(&draft.path).await?;
        checked.close().await;
        let bytes = draft.become_file(file).map_err(|cause| failed(cause.into()))?;
        Ok(bytes)
    }

    /// Puts what a backup holds into the place of everything that the store holds, in one transaction; how many rows
    /// those were. A backup of an older version is brought to this version's shape on a private copy in `scratch`.
    ///
    /// # Errors
    /// [`BackupError`]; the store is as it was then. [`BackupError::Occupied`] where it holds rows that nobody could
    /// read again from elsewhere, unless `replace`.
    pub async fn restore(&self, file: &Path, scratch: &Path, replace: bool) -> Result<u64, BackupError> {
        let backup = examine(file).await?;
        let draft = Draft::beside(&scratch.join("restore.sqlite"))
            .map_err(|cause| BackupError::Write { path: scratch.to_owned(), cause: cause.into() })?;
        let copied = copy_file(&backup, &draft.path).await;
        backup.close().await;
        copied.map_err(|cause| BackupError::Write { path: draft.path.clone(), cause: cause.into() })?;

        let spoilt = |cause: String| BackupError::Damaged { path: file.to_owned(), cause };
        let copy = alone(written(&draft.path)).await.map_err(|cause| spoilt(cause.to_string()))?;
        Box::pin(migrations::up(&Engine::Sqlite(copy.clone()))).await.map_err(|cause| spoilt(cause.to_string()))?;
        let mut reader = Reader::File(copy);
        let rows = self.take(&mut reader, replace).await;
        reader.close().await?;
        rows
    }

    async fn take(&self, reader: &mut Reader, replace: bool) -> Result<u64, BackupError> {
        let tables = tables_of_this_version().await?;
        let mut write = self.engine.begin().await?;
        if !replace {
            for table in PRECIOUS {
                let rows = write.first::<(i64,)>(sql(format!("select count(*) from {table}"))).await?;
                let rows = rows.map_or(0, |(rows,)| rows);
                if rows > 0 {
                    return Err(BackupError::Occupied { table, rows });
                }
            }
        }
        for table in tables.iter().rev() {
            write.execute(sql(format!("delete from {}", table.name))).await?;
        }
        let mut rows = 0;
        for table in &tables {
            rows += copy_table(reader, table, &mut write).await?;
        }
        write.commit().await?;
        Ok(rows)
    }
}

/// A file that is being written: private, beside the one that it will be, and gone where it does not become it.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn beside(file: &Path) -> io::Result<Self> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}-{}", std::process::id()));
        let draft = Self { path };
        // What another process of this number left when it was killed.
        draft.remove();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&draft.path)?;
        Ok(draft)
    }

    /// On the disk, under its name; how many bytes it has.
    fn become_file(self, file: &Path) -> io::Result<u64> {
        let whole = File::open(&self.path)?;
        whole.sync_all()?;
        // Renaming would overwrite what came meanwhile.
        if fs::symlink_metadata(file).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.path, file)?;
        Ok(whole.metadata()?.len())
    }

    fn remove(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let mut path = OsString::from(&self.path);
            path.push(ending);
            // Most of them were never there.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A file that we write, without a second file beside it.
fn written(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete).foreign_keys(true)
}

/// One connection that stays: a data base in memory lives as long as its connection.
async fn alone(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.disable_statement_logging())
        .await
}

/// SQLite's own copy of one moment, into an empty file.
async fn copy_file(pool: &SqlitePool, to: &Path) -> Result<(), sqlx::Error> {
    let Some(to) = to.to_str() else {
        return Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::InvalidFilename, "the name is not UTF-8")));
    };
    sqlx::query("vacuum into ?").bind(to.to_owned()).execute(pool).await?;
    Ok(())
}

/// One moment of a server, table by table, into an empty file.
async fn copy_server(pool: &MySqlPool, to: &Path) -> Result<(), BackupError> {
    let failed = |cause: sqlx::Error| BackupError::Write { path: to.to_owned(), cause: cause.into() };
    let file = alone(written(to)).await.map_err(failed)?;
    let target = Engine::Sqlite(file);
    Box::pin(migrations::up(&target)).await?;
    let tables = tables_of_this_version().await?;
    let mut reader = Box::pin(Reader::snapshot(pool)).await?;
    let mut write = target.begin().await?;
    for table in &tables {
        copy_table(&mut reader, table, &mut write).await?;
    }
    write.commit().await?;
    target.close().await;
    reader.close().await?;
    Ok(())
}

/// Opens a backup for reading, where it is whole and of a version that we know.
async fn examine(file: &Path) -> Result<SqlitePool, BackupError> {
    let mut head = [0; HEAD.len()];
    let read = File::open(file).and_then(|mut content| content.read_exact(&mut head));
    match read {
        Ok(()) if head == HEAD => {}
        Ok(()) => return Err(BackupError::Foreign(file.to_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(BackupError::Foreign(file.to_owned()));
        }
        Err(cause) => return Err(BackupError::Read { path: file.to_owned(), cause }),
    }
    let spoilt = |cause: String| BackupError::Damaged { path: file.to_owned(), cause };
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let backup = alone(options).await.map_err(|cause| spoilt(cause.to_string()))?;
    let seen = look_into(&backup).await.map_err(|cause| spoilt(cause.to_string()))?;
    match seen {
        Seen::Spoilt(cause) => Err(spoilt(cause)),
        Seen::Version(None) => Err(BackupError::Foreign(file.to_owned())),
        Seen::Version(Some(found)) if found > NEWEST => Err(BackupError::Newer { path: file.to_owned(), found }),
        Seen::Version(Some(_)) => Ok(backup),
    }
}

/// What a file of SQLite's turned out to be.
enum Seen {
    /// Not consistent; what SQLite says.
    Spoilt(String),
    /// The newest step of our tables in it; none where they are not ours.
    Version(Option<i64>),
}

async fn look_into(file: &SqlitePool) -> Result<Seen, sqlx::Error> {
    let found: String = sqlx::query_scalar("pragma integrity_check(1)").fetch_one(file).await?;
    if found != "ok" {
        return Ok(Seen::Spoilt(found));
    }
    let ours = "select count(*) from sqlite_schema where type = 'table' and name in ('_sqlx_migrations', 'candles')";
    let ours: i64 = sqlx::query_scalar(ours).fetch_one(file).await?;
    if ours < 2 {
        return Ok(Seen::Version(None));
    }
    let orphans: i64 = sqlx::query_scalar("select count(*) from pragma_foreign_key_check").fetch_one(file).await?;
    if orphans > 0 {
        return Ok(Seen::Spoilt(format!("{orphans} rows belong to rows that are not there")));
    }
    let newest = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(file).await?;
    Ok(Seen::Version(newest))
}

/// A table as it travels.
struct Table {
    name: String,
    columns: Vec<Column>,
    /// Tables whose rows its rows refer to.
    parents: Vec<String>,
}

struct Column {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Real,
    Text,
}

impl Table {
    fn listed_columns(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }
}

/// Every table of this version, parents before children; columns that a server computes by itself are not among them.
async fn tables_of_this_version() -> Result<Vec<Table>, StoreError> {
    let bare = Engine::Sqlite(alone(SqliteConnectOptions::new().in_memory(true)).await?);
    Box::pin(migrations::up(&bare)).await?;
    let names: Vec<(String,)> = bare
        .all(sql("select name from sqlite_schema where type = 'table' and name <> '_sqlx_migrations' \
             and name not like 'sqlite~_%' escape '~' order by name"))
        .await?;
    let mut waiting = Vec::new();
    for (name,) in names {
        let columns = sql("select name, type from pragma_table_info(?) order by cid").bind(&name);
        let columns: Vec<(String, String)> = bare.all(columns).await?;
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|(column, kind)| match kind.to_ascii_lowercase().as_str() {
                "integer" => Ok(Column { name: column, kind: Kind::Integer }),
                "real" => Ok(Column { name: column, kind: Kind::Real }),
                "text" => Ok(Column { name: column, kind: Kind::Text }),
                _ => Err(damaged(&name, &column)),
            })
            .collect::<Result<_, StoreError>>()?;
        let parents = sql("select distinct \"table\" from pragma_foreign_key_list(?)").bind(&name);
        let parents: Vec<(String,)> = bare.all(parents).await?;
        waiting.push(Table { name, columns, parents: parents.into_iter().map(|(parent,)| parent).collect() });
    }
    bare.close().await;
    parents_first(waiting)
}

fn parents_first(mut waiting: Vec<Table>) -> Result<Vec<Table>, StoreError> {
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let is_known = |name: &String| ordered.iter().any(|table| table.name == *name);
        let is_free = |table: &Table| table.parents.iter().all(is_known);
        let (free, bound): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_free);
        if let ([], Some(first)) = (free.as_slice(), bound.first()) {
            return Err(damaged(&first.name, "that names a parent"));
        }
        ordered.extend(free);
        waiting = bound;
    }
    Ok(ordered)
}

/// Where rows are read: one moment of a store.
enum Reader {
    /// A file that nobody writes to.
    File(SqlitePool),
    /// A transaction on a server.
    Server(MySqlConnection),
}

impl Reader {
    /// Whatever is read later is as it is now.
    async fn snapshot(pool: &MySqlPool) -> Result<Self, StoreError> {
        // Taken out of the pool: it ends with this, and with it the transaction.
        let mut connection = Box::pin(pool.acquire()).await?.detach();
        connection.execute("set session transaction isolation level repeatable read").await?;
        connection.execute("start transaction with consistent snapshot").await?;
        Ok(Self::Server(connection))
    }

    async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::File(pool) => pool.close().await,
            Self::Server(connection) => connection.close().await?,
        }
        Ok(())
    }

    fn rows<'r>(&'r mut self, table: &'r Table) -> BoxStream<'r, Result<Vec<Value>, sqlx::Error>> {
        let text = AssertSqlSafe(format!("select {} from {}", table.listed_columns(), table.name));
        match self {
            Self::File(pool) => {
                sqlx::query(text).fetch(&*pool).map(move |row| values_of(&row?, &table.columns)).boxed()
            }
            Self::Server(connection) => {
                sqlx::query(text).fetch(connection).map(move |row| values_of(&row?, &table.columns)).boxed()
            }
        }
    }
}

fn values_of<R>(row: &R, columns: &[Column]) -> Result<Vec<Value>, sqlx::Error>
where
    R: sqlx::Row,
    usize: sqlx::ColumnIndex<R>,
    for<'v> i64: sqlx::Decode<'v, R::Database> + sqlx::Type<R::Database>,
    for<'v> f64: sqlx::Decode<'v, R::Database> + sqlx::Type<R::Database>,
    for<'v> String: sqlx::Decode<'v, R::Database> + sqlx::Type<R::Database>,
{
    let value = |(index, column): (usize, &Column)| {
        Ok::<_, sqlx::Error>(match column.kind {
            Kind::Integer => Value::Integer(row.try_get::<Option<i64>, usize>(index)?),
            Kind::Real => Value::Real(row.try_get::<Option<f64>, usize>(index)?),
            Kind::Text => Value::Text(row.try_get::<Option<String>, usize>(index)?),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

/// Copies every row of a table; how many those were.
async fn copy_table(reader: &mut Reader, table: &Table, write: &mut Write) -> Result<u64, StoreError> {
    let mut rows = reader.rows(table);
    let (mut values, mut held, mut bytes, mut copied) = (Vec::new(), 0, 0, 0);
    while let Some(row) = rows.try_next().await? {
        bytes += row.iter().map(bytes_of).sum::<usize>();
        values.extend(row);
        held += 1;
        if held == ROWS_PER_INSERT || bytes >= BYTES_PER_INSERT {
            copied += insert(table, std::mem::take(&mut values), held, write).await?;
            (held, bytes) = (0, 0);
        }
    }
    if held > 0 {
        copied += insert(table, values, held, write).await?;
    }
    Ok(copied)
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Text(Some(text)) => text.len(),
        _ => size_of::<i64>(),
    }
}

async fn insert(table: &Table, values: Vec<Value>, rows: usize, write: &mut Write) -> Result<u64, StoreError> {
    let text = format!(
        "insert into {} ({}) values {}",
        table.name,
        table.listed_columns(),
        placeholders(rows, table.columns.len()),
    );
    write.execute(sql(text).bind_all(values)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tables_travel_after_those_that_they_refer_to_and_all_of_them_do() {
        let tables = tables_of_this_version().await.expect("our own tables");
        let place = |name: &str| tables.iter().position(|table| table.name == name).expect(name);
        for (parent, child) in [("conversations", "messages"), ("accounts", "sessions"), ("predictions", "alerts")] {
            assert!(place(parent) < place(child), "{parent} before {child}");
        }
        for name in PRECIOUS {
            place(name);
        }
        assert!(tables.iter().all(|table| !table.columns.is_empty()));
    }

    #[test]
    fn a_draft_that_does_not_become_a_file_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("deep/copy.sqlite");
        drop(Draft::beside(&file).expect("writable"));
        let left = fs::read_dir(folder.path().join("deep")).expect("its folder").count();
        assert_eq!(left, 0);
        let draft = Draft::beside(&file).expect("writable");
        fs::write(&draft.path, "whole").expect("written");
        assert_eq!(draft.become_file(&file).expect("renamed"), 5);
        assert_eq!(fs::read_to_string(&file).expect("there"), "whole");
    }
}

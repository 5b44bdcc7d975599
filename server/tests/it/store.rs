//! The store, on SQLite and on MariaDB: every test of this folder runs on both.

use std::collections::BTreeMap;
use std::path::Path;

use domain::chat::VisitorId;
use domain::language::Language;
use domain::user::{Account, AccountId, EmailAddress, Role};
use jiff::Timestamp;
use server::store::{NewAccount, Place, Store};
use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use tempfile::TempDir;

use crate::engines;

mod copies;
mod market;
mod people;
mod shape;
mod talk;
mod together;

/// A moment with milliseconds.
const NOW_MS: i64 = 1_764_400_000_123;

/// A store that nobody has used, and a folder beside it.
struct World {
    place: Place,
    store: Store,
    folder: TempDir,
}

impl World {
    async fn on_sqlite() -> Self {
        let (place, folder) = engines::sqlite("store.sqlite");
        Self::at(place, folder).await
    }

    async fn on_mariadb() -> Self {
        let (place, folder) = engines::mariadb().await;
        Self::at(place, folder).await
    }

    async fn at(place: Place, folder: TempDir) -> Self {
        let store = Store::at(&place).await.expect("it opens");
        Self { place, store, folder }
    }

    fn is_a_server(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same tables behind the store's back.
    async fn raw(&self) -> Raw {
        Box::pin(Raw::of(&self.place)).await
    }

    /// Another process on the same store.
    async fn again(&self) -> Store {
        Store::at(&self.place).await.expect("it opens once more")
    }
}

/// The tables behind the store's back, one connection, without its guard over references.
enum Raw {
    Sqlite(SqlitePool),
    MySql(MySqlPool),
}

impl Raw {
    async fn of(place: &Place) -> Self {
        match place {
            Place::File(path) => Self::file(path).await,
            Place::Server(url) => {
                let pool =
                    Box::pin(MySqlPoolOptions::new().max_connections(1).connect(url.expose())).await.expect("a server");
                pool.execute("set session foreign_key_checks = 0").await.expect("no guard");
                Self::MySql(pool)
            }
        }
    }

    async fn file(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        Self::Sqlite(pool.expect("a file of SQLite's"))
    }

    async fn execute(&self, text: &str) {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => {
                sqlx::query(text).execute(pool).await.expect("it runs");
            }
            Self::MySql(pool) => {
                sqlx::query(text).execute(pool).await.expect("it runs");
            }
        }
    }

    async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_one(pool).await.expect("a number"),
            Self::MySql(pool) => sqlx::query_scalar(text).fetch_one(pool).await.expect("a number"),
        }
    }

    /// What a table holds, one line a row, in an order that does not depend on the engine; numbers bit for bit.
    async fn lines(&self, table: &Table) -> Vec<String> {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let text = AssertSqlSafe(format!("select {} from {}", names.join(", "), table.name));
        macro_rules! line {
            ($row:expr) => {{
                let mut line = Vec::new();
                for column in &table.columns {
                    let name = column.name.as_str();
                    line.push(match column.kind.as_str() {
                        "integer" => format!("{:?}", $row.get::<Option<i64>, _>(name)),
                        "real" => format!("{:?}", $row.get::<Option<f64>, _>(name).map(f64::to_bits)),
                        _ => format!("{:?}", $row.get::<Option<String>, _>(name)),
                    });
                }
                line.join(" | ")
            }};
        }
        let mut lines: Vec<String> = match self {
            Self::Sqlite(pool) => {
                let rows = sqlx::query(text).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| line!(row)).collect()
            }
            Self::MySql(pool) => {
                let rows = sqlx::query(text).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| line!(row)).collect()
            }
        };
        lines.sort_unstable();
        lines
    }

    async fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for table in tables().await {
            let lines = self.lines(&table).await;
            all.insert(table.name, lines);
        }
        all
    }

    /// Puts rows into every table that there is, with texts of four bytes a character, numbers at their ends, and
    /// nothing wherever nothing may stand. All texts of a row are the same, so that references hold.
    async fn fill(&self, rows: i64) {
        for table in tables().await {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let value = |row: i64, at: usize, column: &Column| match column.kind.as_str() {
                _ if column.may_lack && (row + at as i64) % 2 == 0 => "null".to_owned(),
                "integer" => (i64::MAX - row * 7_919).to_string(),
                "real" => format!("{:e}", 0.1 * row as f64 * 10_f64.powi(11 * at as i32 - 50)),
                _ => format!("'é🦀{row}'"),
            };
            let lines: Vec<String> = (1..=rows)
                .map(|row| {
                    let values = table.columns.iter().enumerate().map(|(at, column)| value(row, at, column));
                    format!("({})", values.collect::<Vec<_>>().join(", "))
                })
                .collect();
            let insert = format!("insert into {} ({}) values {}", table.name, names.join(", "), lines.join(", "));
            self.execute(&insert).await;
        }
    }

    async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
        }
    }
}

/// A table, as SQLite describes it.
struct Table {
    name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    /// integer, real or text
    kind: String,
    may_lack: bool,
}

/// Every table of this version.
async fn tables() -> Vec<Table> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("shape.sqlite");
    Store::open(&path).await.expect("it opens").close().await;
    let Raw::Sqlite(pool) = Raw::file(&path).await else { unreachable!("a file") };
    let names = "select name from sqlite_schema where type = 'table' and name <> '_sqlx_migrations' \
         and name not like 'sqlite~_%' escape '~' order by name";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&pool).await.expect("names");
    let mut tables = Vec::new();
    for name in names {
        let described =
            AssertSqlSafe(format!("select name, lower(type), \"notnull\" + pk from pragma_table_info('{name}')"));
        let columns: Vec<(String, String, i64)> = sqlx::query_as(described).fetch_all(&pool).await.expect("columns");
        let columns = columns.into_iter().map(|(name, kind, needed)| Column { name, kind, may_lack: needed == 0 });
        tables.push(Table { name, columns: columns.collect() });
    }
    pool.close().await;
    tables
}

fn at(milliseconds_later: i64) -> Timestamp {
    Timestamp::from_millisecond(NOW_MS + milliseconds_later).expect("an instant")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect(text)
}

fn visitor(number: u128) -> VisitorId {
    VisitorId::from_bits(number)
}

/// A member of French letters whose address nobody has confirmed.
fn member(number: u32, text: &str) -> NewAccount {
    NewAccount {
        account: Account {
            id: AccountId::parse(&format!("account-{number}")).expect("a name"),
            address: address(text),
            role: Role::Member,
            language: Language::French,
            confirmed_at: None,
            created_at: at(0),
        },
        password_hash: format!("$argon2id$v=19$m=19456,t=2,p=1$salt{number}$hash"),
    }
}

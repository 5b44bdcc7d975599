//! The shape of the tables, step by step, for each engine. Every step can be taken back.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::mysql::MySqlPool;
use sqlx::{AssertSqlSafe, Connection as _, MySql, SqlSafeStr};

use super::StoreError;
use super::engine::Engine;

/// Version, name, then up and down for SQLite, up and down for MySQL.
type Step = (i64, &'static str, [&'static str; 2], [&'static str; 2]);

macro_rules! step {
    ($version:literal, $name:literal, $file:literal) => {
        (
            $version,
            $name,
            [
                include_str!(concat!("../../migrations/sqlite/", $file, ".up.sql")),
                include_str!(concat!("../../migrations/sqlite/", $file, ".down.sql")),
            ],
            [
                include_str!(concat!("../../migrations/mysql/", $file, ".up.sql")),
                include_str!(concat!("../../migrations/mysql/", $file, ".down.sql")),
            ],
        )
    };
}

/// Every step, the oldest first. One that has been released is never changed.
const STEPS: [Step; 7] = [
    step!(1, "market data", "0001_market"),
    step!(2, "conversations", "0002_chat"),
    step!(3, "accounts", "0003_accounts"),
    step!(4, "alerts", "0004_alerts"),
    step!(5, "feedback", "0005_feedback"),
    step!(6, "models", "0006_models"),
    step!(7, "watching", "0007_watching"),
];

/// The newest version of the tables.
pub(super) const NEWEST: i64 = STEPS[STEPS.len() - 1].0;

/// Brings the tables to this version's shape.
pub(super) async fn up(engine: &Engine) -> Result<(), StoreError> {
    match engine {
        Engine::Sqlite(pool) => migrator(engine).run(pool).await?,
        Engine::MySql(pool) => up_alone(pool, migrator(engine)).await?,
    }
    Ok(())
}

/// Brings a server's tables to this version's shape while no other one of us does.
async fn up_alone(pool: &MySqlPool, mut migrator: Migrator) -> Result<(), StoreError> {
    // Out of the pool: the lock ends with the connection, whatever happens.
    let mut connection = Box::pin(pool.acquire()).await?.detach();
    // sqlx's own lock waits with a timeout of -1, which MariaDB takes for a mistake: it locks nothing.
    let lock = "select get_lock(concat('investbuddy ', crc32(database())), 600)";
    let taken = sqlx::query_scalar::<MySql, Option<i64>>(lock);
    let taken = Box::pin(taken.fetch_one(&mut connection)).await?;
    if taken != Some(1) {
        return Err(StoreError::Changing);
    }
    migrator.set_locking(false);
    migrator.run_direct(None, &mut connection, false).await?;
    connection.close().await?;
    Ok(())
}

/// Takes every step after `target` back; 0 leaves no table.
pub(super) async fn down(engine: &Engine, target: i64) -> Result<(), StoreError> {
    match engine {
        Engine::Sqlite(pool) => migrator(engine).undo(pool, target).await?,
        Engine::MySql(pool) => migrator(engine).undo(pool, target).await?,
    }
    Ok(())
}

/// Built at run time: the sqlx macros would need a database at compile time.
fn migrator(engine: &Engine) -> Migrator {
    let steps = STEPS.into_iter().flat_map(|(version, name, sqlite, mysql)| {
        let [up, down] = match engine {
            Engine::Sqlite(_) => sqlite,
            Engine::MySql(_) => mysql,
        };
        [(MigrationType::ReversibleUp, up), (MigrationType::ReversibleDown, down)]
            .map(|(kind, text)| Migration::new(version, name.into(), kind, AssertSqlSafe(text).into_sql_str(), false))
    });
    Migrator::with_migrations(steps.collect())
}

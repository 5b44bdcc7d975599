//! The shape of the tables: up, down, and what an older version left behind.

use domain::chat::{ConversationId, Verdict};
use domain::market::Symbol;
use server::store::{Place, Store, StoreError};
use sha2::{Digest, Sha256};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::{Raw, World, member, tables, visitor};

on_both!(
    every_step_can_be_taken_back_and_made_again,
    judgements_of_an_older_version_become_feedback_and_go_back,
    a_store_of_a_newer_version_is_left_alone,
    the_tables_of_a_server_have_the_columns_of_a_file,
);

/// How many tables of ours there are.
async fn counted(fresh: &World) -> i64 {
    let raw = fresh.raw().await;
    let text = if fresh.is_a_server() {
        "select count(*) from information_schema.tables where table_schema = database() \
         and table_name <> '_sqlx_migrations'"
    } else {
        "select count(*) from sqlite_schema where type = 'table' and name <> '_sqlx_migrations' \
         and name not like 'sqlite~_%' escape '~'"
    };
    raw.number(text).await
}

async fn every_step_can_be_taken_back_and_made_again(fresh: World) {
    let all = i64::try_from(tables().await.len()).expect("few");
    assert_eq!(counted(&fresh).await, all);
    assert!(fresh.store.add_account(&member(1, "ann@example.org"), None).await.expect("stored"));
    for target in (0..fresh.raw().await.number("select max(version) from _sqlx_migrations").await).rev() {
        fresh.store.shrink_to(target).await.expect("taken back");
        let newest = fresh.raw().await.number("select coalesce(max(version), 0) from _sqlx_migrations").await;
        assert_eq!(newest, target);
    }
    assert_eq!(counted(&fresh).await, 0);
    let again = fresh.again().await;
    assert_eq!(counted(&fresh).await, all);
    assert!(again.add_account(&member(1, "ann@example.org"), None).await.expect("stored"), "all were gone");
    again.close().await;
}

async fn judgements_of_an_older_version_become_feedback_and_go_back(fresh: World) {
    fresh.store.shrink_to(4).await.expect("taken back");
    let raw = fresh.raw().await;
    let (conversation, message) = (format!("{:032x}", 9), format!("{:032x}", 2));
    let asker: String = Sha256::digest(visitor(1).as_str()).iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [
        format!("insert into conversations values ('{conversation}', '{asker}', 'Où ?', 1, 1)"),
        format!(
            "insert into messages values ('{message}', '{conversation}', 1, 'buddy', 'Là 🦀', '[]', 'complete', \
             'composer', 0, 0, 0, 0, 1)"
        ),
        format!("insert into judgements values ('{message}', 'not_helpful', 'trop court 🦀', 77)"),
    ] {
        raw.execute(&text).await;
    }
    let again = fresh.again().await;
    let found = again.conversation(&visitor(1), &ConversationId::from_bits(9)).await.expect("read").expect("there");
    let judgement = found.messages[0].judgement.clone().expect("judged");
    assert_eq!((judgement.verdict, judgement.reason.as_str()), (Verdict::NotHelpful, "trop court 🦀"));
    again.shrink_to(4).await.expect("taken back");
    let kept = "select count(*) from judgements where verdict = 'not_helpful' and reason = 'trop court 🦀' \
         and judged_at_ms = 77";
    assert_eq!(raw.number(kept).await, 1);
}

async fn a_store_of_a_newer_version_is_left_alone(fresh: World) {
    let raw = fresh.raw().await;
    raw.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (9999, 'of the future', 1, x'00', 1)",
    )
    .await;
    let error = Store::at(&fresh.place).await.expect_err("newer");
    assert!(matches!(error, StoreError::Migrate(_)), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

async fn the_tables_of_a_server_have_the_columns_of_a_file(fresh: World) {
    let raw = fresh.raw().await;
    for table in tables().await {
        // Every column can be read under its name and as its kind.
        assert!(raw.lines(&table).await.is_empty(), "{}", table.name);
        for column in table.columns.iter().filter(|_| fresh.is_a_server()) {
            let nullable = raw
                .number(&format!(
                    "select count(*) from information_schema.columns where table_schema = database() \
                     and table_name = '{}' and column_name = '{}' and is_nullable = '{}'",
                    table.name,
                    column.name,
                    if column.may_lack { "YES" } else { "NO" },
                ))
                .await;
            assert_eq!(nullable, 1, "{}.{}", table.name, column.name);
        }
    }
}

/// The first version that anybody ran: one step, which could not be taken back.
#[tokio::test]
async fn a_file_that_the_first_version_wrote_is_read_and_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("investbuddy.sqlite");
    std::fs::write(&path, "").expect("an empty file");
    let Raw::Sqlite(pool) = Raw::file(&path).await else { unreachable!("a file") };
    let first = AssertSqlSafe(include_str!("../../../migrations/sqlite/0001_market.up.sql")).into_sql_str();
    let step = Migration::new(1, "market data".into(), MigrationType::Simple, first, false);
    Migrator::with_migrations(vec![step]).run(&pool).await.expect("its tables");
    for text in [
        "insert into candles values ('BTCUSDT', 3600, 0.1, 0.3, 0.05, 0.30000000000000004, 5e-324, 7200, 'archive')",
        "insert into gaps values ('BTCUSDT', 7200, 10800)",
        "insert into quarantine values ('BTCUSDT', 'archive', 'a.csv:1', 'unreadable', 'é', null, 1)",
        "insert into archive_files values ('/a.csv', 1, 2, 3)",
    ] {
        sqlx::query(text).execute(&pool).await.expect("a row");
    }
    pool.close().await;
    let store = Store::at(&Place::File(path)).await.expect("brought up to date");
    let btc = Symbol::parse("BTC").expect("a coin");
    let candles = store.load_candles(&btc).await.expect("read");
    assert_eq!(candles.close[0].to_bits(), (0.1_f64 + 0.2).to_bits());
    assert_eq!(store.gaps().await.expect("read")[&btc].len(), 1);
    assert_eq!(store.quarantined_rows().await.expect("read"), 1);
    assert_eq!(store.archive_files().await.expect("read").len(), 1);
    assert!(store.add_account(&member(1, "ann@example.org"), None).await.expect("stored"));
    store.close().await;
}

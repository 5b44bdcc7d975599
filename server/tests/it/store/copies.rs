//! Backups: a consistent copy of everything into one file, and back into either engine.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use domain::chat::{ConversationId, MessageId};
use server::outbox::Parcel;
use server::store::{BackupError, Opened, Place, Store};
use tokio::process::Command;

use super::{Raw, World, at, member, visitor};

on_both!(
    a_backup_holds_every_row_of_every_table_and_only_its_owner_may_read_it,
    a_backup_is_one_moment_however_much_is_written_meanwhile,
    a_file_that_is_there_is_never_overwritten,
    what_came_back_stands_in_the_place_of_everything_or_of_nothing,
    what_people_made_is_not_replaced_unless_somebody_says_so,
    a_backup_of_an_older_version_comes_back_in_todays_shape,
    damaged_foreign_and_newer_files_are_refused_and_change_nothing,
);

/// Rows of each table where all of them are filled; more than one insert carries.
const ROWS: i64 = 60;

/// A store of each engine, to restore into.
async fn targets() -> [World; 2] {
    [World::on_sqlite().await, World::on_mariadb().await]
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().expect("text")).collect();
    names.retain(|name| !name.starts_with("store.sqlite"));
    names.sort_unstable();
    names
}

async fn a_backup_holds_every_row_of_every_table_and_only_its_owner_may_read_it(fresh: World) {
    let raw = fresh.raw().await;
    raw.fill(ROWS).await;
    let file = fresh.path().join("made for it/copy.sqlite");
    let bytes = fresh.store.back_up(&file).await.expect("copied");
    assert_eq!(std::fs::metadata(&file).expect("there").len(), bytes);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(files_in(file.parent().expect("its folder")), ["copy.sqlite"], "one file, and nothing beside it");

    let copy = Raw::file(&file).await;
    let (written, copied) = (raw.everything().await, copy.everything().await);
    assert!(written.values().all(|rows| rows.len() as i64 == ROWS), "every table was filled");
    assert_eq!(copied, written);
    copy.close().await;

    for target in targets().await {
        let rows = target.store.restore(&file, target.path(), false).await.expect("restored");
        assert_eq!(rows, written.values().map(|rows| rows.len() as u64).sum::<u64>());
        assert_eq!(target.raw().await.everything().await, written);
        target.store.check().await.expect("it is consistent");
        assert_eq!(files_in(target.path()), [""; 0], "nothing is left of the way");
    }
}

async fn a_backup_is_one_moment_however_much_is_written_meanwhile(fresh: World) {
    fresh.raw().await.fill(300).await;
    let done = AtomicBool::new(false);
    let write = async {
        let mut number = 0_u32;
        while !done.load(Ordering::Relaxed) {
            number += 1;
            let account = member(number, &format!("ann{number}@example.org"));
            let letter = Parcel::ConfirmAddress { account: account.account.id.clone() };
            assert!(fresh.store.add_account(&account, Some(&letter)).await.expect("stored"));
            let asked = Opened {
                conversation: ConversationId::from_bits(number.into()),
                title: "What now?".to_owned(),
                question: Some((MessageId::from_bits(u128::from(number) * 2), "What now?".to_owned())),
                answer: MessageId::from_bits(u128::from(number) * 2 + 1),
                instead_of: None,
                at: at(0),
            };
            assert!(fresh.store.open_answer(&visitor(1), &asked).await.expect("kept"));
        }
        number
    };
    let copy = async {
        let mut files = Vec::new();
        for number in 0..6 {
            let file = fresh.path().join(format!("copy-{number}.sqlite"));
            fresh.store.back_up(&file).await.expect("copied");
            files.push(file);
        }
        done.store(true, Ordering::Relaxed);
        files
    };
    let (written, files) = tokio::join!(write, copy);
    let mut accounts = Vec::new();
    for file in files {
        let copy = Raw::file(&file).await;
        accounts.push(copy.number("select count(*) from accounts where address like 'ann%'").await);
        let torn = "select count(*) from accounts a where address like 'ann%' \
             and 1 <> (select count(*) from outbox o where o.account = a.id)";
        assert_eq!(copy.number(torn).await, 0, "no account without its letter");
        let torn = "select count(*) from conversations c where title = 'What now?' \
             and 2 <> (select count(*) from messages m where m.conversation = c.id)";
        assert_eq!(copy.number(torn).await, 0, "no question without the place of its answer");
        copy.close().await;
    }
    assert!(accounts.is_sorted(), "{accounts:?}");
    assert!(accounts[5] > accounts[0] && accounts[5] <= i64::from(written), "{accounts:?} of {written}");
}

async fn a_file_that_is_there_is_never_overwritten(fresh: World) {
    let file = fresh.path().join("copy.sqlite");
    std::fs::write(&file, "my thesis").expect("written");
    let error = fresh.store.back_up(&file).await.expect_err("in the way");
    assert!(matches!(error, BackupError::Exists(_)), "{error:?}");
    assert!(error.to_string().contains("choose another name"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).expect("there"), "my thesis");
    assert_eq!(files_in(fresh.path()), ["copy.sqlite"]);
    let nowhere = file.join("below a file/copy.sqlite");
    let error = fresh.store.back_up(&nowhere).await.expect_err("no folder");
    assert!(matches!(error, BackupError::Write { .. }), "{error:?}");
}

async fn what_came_back_stands_in_the_place_of_everything_or_of_nothing(fresh: World) {
    fresh.store.add_account(&member(1, "ann@example.org"), None).await.expect("stored");
    let file = fresh.path().join("copy.sqlite");
    fresh.store.back_up(&file).await.expect("copied");
    for target in targets().await {
        target.raw().await.fill(5).await;
        target.store.restore(&file, target.path(), true).await.expect("restored");
        assert_eq!(target.raw().await.everything().await, fresh.raw().await.everything().await);
    }

    // One of its tables does not fit: all of them stay as they were.
    let copy = Raw::file(&file).await;
    copy.execute("drop table sessions").await;
    copy.execute("create table sessions (id text)").await;
    copy.close().await;
    let before = fresh.raw().await.everything().await;
    fresh.store.restore(&file, fresh.path(), true).await.expect_err("a column is missing");
    assert_eq!(fresh.raw().await.everything().await, before);
}

async fn what_people_made_is_not_replaced_unless_somebody_says_so(fresh: World) {
    let file = fresh.path().join("copy.sqlite");
    fresh.store.back_up(&file).await.expect("copied");
    let raw = fresh.raw().await;
    raw.execute("insert into candles values ('BTC', 3600, 1, 1, 1, 1, 1, 7200, 'archive')").await;
    fresh.store.restore(&file, fresh.path(), false).await.expect("candles can be read again");
    assert_eq!(raw.number("select count(*) from candles").await, 0);

    fresh.store.add_account(&member(1, "ann@example.org"), None).await.expect("stored");
    let error = fresh.store.restore(&file, fresh.path(), false).await.expect_err("an account is there");
    assert!(matches!(error, BackupError::Occupied { table: "accounts", rows: 1 }), "{error:?}");
    assert!(error.to_string().contains("--replace"), "{error}");
    assert_eq!(raw.number("select count(*) from accounts").await, 1);
    fresh.store.restore(&file, fresh.path(), true).await.expect("asked for");
    assert_eq!(raw.number("select count(*) from accounts").await, 0);
}

async fn a_backup_of_an_older_version_comes_back_in_todays_shape(fresh: World) {
    let old = World::on_sqlite().await;
    let raw = old.raw().await;
    old.store.shrink_to(4).await.expect("taken back");
    for text in [
        "insert into conversations values ('c', 'v', 'Où ?', 1, 1)",
        "insert into messages values ('m', 'c', 1, 'buddy', 'Là', '[]', 'complete', 'composer', 0, 0, 0, 0, 1)",
        "insert into judgements values ('m', 'helpful', 'oui 🦀', 77)",
    ] {
        raw.execute(text).await;
    }
    let file = old.path().join("copy.sqlite");
    raw.execute(&format!("vacuum into '{}'", file.display())).await;
    let written = std::fs::read(&file).expect("there");
    fresh.store.restore(&file, fresh.path(), false).await.expect("restored");
    let kept = "select count(*) from feedback where subject = 'm' and words = 'oui 🦀' and changed_at_ms = 77";
    assert_eq!(fresh.raw().await.number(kept).await, 1);
    assert_eq!(std::fs::read(&file).expect("there"), written, "the backup itself stays as it was");
}

async fn damaged_foreign_and_newer_files_are_refused_and_change_nothing(fresh: World) {
    fresh.raw().await.fill(40).await;
    let before = fresh.raw().await.everything().await;
    let file = fresh.path().join("copy.sqlite");
    fresh.store.back_up(&file).await.expect("copied");
    let good = std::fs::read(&file).expect("there");
    let refused = async |name: &str| {
        let error = fresh.store.restore(&fresh.path().join(name), fresh.path(), true).await.expect_err(name);
        assert_eq!(fresh.raw().await.everything().await, before, "{name}");
        error
    };
    let write = |name: &str, content: &[u8]| std::fs::write(fresh.path().join(name), content).expect("written");

    let error = refused("nowhere.sqlite").await;
    assert!(matches!(error, BackupError::Read { .. }), "{error:?}");
    for (name, content) in [("empty.sqlite", &b""[..]), ("notes.txt", &b"a text that is long enough for a head"[..])] {
        write(name, content);
        let error = refused(name).await;
        assert!(matches!(error, BackupError::Foreign(_)), "{error:?}");
        assert!(error.to_string().contains("investbuddy backup"), "{error}");
    }
    write("others.sqlite", b"");
    let others = Raw::file(&fresh.path().join("others.sqlite")).await;
    others.execute("create table notes (words text)").await;
    others.close().await;
    let error = refused("others.sqlite").await;
    assert!(matches!(error, BackupError::Foreign(_)), "{error:?}");

    write("short.sqlite", &good[..good.len() / 2]);
    let mut spoilt = good.clone();
    for page in spoilt.chunks_mut(4_096).skip(2) {
        page[..64].fill(0xa5);
    }
    write("spoilt.sqlite", &spoilt);
    for name in ["short.sqlite", "spoilt.sqlite"] {
        let error = refused(name).await;
        assert!(matches!(error, BackupError::Damaged { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains("take another backup"), "{error}");
    }

    for (name, change) in [
        ("orphans.sqlite", "delete from accounts"),
        ("future.sqlite", "update _sqlx_migrations set version = 9999 where version = 1"),
    ] {
        write(name, &good);
        let changed = Raw::file(&fresh.path().join(name)).await;
        changed.execute(change).await;
        changed.close().await;
    }
    let error = refused("orphans.sqlite").await;
    assert!(matches!(error, BackupError::Damaged { .. }), "{error:?}");
    let error = refused("future.sqlite").await;
    assert!(matches!(error, BackupError::Newer { found: 9_999, .. }), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

/// The program in a folder of its own, with nothing of this machine's environment.
async fn investbuddy(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_investbuddy"));
    command.env_clear().current_dir(folder).env("INVESTBUDDY_DATA_DIR", folder.join("run")).args(arguments);
    let output = command.env("INVESTBUDDY_LOG", "off").stdin(Stdio::null()).output().await.expect("it starts");
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code().expect("an exit code"), text(stdout), text(stderr))
}

#[tokio::test]
async fn the_verbs_copy_refuse_and_bring_back_in_sentences() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, _, stderr) = investbuddy(folder.path(), &["backup", "copy.sqlite"]).await;
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("There is no store at"), "{stderr}");

    let place: PathBuf = folder.path().join("run/investbuddy.sqlite");
    let store = Store::at(&Place::File(place)).await.expect("it opens");
    let ann = member(1, "ann@example.org");
    store.add_account(&ann, None).await.expect("stored");
    // The store stays open, as it is while a server serves.
    let (code, stdout, stderr) = investbuddy(folder.path(), &["backup", "copy.sqlite"]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("copy.sqlite holds the whole store"), "{stdout}");
    let (code, _, stderr) = investbuddy(folder.path(), &["backup", "copy.sqlite"]).await;
    assert_eq!(code, 1);
    assert!(stderr.contains("never overwrites"), "{stderr}");

    store.set_role(&ann.account.address, domain::user::Role::Operator).await.expect("set");
    let (code, _, stderr) = investbuddy(folder.path(), &["restore", "copy.sqlite"]).await;
    assert_eq!(code, 1);
    assert!(stderr.contains("--replace"), "{stderr}");
    let (code, stdout, stderr) = investbuddy(folder.path(), &["restore", "copy.sqlite", "--replace"]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("restored (1 row)"), "{stdout}");
    let kept = store.account(&ann.account.id).await.expect("read").expect("there");
    assert_eq!(kept.account, ann.account, "as it was when it was copied");
    store.close().await;
}

//! Letters over a real SMTP server with faults, and into a folder.

use std::path::PathBuf;
use std::time::Duration;

use domain::alert::Measure;
use domain::forecast::Horizon;
use domain::language::Language;
use futures::future::join_all;
use lettre::Message;
use server::config::{MailSettings, MailTls, Mode};
use server::notify::mailer::MailerError;
use server::notify::{Letter, Letters, Mailer, SendError};

use super::peer::{Peer, certificate, mailer};
use super::{ORIGIN_S, address, alert, at, leave};

/// A letter about an alert, in French, to somebody.
fn letter(settings: &MailSettings, to: &str, parcel: &str) -> Message {
    let letters = Letters::new(settings).expect("letters");
    let letter = Letter::Alert { alert: Box::new(alert("BTC", Horizon::Day, Measure::Chance)), leave: leave() };
    let id = letters.message_id(parcel);
    letters.compose(&letter, Language::French, &address(to), &id, at(ORIGIN_S)).expect("a message")
}

/// What becomes of a letter to somebody who asks for a fault.
async fn try_to(mailer: &Mailer, settings: &MailSettings, to: &str) -> Result<(), SendError> {
    let outcome = mailer.send(&letter(settings, to, "parcel")).await;
    if let Err(error) = &outcome {
        let said = format!("{error} {error:?}");
        assert!(!said.contains("example.net"), "it names the reader: {said}");
    }
    outcome
}

fn later(may_have_arrived: bool) -> impl Fn(&Result<(), SendError>) -> bool {
    move |outcome| matches!(outcome, Err(SendError::Later { may_have_arrived: may, .. }) if *may == may_have_arrived)
}

fn refused(outcome: &Result<(), SendError>) -> bool {
    matches!(outcome, Err(SendError::Refused { .. }))
}

#[tokio::test]
async fn a_letter_arrives_by_starttls_with_a_password_and_others_read_it_as_it_was_written() {
    let peer = Peer::start(MailTls::StartTls, Some(("ann", "pass-word"))).await;
    let settings =
        MailSettings { reply_to: Some("help@buddy.example.org".to_owned()), ..peer.settings_of("ann", "pass-word") };
    let message = letter(&settings, "zoe@example.net", "0192-parcel");
    mailer(&settings).send(&message).await.expect("sent");

    let taken = peer.taken().remove(0);
    assert_eq!(
        (taken.from.as_str(), taken.to.as_slice()),
        ("alerts@buddy.example.org", &["zoe@example.net".to_owned()][..])
    );
    assert!(taken.tls);
    assert_eq!(taken.user.as_deref(), Some("ann"));
    assert!(taken.defects.is_empty(), "{:?}", taken.defects);
    assert!(taken.longest_line <= 998, "{}", taken.longest_line);
    assert_eq!(taken.structure, "multipart/alternative(text/plain multipart/related(text/html image/png))");

    let subject =
        "BTC\u{202f}: 62\u{202f}% de probabilité d’une journée de forte volatilité jusqu’au mar. 3 déc., 14:00 CET";
    for (name, expected) in [
        ("subject", subject),
        ("from", "InvestBuddy <alerts@buddy.example.org>"),
        ("reply-to", "help@buddy.example.org"),
        ("to", "zoe@example.net"),
        ("message-id", "<0192-parcel@buddy.example.org>"),
        ("date", "Mon, 02 Dec 2024 13:00:00 +0000"),
        ("auto-submitted", "auto-generated"),
        ("list-unsubscribe", "<https://buddy.example.org/unsubscribe/one-click?t=ticket.seal>"),
        ("list-unsubscribe-post", "List-Unsubscribe=One-Click"),
    ] {
        assert_eq!(taken.headers.get(name).map(String::as_str), Some(expected), "{name}");
    }
    let text = taken.texts["text/plain"].replace("\r\n", "\n");
    assert!(text.starts_with("Bitcoin\u{202f}: 62\u{202f}% de probabilité"), "{text}");
    let html = &taken.texts["text/html"];
    let picture = &taken.pictures[0];
    assert_eq!((picture.id.as_str(), picture.kind.as_str()), ("<forecast-1@investbuddy>", "image/png"));
    assert!(html.contains("cid:forecast-1@investbuddy"), "{html}");
    assert!((1_000..40_000).contains(&picture.bytes), "{}", picture.bytes);
}

#[tokio::test]
async fn letters_about_an_account_offer_no_unsubscribing() {
    let peer = Peer::start(MailTls::None, None).await;
    let settings = peer.settings();
    let letters = Letters::new(&settings).expect("letters");
    let to = address("ann@example.net");
    let id = letters.message_id("p");
    let message =
        letters.compose(&Letter::AccountDeleted, Language::English, &to, &id, at(ORIGIN_S)).expect("a message");
    mailer(&settings).send(&message).await.expect("sent");
    let taken = peer.taken().remove(0);
    assert_eq!(taken.structure, "multipart/alternative(text/plain text/html)");
    assert!(!taken.headers.contains_key("list-unsubscribe") && !taken.headers.contains_key("list-unsubscribe-post"));
    assert!(!taken.tls && taken.user.is_none());
}

#[tokio::test]
async fn letters_go_over_tls_from_the_first_byte_and_over_one_connection_after_another() {
    let peer = Peer::start(MailTls::Tls, Some(("ann", "pass-word"))).await;
    let settings = peer.settings_of("ann", "pass-word");
    let mailer = mailer(&settings);
    for _ in 0..3 {
        try_to(&mailer, &settings, "ann@example.net").await.expect("sent");
    }
    let taken = peer.taken();
    assert!(taken.len() == 3 && taken.iter().all(|letter| letter.tls));
}

#[tokio::test]
async fn faults_are_for_good_or_worth_another_try_and_say_whether_the_letter_may_be_there() {
    let peer = Peer::start(MailTls::None, None).await;
    let settings = peer.settings();
    let mailer = mailer(&settings);

    for _ in 0..2 {
        let outcome = try_to(&mailer, &settings, "later-2@example.net").await;
        assert!(later(false)(&outcome), "{outcome:?}");
    }
    try_to(&mailer, &settings, "later-2@example.net").await.expect("the third time");

    for to in ["never@example.net", "unwanted@example.net"] {
        let outcome = try_to(&mailer, &settings, to).await;
        assert!(refused(&outcome), "{outcome:?}");
    }
    assert_eq!(peer.taken().len(), 1);

    let outcome = try_to(&mailer, &settings, "silent-1@example.net").await;
    assert!(later(true)(&outcome), "{outcome:?}");
    try_to(&mailer, &settings, "silent-1@example.net").await.expect("the second time");
    let twice: Vec<_> = peer.taken().into_iter().skip(1).map(|taken| taken.headers["message-id"].clone()).collect();
    assert_eq!(twice, ["<parcel@buddy.example.org>", "<parcel@buddy.example.org>"]);
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_its_time_and_no_other_letter() {
    let peer = Peer::start(MailTls::None, None).await;
    let settings = MailSettings { timeout_s: 2, ..peer.settings() };
    let mailer = mailer(&settings);
    try_to(&mailer, &settings, "ann@example.net").await.expect("sent");
    let outcome = try_to(&mailer, &settings, "slow@example.net").await;
    assert!(later(true)(&outcome), "{outcome:?}");
    try_to(&mailer, &settings, "ann@example.net").await.expect("sent");
    let defects: Vec<_> = peer.taken().into_iter().flat_map(|taken| taken.defects).collect();
    assert!(defects.is_empty(), "{defects:?}");
    assert_eq!(peer.taken().len(), 3);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_no_failure() {
    let peer = Peer::start(MailTls::None, None).await;
    let settings = peer.settings();
    let mailer = mailer(&settings);
    try_to(&mailer, &settings, "hangup@example.net").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(300)).await;
    try_to(&mailer, &settings, "ann@example.net").await.expect("sent");
    assert_eq!(peer.taken().len(), 2);
}

#[tokio::test]
async fn many_letters_at_once_arrive_once_each() {
    let peer = Peer::start(MailTls::None, None).await;
    let settings = peer.settings();
    let mailer = mailer(&settings);
    let letters: Vec<Message> =
        (0..100).map(|index| letter(&settings, &format!("reader{index}@example.net"), &format!("p{index}"))).collect();
    for outcome in join_all(letters.iter().map(|message| mailer.send(message))).await {
        outcome.expect("sent");
    }
    let mut readers: Vec<String> = peer.taken().into_iter().flat_map(|taken| taken.to).collect();
    readers.sort();
    readers.dedup();
    assert_eq!((readers.len(), peer.taken().len()), (100, 100));
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_not_the_letters_fault() {
    let peer = Peer::start(MailTls::StartTls, Some(("ann", "pass-word"))).await;
    let right = peer.settings_of("ann", "pass-word");
    let table = [
        ("a wrong password", peer.settings_of("ann", "other-word")),
        ("no password", peer.settings()),
        ("a stranger's certificate", MailSettings { root_certificate: None, ..right.clone() }),
        ("TLS where the server begins in the clear", MailSettings { tls: MailTls::Tls, timeout_s: 3, ..right.clone() }),
        ("nobody there", MailSettings { port: Some(1), ..right.clone() }),
    ];
    for (what, settings) in table {
        let outcome = try_to(&mailer(&settings), &settings, "ann@example.net").await;
        assert!(later(false)(&outcome), "{what}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("other-word"), "{outcome:?}");
    }
    let clear = MailSettings { tls: MailTls::None, user: None, password: None, ..right };
    let outcome = try_to(&mailer(&clear), &clear, "ann@example.net").await;
    assert!(later(false)(&outcome), "{outcome:?}");
    assert!(peer.taken().is_empty());

    let plain = Peer::start(MailTls::None, None).await;
    let settings = MailSettings { tls: MailTls::StartTls, ..plain.settings() };
    let outcome = try_to(&mailer(&settings), &settings, "ann@example.net").await;
    assert!(later(false)(&outcome), "a server without STARTTLS: {outcome:?}");
    assert!(plain.taken().is_empty(), "it went in the clear");
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_to_set() {
    let of = |settings: MailSettings, mode| {
        Mailer::of(&settings, mode, PathBuf::from("letters")).map(drop).map_err(|error| error.to_string())
    };
    let server = MailSettings { host: Some("smtp.example.org".to_owned()), ..MailSettings::default() };
    let password = Some(server::config::Secret::new("word".to_owned()));
    let user = Some("ann".to_owned());

    assert!(of(MailSettings::default(), Mode::Development).is_ok(), "a folder");
    assert!(of(MailSettings::default(), Mode::Production).expect_err("no server").contains("INVESTBUDDY_MAIL__HOST"));
    let half = MailSettings { user: user.clone(), ..server.clone() };
    assert!(of(half, Mode::Production).expect_err("half").contains("INVESTBUDDY_MAIL__PASSWORD"));
    let clear = MailSettings { tls: MailTls::None, user, password, ..server.clone() };
    assert!(of(clear, Mode::Production).expect_err("clear").contains("INVESTBUDDY_MAIL__TLS"));
    for path in [PathBuf::from("/nowhere/at-all.pem"), certificate().with_file_name("README.md")] {
        let file = MailSettings { root_certificate: Some(path), ..server.clone() };
        assert!(of(file, Mode::Production).expect_err("no certificate").contains("ROOT_CERTIFICATE"));
    }
    assert!(matches!(
        Mailer::of(&MailSettings::default(), Mode::Production, PathBuf::new()),
        Err(MailerError::Missing)
    ));
}

#[tokio::test]
async fn a_letter_that_is_sent_twice_into_a_folder_is_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let letters = folder.path().join("letters");
    let settings = MailSettings::default();
    let mailer = Mailer::of(&settings, Mode::Development, letters.clone()).expect("a mailer");
    for _ in 0..2 {
        try_to(&mailer, &settings, "ann@example.net").await.expect("written");
    }
    mailer.send(&letter(&settings, "ann@example.net", "another")).await.expect("written");
    let mut names: Vec<String> = std::fs::read_dir(&letters)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["another@localhost.eml", "parcel@localhost.eml"]);
    let content = std::fs::read_to_string(letters.join("parcel@localhost.eml")).expect("a letter");
    assert!(
        content.contains("Message-ID: <parcel@localhost>\r\n") && content.contains("multipart/related"),
        "{content}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(letters.join("parcel@localhost.eml")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may not read letters");
    }
}

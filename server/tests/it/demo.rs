//! The demonstration in its short form: started as a person starts it, read line by line, looked at in a browser, and
//! compared with what the store keeps.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Family;
use domain::user::EmailAddress;
use reqwest::redirect::Policy;
use server::registry::Registry;
use server::retraining::{Cause, EventKind, TrainingState};
use server::store::{AlertState, FeedbackFilter, Store};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The glossary that ships with the product.
const GLOSSARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/glossary");
/// How long the short form may take on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(280);

/// A demonstration that has come to its end and goes on serving.
struct Shown {
    child: Child,
    /// What it said, line by line.
    lines: Vec<String>,
    root: String,
    folder: TempDir,
}

/// Runs the short form until its pages are all that is left of it.
async fn show() -> Shown {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_investbuddy"))
        .env_clear()
        .current_dir(folder.path())
        .env("INVESTBUDDY_GLOSSARY_DIR", GLOSSARY)
        .args(["demo", "--short", "--keep"])
        .arg(folder.path().join("kept"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut output = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut lines: Vec<String> = Vec::new();
    let said = async {
        while let Some(line) = output.next_line().await.expect("readable") {
            let is_end = line.starts_with("The pages stay at ");
            lines.push(line);
            if is_end {
                return;
            }
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, said).await.is_ok();
    let last = lines.last().map(String::as_str).unwrap_or_default();
    let root = last.strip_prefix("The pages stay at ").and_then(|rest| rest.split(' ').next());
    let root = root.unwrap_or_else(|| panic!("in time: {in_time}\n{}", lines.join("\n"))).to_owned();
    Shown { child, lines, root, folder }
}

impl Shown {
    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("kept")
    }

    /// The titles of the steps, in order and without their numbers.
    fn steps(&self) -> Vec<&str> {
        let title = |line: &str| -> Option<(usize, usize)> {
            let begin =
                line.find(". ").filter(|&dot| dot > 0 && line[..dot].bytes().all(|byte| byte.is_ascii_digit()))?;
            Some((begin + 2, line.rfind("  [")?))
        };
        self.lines.iter().filter_map(|line| title(line).map(|(begin, end)| &line[begin..end])).collect()
    }

    fn says(&self, words: &str) -> bool {
        self.lines.iter().any(|line| line.contains(words))
    }

    /// Every page that a step names, as an operator sees it.
    async fn open_the_pages(&self) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        let password = self.lines.last().and_then(|line| line.split("password: ").nth(1)).expect("a password");
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", "olga@example.org"), ("password", password)])
            .finish();
        let signed_in = client
            .post(format!("{}/account/sign-in", self.root))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(form)
            .send()
            .await
            .expect("an answer");
        assert_eq!(signed_in.status(), 303);
        let cookie = signed_in.headers()["set-cookie"].to_str().expect("readable").split(';').next().expect("a cookie");
        let pages: Vec<&str> = self.lines.iter().filter_map(|line| line.trim().strip_prefix("see ")).collect();
        assert!(pages.len() >= 8, "{pages:?}");
        for page in pages {
            let answer = client.get(page).header("cookie", cookie).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{page}");
        }
    }

    /// Asks it to stop, as Ctrl-C does.
    async fn stop(mut self) {
        let pid = self.child.id().expect("it runs");
        let asked =
            std::process::Command::new("kill").args(["-INT", &pid.to_string()]).status().expect("kill is there");
        assert!(asked.success());
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        assert!(ended.expect("it stops in time").expect("an exit").success());
        assert!(self.data().is_dir(), "what is to be kept stays");
    }
}

#[tokio::test]
async fn the_demonstration_tells_what_the_store_keeps_and_the_pages_show() {
    let shown = show().await;
    let steps = shown.steps();
    let at = |title: &str| {
        let place = steps.iter().position(|step| step.starts_with(title));
        place.unwrap_or_else(|| panic!("{title}: {steps:?}"))
    };
    let before = ["History", "The model of the time", "The server opens", "Two people come", "The market as it was"];
    let after = ["Retraining starts", "Champion and challenger", "1 more days", "What the pages show"];
    for pair in [before.as_slice(), &["The shock", "Retraining starts"], &after].concat().windows(2) {
        assert!(at(pair[0]) <= at(pair[1]), "{pair:?}: {steps:?}");
    }
    for event in ["An alert goes out", "Drift is confirmed", "A person answers"] {
        assert!(at("The server opens") < at(event) && at(event) < at("Retraining starts"), "{event}: {steps:?}");
    }
    assert!(at("An alert goes out") < at("A person answers"), "{steps:?}");

    shown.open_the_pages().await;
    check_the_store(&shown).await;
    shown.stop().await;
}

async fn check_the_store(shown: &Shown) {
    let data = shown.data();
    let store = Store::open(&data.join("investbuddy.sqlite")).await.expect("opens beside the server");

    let ann = EmailAddress::parse("ann@example.org").expect("an address");
    let account = store.account_at(&ann).await.expect("reads").expect("signed up").account;
    assert!(account.confirmed_at.is_some());
    let alerts = store.alerts(&account.id, 0, 100).await.expect("reads");
    let sent = alerts.iter().filter(|alert| alert.state == AlertState::Sent);
    let first = sent.min_by_key(|alert| alert.fired_at).expect("an alert became a letter");
    assert!(first.forecast.high_volatility >= 0.5, "{}", first.forecast.high_volatility);
    assert_eq!(
        (&first.forecast.symbol, first.forecast.horizon),
        (&Symbol::parse("BTC").expect("a coin"), Horizon::Day)
    );

    let answers = store.feedback(&FeedbackFilter::default(), 0, 10).await.expect("reads");
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((&answer.subject, answer.by_member), (&first.prediction, true));
    let outcome = answer.forecast.as_ref().and_then(|forecast| forecast.outcome_high).expect("the day is over");
    assert_eq!(answer.opinion.as_str(), if outcome { "right" } else { "wrong" }, "it says what happened");

    let trainings = store.trainings(0, 10).await.expect("reads");
    let training = trainings.last().expect("a training");
    assert_eq!((training.state, training.attempts), (TrainingState::Done, 1));
    assert_eq!(training.cause, Cause::Drift);
    let made = training.made.as_ref().expect("a model");
    assert_eq!(made.comparison.horizons.len(), Horizon::ALL.len());
    let ruling = made.comparison.ruling();

    let events = store.events_of_model(&made.version).await.expect("reads");
    let kinds: Vec<EventKind> = events.iter().map(|entry| entry.event.kind).collect();
    let ruled = if ruling.promotes { EventKind::Promoted } else { EventKind::Refused };
    assert!(kinds.starts_with(&[EventKind::Trained, ruled]), "{kinds:?}");
    assert!(shown.says(&ruling.words()), "the reason is told: {}", ruling.words());
    let serving = serving(&data);
    assert_eq!(serving == made.version.as_str(), ruling.promotes, "{serving}");
    store.close().await;
}

/// The version that serves, as the registry on disk says.
fn serving(data: &Path) -> String {
    let registry = Registry::new(data.join("shipped"), data.join("models"));
    registry.champion(Family::Lstm).expect("readable").expect("a champion").to_string()
}

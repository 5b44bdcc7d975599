//! The program as a person or a script starts it.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The models that ship with the product.
const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/models");
/// The glossary that ships with the product.
const GLOSSARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/glossary");

/// The program in a folder of its own, with nothing of this machine's environment and no network.
fn investbuddy(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_investbuddy"));
    command
        .env_clear()
        .current_dir(folder)
        .env("INVESTBUDDY_ADDR", "127.0.0.1:0")
        .env("INVESTBUDDY_DATA_DIR", folder.join("run"))
        .env("INVESTBUDDY_ARCHIVE", folder.join("no-archive"))
        .env("INVESTBUDDY_MODEL_DIR", MODELS)
        .env("INVESTBUDDY_GLOSSARY_DIR", GLOSSARY)
        .env("INVESTBUDDY_LIVE", "false")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

async fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().await.expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code().expect("an exit code"), text(stdout), text(stderr))
}

/// A server that has said where it is.
struct Serving {
    child: Child,
    url: String,
}

async fn serve(command: &mut Command) -> Serving {
    let mut child =
        command.arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    let url = line.strip_prefix("InvestBuddy is at ").unwrap_or_else(|| panic!("{line}")).to_owned();
    Serving { child, url }
}

impl Serving {
    /// Waits until there is something at a path, and reads it.
    async fn wait_for(&self, path: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        for _ in 0..300 {
            let answer = reqwest::get(format!("{}{path}", self.url)).await.expect("an answer");
            if answer.status() == 200 {
                return answer.text().await.expect("the whole answer");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{path} is not there after a minute");
    }
}

#[tokio::test]
async fn without_archive_and_network_a_simulated_market_is_served_and_says_so() {
    let folder = folder();
    let mut serving = serve(&mut investbuddy(folder.path())).await;
    serving.wait_for("/readyz").await;

    let list: Value = serde_json::from_str(&serving.wait_for("/api/v1/forecasts").await).expect("JSON");
    let forecasts = list["forecasts"].as_array().expect("a list");
    assert_eq!(forecasts.len(), 18, "nine coins, two horizons");
    assert!(forecasts.iter().all(|forecast| forecast["source"] == "simulated"));
    let page = serving.wait_for("/").await.to_lowercase();
    assert!(page.contains("simulated"), "the page says that the market is simulated");

    let pid = serving.child.id().expect("it runs");
    let asked = std::process::Command::new("kill").arg(pid.to_string()).status().expect("kill is there");
    assert!(asked.success());
    let ended = tokio::time::timeout(Duration::from_secs(20), serving.child.wait()).await;
    assert!(ended.expect("it stops in time").expect("an exit").success());
}

#[tokio::test]
async fn an_address_that_is_taken_is_a_sentence_and_exit_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = taken.local_addr().expect("its address").to_string();
    let folder = folder();
    let mut command = investbuddy(folder.path());
    let (code, _, stderr) = run(command.env("INVESTBUDDY_LOG", "off").args(["serve", "--addr", &addr])).await;
    assert_eq!(code, 1, "{stderr}");
    assert_eq!(
        stderr.trim(),
        format!(
            "investbuddy: Another program already listens on {addr}. Stop it, or choose another address with --addr \
             or INVESTBUDDY_ADDR."
        )
    );
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_refused_by_name_with_exit_code_2() {
    let folder = folder();
    let (code, stdout, stderr) = run(investbuddy(folder.path()).env("INVESTBUDDY_ADRR", "x").arg("serve")).await;
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(
        stderr.trim(),
        "investbuddy: The environment sets INVESTBUDDY_ADRR, which is not a setting. Did you mean INVESTBUDDY_ADDR?"
    );
    let (code, ..) = run(investbuddy(folder.path()).arg("dance")).await;
    assert_eq!(code, 2, "a verb that does not exist");
}

#[tokio::test]
async fn a_wrong_log_filter_is_refused() {
    let folder = folder();
    let (code, _, stderr) = run(investbuddy(folder.path()).env("INVESTBUDDY_LOG", "a=b=c").arg("config")).await;
    assert_eq!(code, 2);
    assert!(stderr.starts_with("investbuddy: The setting log is \"a=b=c\""), "{stderr}");
}

#[tokio::test]
async fn the_settings_in_force_are_printed_as_a_file_that_is_read_back() {
    let folder = folder();
    let (code, printed, _) = run(investbuddy(folder.path()).arg("config")).await;
    assert_eq!(code, 0);
    std::fs::write(folder.path().join("investbuddy.toml"), &printed).expect("the printed settings");
    let (code, again, stderr) = run(investbuddy(folder.path()).env_clear().arg("config")).await;
    assert_eq!((code, again), (0, printed), "{stderr}");
}

#[tokio::test]
async fn doctor_says_what_is_broken_in_words_and_in_json() {
    let folder = folder();
    let (code, stdout, _) = run(investbuddy(folder.path()).args(["doctor", "--json"])).await;
    assert_eq!(code, 1, "a set archive without files is broken");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["verdict"], "broken");
    let verdict = |what: &str| {
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().find(|finding| finding["what"] == what).expect("looked at")["verdict"].clone()
    };
    assert_eq!(verdict("archive"), "broken");
    assert_eq!(verdict("model"), "fine", "{report:#}");
    assert_eq!(verdict("data folder"), "fine");
}

#[tokio::test]
async fn the_readme_lists_the_settings_that_there_are() {
    const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    const MARKS: (&str, &str) = ("<!-- settings -->\n", "<!-- /settings -->");
    let folder = folder();
    let (_, table, _) = run(investbuddy(folder.path()).args(["config", "--markdown"])).await;
    let readme = std::fs::read_to_string(README).expect("the README");
    let (before, rest) = readme.split_once(MARKS.0).expect("the place of the table");
    let (listed, after) = rest.split_once(MARKS.1).expect("the end of the table");
    if listed == table {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        let updated = [before, MARKS.0, &table, MARKS.1, after].concat();
        std::fs::write(README, updated).expect("the README can be written");
        return;
    }
    panic!("The README's table of settings is old. Run this test with UPDATE_README=1 and commit the file.");
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

/// Two years and a half of hours of two coins that nobody ever heard of, in a folder of their own.
fn write_archive(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, seed) in [("QQQUSDT", 1_u64), ("ZZZUSDT", 2)] {
        let mut text = String::from("open_time_ms,open,high,low,close,volume\n");
        let mut state = seed;
        let mut random = || {
            // Marsaglia's xorshift: enough of a coin for a test.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let mut open = 100.0_f64;
        for hour in 0..900_i64 * 24 {
            let wave = (hour as f64 / 700.0).sin();
            let close = open * (0.02 * wave.exp() * random()).exp();
            let (high, low) = (open.max(close) * 1.001, open.min(close) * 0.999);
            let at_ms = (1_600_000_000 / 3_600 * 3_600 + hour * 3_600) * 1_000;
            text.push_str(&format!("{at_ms},{open},{high},{low},{close},{}\n", 100.0 + 50.0 * random()));
            open = close;
        }
        std::fs::write(folder.join(format!("{name}_1h.csv")), text).expect("written");
    }
}

#[tokio::test]
async fn any_archive_is_evaluated_by_the_whole_protocol_and_says_so_in_json_while_progress_goes_to_stderr() {
    let folder = folder();
    let archive = folder.path().join("candles");
    write_archive(&archive);
    let evaluate = |extra: &[&str]| {
        let mut command = investbuddy(folder.path());
        command.env("INVESTBUDDY_LOG", "off").args(["evaluate", "--json", "--archive"]).arg(&archive);
        command.args(["--from", "2022-09-01", "--models", "har_calendar,garch,lstm"]).args(extra);
        command
    };
    let (code, stdout, stderr) = run(&mut evaluate(&[])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("lstm from 2022-09-01"), "{stderr}");
    let result: Value = serde_json::from_str(&stdout).expect("nothing but JSON");
    assert_eq!(result["served"], "lstm");
    let rows = result["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3 * 3 * 2, "three models, two coins and all of them, two horizons");
    for row in rows {
        assert!(row["symbol"].is_string() && row["model"].is_string(), "{row}");
        assert!(row["horizon_h"] == 24 || row["horizon_h"] == 48, "{row}");
        assert!(row["origins"].as_u64().is_some_and(|origins| origins > 150), "{row}");
        for name in ["qlike", "rmse_log", "r2_log", "auc", "ap", "coverage80", "coverage95"] {
            assert!(row[name].is_number(), "{name} in {row}");
        }
    }
    let tests = result["dm"].as_array().expect("tests");
    assert_eq!(tests.len(), 3 * 2, "three pairs, two horizons");
    assert!(tests.iter().all(|test| test["p"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p))));

    let kept = folder.path().join("run/evaluations");
    assert_eq!(files_below(&kept), 0, "a complete evaluation leaves nothing to resume");
    let mut interrupted = evaluate(&[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(interrupted.stderr.take().expect("its progress")).lines();
    while !lines.next_line().await.expect("readable").expect("a line").contains(": 3 of") {}
    interrupted.kill().await.expect("killed");
    assert!(files_below(&kept) >= 3, "what was done is kept");
    let (_, again, _) = run(&mut evaluate(&[])).await;
    assert_eq!(again, stdout, "an evaluation that was interrupted ends with the same numbers");
    assert_eq!(files_below(&kept), 0);

    let (code, _, stderr) = run(&mut evaluate(&["--to", "2022-08-01"])).await;
    assert_eq!(code, 2, "{stderr}");
}

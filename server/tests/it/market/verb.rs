//! `investbuddy ingest` as a script runs it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::support::{candles, write_csv};

/// Runs the real program in a folder of its own, away from every exchange and archive.
fn ingest(home: &Path, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_investbuddy"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("INVESTBUDDY_")) {
        program.env_remove(name);
    }
    program.current_dir(home).env("INVESTBUDDY_DATA_DIR", home.join("written")).arg("ingest").args(args);
    program.output().expect("the program starts")
}

#[test]
fn a_folder_is_ingested_once_and_the_summary_is_json() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("candles");
    std::fs::create_dir(&folder).expect("makes the folder");
    write_csv(&folder.join("BTCUSDT_1h.csv"), &candles((0..100).chain(110..200)));
    for (added, files_read) in [(190, 1), (0, 0)] {
        let output = ingest(home.path(), &["candles", "--symbols", "btc", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let summary: Value = serde_json::from_slice(&output.stdout).expect("standard output is JSON and nothing else");
        assert_eq!(summary["added"], added);
        assert_eq!(summary["files_read"], files_read);
        assert_eq!(summary["coins"][0]["symbol"], "BTCUSDT");
        assert_eq!(summary["coins"][0]["candles"], 190);
        assert_eq!(summary["coins"][0]["missing_hours"], 10);
    }
}

#[test]
fn a_folder_without_candles_and_a_span_that_is_none_are_refused_in_a_sentence() {
    let home = tempfile::tempdir().expect("a temporary folder");
    for (args, sentence) in [
        (vec!["nowhere"], "no candle files"),
        (vec!["binance", "--from", "2024-02-01", "--to", "2024-01-01"], "--from must be before --to"),
    ] {
        let output = ingest(home.path(), &args);
        assert!(!output.status.success());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(sentence), "{told}");
    }
}

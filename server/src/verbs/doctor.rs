//! `investbuddy doctor`: looks at everything that the product needs, says what is wrong and what to do.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::{VerbError, print};
use crate::config::Settings;

mod folders;
mod network;
mod parts;

/// How to report.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Do not ask the exchanges
    #[arg(long)]
    offline: bool,
}

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it should be.
    Fine,
    /// The product works, with less than it could have.
    Limited,
    /// The product cannot do its job.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Finding {
    /// What was looked at.
    what: &'static str,
    /// How it stands.
    verdict: Verdict,
    /// What was seen.
    seen: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn fine(what: &'static str, seen: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fine, seen: seen.into(), advice: None }
    }

    fn limited(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Limited, seen: seen.into(), advice: Some(advice.into()) }
    }

    fn broken(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Broken, seen: seen.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    verdict: Verdict,
    findings: Vec<Finding>,
}

/// Looks at everything and prints what was seen.
///
/// # Errors
/// [`VerbError::Reported`] where something is broken.
pub async fn run(args: DoctorArgs, settings: &Settings) -> Result<(), VerbError> {
    let report = examine(&args, settings).await;
    if args.json {
        print(&serde_json::to_string_pretty(&report).map_err(VerbError::because)?);
    } else {
        print(&as_text(&report));
    }
    if report.verdict == Verdict::Broken { Err(VerbError::Reported) } else { Ok(()) }
}

async fn examine(args: &DoctorArgs, settings: &Settings) -> Report {
    let mut findings = vec![
        folders::data(settings),
        folders::space(settings),
        parts::store(settings).await,
        folders::archive(settings),
        parts::model(settings),
        folders::site(settings),
        network::address(settings).await,
    ];
    if settings.live && !args.offline {
        findings.extend(network::exchanges(settings).await);
    }
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Fine);
    Report { version: env!("CARGO_PKG_VERSION"), verdict, findings }
}

fn as_text(report: &Report) -> String {
    let widest = report.findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Finding { what, verdict, seen, advice } in &report.findings {
        let mark = match verdict {
            Verdict::Fine => "ok     ",
            Verdict::Limited => "limited",
            Verdict::Broken => "BROKEN ",
        };
        let _ = writeln!(text, "{mark}  {what:<widest$}  {seen}");
        if let Some(advice) = advice {
            let _ = writeln!(text, "{:pad$}-> {advice}", "", pad = mark.len() + widest + 4);
        }
    }
    text.push_str(match report.verdict {
        Verdict::Fine => "\nEverything is as it should be.",
        Verdict::Limited => "\nInvestBuddy works, with less than it could have.",
        Verdict::Broken => "\nInvestBuddy cannot do its job as it is.",
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offline() -> DoctorArgs {
        DoctorArgs { json: false, offline: true }
    }

    fn settings(folder: &std::path::Path) -> Settings {
        Settings {
            addr: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: folder.join("run"),
            model_dir: folder.join("models"),
            archive: Some(folder.join("archive")),
            site_dir: Some(folder.join("site")),
            ..Settings::default()
        }
    }

    fn verdict_of(report: &Report, what: &str) -> Verdict {
        report.findings.iter().find(|finding| finding.what == what).expect(what).verdict
    }

    #[tokio::test]
    async fn a_bare_folder_is_told_what_it_lacks() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = examine(&offline(), &settings(folder.path())).await;
        assert_eq!(report.verdict, Verdict::Broken);
        assert_eq!(verdict_of(&report, "data folder"), Verdict::Fine);
        assert_eq!(verdict_of(&report, "archive"), Verdict::Broken);
        assert_eq!(verdict_of(&report, "site folder"), Verdict::Broken);
        assert_eq!(verdict_of(&report, "model"), Verdict::Broken);
        for finding in &report.findings {
            assert_eq!(finding.advice.is_some(), finding.verdict != Verdict::Fine, "{finding:?}");
        }
        assert!(as_text(&report).contains("make build"), "{}", as_text(&report));
    }

    #[tokio::test]
    async fn a_data_folder_that_is_a_file_is_broken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("run"), "in the way").expect("a file");
        let report = examine(&offline(), &settings(folder.path())).await;
        assert_eq!(verdict_of(&report, "data folder"), Verdict::Broken);
    }
}

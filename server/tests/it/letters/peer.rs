//! A real SMTP server, started by `scripts/mail-peers`, and what it took.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use server::config::{MailSettings, MailTls, Mode, Secret};
use server::notify::Mailer;
use tempfile::TempDir;
use tokio::process::Child;

use crate::script;

/// aiosmtpd on loopback; ends with the test.
pub(super) struct Peer {
    _child: Child,
    folder: TempDir,
    port: u16,
    tls: MailTls,
}

/// A letter as the server took it and as Python's own parser reads it.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) tls: bool,
    pub(super) user: Option<String>,
    /// Names in lower case.
    pub(super) headers: HashMap<String, String>,
    pub(super) structure: String,
    /// By type.
    pub(super) texts: HashMap<String, String>,
    pub(super) pictures: Vec<Picture>,
    pub(super) defects: Vec<String>,
    pub(super) longest_line: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Picture {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) bytes: usize,
}

impl Peer {
    /// A server that wants this protection, and a user where one is named.
    pub(super) async fn start(tls: MailTls, user: Option<(&str, &str)>) -> Self {
        let protection = match tls {
            MailTls::None => "none",
            MailTls::StartTls => "starttls",
            MailTls::Tls => "tls",
        };
        let folder = tempfile::tempdir().expect("a folder");
        let mut arguments = vec!["smtp".into(), folder.path().as_os_str().to_owned(), protection.into()];
        if let Some((name, password)) = user {
            arguments.extend([name.into(), password.into()]);
        }
        let (child, port) = script::started("mail-peers", arguments).await;
        Self { _child: child, folder, port, tls }
    }

    /// The settings of somebody who sends by this server.
    pub(super) fn settings(&self) -> MailSettings {
        MailSettings {
            host: Some("localhost".to_owned()),
            port: Some(self.port),
            tls: self.tls,
            root_certificate: Some(certificate()),
            from: "InvestBuddy <alerts@buddy.example.org>".to_owned(),
            timeout_s: 20,
            ..MailSettings::default()
        }
    }

    /// The same with a user.
    pub(super) fn settings_of(&self, user: &str, password: &str) -> MailSettings {
        MailSettings {
            user: Some(user.to_owned()),
            password: Some(Secret::new(password.to_owned())),
            ..self.settings()
        }
    }

    /// Everything that the server took, in order.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        let read = |path: &PathBuf| std::fs::read(path).expect("a file");
        files.iter().map(|path| serde_json::from_slice(&read(path)).expect("a letter")).collect()
    }
}

/// The authority that signed the server's certificate.
pub(super) fn certificate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/letters/certificate/authority.pem")
}

pub(super) fn mailer(settings: &MailSettings) -> Mailer {
    Mailer::of(settings, Mode::Production, PathBuf::from("nowhere")).expect("a mailer")
}

//! Letters by SMTP, over connections that are kept for the next letter.
//!
//! lettre's own transport says that something went wrong, and not when. Whether a server may have taken a letter
//! depends on just that, so the steps are taken one by one here. A connection is kept only after a letter went through
//! it from the first word to the last: one that was left in the middle would swallow the next letter.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Message;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::MailerError;
use crate::config::{MailSettings, MailTls};
use crate::market::http::install_crypto_provider;
use crate::notify::SendError;

/// Connections that are kept at most.
const MOST_IDLE: usize = 8;
/// How long one is kept: servers hang up on the silent after a few minutes, and some sooner.
const IDLE_FOR: Duration = Duration::from_secs(20);
/// How long we wait for a server to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// An SMTP server.
pub struct Smtp {
    host: String,
    port: u16,
    tls: MailTls,
    /// None without TLS.
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    timeout: Duration,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// Why one attempt failed.
struct Failure {
    step: Step,
    error: Option<Error>,
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connecting,
    SigningIn,
    Sender,
    Recipient,
    Data,
    Content,
}

impl Smtp {
    /// From the settings. Nothing is connected yet.
    ///
    /// # Errors
    /// [`MailerError`].
    pub fn new(host: &str, settings: &MailSettings) -> Result<Self, MailerError> {
        let credentials = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.expose().to_owned())),
            (None, None) => None,
            _ => return Err(MailerError::HalfCredentials),
        };
        if credentials.is_some() && settings.tls == MailTls::None && !is_this_machine(host) {
            return Err(MailerError::Clear);
        }
        let parameters = match settings.tls {
            MailTls::None => None,
            MailTls::StartTls | MailTls::Tls => Some(parameters(host, settings)?),
        };
        Ok(Self {
            host: host.to_owned(),
            port: settings.port(),
            tls: settings.tls,
            parameters,
            credentials,
            timeout: Duration::from_secs(settings.timeout_s.into()),
            idle: Mutex::default(),
        })
    }

    /// Sends a letter: over a kept connection, else over a new one. A kept one that turns out to be closed is no
    /// failure of the letter's.
    ///
    /// # Errors
    /// [`SendError`].
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let (envelope, content) = (message.envelope(), message.formatted());
        let content_begun = AtomicBool::new(false);
        while let Some(connection) = self.kept() {
            match self.attempt(Some(connection), envelope, &content, &content_begun).await {
                Ok(()) => return Ok(()),
                Err(failure) if failure.is_closed_connection() => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        self.attempt(None, envelope, &content, &content_begun).await.map_err(SendError::from)
    }

    /// One attempt, within the time that a server gets.
    async fn attempt(
        &self,
        kept: Option<AsyncSmtpConnection>,
        envelope: &Envelope,
        content: &[u8],
        content_begun: &AtomicBool,
    ) -> Result<(), Failure> {
        let work = async {
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            match deliver(&mut connection, envelope, content, content_begun).await {
                Ok(()) => {
                    self.keep(connection);
                    Ok(())
                }
                Err(failure) => {
                    // Said no, but is still there.
                    let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
                    Err(failure)
                }
            }
        };
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| {
            let step = if content_begun.load(Ordering::Relaxed) { Step::Content } else { Step::Connecting };
            Err(Failure { step, error: None })
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let at = |step| move |error| Failure { step, error: Some(error) };
        let name = ClientId::default();
        let from_the_first_byte = self.parameters.clone().filter(|_| self.tls == MailTls::Tls);
        let server = (self.host.as_str(), self.port);
        let timeout = Some(self.timeout);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, timeout, &name, from_the_first_byte, None)
            .await
            .map_err(at(Step::Connecting))?;
        if let Some(parameters) = self.parameters.clone().filter(|_| self.tls == MailTls::StartTls) {
            connection.starttls(parameters, &name).await.map_err(at(Step::Connecting))?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(at(Step::SigningIn))?;
        }
        Ok(connection)
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.since.elapsed() < IDLE_FOR);
        idle.pop().map(|one| one.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, tls, .. } = self;
        out.debug_struct("Smtp").field("host", host).field("port", port).field("tls", tls).finish_non_exhaustive()
    }
}

/// Everything from the sender to the server's last word.
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    content: &[u8],
    content_begun: &AtomicBool,
) -> Result<(), Failure> {
    let at = |step| move |error| Failure { step, error: Some(error) };
    let mut parameters = Vec::new();
    let is_beyond_ascii = envelope.to().iter().chain(envelope.from()).any(|address| !address.to_string().is_ascii());
    if is_beyond_ascii {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure { step: Step::Recipient, error: None });
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !content.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(at(Step::Sender))?;
    for address in envelope.to() {
        connection.command(Rcpt::new(address.clone(), Vec::new())).await.map_err(at(Step::Recipient))?;
    }
    connection.command(Data).await.map_err(at(Step::Data))?;
    content_begun.store(true, Ordering::Relaxed);
    connection.message(content).await.map_err(at(Step::Content))?;
    Ok(())
}

fn parameters(host: &str, settings: &MailSettings) -> Result<TlsParameters, MailerError> {
    install_crypto_provider();
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.root_certificate {
        let unusable = |cause: String| MailerError::Certificate { path: path.clone(), cause };
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        if !pem.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----") {
            return Err(unusable("it holds no certificate in PEM".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| MailerError::Tls { cause: error.to_string() })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Failure {
    /// The connection broke before the letter's content: it was kept for too long.
    fn is_closed_connection(&self) -> bool {
        self.step == Step::Sender
            && self.error.as_ref().is_some_and(|error| error.status().is_none_or(|code| u16::from(code) == 421))
    }
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "the connection",
            Self::SigningIn => "signing in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data => "DATA",
            Self::Content => "the letter",
        }
    }
}

impl From<Failure> for SendError {
    /// A server's sentences often repeat the address: only its numbers are told.
    fn from(failure: Failure) -> Self {
        let Failure { step, error } = failure;
        let name = step.name();
        let Some(error) = error else {
            return match step {
                Step::Recipient => Self::refused(
                    "the SMTP server takes no addresses with letters beyond ASCII (it offers no SMTPUTF8)",
                ),
                _ => Self::Later {
                    cause: "the SMTP server did not answer in time".to_owned(),
                    may_have_arrived: step == Step::Content,
                },
            };
        };
        if let Some(code) = error.status() {
            let number = u16::from(code);
            let cause = format!("the SMTP server answered {number} to {name}");
            // What is wrong with us is not the letter's fault: it waits until somebody has put it right.
            let about_us =
                matches!(step, Step::Connecting | Step::SigningIn) || matches!(number, 530 | 534 | 535 | 538);
            return if error.is_permanent() && !about_us { Self::refused(cause) } else { Self::later(cause) };
        }
        if step == Step::Connecting {
            // No address has been said yet, and the operator needs to know what is wrong with a certificate or a name.
            return Self::later(format!("the SMTP server cannot be reached: {error}"));
        }
        let what = if error.is_timeout() {
            "took too long"
        } else if error.is_client() {
            "does not offer what the settings ask for"
        } else {
            "broke off"
        };
        Self::Later {
            cause: format!("the SMTP server {what}; last step: {name}"),
            may_have_arrived: step == Step::Content,
        }
    }
}

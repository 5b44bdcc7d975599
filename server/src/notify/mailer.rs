//! Hands letters over: to an SMTP server, or into a folder where none is set.

mod folder;
mod smtp;

use std::io;
use std::path::PathBuf;

use lettre::Message;

use super::SendError;
use crate::config::{MailSettings, Mode};
pub use folder::Folder;
pub use smtp::Smtp;

/// Why letters cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// In production letters must reach people.
    #[error("letters need an SMTP server, and none is set; set INVESTBUDDY_MAIL__HOST, such as smtp.example.org")]
    Missing,
    /// A user without a password or the other way round.
    #[error(
        "signing in to the SMTP server takes both INVESTBUDDY_MAIL__USER and INVESTBUDDY_MAIL__PASSWORD; set both or none"
    )]
    HalfCredentials,
    /// A password in the clear over the network.
    #[error(
        "INVESTBUDDY_MAIL__TLS is none, which would send the password in the clear; set it to starttls or tls, or remove user and password"
    )]
    Clear,
    /// The file of certificates cannot be used.
    #[error("INVESTBUDDY_MAIL__ROOT_CERTIFICATE names {}, which cannot be used: {cause}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// TLS itself cannot be set up.
    #[error("the connection to the SMTP server cannot be protected: {cause}")]
    Tls {
        /// Why.
        cause: String,
    },
}

/// Where letters go. Nothing that it logs or returns names a reader.
#[derive(Debug)]
pub enum Mailer {
    /// Into a folder, one `.eml` file each.
    Folder(Folder),
    /// To an SMTP server.
    Smtp(Box<Smtp>),
}

impl Mailer {
    /// From the settings; `folder` takes the letters where no server is set.
    ///
    /// # Errors
    /// [`MailerError`].
    pub fn of(settings: &MailSettings, mode: Mode, folder: PathBuf) -> Result<Self, MailerError> {
        match &settings.host {
            Some(host) => Ok(Self::Smtp(Box::new(Smtp::new(host, settings)?))),
            None if mode == Mode::Production => Err(MailerError::Missing),
            None => Ok(Self::Folder(Folder::new(folder))),
        }
    }

    /// Sends a letter. Sending it again after [`SendError::Later`] gives one letter, or a second of the same
    /// `Message-ID` where the server took the first and its answer was lost.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Folder(folder) => folder.send(message).await,
            // TLS and its buffers make a large future.
            Self::Smtp(smtp) => Box::pin(smtp.send(message)).await,
        }
    }
}

/// What a system says about a file, which names no reader.
fn of_system(error: &io::Error) -> SendError {
    SendError::later(format!("the folder of letters cannot be written: {error}"))
}

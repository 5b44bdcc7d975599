//! Words what goes out and sends it: letters by SMTP or into a folder, events to programs that listen.
//!
//! [`letter`] says what there is to say, [`letters`] makes a message of it in the reader's language, with a
//! [`picture`] where a forecast is told, [`mailer`] hands it over, and [`webhook`] tells programs. Nothing here knows
//! the store: whoever leases a parcel calls these and records what came of it.

use crate::config::{Mode, Settings};

pub mod letter;
pub mod letters;
pub mod links;
pub mod mailer;
mod moment;
pub mod picture;
pub mod webhook;
mod words;

pub use letter::{AlertLetter, Leave, Letter};
pub use letters::{LetterError, Letters};
pub use links::Links;
pub use mailer::Mailer;
pub use webhook::Webhooks;

/// Why something did not go out. Says what happened and never to whom.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// For good: the same would happen again.
    #[error("refused for good: {cause}")]
    Refused {
        /// Who said no, to what, with which number.
        cause: String,
    },
    /// Not now; try again later.
    #[error("not yet: {cause}")]
    Later {
        /// What went wrong.
        cause: String,
        /// Whether the other side may have taken it already and only its answer was lost. A second try then may arrive
        /// twice, under the same name.
        may_have_arrived: bool,
    },
}

impl SendError {
    /// Something that cannot have arrived.
    fn later(cause: impl Into<String>) -> Self {
        Self::Later { cause: cause.into(), may_have_arrived: false }
    }

    fn refused(cause: impl Into<String>) -> Self {
        Self::Refused { cause: cause.into() }
    }

    /// Whether another try may help.
    #[must_use]
    pub const fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Later { .. })
    }
}

/// Why nothing can go out with these settings. Each is a sentence that says what to set.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// Letters cannot be worded.
    #[error(transparent)]
    Letters(#[from] LetterError),
    /// Letters cannot be sent.
    #[error(transparent)]
    Mailer(#[from] mailer::MailerError),
    /// Programs cannot be told.
    #[error(transparent)]
    Webhooks(#[from] webhook::WebhookError),
    /// Links of letters would lead nowhere.
    #[error(
        "links in letters need the address under which people reach this server; set INVESTBUDDY_PUBLIC_URL, such as https://investbuddy.example.org"
    )]
    NoPublicUrl,
}

/// Everything that sends, from the settings.
#[derive(Debug)]
pub struct Notify {
    /// Words letters.
    pub letters: Letters,
    /// Sends letters.
    pub mailer: Mailer,
    /// Tells programs; none where none listens.
    pub webhooks: Option<Webhooks>,
    /// Where links lead.
    pub links: Links,
}

impl Notify {
    /// Whether letters lie in a folder here, because no SMTP server is set.
    #[must_use]
    pub const fn keeps_letters(&self) -> bool {
        matches!(self.mailer, Mailer::Folder(_))
    }

    /// The letter of a parcel that lies in the folder, as it would have been sent; none where there is none.
    pub async fn kept_letter(&self, parcel: &str) -> Option<Vec<u8>> {
        match &self.mailer {
            Mailer::Folder(folder) => folder.read(&self.letters.message_id(parcel)).await,
            Mailer::Smtp(_) => None,
        }
    }

    /// From the settings.
    ///
    /// # Errors
    /// [`NotifyError`] where the settings cannot work; in production also where something is missing.
    pub fn of(settings: &Settings) -> Result<Self, NotifyError> {
        if settings.mode == Mode::Production && settings.public_url.is_none() {
            return Err(NotifyError::NoPublicUrl);
        }
        Ok(Self {
            letters: Letters::new(&settings.mail)?,
            mailer: Mailer::of(&settings.mail, settings.mode, settings.letters_dir())?,
            webhooks: Webhooks::of(&settings.webhooks)?,
            links: Links::new(&settings.public_url()),
        })
    }
}

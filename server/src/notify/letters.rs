//! Makes a message of what there is to say: words in the reader's language, in plain text and in HTML, with pictures.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use domain::language::Language;
use domain::user::EmailAddress;
use jiff::Timestamp;
use lettre::Message;
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::letter::{AlertLetter, Leave, Letter};
use super::picture::{Chart, PictureError};
use super::words;
use crate::config::MailSettings;
use crate::hex::hex;

/// Pictures that are kept: of each coin and horizon the newest. All followers of a coin get the same one.
const KEPT_PICTURES: usize = 2 * domain::market::COINS.len();

const TEMPLATES: [(&str, &str); 5] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("note.html", include_str!("templates/note.html")),
    ("note.txt", include_str!("templates/note.txt")),
    ("alerts.html", include_str!("templates/alerts.html")),
    ("alerts.txt", include_str!("templates/alerts.txt")),
];

/// Why a letter cannot be worded.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// A setting that holds no address.
    #[error("{setting} must be an e-mail address, such as InvestBuddy <alerts@example.org>")]
    Setting {
        /// The environment variable.
        setting: &'static str,
    },
    /// An address to which no letter can go.
    #[error("the reader's address is none that letters can go to")]
    Address,
    /// A digest of no alerts.
    #[error("there is nothing to say")]
    Empty,
    /// A template of ours is wrong.
    #[error("the template of the letter is wrong: {0}")]
    Template(#[from] minijinja::Error),
    /// A picture of ours is wrong.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The parts do not make a message.
    #[error("the letter cannot be put together: {cause}")]
    Message {
        /// What is missing.
        cause: String,
    },
}

/// Words letters. Its work takes milliseconds of computing: keep it off the web runtime where there are many.
pub struct Letters {
    templates: Environment<'static>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    pictures: Mutex<Vec<(Chart, Arc<[u8]>)>>,
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The subject.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    /// The same as an HTML document.
    pub html: String,
    /// Its pictures: the name by which the HTML shows them (`cid:NAME`), and a PNG.
    pub pictures: Vec<(String, Arc<[u8]>)>,
}

impl Letters {
    /// From the settings.
    ///
    /// # Errors
    /// [`LetterError::Setting`] where the sender is no address.
    pub fn new(settings: &MailSettings) -> Result<Self, LetterError> {
        let mailbox = |text: &str, setting| text.parse::<Mailbox>().map_err(|_| LetterError::Setting { setting });
        let reply_to = settings.reply_to.as_deref();
        Ok(Self {
            templates: templates()?,
            from: mailbox(&settings.from, "INVESTBUDDY_MAIL__FROM")?,
            reply_to: reply_to.map(|text| mailbox(text, "INVESTBUDDY_MAIL__REPLY_TO")).transpose()?,
            pictures: Mutex::default(),
        })
    }

    /// The `Message-ID` of a parcel, the same at every try: `<PARCEL@example.org>`.
    #[must_use]
    pub fn message_id(&self, parcel: &str) -> String {
        format!("<{parcel}@{}>", self.from.email.domain())
    }

    /// The message to one reader. The same arguments give the same bytes.
    ///
    /// # Errors
    /// [`LetterError`].
    pub fn compose(
        &self,
        letter: &Letter,
        language: Language,
        to: &EmailAddress,
        message_id: &str,
        at: Timestamp,
    ) -> Result<Message, LetterError> {
        let written = self.write(letter, language)?;
        let to = to.as_str().parse::<Address>().map_err(|_| LetterError::Address)?;
        let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(written.subject.as_str())
            .message_id(Some(message_id.to_owned()))
            .date(sent_at)
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Letter::Alert { leave, .. } | Letter::Digest { leave, .. } = letter {
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{}>", leave.one_click)))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        builder.multipart(parts(written, message_id)).map_err(|error| LetterError::Message { cause: error.to_string() })
    }

    /// A letter in words.
    ///
    /// # Errors
    /// [`LetterError`].
    pub fn write(&self, letter: &Letter, language: Language) -> Result<Written, LetterError> {
        if let Some(note) = words::note(language, letter) {
            let subject = note.subject.to_owned();
            let values = context! {
                subject => subject.as_str(),
                note => Value::from(Serde(&note)),
                frame => Value::from(Serde(words::frame(language))),
            };
            let (text, html) = (self.render("note.txt", &values)?, self.render("note.html", &values)?);
            return Ok(Written { subject, text, html, pictures: Vec::new() });
        }
        match letter {
            Letter::Alert { alert, leave } => {
                let subject = words::alert_subject(language, alert);
                self.write_alerts(language, subject, None, std::slice::from_ref(&**alert), leave)
            }
            Letter::Digest { alerts, leave } if !alerts.is_empty() => {
                let subject = words::digest_subject(language, alerts);
                let heading = subject.clone();
                self.write_alerts(language, subject, Some(&heading), alerts, leave)
            }
            // Every other letter is a note.
            _ => Err(LetterError::Empty),
        }
    }

    fn write_alerts(
        &self,
        language: Language,
        subject: String,
        heading: Option<&str>,
        alerts: &[AlertLetter],
        leave: &Leave,
    ) -> Result<Written, LetterError> {
        let mut pictures = Vec::new();
        let mut cards = Vec::with_capacity(alerts.len());
        for (index, alert) in alerts.iter().enumerate() {
            let mut name = None;
            if let Some(chart) = Chart::of(alert) {
                let picture = self.picture(chart)?;
                let title = format!("forecast-{}@investbuddy", index + 1);
                pictures.push((title.clone(), picture));
                name = Some(title);
            }
            cards.push(words::card(language, alert, name));
        }
        let values = context! {
            subject => subject.as_str(),
            heading => heading,
            cards => Value::from(Serde(&cards)),
            frame => Value::from(Serde(words::frame(language))),
            leave => context! { settings => leave.settings.as_str(), unsubscribe => leave.unsubscribe.as_str() },
        };
        let (text, html) = (self.render("alerts.txt", &values)?, self.render("alerts.html", &values)?);
        Ok(Written { subject, text, html, pictures })
    }

    fn render(&self, template: &str, values: &Value) -> Result<String, minijinja::Error> {
        self.templates.get_template(template)?.render(values)
    }

    /// The picture of a chart, drawn once for all who get it.
    fn picture(&self, chart: Chart) -> Result<Arc<[u8]>, PictureError> {
        let kept = || self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, picture)) = kept().iter().find(|(known, _)| *known == chart) {
            return Ok(Arc::clone(picture));
        }
        let picture: Arc<[u8]> = chart.png()?.into();
        let mut pictures = kept();
        if pictures.len() >= KEPT_PICTURES {
            pictures.remove(0);
        }
        pictures.push((chart, Arc::clone(&picture)));
        Ok(picture)
    }
}

impl std::fmt::Debug for Letters {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Letters").finish_non_exhaustive()
    }
}

fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Plain text, or HTML with its pictures. Boundaries follow from the message's name, so that a second try is the same.
fn parts(written: Written, message_id: &str) -> MultiPart {
    let mark = hex(&Sha256::digest(message_id)[..12]);
    let both =
        MultiPart::alternative().boundary(format!("alternative-{mark}")).singlepart(SinglePart::plain(written.text));
    let html = SinglePart::html(written.html);
    if written.pictures.is_empty() {
        return both.singlepart(html);
    }
    let png = ContentType::parse("image/png").expect("image/png is a type");
    let related = MultiPart::related().boundary(format!("related-{mark}")).singlepart(html);
    both.multipart(written.pictures.into_iter().fold(related, |related, (name, picture)| {
        let file = format!("{}.png", name.split('@').next().unwrap_or("forecast"));
        let part = Attachment::new_inline_with_name(name, file).body(picture.to_vec(), png.clone());
        related.singlepart(part)
    }))
}

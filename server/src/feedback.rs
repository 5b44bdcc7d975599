//! What people say about forecasts: from the button of a letter, from a forecast's card, and from programs.
//!
//! Opening a link changes nothing: scanners open every link of a letter. What somebody says is kept when he sends it,
//! under his account or under his visitor's cookie, and a second answer replaces the first for a while.

use std::net::IpAddr;
use std::sync::Arc;

use domain::clock::{Clock, SECONDS_PER_HOUR};
use domain::error::Failure;
use domain::feedback::{FeedbackOrigin, ForecastFeedback};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::user::AccountId;
use jiff::{SignedDuration, Timestamp};

use crate::incident;
use crate::pace::Pace;
use crate::signing::{Purpose, SigningKey, TicketError};
use crate::store::{Giver, Giving, PublishedForecast, SaidBefore, Store, StoreError};

/// How long after the end of its horizon a forecast may be judged.
pub const JUDGED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Answers from one address of the network within a minute: a household has many coins, a script has patience.
const ANSWERS_A_MINUTE: u32 = 30;

/// What stands before the mark of a program where a ticket names an account. No account's name has a colon.
const PROGRAM: &str = "program:";

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The link of a letter opens nothing.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// There is no such forecast.
    #[error("there is no such forecast")]
    NoForecast,
    /// The forecast's horizon ended too long ago.
    #[error("the forecast's period ended more than seven days ago")]
    Over,
    /// The first answer was given too long ago.
    #[error("the first answer was given more than seven days ago")]
    Closed,
    /// Too many answers from one place.
    #[error("too many answers; again in {retry_after_s} seconds")]
    TooMany {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A forecast that somebody is asked about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The forecast, with its outcome where that is known.
    pub published: PublishedForecast,
    /// Who is asked.
    pub giver: Giver,
    /// What he said before.
    pub before: Option<SaidBefore>,
    /// Whether the horizon has ended.
    pub has_ended: bool,
}

/// Asks people about forecasts and keeps what they say. Cheap to clone.
#[derive(Clone)]
pub struct Feedback {
    store: Store,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    pace: Arc<Pace<IpAddr>>,
}

/// The ticket of a letter: it lets whoever holds it say for `account` how the forecast was that ends at `ends_at`
/// (UTC), until [`JUDGED_FOR`] after that. Letters, digits, `-`, `_` and one dot.
#[must_use]
pub fn ticket(key: &SigningKey, account: &AccountId, prediction: &str, ends_at: Timestamp) -> String {
    key.issue(Purpose::Feedback, &[account.as_str(), prediction], over_at(ends_at))
}

/// The ticket of an event that a program is told of at `url`: whoever the program asks says how the forecast was. All of
/// them are one giver, whose last answer counts.
#[must_use]
pub fn program_ticket(key: &SigningKey, url: &str, prediction: &str, ends_at: Timestamp) -> String {
    let giver = format!("{PROGRAM}{}", key.mark(url));
    key.issue(Purpose::Feedback, &[giver.as_str(), prediction], over_at(ends_at))
}

/// From when on (UTC) a forecast that ends at `ends_at` may not be judged any more.
#[must_use]
pub fn over_at(ends_at: Timestamp) -> Timestamp {
    ends_at.saturating_add(JUDGED_FOR).unwrap_or(Timestamp::MAX)
}

impl Feedback {
    /// Feedback in a store, by tickets that `key` signs.
    #[must_use]
    pub fn new(store: Store, key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        Self { store, key, clock, pace: Arc::new(Pace::a_minute(ANSWERS_A_MINUTE)) }
    }

    /// The forecast of the ticket of a letter or an event, and what was said before.
    ///
    /// # Errors
    /// [`FeedbackError`].
    pub async fn open(&self, ticket: &str) -> Result<Asked, FeedbackError> {
        let [giver, prediction] = self.key.read::<2>(Purpose::Feedback, ticket, self.clock.now())?;
        if let Some(mark) = giver.strip_prefix(PROGRAM) {
            return self.about(&prediction, Giver::Program(mark.to_owned())).await;
        }
        let account = AccountId::parse(&giver).map_err(|_| TicketError::Unknown)?;
        // Nobody speaks for an account that is gone: its data went with it.
        if self.store.account(&account).await?.is_none() {
            return Err(TicketError::Unknown.into());
        }
        self.about(&prediction, Giver::Account(account)).await
    }

    /// A forecast by its name.
    ///
    /// # Errors
    /// [`FeedbackError`].
    pub async fn about(&self, prediction: &str, giver: Giver) -> Result<Asked, FeedbackError> {
        let published = self.store.prediction(prediction).await?.ok_or(FeedbackError::NoForecast)?;
        self.ask(published, giver).await
    }

    /// The newest published forecast of a coin whose horizon has ended; where none may be judged, the one that runs.
    ///
    /// # Errors
    /// [`FeedbackError`].
    pub async fn newest(&self, symbol: &Symbol, horizon: Horizon, giver: Giver) -> Result<Asked, FeedbackError> {
        let now = self.clock.now();
        let length = SignedDuration::from_secs(i64::from(horizon.hours()) * SECONDS_PER_HOUR);
        let ended_before = now.saturating_sub(length).unwrap_or(Timestamp::MIN);
        let ended = self.store.newest_prediction_until(symbol, horizon, ended_before).await?;
        let published = match ended.filter(|ended| now < over_at(ended.forecast.ends_at)) {
            Some(ended) => ended,
            None => self.store.newest_prediction_until(symbol, horizon, now).await?.ok_or(FeedbackError::NoForecast)?,
        };
        self.ask(published, giver).await
    }

    /// Keeps what somebody says about the forecast that he was asked about. `from` is his address of the network.
    ///
    /// # Errors
    /// [`FeedbackError`]; nothing is kept then.
    pub async fn give(
        &self,
        asked: &Asked,
        said: &ForecastFeedback,
        origin: FeedbackOrigin,
        from: Option<IpAddr>,
    ) -> Result<(), FeedbackError> {
        if let Some(from) = from {
            self.pace.keep(&from).map_err(|failure| FeedbackError::TooMany {
                retry_after_s: failure.retry_after_s().unwrap_or_default(),
            })?;
        }
        let now = self.clock.now();
        match self.store.give_feedback(&asked.published.id, &asked.giver, said, origin, now).await? {
            Giving::Kept => Ok(()),
            Giving::Closed => Err(FeedbackError::Closed),
        }
    }

    async fn ask(&self, published: PublishedForecast, giver: Giver) -> Result<Asked, FeedbackError> {
        let (now, ends_at) = (self.clock.now(), published.forecast.ends_at);
        if now >= over_at(ends_at) {
            return Err(FeedbackError::Over);
        }
        let before = self.store.said_before(&published.id, &giver).await?;
        if before.as_ref().is_some_and(|before| now >= before.open_until()) {
            return Err(FeedbackError::Closed);
        }
        Ok(Asked { published, giver, before, has_ended: now >= ends_at })
    }
}

impl FeedbackError {
    /// As a reader may know it, where it is not about his link.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::TooMany { retry_after_s } => Failure::TooMany { retry_after_s: *retry_after_s },
            Self::Ticket(_) | Self::NoForecast | Self::Over | Self::Closed => Failure::NotAllowed,
            Self::Store(cause) => incident::report(cause),
        }
    }
}

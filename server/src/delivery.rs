//! Carries what is in the outbox: says what a parcel has to say, in its reader's language, and hands it over.
//!
//! Tickets are made here, in the moment of sending: none lies in a table.

use std::sync::Arc;

use async_trait::async_trait;
use domain::clock::Clock;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use domain::user::{AccountId, EmailAddress};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alerts::{Carrier, CarryError};
use crate::auth::Accounts;
use crate::feedback;
use crate::notify::{AlertLetter, Leave, Letter, Notify, SendError};
use crate::outbox::Parcel;
use crate::signing::Purpose;
use crate::store::{KeptAccount, KeptAlert, PublishedForecast, StoreError};

/// How long the link that ends letters is good: people keep letters.
const UNSUBSCRIBE_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What was realised lately of a coin over a horizon: ends of horizons (epoch seconds) and realised volatility
/// (fraction a day), in order.
pub type Past = Arc<dyn Fn(&Symbol, Horizon) -> Vec<(i64, f64)> + Send + Sync>;

/// Carries parcels by mail and to programs. Cheap to clone.
#[derive(Clone)]
pub struct Delivery {
    accounts: Accounts,
    notify: Arc<Notify>,
    clock: Arc<dyn Clock>,
    past: Past,
}

/// A letter and to whom it goes.
struct Addressed {
    letter: Letter,
    language: Language,
    to: EmailAddress,
}

/// Why there is nothing to carry.
enum Nothing {
    /// What it was about is gone.
    Gone,
    Store(StoreError),
}

impl From<StoreError> for Nothing {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Delivery {
    /// Delivery for accounts by `notify`; `past` is what letters draw.
    #[must_use]
    pub fn new(accounts: Accounts, notify: Arc<Notify>, clock: Arc<dyn Clock>, past: Past) -> Self {
        Self { accounts, notify, clock, past }
    }

    async fn tell(&self, id: &str, url: &str, prediction: &str) -> Result<(), CarryError> {
        let Some(webhooks) = &self.notify.webhooks else {
            return Err(CarryError::Refused("no program listens any more".to_owned()));
        };
        let published = self.accounts.store().prediction(prediction).await;
        let published = match published {
            Ok(Some(published)) => published,
            // Nobody waits for it any more.
            Ok(None) => return Ok(()),
            Err(error) => return Err(CarryError::Later(error.to_string())),
        };
        let body = self.event(id, url, &published).to_string();
        webhooks.send(url, &body, id, self.clock.now()).await.map_err(carry_error)
    }

    /// What a program is told; see docs/n8n.md.
    fn event(&self, id: &str, url: &str, published: &PublishedForecast) -> Value {
        let (forecast, links) = (&published.forecast, &self.notify.links);
        let token = feedback::program_ticket(self.accounts.key(), url, &published.id, forecast.ends_at);
        json!({
            "id": id,
            "event": "alert",
            "symbol": forecast.symbol,
            "horizon": forecast.horizon,
            "origin": forecast.origin,
            "ends_at": forecast.ends_at,
            "chance": forecast.high_volatility,
            "rank": forecast.rank,
            "quantiles": forecast.quantiles,
            "model": forecast.model,
            "page": links.to(Language::English, &format!("/coins/{}", forecast.symbol.ticker())),
            "feedback": {
                "token": token,
                "expires_at": feedback::over_at(forecast.ends_at),
                "url": links.with_ticket(Language::English, "/feedback", &token),
            },
        })
    }

    async fn write(&self, id: &str, parcel: &Parcel) -> Result<(), CarryError> {
        let Addressed { letter, language, to } = match self.address(parcel).await {
            Ok(addressed) => addressed,
            // Nobody waits for it any more.
            Err(Nothing::Gone) => return Ok(()),
            Err(Nothing::Store(error)) => return Err(CarryError::Later(error.to_string())),
        };
        let (notify, at) = (Arc::clone(&self.notify), self.clock.now());
        let message_id = notify.letters.message_id(id);
        // Pictures take milliseconds of computing, which the pages would wait for.
        let composed =
            tokio::task::spawn_blocking(move || notify.letters.compose(&letter, language, &to, &message_id, at));
        let message = composed
            .await
            .map_err(|error| CarryError::Later(error.to_string()))?
            .map_err(|error| CarryError::Refused(error.to_string()))?;
        self.notify.mailer.send(&message).await.map_err(carry_error)
    }

    async fn address(&self, parcel: &Parcel) -> Result<Addressed, Nothing> {
        if let Parcel::AccountDeleted { address, language } = parcel {
            return Ok(Addressed { letter: Letter::AccountDeleted, language: *language, to: address.clone() });
        }
        let account = parcel.account().ok_or(Nothing::Gone)?;
        let kept = self.accounts.store().account(account).await?.ok_or(Nothing::Gone)?;
        let language = kept.account.language;
        let to = match parcel {
            Parcel::ConfirmNewAddress { address, .. } | Parcel::AddressChanged { address, .. } => address.clone(),
            _ => kept.account.address.clone(),
        };
        let letter = match parcel {
            Parcel::Alert { alert, .. } => self.alerts(&kept, std::slice::from_ref(alert)).await?,
            Parcel::Digest { alerts, .. } => self.alerts(&kept, alerts).await?,
            other => self.notice(&kept, other)?,
        };
        Ok(Addressed { letter, language, to })
    }

    fn notice(&self, kept: &KeptAccount, parcel: &Parcel) -> Result<Letter, Nothing> {
        let (account, language) = (&kept.account, kept.account.language);
        let to = |path: &str| self.notify.links.to(language, path);
        let with = |path: &str, ticket: &str| self.notify.links.with_ticket(language, path, ticket);
        Ok(match parcel {
            Parcel::ConfirmAddress { .. } => {
                Letter::ConfirmAddress { link: with("/account/confirm", &self.accounts.confirmation_ticket(account)) }
            }
            Parcel::AddressTaken { .. } => {
                Letter::AddressTaken { sign_in_link: to("/account/sign-in"), forgot_link: to("/account/forgot") }
            }
            Parcel::ConfirmNewAddress { address, .. } => Letter::ConfirmNewAddress {
                link: with("/account/confirm-address", &self.accounts.change_ticket(account, address)),
            },
            Parcel::AddressChanged { .. } => Letter::AddressChanged,
            Parcel::ResetPassword { .. } => {
                Letter::ResetPassword { link: with("/account/reset", &self.accounts.reset_ticket(kept)) }
            }
            Parcel::PasswordChanged { .. } => Letter::PasswordChanged { forgot_link: to("/account/forgot") },
            Parcel::AccountDeleted { .. } | Parcel::Alert { .. } | Parcel::Digest { .. } | Parcel::Webhook { .. } => {
                return Err(Nothing::Gone);
            }
        })
    }

    async fn alerts(&self, kept: &KeptAccount, alerts: &[String]) -> Result<Letter, Nothing> {
        let (id, language) = (&kept.account.id, kept.account.language);
        let time_zone = self.accounts.store().letter_choices(id).await?.time_zone;
        let alerts = self.accounts.store().alerts_named(id, alerts).await?;
        let mut letters: Vec<AlertLetter> =
            alerts.iter().map(|alert| self.alert(id, language, &time_zone, alert)).collect();
        let until = self.clock.now().saturating_add(UNSUBSCRIBE_FOR).unwrap_or(Timestamp::MAX);
        let ticket = self.accounts.key().issue(Purpose::Unsubscribe, &[id.as_str()], until);
        let unsubscribe = self.notify.links.with_ticket(language, "/unsubscribe", &ticket);
        let leave = Leave {
            settings: self.notify.links.to(language, "/account/alerts"),
            one_click: unsubscribe.clone(),
            unsubscribe,
        };
        match letters.len() {
            0 => Err(Nothing::Gone),
            1 => Ok(Letter::Alert { alert: Box::new(letters.remove(0)), leave }),
            _ => Ok(Letter::Digest { alerts: letters, leave }),
        }
    }

    fn alert(&self, account: &AccountId, language: Language, time_zone: &str, alert: &KeptAlert) -> AlertLetter {
        let forecast = &alert.forecast;
        let ticket = feedback::ticket(self.accounts.key(), account, &alert.prediction, forecast.ends_at);
        let links = &self.notify.links;
        AlertLetter {
            symbol: forecast.symbol.clone(),
            horizon: forecast.horizon,
            measure: alert.rule.measure,
            threshold: alert.rule.threshold,
            chance: forecast.high_volatility,
            rank: forecast.rank,
            q10: forecast.quantiles.q10,
            q50: forecast.quantiles.q50,
            q90: forecast.quantiles.q90,
            high_above: forecast.usual.high,
            origin: forecast.origin,
            ends_at: forecast.ends_at,
            time_zone: time_zone.to_owned(),
            page: links.to(language, &format!("/coins/{}", forecast.symbol.ticker())),
            right_link: links.with_ticket(language, "/feedback?v=right", &ticket),
            wrong_link: links.with_ticket(language, "/feedback?v=wrong", &ticket),
            past: (self.past)(&forecast.symbol, forecast.horizon),
        }
    }
}

#[async_trait]
impl Carrier for Delivery {
    async fn carry(&self, id: &str, parcel: &Parcel) -> Result<(), CarryError> {
        match parcel {
            Parcel::Webhook { url, prediction } => self.tell(id, url, prediction).await,
            letter => self.write(id, letter).await,
        }
    }
}

fn carry_error(error: SendError) -> CarryError {
    match error {
        SendError::Refused { cause } => CarryError::Refused(cause),
        SendError::Later { cause, .. } => CarryError::Later(cause),
    }
}

//! Alerts: from a new forecast to the letters, webhooks and entries of the bell that it causes.
//!
//! ```text
//! publish ─▶ predictions ─▶ alert ─┬─▶ notifications ─▶ bell
//!                 ▲                ├─▶ alerts ─▶ letters ─┐
//!              outcomes            └──── webhooks ────────┴─▶ outbox ─▶ post ─▶ carrier
//! ```
//!
//! Every arrow is a job that reads what is not done yet and writes what it did in one transaction, under names that
//! follow from what they stand for. So a kill between any two statements loses nothing, and running a job twice does
//! what running it once does. What goes out may be repeated where the carrier's answer got lost, under the same name.

mod bell;
mod firing;
mod following;
mod outcomes;
mod posting;
mod preview;
mod publishing;
mod source;
mod timing;

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::user::AccountId;
use futures::future::{self, BoxFuture};
use futures::{FutureExt, Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::jobs::{Job, JobError};
use crate::store::{Store, StoreError};

pub use bell::Bell;
pub use firing::{NEWS_FROM, STALE_AFTER, is_news};
pub use outcomes::realised_volatility;
pub use posting::{Carrier, CarryError, MOST_ATTEMPTS, back_off};
pub use preview::preview;
pub use source::{Forecasts, LiveForecasts, Newest};
pub use timing::{decide, digest_moment, is_quiet, zone_of};

/// How long entries of the bell are kept.
const KEEP_NOTIFICATIONS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long parcels are kept that were sent.
const KEEP_SENT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What of alerts can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// Where programs listen for forecasts of high volatility.
    pub webhooks: Vec<String>,
    /// From which chance of a high-volatility period on they are told, 0 to 1.
    pub webhooks_from: f64,
    /// Whether forecasts of a simulated market count too; never in production.
    pub simulated_too: bool,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { webhooks: Vec::new(), webhooks_from: 0.35, simulated_too: false }
    }
}

/// What alerts are made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where forecasts and candles come from.
    pub forecasts: Arc<dyn Forecasts>,
    /// Who takes letters and webhooks to where they belong.
    pub carrier: Arc<dyn Carrier>,
    /// Who tells that entries are unread.
    pub bell: Bell,
    /// What was set.
    pub settings: AlertSettings,
    /// Ends long work between two of its steps.
    pub stop: CancellationToken,
}

/// Alerts and the jobs that make them. Cheap to clone.
#[derive(Clone)]
pub struct Alerts {
    parts: Arc<Parts>,
}

impl Alerts {
    /// Alerts of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// The jobs, each by the name of its step.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        vec![
            self.job("publish", 10, |alerts, now| async move { alerts.publish(now).await }.boxed()),
            self.job("alert", 5, |alerts, now| async move { alerts.alert(now).await }.boxed()),
            self.job("letters", 5, |alerts, now| async move { alerts.letters(now).await }.boxed()),
            self.job("post", 2, |alerts, _| async move { alerts.post().await }.boxed()),
            self.job("outcomes", 600, |alerts, now| async move { alerts.outcomes(now).await }.boxed()),
            self.job("tidy", 3_600, |alerts, now| async move { alerts.tidy(now).await }.boxed()),
        ]
    }

    fn job(&self, name: &'static str, period_s: u64, step: Step) -> Job {
        let alerts = self.clone();
        Job::new(name, Duration::from_secs(period_s), move |now| step(alerts.clone(), now))
    }

    /// Marks every entry of an account's bell as read, and tells those who listen.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn mark_all_read(&self, account: &AccountId) -> Result<(), StoreError> {
        self.parts.store.mark_all_read(account, self.parts.clock.now()).await?;
        self.parts.bell.ring();
        Ok(())
    }

    /// How many entries of an account's bell are unread, now and whenever that changes. Ends with the server, and at
    /// once where the store does not answer: whoever listens asks again.
    pub fn unread(&self, account: &AccountId) -> impl Stream<Item = u32> + Send + use<> {
        let (bell, account) = (self.parts.bell.clone(), account.clone());
        stream::once(async move { bell.listen(&account).await })
            .filter_map(|heard| future::ready(heard.ok()))
            .flat_map(|receiver| stream::unfold((receiver, true), next_count))
    }

    /// Forgets what nobody needs any more: ended sessions, old entries of the bell, parcels sent long ago.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn tidy(&self, now: Timestamp) -> Result<(), JobError> {
        let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let store = &self.parts.store;
        let sessions = store.forget_ended_sessions(now.as_second()).await?;
        let notifications = store.forget_notifications(before(KEEP_NOTIFICATIONS)).await?;
        let parcels = store.forget_sent_parcels(before(KEEP_SENT)).await?;
        tracing::debug!(sessions, notifications, parcels, "Tidied");
        Ok(())
    }
}

type Heard = watch::Receiver<u32>;

/// The first count at once, then each that differs from the one before.
async fn next_count((mut receiver, is_first): (Heard, bool)) -> Option<(u32, (Heard, bool))> {
    if !is_first {
        receiver.changed().await.ok()?;
    }
    let count = *receiver.borrow_and_update();
    Some((count, (receiver, false)))
}

type Step = fn(Alerts, Timestamp) -> BoxFuture<'static, Result<(), JobError>>;

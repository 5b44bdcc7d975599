//! What lies in the outbox goes out.

use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

use super::Alerts;
use crate::jobs::JobError;
use crate::outbox::Parcel;
use crate::store::{LeasedParcel, StoreError};

/// Parcels that are leased together.
const BATCH: u32 = 64;
/// Parcels that are on their way at the same time.
const AT_ONCE: usize = 16;
/// How long a carrier may take for one parcel.
const CARRY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a batch is ours: as long as its last parcel may take, and some room.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// The first wait after a failure; it doubles with each.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// Tries after which a parcel is given up.
pub const MOST_ATTEMPTS: u32 = 10;
/// Tries to write down what became of a parcel, and the wait between them: whoever forgets it sends it again.
const NOTES: u32 = 4;
const BETWEEN_NOTES: Duration = Duration::from_millis(250);
/// The longest reason of a failure that is kept, in characters.
const MAX_FAILURE_CHARS: usize = 300;

/// Takes letters and webhooks to where they belong.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Takes a parcel there. `id` is the same at every try, so that whoever gets it twice can tell.
    ///
    /// # Errors
    /// [`CarryError`], which says whether another try may help.
    async fn carry(&self, id: &str, parcel: &Parcel) -> Result<(), CarryError>;
}

/// Why a parcel did not get there. The reason is for operators; addresses in it are left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// It never will: no such mailbox, no such account, an answer that says so.
    #[error("refused: {0}")]
    Refused(String),
    /// It may get there another time.
    #[error("not now: {0}")]
    Later(String),
}

/// How long to wait after so many failures; none where it is time to give up.
#[must_use]
pub fn back_off(failures: u32) -> Option<SignedDuration> {
    let doubled = 1_i32.checked_shl(failures.saturating_sub(1)).and_then(|times| FIRST_WAIT.checked_mul(times));
    (failures < MOST_ATTEMPTS).then(|| doubled.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
}

impl Alerts {
    /// Hands every parcel that is due to the carrier, several at once, and writes down what became of it.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn post(&self) -> Result<(), JobError> {
        while !self.parts.stop.is_cancelled() {
            let now = self.parts.clock.now();
            let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
            let leased = self.parts.store.lease_parcels(now, until, BATCH).await?;
            if leased.is_empty() {
                break;
            }
            let tried: Vec<Result<(), StoreError>> = stream::iter(leased)
                .map(|parcel| {
                    let alerts = self.clone();
                    async move { alerts.try_parcel(parcel).await }
                })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            tried.into_iter().collect::<Result<(), StoreError>>()?;
        }
        Ok(())
    }

    async fn try_parcel(&self, leased: LeasedParcel) -> Result<(), StoreError> {
        let carried = match &leased.parcel {
            None => Err(CarryError::Refused("its content cannot be read".to_owned())),
            Some(parcel) => {
                match tokio::time::timeout(CARRY_TIMEOUT, self.parts.carrier.carry(&leased.id, parcel)).await {
                    Ok(carried) => carried,
                    Err(_) => Err(CarryError::Later("no answer in time".to_owned())),
                }
            }
        };
        for _ in 1..NOTES {
            match self.note(&leased, &carried).await {
                Ok(()) => return Ok(()),
                Err(cause) => warn!(error = %cause, parcel = leased.id, "Could not note what became of a parcel"),
            }
            tokio::time::sleep(BETWEEN_NOTES).await;
        }
        self.note(&leased, &carried).await
    }

    async fn note(&self, leased: &LeasedParcel, carried: &Result<(), CarryError>) -> Result<(), StoreError> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let was_ours = match carried {
            Ok(()) => store.mark_parcel_sent(leased, now).await?,
            Err(cause) => {
                let wait = match cause {
                    CarryError::Refused(_) => None,
                    CarryError::Later(_) => back_off(leased.attempts + 1),
                };
                let due_at = wait.map(|wait| now.checked_add(wait).unwrap_or(Timestamp::MAX));
                let failure = without_addresses(&cause.to_string());
                debug!(parcel = leased.id, failure, gives_up = due_at.is_none(), "A parcel did not get there");
                store.mark_parcel_failed(leased, due_at, &failure, now).await?
            }
        };
        if !was_ours {
            debug!(parcel = leased.id, "A parcel was gone, or somebody else's, when it had been tried");
        }
        Ok(())
    }
}

/// A reason without anything that could be an e-mail address, and not too long.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(MAX_FAILURE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_from_a_minute_and_end_after_ten_tries() {
        for (failures, minutes) in
            [(0, Some(1)), (1, Some(1)), (2, Some(2)), (3, Some(4)), (9, Some(256)), (10, None), (11, None)]
        {
            assert_eq!(back_off(failures), minutes.map(SignedDuration::from_mins), "{failures}");
        }
    }

    #[test]
    fn a_reason_keeps_no_address() {
        let reason = "not now: 550 <ann@example.org>: mailbox  unknown";
        assert_eq!(without_addresses(reason), "not now: 550 (address) mailbox unknown");
        assert_eq!(without_addresses(&"a ".repeat(1_000)).chars().count(), MAX_FAILURE_CHARS);
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_six_hours_and_none_is_shorter_than_the_one_before(failures in 0_u32..40) {
            if let Some(wait) = back_off(failures) {
                prop_assert!(wait <= LONGEST_WAIT && wait >= FIRST_WAIT);
                prop_assert!(failures == 0 || back_off(failures - 1).is_some_and(|before| before <= wait));
            } else {
                prop_assert!(failures >= MOST_ATTEMPTS);
            }
        }
    }
}

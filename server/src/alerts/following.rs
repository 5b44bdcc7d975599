//! Somebody begins to follow a coin.

use domain::alert::Rule;
use domain::user::AccountId;
use jiff::Timestamp;

use super::Alerts;
use super::firing::{STALE_AFTER, is_news};
use crate::retraining::threshold_shifts;
use crate::store::{Follower, RuleKept, Said, StoreError};

impl Alerts {
    /// Keeps a rule. Where the newest forecast is one that it waits for, it fires at once: whoever begins to follow a
    /// coin on a rough day is not to hear of it when the day is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_rule(&self, account: &AccountId, rule: &Rule) -> Result<RuleKept, StoreError> {
        let now = self.parts.clock.now();
        let kept = self.parts.store.keep_rule(account, rule, now).await?;
        if kept != RuleKept::TooMany {
            self.try_at_once(account, rule, now).await?;
        }
        Ok(kept)
    }

    async fn try_at_once(&self, account: &AccountId, rule: &Rule, now: Timestamp) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let newest = store.newest_prediction_until(&rule.symbol, rule.horizon, now).await?;
        let Some(newest) = newest.filter(|newest| now.duration_since(newest.forecast.origin) <= STALE_AFTER) else {
            return Ok(());
        };
        let (said, horizon) = (Said::by(&newest.forecast), newest.forecast.horizon);
        let decides = move |follower: &Follower| is_news(&said, follower.before.as_ref(), follower.measure, horizon);
        let shifts = threshold_shifts(store, now).await?;
        let shift = shifts.get(&rule.symbol).copied().unwrap_or_default();
        store.fire_for_one(&newest, account, shift, now, &decides).await?;
        Ok(())
    }
}

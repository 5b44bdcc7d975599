//! Which rules fire on a forecast.

use std::collections::BTreeMap;

use domain::alert::Measure;
use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tracing::info;

use super::Alerts;
use crate::hex::hex;
use crate::jobs::JobError;
use crate::outbox::Parcel;
use crate::retraining::threshold_shifts;
use crate::store::{Follower, PublishedForecast, Said};

/// How long after its origin a forecast may still alert anybody.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// By how much the value of a rule must rise, so that it fires again within one horizon: 15 points of a hundred.
pub const NEWS_FROM: f64 = 0.15;

/// What decimal fractions lose in binary.
const ROUNDING: f64 = 1e-9;

/// Forecasts that are tried in one go.
const FORECASTS_AT_ONCE: u32 = 20;

/// Whether a forecast is news to somebody whom another one of the same coin and horizon alerted before: only once
/// that one's horizon has passed, or where the value that his rule looks at has risen by [`NEWS_FROM`].
#[must_use]
pub fn is_news(said: &Said, before: Option<&Said>, measure: Measure, horizon: Horizon) -> bool {
    before.is_none_or(|before| {
        said.origin_s - before.origin_s >= i64::from(horizon.hours()) * SECONDS_PER_HOUR
            || said.value(measure) - before.value(measure) >= NEWS_FROM - ROUNDING
    })
}

impl Alerts {
    /// Tries the rules on every forecast on which they were not tried yet, the oldest first.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn alert(&self, now: Timestamp) -> Result<(), JobError> {
        while !self.parts.stop.is_cancelled() {
            let open = self.parts.store.predictions_to_alert(FORECASTS_AT_ONCE).await?;
            if open.is_empty() {
                break;
            }
            let shifts = threshold_shifts(&self.parts.store, now).await?;
            for published in &open {
                self.try_rules(published, &shifts, now).await?;
            }
        }
        Ok(())
    }

    async fn try_rules(
        &self,
        published: &PublishedForecast,
        shifts: &BTreeMap<Symbol, f64>,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let (store, forecast) = (&self.parts.store, &published.forecast);
        if now.duration_since(forecast.origin) > STALE_AFTER {
            return Ok(store.note_alerted(&published.id, &[], now).await?);
        }
        let (said, horizon) = (Said::by(forecast), forecast.horizon);
        let decides = move |follower: &Follower| is_news(&said, follower.before.as_ref(), follower.measure, horizon);
        let shift = shifts.get(&forecast.symbol).copied().unwrap_or_default();
        let (mut alerts, mut after) = (0, None);
        loop {
            let fired = store.fire(published, after.as_ref(), shift, now, &decides).await?;
            alerts += fired.alerts;
            after = fired.next;
            if after.is_none() {
                break;
            }
        }
        store.note_alerted(&published.id, &self.webhooks(published), now).await?;
        if alerts > 0 {
            self.parts.bell.ring();
            info!(symbol = %forecast.symbol, horizon = %forecast.horizon, alerts, "A forecast fired rules");
        }
        Ok(())
    }

    /// What programs are told of a forecast.
    fn webhooks(&self, published: &PublishedForecast) -> Vec<(String, Parcel)> {
        let settings = &self.parts.settings;
        if published.forecast.high_volatility < settings.webhooks_from {
            return Vec::new();
        }
        let parcel = |url: &String| {
            let parcel = Parcel::Webhook { url: url.clone(), prediction: published.id.clone() };
            (webhook_id(&published.id, url), parcel)
        };
        settings.webhooks.iter().map(parcel).collect()
    }
}

/// The name of the parcel that tells a program of a forecast: the same however often it is made.
fn webhook_id(prediction: &str, url: &str) -> String {
    hex(&Sha256::digest(format!("webhook|{prediction}|{url}"))[..16])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = SECONDS_PER_HOUR;

    fn said(hour: i64, chance: f64, rank: f64) -> Said {
        Said { origin_s: hour * HOUR, chance, rank }
    }

    #[test]
    fn within_a_horizon_only_a_clear_rise_is_news() {
        let before = said(100, 0.35, 0.9);
        for (hour, chance, horizon, expected) in [
            (101, 0.35, Horizon::Day, false),
            (101, 0.49, Horizon::Day, false),
            (101, 0.50, Horizon::Day, true),
            (123, 0.36, Horizon::Day, false),
            (124, 0.35, Horizon::Day, true),
            (124, 0.35, Horizon::TwoDays, false),
            (148, 0.20, Horizon::TwoDays, true),
            (100, 0.35, Horizon::Day, false),
            // A forecast that comes late is older than what was said.
            (90, 0.35, Horizon::Day, false),
        ] {
            let now = said(hour, chance, 0.9);
            assert_eq!(is_news(&now, Some(&before), Measure::Chance, horizon), expected, "{hour} {chance} {horizon}");
        }
        assert!(is_news(&before, None, Measure::Chance, Horizon::Day));
    }

    #[test]
    fn the_rise_is_that_of_what_the_rule_looks_at() {
        let (before, now) = (said(0, 0.2, 0.8), said(1, 0.9, 0.81));
        assert!(is_news(&now, Some(&before), Measure::Chance, Horizon::Day));
        assert!(!is_news(&now, Some(&before), Measure::Rank, Horizon::Day));
    }

    proptest! {
        #[test]
        fn a_flat_value_alerts_at_most_once_a_horizon(hours in proptest::collection::vec(1_i64..30, 1..60)) {
            let mut at = 0;
            let mut alerted: Vec<i64> = Vec::new();
            let mut before = None;
            for step in hours {
                at += step;
                let now = said(at, 0.6, 0.9);
                if is_news(&now, before.as_ref(), Measure::Chance, Horizon::Day) {
                    before = Some(now);
                    alerted.push(at);
                }
            }
            prop_assert!(alerted.windows(2).all(|pair| pair[1] - pair[0] >= 24));
        }
    }
}

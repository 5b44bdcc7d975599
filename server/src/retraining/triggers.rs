//! Whether a training begins by itself: a pure function of what is known.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::RetrainingSettings;
use super::training::Cause;

/// Days in which trainings are counted.
pub(super) const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Days of outcomes without which performance says nothing.
const LEAST_DAYS: u32 = 10;

/// Where confirmed drift comes from.
pub trait Drift: Send + Sync {
    /// Since when drift is confirmed (UTC); none while there is none.
    fn confirmed_since(&self) -> Option<Timestamp>;
}

/// No drift is ever looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDrift;

impl Drift for NoDrift {
    fn confirmed_since(&self) -> Option<Timestamp> {
        None
    }
}

/// What is known when the question is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Whether a training waits or runs.
    pub is_open: bool,
    /// When the last training was asked for (UTC).
    pub last: Option<Timestamp>,
    /// When the serving model was trained (UTC).
    pub trained_at: Option<Timestamp>,
    /// Trainings within the last [`WEEK`].
    pub this_week: u32,
    /// Forecasts that ended since the last training.
    pub finished: u64,
    /// What denials since the last training are worth, of forecasts that the next one may learn from.
    pub denials: f64,
    /// Since when drift is confirmed (UTC).
    pub drift_since: Option<Timestamp>,
    /// By which share QLIKE is worse than the baseline's, negative where it is better, and over how many days.
    pub worse_by: Option<(f64, u32)>,
}

/// Whether a training begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// One does.
    Train {
        /// Why.
        cause: Cause,
        /// Why, in words.
        reason: String,
    },
    /// One waits or runs.
    Busy,
    /// The last one is too near.
    Quiet {
        /// Until when (UTC).
        until: Timestamp,
    },
    /// There were enough in the last seven days.
    WeekIsFull,
    /// Nothing calls for one.
    Nothing,
}

/// Decides. Where several causes hold, the first of [`Cause::ALL`] is told.
#[must_use]
pub fn decide(settings: &RetrainingSettings, evidence: &Evidence, now: Timestamp) -> Decision {
    if evidence.is_open {
        return Decision::Busy;
    }
    if let Some(until) = quiet_until(settings, evidence.last)
        && now < until
    {
        return Decision::Quiet { until };
    }
    if evidence.this_week >= settings.most_a_week {
        return Decision::WeekIsFull;
    }
    let holding = Cause::ALL.into_iter().find_map(|cause| Some((cause, holds(cause, settings, evidence, now)?)));
    holding.map_or(Decision::Nothing, |(cause, reason)| Decision::Train { cause, reason })
}

/// Until when (UTC) no training begins by itself after the last one.
pub(super) fn quiet_until(settings: &RetrainingSettings, last: Option<Timestamp>) -> Option<Timestamp> {
    let quiet = SignedDuration::from_hours(settings.quiet_hours.into());
    Some(last?.saturating_add(quiet).unwrap_or(Timestamp::MAX))
}

/// Why a cause holds; none where it does not, or is switched off.
fn holds(cause: Cause, settings: &RetrainingSettings, evidence: &Evidence, now: Timestamp) -> Option<String> {
    match cause {
        Cause::Operator => None,
        Cause::Drift => {
            let since = evidence.drift_since.filter(|_| settings.on_drift)?;
            // A training that came after has seen what drifted.
            evidence
                .last
                .is_none_or(|last| since > last)
                .then(|| format!("drift is confirmed since {}", since.strftime("%Y-%m-%d %H:%M UTC")))
        }
        Cause::Performance => {
            let (worse_by, days) = evidence.worse_by.filter(|_| settings.on_performance)?;
            let is_worse = worse_by > f64::from(settings.performance_percent) / 100.0 && days >= LEAST_DAYS;
            is_worse.then(|| format!("QLIKE was {:+.1} % against the baseline's over {days} days", 100.0 * worse_by))
        }
        Cause::Feedback => (settings.on_feedback && evidence.denials >= f64::from(settings.denials))
            .then(|| format!("denials worth {:.1} since the last training", evidence.denials)),
        Cause::Rows => (settings.on_rows && evidence.finished >= u64::from(settings.rows))
            .then(|| format!("{} forecasts ended since the last training", evidence.finished)),
        Cause::Schedule => {
            let newest = evidence.last.max(evidence.trained_at);
            let period = SignedDuration::from_hours(i64::from(settings.schedule_days) * 24);
            let is_due = settings.on_schedule && newest.is_none_or(|newest| now.duration_since(newest) >= period);
            is_due.then(|| format!("{} days since the last training", settings.schedule_days))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn now() -> Timestamp {
        "2026-06-02T12:00:00Z".parse().expect("an instant")
    }

    fn before(days: i32) -> Option<Timestamp> {
        now().checked_sub(DAY * days).ok()
    }

    fn cause(settings: &RetrainingSettings, evidence: &Evidence) -> Option<Cause> {
        match decide(settings, evidence, now()) {
            Decision::Train { cause, reason } => {
                assert!(!reason.is_empty());
                Some(cause)
            }
            _ => None,
        }
    }

    #[test]
    fn each_cause_holds_from_its_bound_on_and_only_where_it_is_switched_on() {
        let settings = RetrainingSettings { on_schedule: true, ..RetrainingSettings::default() };
        let quiet = Evidence { last: before(8), ..Evidence::default() };
        for (evidence, expected) in [
            (quiet, None),
            (Evidence { finished: 9_999, ..quiet }, None),
            (Evidence { finished: 10_000, ..quiet }, Some(Cause::Rows)),
            (Evidence { denials: 24.9, ..quiet }, None),
            (Evidence { denials: 25.0, ..quiet }, Some(Cause::Feedback)),
            (Evidence { drift_since: before(9), ..quiet }, None),
            (Evidence { drift_since: before(7), ..quiet }, Some(Cause::Drift)),
            (Evidence { worse_by: Some((0.031, 21)), ..quiet }, Some(Cause::Performance)),
            (Evidence { worse_by: Some((0.031, 9)), ..quiet }, None),
            (Evidence { worse_by: Some((0.029, 21)), ..quiet }, None),
            (Evidence { worse_by: Some((-0.3, 21)), ..quiet }, None),
            (Evidence { last: before(30), ..quiet }, Some(Cause::Schedule)),
            (Evidence { last: before(30), trained_at: before(10), ..quiet }, None),
            (Evidence { last: None, ..quiet }, Some(Cause::Schedule)),
            (Evidence { drift_since: before(7), finished: 10_000, denials: 99.0, ..quiet }, Some(Cause::Drift)),
        ] {
            assert_eq!(cause(&settings, &evidence), expected, "{evidence:?}");
        }
        let off = RetrainingSettings {
            on_rows: false,
            on_drift: false,
            on_performance: false,
            on_feedback: false,
            on_schedule: false,
            ..RetrainingSettings::default()
        };
        let everything = Evidence {
            last: before(99),
            finished: 99_999,
            denials: 999.0,
            drift_since: before(1),
            worse_by: Some((1.0, 99)),
            ..Evidence::default()
        };
        assert_eq!(cause(&off, &everything), None);
    }

    #[test]
    fn nothing_begins_while_one_runs_soon_after_one_or_in_a_full_week() {
        let settings = RetrainingSettings::default();
        let called_for = Evidence { last: before(2), drift_since: before(1), ..Evidence::default() };
        assert_eq!(cause(&settings, &called_for), Some(Cause::Drift));
        assert_eq!(decide(&settings, &Evidence { is_open: true, ..called_for }, now()), Decision::Busy);
        assert_eq!(decide(&settings, &Evidence { this_week: 2, ..called_for }, now()), Decision::WeekIsFull);
        let last = now().checked_sub(SignedDuration::from_hours(23)).ok();
        let until = now().checked_add(SignedDuration::from_hours(1)).expect("an instant");
        assert_eq!(decide(&settings, &Evidence { last, ..called_for }, now()), Decision::Quiet { until });
    }
}

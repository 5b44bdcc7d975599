//! What is told: which history, from when on, and how much of it.

use domain::market::Symbol;
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::retraining::RetrainingSettings;
use crate::verbs::VerbError;

/// When the steps of the clock are after the full hour: the hour has ended and its candle is known.
const AFTER_THE_HOUR: SignedDuration = SignedDuration::from_mins(5);
/// The first day of the replay: six days before Terra falls apart. The weeks until then were as the year 2020 was, from
/// which the model of the time learnt; docs/runbook.md says what came of other days.
const DAY_OF_TERRA: Date = date(2022, 5, 3);
/// Days for which the model of the time was not trained anew before the replay begins.
const MODEL_DAYS: i64 = 427;
/// The same where the market is made up: the simulator knows no more than the three years before.
const YOUNG_MODEL_DAYS: i64 = 240;

/// How the story goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plot {
    /// Where the clock stands at the beginning (UTC).
    pub(super) begins_at: Timestamp,
    /// When the model of the time was trained (UTC).
    pub(super) trained_at: Timestamp,
    /// Days before the shock.
    pub(super) calm_days: u32,
    /// Days from the shock on in which drift must be confirmed and an answer given.
    pub(super) most_days: u32,
    /// Days that are shown after the comparison.
    pub(super) days_after: u32,
    /// The coins that a made-up market has.
    pub(super) coins: Vec<Symbol>,
    /// Whether the market is made up even where there is an archive.
    pub(super) is_made_up: bool,
    /// Networks and passes of a training.
    pub(super) networks: (u32, u32),
}

impl Plot {
    /// The collapse of Terra; or whatever followed another day.
    ///
    /// # Errors
    /// [`VerbError::Usage`] where the calendar ends.
    pub(super) fn of_history(from: Option<Date>) -> Result<Self, VerbError> {
        let RetrainingSettings { members, epochs, .. } = RetrainingSettings::default();
        let (begins_at, trained_at) = around(from.unwrap_or(DAY_OF_TERRA))?;
        Ok(Self {
            begins_at,
            trained_at,
            calm_days: 5,
            most_days: 30,
            days_after: 2,
            coins: Symbol::followed(),
            is_made_up: false,
            networks: (members, epochs),
        })
    }

    /// Three coins, a made-up market and a small network: for tests, and for whoever is in a hurry.
    ///
    /// # Errors
    /// As [`Plot::of_history`].
    pub(super) fn in_short() -> Result<Self, VerbError> {
        let coins = Symbol::followed().into_iter().take(3).collect();
        let told = Self::of_history(None)?.on_a_made_up_market();
        Ok(Self { calm_days: 3, days_after: 1, coins, networks: (1, 1), ..told })
    }

    /// The same on a made-up market, whose model of the time is younger.
    pub(super) fn on_a_made_up_market(self) -> Self {
        let before = AFTER_THE_HOUR + SignedDuration::from_hours(24 * YOUNG_MODEL_DAYS);
        let trained_at = self.begins_at.saturating_sub(before).unwrap_or(Timestamp::MIN);
        Self { trained_at, is_made_up: true, ..self }
    }

    /// When the shock begins (UTC): where history is real, what came is not in our hands.
    pub(super) fn shock_at(&self) -> Timestamp {
        later(self.begins_at, self.calm_days)
    }

    /// The last instant that can be reached (UTC).
    pub(super) fn ends_at(&self) -> Timestamp {
        later(self.shock_at(), self.most_days + self.days_after)
    }
}

/// Where the clock stands at the beginning of a day, and when the model was trained that serves then (UTC).
fn around(day: Date) -> Result<(Timestamp, Timestamp), VerbError> {
    let too_far = |_: jiff::Error| VerbError::Usage("--from must be a day of the last centuries".to_owned());
    let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_err(too_far)?;
    let begins_at = midnight.checked_add(AFTER_THE_HOUR).map_err(too_far)?;
    let trained_at = midnight.checked_sub(SignedDuration::from_hours(24 * MODEL_DAYS)).map_err(too_far)?;
    Ok((begins_at, trained_at))
}

fn later(at: Timestamp, days: u32) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collapse_of_terra_comes_after_the_calm_days_and_long_after_the_training() {
        let plot = Plot::of_history(None).expect("a plot");
        assert_eq!(plot.begins_at.to_string(), "2022-05-03T00:05:00Z");
        assert_eq!(plot.shock_at().to_string(), "2022-05-08T00:05:00Z");
        assert_eq!(plot.trained_at.to_string(), "2021-03-02T00:00:00Z");
        let short = Plot::in_short().expect("a plot");
        assert_eq!(short.trained_at.to_string(), "2021-09-05T00:00:00Z");
        assert!(short.ends_at() < plot.ends_at() && short.trained_at > plot.trained_at && short.coins.len() == 3);
    }
}

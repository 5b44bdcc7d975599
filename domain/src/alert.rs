//! Alerts: when somebody wants a letter, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::forecast::Horizon;
use crate::market::Symbol;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The chance of a high-volatility period, 0 to 1.
    Chance,
    /// The rank of the median forecast within the coin's last year, 0 to 1.
    Rank,
}

impl Measure {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chance => "chance",
            Self::Rank => "rank",
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "chance" => Ok(Self::Chance),
            "rank" => Ok(Self::Rank),
            _ => Err(Failure::invalid("measure", "must be chance or rank")),
        }
    }
}

/// A share that a rule can wait for: from 5 % to 99 %.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Threshold(f64);

impl Threshold {
    /// The lowest share: below it a rule would fire nearly always.
    pub const LOWEST: f64 = 0.05;
    /// The highest share: above it a rule would never fire.
    pub const HIGHEST: f64 = 0.99;

    /// Reads a share.
    ///
    /// # Errors
    /// [`Failure::Invalid`] outside the range.
    pub fn new(share: f64) -> Result<Self, Failure> {
        if (Self::LOWEST..=Self::HIGHEST).contains(&share) {
            Ok(Self(share))
        } else {
            Err(Failure::invalid("threshold", "must be between 5 and 99 percent"))
        }
    }

    /// The share, 0 to 1.
    #[must_use]
    pub const fn share(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Threshold {
    type Error = Failure;

    fn try_from(share: f64) -> Result<Self, Failure> {
        Self::new(share)
    }
}

impl From<Threshold> for f64 {
    fn from(threshold: Threshold) -> Self {
        threshold.0
    }
}

/// When somebody wants a letter about a coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// What is looked at.
    pub measure: Measure,
    /// From which value on.
    pub threshold: Threshold,
}

impl Rule {
    /// Whether a chance and a rank are high enough.
    #[must_use]
    pub fn reaches(&self, chance: f64, rank: f64) -> bool {
        let value = match self.measure {
            Measure::Chance => chance,
            Measure::Rank => rank,
        };
        value >= self.threshold.share()
    }
}

/// When letters go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// As soon as a rule fires.
    AtOnce,
    /// Once a day, all together.
    Digest,
}

impl Delivery {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Digest => "digest",
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "at_once" => Ok(Self::AtOnce),
            "digest" => Ok(Self::Digest),
            _ => Err(Failure::invalid("delivery", "must be at_once or digest")),
        }
    }
}

/// A time of day in minutes after midnight, on the reader's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    const MINUTES: u32 = 24 * 60;

    /// From minutes after midnight.
    ///
    /// # Errors
    /// [`Failure::Invalid`] where the day has no such minute.
    pub fn from_minutes(minutes: u32) -> Result<Self, Failure> {
        match u16::try_from(minutes) {
            Ok(small) if minutes < Self::MINUTES => Ok(Self(small)),
            _ => Err(Failure::invalid("time", "must be a time between 00:00 and 23:59")),
        }
    }

    /// Reads `07:30`.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for what is no time of day.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::invalid("time", "must be a time between 00:00 and 23:59");
        let (hours, minutes) = text.trim().split_once(':').ok_or_else(wrong)?;
        let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(hours) || !is_number(minutes) {
            return Err(wrong());
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        if minutes > 59 { Err(wrong()) } else { Self::from_minutes(hours * 60 + minutes) }
    }

    /// Minutes after midnight.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.0 as u32
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<u32> for TimeOfDay {
    type Error = Failure;

    fn try_from(minutes: u32) -> Result<Self, Failure> {
        Self::from_minutes(minutes)
    }
}

impl From<TimeOfDay> for u32 {
    fn from(time: TimeOfDay) -> Self {
        time.minutes()
    }
}

/// Hours in which no letter goes out: from a time of day until another, over midnight where the second is earlier.
/// The end is not quiet any more. Both the same: no quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Where they begin.
    pub from: TimeOfDay,
    /// Where they end.
    pub to: TimeOfDay,
}

impl QuietHours {
    /// Whether a time of day is quiet.
    #[must_use]
    pub fn holds(&self, time: TimeOfDay) -> bool {
        if self.from <= self.to { self.from <= time && time < self.to } else { time >= self.from || time < self.to }
    }
}

/// When and how an account gets letters about alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterChoices {
    /// Whether letters are wanted at all.
    pub letters: bool,
    /// The reader's time zone: a name of the IANA data base, such as `Europe/Paris`.
    pub time_zone: String,
    /// When no letter goes out.
    pub quiet: QuietHours,
    /// Letters in one day of the reader's at most.
    pub most_a_day: u32,
    /// At once or together.
    pub delivery: Delivery,
    /// The hour of the day of the digest, on the reader's clock, 0 to 23.
    pub digest_hour: u32,
}

impl LetterChoices {
    /// The most letters a day that can be chosen.
    pub const MOST_A_DAY: u32 = 24;
}

impl Default for LetterChoices {
    fn default() -> Self {
        // 22:00 and 07:00.
        let quiet = QuietHours { from: TimeOfDay(22 * 60), to: TimeOfDay(7 * 60) };
        Self {
            letters: true,
            time_zone: "UTC".to_owned(),
            quiet,
            most_a_day: 3,
            delivery: Delivery::AtOnce,
            digest_hour: 8,
        }
    }
}

/// What a rule would have done over the past year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// From when (UTC).
    pub from: Timestamp,
    /// Until when (UTC).
    pub to: Timestamp,
    /// Days on which it would have written.
    pub letters: u32,
    /// Of those, days that a high-volatility period followed.
    pub right: u32,
    /// High-volatility days on which it would not have written.
    pub missed: u32,
}

/// Something that happened to an account, as the bell shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A rule fired.
    Alert {
        /// The stored forecast.
        prediction: String,
        /// The rule.
        rule: Rule,
        /// The chance of a high-volatility period, 0 to 1.
        chance: f64,
        /// The rank of the median forecast, 0 to 1.
        rank: f64,
        /// The end of the horizon (UTC).
        ends_at: Timestamp,
    },
}

/// An entry of the bell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Its name.
    pub id: String,
    /// What happened.
    pub event: Event,
    /// When (UTC).
    pub at: Timestamp,
    /// Whether it was seen.
    pub is_read: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, to: &str) -> QuietHours {
        let time = |text| TimeOfDay::parse(text).expect("a time");
        QuietHours { from: time(from), to: time(to) }
    }

    #[test]
    fn quiet_hours_may_span_midnight_and_end_sharply() {
        let time = |text| TimeOfDay::parse(text).expect("a time");
        let night = quiet("22:00", "07:00");
        for (at, expected) in [("21:59", false), ("22:00", true), ("00:00", true), ("06:59", true), ("07:00", false)] {
            assert_eq!(night.holds(time(at)), expected, "{at}");
        }
        let noon = quiet("12:00", "13:30");
        for (at, expected) in [("11:59", false), ("12:00", true), ("13:29", true), ("13:30", false)] {
            assert_eq!(noon.holds(time(at)), expected, "{at}");
        }
        assert!(!quiet("08:00", "08:00").holds(time("08:00")));
    }

    #[test]
    fn times_of_day_are_read_strictly() {
        for (text, expected) in [
            ("07:30", Some(450)),
            ("0:00", Some(0)),
            ("23:59", Some(1_439)),
            ("24:00", None),
            ("12:60", None),
            ("-1:00", None),
            ("noon", None),
            ("1:2:3", None),
            ("+1:00", None),
        ] {
            assert_eq!(TimeOfDay::parse(text).ok().map(TimeOfDay::minutes), expected, "{text}");
        }
    }

    #[test]
    fn a_threshold_outside_its_range_is_refused() {
        for share in [0.0, 0.049, 0.991, 1.0, f64::NAN, f64::INFINITY, -1.0] {
            assert!(Threshold::new(share).is_err(), "{share}");
        }
        assert!(Threshold::new(0.05).is_ok() && Threshold::new(0.99).is_ok());
    }
}

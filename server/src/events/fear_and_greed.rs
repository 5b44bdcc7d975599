//! The Fear & Greed index of alternative.me: the mood of the crypto market, once a day.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::EventError;
use super::web::Web;

/// An index that is older says nothing about today.
const OLDEST: SignedDuration = SignedDuration::from_hours(72);
/// How far ahead of ours the source's clock may be.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The index on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FearAndGreed {
    /// 0 (extreme fear) to 100 (extreme greed).
    pub value: u8,
    /// The value in words.
    pub classification: Mood,
    /// The day it is for (UTC).
    pub as_of: Timestamp,
}

/// The index in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Under 25.
    ExtremeFear,
    /// Under 47.
    Fear,
    /// Under 55.
    Neutral,
    /// Under 76.
    Greed,
    /// The rest.
    ExtremeGreed,
}

impl Mood {
    /// The mood of a value, by the bounds of alternative.me.
    #[must_use]
    pub const fn of(value: u8) -> Self {
        match value {
            0..25 => Self::ExtremeFear,
            25..47 => Self::Fear,
            47..55 => Self::Neutral,
            55..76 => Self::Greed,
            _ => Self::ExtremeGreed,
        }
    }
}

/// `{"data": [{"value": "40", "value_classification": "Fear", "timestamp": "1551157200"}]}`
#[derive(Deserialize)]
struct Answer {
    data: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    value: String,
    timestamp: String,
}

/// Asks for the newest value.
pub(super) async fn ask(web: &Web, url: &str, now: Timestamp) -> Result<FearAndGreed, EventError> {
    let answer: Answer = web.json(&format!("{url}/fng/"), &[("limit", "1")]).await?;
    judge(&answer, now)
}

fn judge(answer: &Answer, now: Timestamp) -> Result<FearAndGreed, EventError> {
    let malformed = |cause: &str| EventError::Malformed { cause: cause.to_owned() };
    let day = answer.data.first().ok_or_else(|| malformed("it holds no day"))?;
    let value: i64 = day.value.trim().parse().map_err(|_| malformed("the value is no number"))?;
    let epoch_s: i64 = day.timestamp.trim().parse().map_err(|_| malformed("the time is no number"))?;
    let value = u8::try_from(value)
        .ok()
        .filter(|value| *value <= 100)
        .ok_or_else(|| EventError::Impossible { cause: format!("the index is {value}, not 0 to 100") })?;
    let as_of = Timestamp::from_second(epoch_s).map_err(|_| malformed("the time is no time"))?;
    let age = now.duration_since(as_of);
    if age > OLDEST || age < -AHEAD {
        return Err(EventError::Impossible { cause: format!("the index is of {as_of}") });
    }
    Ok(FearAndGreed { value, classification: Mood::of(value), as_of })
}

//! What to make of a forecast: typed, made by rules, with the evidence for each reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::forecast::{Horizon, RiskLevel};
use crate::market::Symbol;

/// How to stand towards the coin for the horizon. Never a call to buy or to sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// Nothing unusual is expected: keep to the plan.
    Steady,
    /// About as usual: keep an eye on it.
    Watchful,
    /// Rougher than usual is likely: be careful with new or large positions.
    Careful,
    /// Among the roughest of the year is likely: protect what there is first.
    Defensive,
}

/// How far the advice can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The signs disagree, or the interval is very wide.
    Low,
    /// Neither.
    Medium,
    /// The signs agree and the interval is as narrow as it usually is.
    High,
}

/// The one thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Go on as planned.
    KeepToThePlan,
    /// Look again when the next forecast is there.
    LookAgainTomorrow,
    /// Check that the position is small enough to sit through the likely range.
    CheckPositionSize,
    /// Lower or close what is borrowed.
    LowerLeverage,
    /// Put off new purchases, or split them.
    SplitOrders,
}

/// A fact that bears on the advice, with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// Where the median forecast stands in the coin's own year.
    ForecastRank {
        /// Share of the trailing 365 days that were calmer, 0 to 1.
        rank: f64,
        /// Median forecast, fraction per day.
        median: f64,
        /// Lower end of the 80 % interval, fraction per day.
        low: f64,
        /// Upper end of the 80 % interval, fraction per day.
        high: f64,
    },
    /// The chance of a high-volatility period.
    Chance {
        /// The chance, 0 to 1; 0.2 is usual by construction.
        probability: f64,
        /// The bound above which the period counts as high, fraction per day.
        above: f64,
    },
    /// The horizon that has just ended.
    JustRealised {
        /// Realised volatility, fraction per day.
        volatility: f64,
        /// The coin's usual middle, fraction per day.
        usual: f64,
    },
    /// The mood of the market.
    FearAndGreed {
        /// 0 (extreme fear) to 100 (extreme greed).
        value: u8,
        /// The day it is for (UTC).
        as_of: Timestamp,
    },
    /// What holders of perpetual contracts pay each other.
    FundingRate {
        /// Fraction per eight hours; positive where longs pay.
        rate: f64,
        /// When it was set (UTC).
        as_of: Timestamp,
    },
}

/// A reason: a fact, said in words, with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ground {
    /// The fact.
    pub fact: Fact,
    /// The fact in a sentence of the reader's language.
    pub words: String,
    /// Where the figures come from.
    pub source: String,
}

/// What to make of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// The end of the last candle that was read (UTC).
    pub as_of: Timestamp,
    /// The end of the horizon (UTC).
    pub ends_at: Timestamp,
    /// The risk, from where the forecast stands in the coin's own year.
    pub level: RiskLevel,
    /// How to stand.
    pub stance: Stance,
    /// How far to rely on it.
    pub confidence: Confidence,
    /// Two or three reasons, the strongest first.
    pub grounds: Vec<Ground>,
    /// The one thing to do.
    pub action: Action,
    /// The whole in one or two sentences of the reader's language.
    pub summary: String,
    /// The action in a sentence of the reader's language.
    pub action_words: String,
    /// Who worded the summary: a model's name, or `rules`.
    pub worded_by: String,
    /// Sentences of a model that were left out because the evidence does not hold them.
    pub dropped_sentences: u32,
}

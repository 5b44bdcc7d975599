//! What people say about forecasts, once they have seen what happened.

use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// Whether a forecast was right, in somebody's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastVerdict {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
}

impl ForecastVerdict {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "right" => Ok(Self::Right),
            "wrong" => Ok(Self::Wrong),
            _ => Err(Failure::invalid("verdict", "must be right or wrong")),
        }
    }
}

/// What was really seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Calmer than usual.
    Calm,
    /// About as usual.
    Usual,
    /// Rougher than usual.
    High,
}

impl Seen {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Usual => "usual",
            Self::High => "high",
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "calm" => Ok(Self::Calm),
            "usual" => Ok(Self::Usual),
            "high" => Ok(Self::High),
            _ => Err(Failure::invalid("seen", "must be calm, usual or high")),
        }
    }
}

/// Where feedback was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackOrigin {
    /// A button of an alert letter.
    Letter,
    /// A button of a forecast's card.
    Card,
    /// Under an answer of the Buddy.
    Chat,
    /// A program, such as n8n.
    Api,
}

impl FeedbackOrigin {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Card => "card",
            Self::Chat => "chat",
            Self::Api => "api",
        }
    }
}

/// What somebody says about a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastFeedback {
    /// Right or wrong.
    pub verdict: ForecastVerdict,
    /// What was really seen, if he says so.
    #[serde(default)]
    pub seen: Option<Seen>,
    /// In his own words; may be empty.
    #[serde(default)]
    pub words: String,
}

impl ForecastFeedback {
    /// The longest text, in characters.
    pub const MAX_WORDS_CHARS: usize = 1_000;

    /// Puts feedback together; control characters other than line breaks go.
    ///
    /// # Errors
    /// [`Failure::Invalid`] where the words are too long.
    pub fn new(verdict: ForecastVerdict, seen: Option<Seen>, words: &str) -> Result<Self, Failure> {
        let words: String = words.chars().filter(|&c| c == '\n' || !c.is_control()).collect();
        let words = words.trim().to_owned();
        let chars = words.chars().count();
        if chars > Self::MAX_WORDS_CHARS {
            let hint = format!("must be at most {} characters; these are {chars}", Self::MAX_WORDS_CHARS);
            return Err(Failure::invalid("words", hint));
        }
        Ok(Self { verdict, seen, words })
    }
}

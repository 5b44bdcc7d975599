//! What can go wrong, as far as a reader may know.

use serde::{Deserialize, Serialize};

/// Every failure that may reach a browser or an API client. Small, closed and safe to show:
/// no text of a library, no path, no query is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Failure {
    /// No such coin here.
    #[error("There is no coin {symbol} here.")]
    UnknownSymbol {
        /// What was asked for, shortened to a safe length.
        symbol: String,
    },
    /// No such model version in the registry.
    #[error("There is no model version {version} in the registry.")]
    UnknownModel {
        /// What was asked for, shortened to a safe length.
        version: String,
    },
    /// No evaluation is stored for the model that serves.
    #[error("No evaluation of the serving model is stored yet.")]
    NotEvaluated,
    /// No such conversation of this visitor, or no such message in it.
    #[error("There is no such conversation here; it may have been deleted.")]
    UnknownConversation,
    /// Only for whoever has an account and is signed in.
    #[error("This is for members; sign in first.")]
    SignInNeeded,
    /// Not for this account.
    #[error("This account may not do that.")]
    NotAllowed,
    /// One visitor asks more often than is fair to the others.
    #[error("That was a lot of questions. Try again in {retry_after_s} seconds.")]
    TooMany {
        /// When to ask again, in seconds.
        retry_after_s: u32,
    },
    /// The language model did not answer, or stopped halfway.
    #[error("The language model does not answer. Try again in {retry_after_s} seconds.")]
    WriterUnavailable {
        /// When to ask again, in seconds.
        retry_after_s: u32,
    },
    /// A field of the request does not hold what it must.
    #[error("The field {field} is not right: {hint}")]
    Invalid {
        /// The name of the field, as the caller wrote it (`candles[3].high`).
        field: String,
        /// What it must hold.
        hint: String,
    },
    /// A forecast needs more history than there is.
    #[error("A forecast needs {needed} hourly candles without a gap at the end; {given} were given.")]
    TooFewCandles {
        /// How many hourly candles are needed.
        needed: u32,
        /// How many there were.
        given: u32,
    },
    /// The request's body is larger than we read.
    #[error("The request is larger than {limit_bytes} bytes.")]
    TooLarge {
        /// The most that we read, in bytes.
        limit_bytes: u64,
    },
    /// The market is still being read; ask again soon.
    #[error("The market is still being read. Try again in {retry_after_s} seconds.")]
    NotReady {
        /// When to ask again, in seconds.
        retry_after_s: u32,
    },
    /// More work than the machine can take.
    #[error("Too many requests at once. Try again in {retry_after_s} seconds.")]
    Busy {
        /// When to ask again, in seconds.
        retry_after_s: u32,
    },
    /// Something broke on our side; the cause is in the log under this number.
    #[error("Something went wrong on our side (incident {incident}).")]
    Internal {
        /// The number under which the log holds the cause.
        incident: String,
    },
}

impl Failure {
    /// The longest piece of a caller's own text that a failure repeats.
    const ECHO_CHARS: usize = 32;

    /// No such coin, with the caller's text cut to a safe length.
    #[must_use]
    pub fn unknown_symbol(asked: &str) -> Self {
        Self::UnknownSymbol { symbol: asked.chars().take(Self::ECHO_CHARS).collect() }
    }

    /// No such model version, with the caller's text cut to a safe length.
    #[must_use]
    pub fn unknown_model(asked: &str) -> Self {
        Self::UnknownModel { version: asked.chars().take(Self::ECHO_CHARS).collect() }
    }

    /// A field that does not hold what it must.
    #[must_use]
    pub fn invalid(field: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), hint: hint.into() }
    }

    /// The stable code that clients may match on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSymbol { .. } => "unknown_symbol",
            Self::UnknownModel { .. } => "unknown_model",
            Self::NotEvaluated => "not_evaluated",
            Self::UnknownConversation => "unknown_conversation",
            Self::SignInNeeded => "sign_in_needed",
            Self::NotAllowed => "not_allowed",
            Self::TooMany { .. } => "too_many",
            Self::WriterUnavailable { .. } => "writer_unavailable",
            Self::Invalid { .. } => "invalid",
            Self::TooFewCandles { .. } => "too_few_candles",
            Self::TooLarge { .. } => "too_large",
            Self::NotReady { .. } => "not_ready",
            Self::Busy { .. } => "busy",
            Self::Internal { .. } => "internal",
        }
    }

    /// The HTTP status that carries it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownSymbol { .. } | Self::UnknownModel { .. } | Self::NotEvaluated | Self::UnknownConversation => {
                404
            }
            Self::SignInNeeded => 401,
            Self::NotAllowed => 403,
            Self::TooMany { .. } => 429,
            Self::Invalid { .. } | Self::TooFewCandles { .. } => 422,
            Self::TooLarge { .. } => 413,
            Self::NotReady { .. } | Self::Busy { .. } | Self::WriterUnavailable { .. } => 503,
            Self::Internal { .. } => 500,
        }
    }

    /// After how many seconds it makes sense to ask again, where waiting helps.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::NotReady { retry_after_s }
            | Self::Busy { retry_after_s }
            | Self::TooMany { retry_after_s }
            | Self::WriterUnavailable { retry_after_s } => Some(*retry_after_s),
            _ => None,
        }
    }
}

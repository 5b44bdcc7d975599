//! The conversation between a reader and the Buddy: what is asked, what streams back, what is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::forecast::Horizon;
use crate::language::Language;
use crate::market::Symbol;

mod frame;
mod id;

pub use frame::{FrameDecoder, FrameError, MAX_FRAME_BYTES};
pub use id::{ConversationId, MessageId, VisitorId};

/// What a reader asks: not empty, at most [`QuestionText::MAX_CHARS`] characters, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuestionText(String);

impl QuestionText {
    /// The longest question, in characters.
    pub const MAX_CHARS: usize = 8_000;

    /// Reads a question: control characters other than line breaks go, and so do spaces around it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for one that is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let cleaned: String = text.chars().filter(|&c| c == '\n' || !c.is_control()).collect();
        let cleaned = cleaned.trim();
        let chars = cleaned.chars().count();
        if chars == 0 {
            return Err(Failure::invalid("question", "must not be empty"));
        }
        if chars > Self::MAX_CHARS {
            let hint = format!("must be at most {} characters; this one has {chars}", Self::MAX_CHARS);
            return Err(Failure::invalid("question", hint));
        }
        Ok(Self(cleaned.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for QuestionText {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<QuestionText> for String {
    fn from(text: QuestionText) -> Self {
        text.0
    }
}

/// A question in its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub text: QuestionText,
    /// The conversation it belongs to; a new one where none.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The language of the page; the question's own language wins where it can be told.
    #[serde(default)]
    pub language: Language,
    /// The coin of the page from which it was asked, where there is one.
    #[serde(default)]
    pub about: Option<Symbol>,
    /// The answer that this one replaces: the reader pressed "again".
    #[serde(default)]
    pub instead_of: Option<MessageId>,
}

/// What the Buddy is doing, for the line above an answer that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looks for passages.
    Searching,
    /// Asks the forecaster and the market.
    Asking,
    /// Writes.
    Writing,
}

/// What the Buddy can ask the rest of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Tool {
    /// The forecast of a coin.
    Forecast {
        /// The coin.
        symbol: Symbol,
        /// The horizon.
        horizon: Horizon,
    },
    /// What to make of the forecast.
    Advice {
        /// The coin.
        symbol: Symbol,
        /// The horizon.
        horizon: Horizon,
    },
    /// Realised volatility of the last days and its rank in a year.
    RecentVolatility {
        /// The coin.
        symbol: Symbol,
    },
    /// Price, change and range of the last day, week and month.
    Candles {
        /// The coin.
        symbol: Symbol,
    },
    /// Passages about terms.
    Glossary,
    /// The Fear & Greed index.
    FearAndGreed,
    /// The funding rate of a coin's perpetual contract.
    FundingRate {
        /// The coin.
        symbol: Symbol,
    },
    /// News headlines.
    Headlines,
}

/// Where a statement comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The number in the text: `[1]`.
    pub number: u32,
    /// What it is: a term, a document's title, "Forecast for ETH, 24 h".
    pub title: String,
    /// The passage or figures that were given to the writer, as plain text.
    pub excerpt: String,
    /// Who says so: the glossary, a document's name, a data provider.
    pub source: String,
    /// Under which licence the text is used; empty for our own figures.
    pub licence: String,
    /// Where more of it is, `https` only; none for what is only here.
    pub url: Option<String>,
    /// The coin whose page shows more of it.
    pub symbol: Option<Symbol>,
}

/// What an answer took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Who wrote it: a model's name, or `composer` where no language model was asked.
    pub writer: String,
    /// Tokens read, where the writer counts.
    pub prompt_tokens: u32,
    /// Tokens written, where the writer counts.
    pub answer_tokens: u32,
    /// Sentences that were left out because the evidence does not hold what they state.
    pub dropped_sentences: u32,
    /// From the question to the last word, in milliseconds.
    pub took_ms: u32,
}

/// One event of an answer's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEvent {
    /// The question is kept; this is where its answer will be.
    Started {
        /// The conversation, which may be new.
        conversation: ConversationId,
        /// The answer.
        message: MessageId,
        /// The language of the answer.
        language: Language,
    },
    /// What is being done.
    Status {
        /// The stage.
        stage: Stage,
    },
    /// Something that the answer may cite.
    Citation(Citation),
    /// A tool is asked.
    ToolCall {
        /// Which, with what.
        tool: Tool,
    },
    /// A tool has answered.
    ToolResult {
        /// Which, with what.
        tool: Tool,
        /// The answer in one line; none where the tool is unavailable now.
        summary: Option<String>,
    },
    /// The next piece of the text, Markdown.
    Token {
        /// The piece.
        text: String,
    },
    /// The answer is complete and kept.
    Done {
        /// What it took.
        usage: Usage,
    },
    /// The answer ends here because of this; what came before stays.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    Reader,
    /// The product.
    Buddy,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All of it is there.
    Complete,
    /// The reader stopped it, or went away.
    Stopped,
    /// Something broke halfway.
    Failed,
}

/// What a reader thinks of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Thumbs up.
    Helpful,
    /// Thumbs down.
    NotHelpful,
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Up or down.
    pub verdict: Verdict,
    /// Why, in the reader's words; may be empty, at most [`Judgement::MAX_REASON_CHARS`].
    #[serde(default)]
    pub reason: String,
}

impl Judgement {
    /// The longest reason, in characters.
    pub const MAX_REASON_CHARS: usize = 1_000;
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// The text; Markdown where the Buddy wrote it.
    pub text: String,
    /// What an answer cites.
    pub citations: Vec<Citation>,
    /// How an answer ended.
    pub ending: Ending,
    /// Who wrote an answer: a model's name or `composer`; empty for a question.
    pub writer: String,
    /// What the reader thinks of it.
    pub judgement: Option<Judgement>,
    /// When it was written (UTC).
    pub written_at: Timestamp,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationHead {
    /// Its name.
    pub id: ConversationId,
    /// Its title: the first question's beginning until it is renamed.
    pub title: String,
    /// When something was last said in it (UTC).
    pub changed_at: Timestamp,
}

impl ConversationHead {
    /// The longest title, in characters.
    pub const MAX_TITLE_CHARS: usize = 120;
}

/// A whole conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Name, title and time.
    pub head: ConversationHead,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_of_eight_thousand_characters_is_taken_and_one_more_is_refused_with_its_length() {
        let longest = "é".repeat(QuestionText::MAX_CHARS);
        assert_eq!(QuestionText::parse(&longest).map(|text| text.as_str().chars().count()), Ok(8_000));
        let Err(Failure::Invalid { field, hint }) = QuestionText::parse(&format!("{longest}é")) else {
            panic!("it was taken");
        };
        assert_eq!(field, "question");
        assert!(hint.contains("8000") && hint.contains("8001"), "{hint}");
    }

    #[test]
    fn a_question_of_nothing_but_spaces_and_control_characters_is_empty() {
        assert!(QuestionText::parse(" \t\u{0}\u{7}\n ").is_err());
        assert_eq!(QuestionText::parse(" a\u{0}b\nc ").expect("text").as_str(), "ab\nc");
    }
}

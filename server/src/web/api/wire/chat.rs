//! What the API says about conversations and advice.

use domain::advice;
use domain::chat;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Horizon, Level};

/// A visitor's conversations.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationList {
    /// The newest first.
    pub conversations: Vec<ConversationHead>,
}

/// A conversation in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationHead {
    /// Its name.
    #[schema(example = "0197c2b1f0a87c3e9d2b6f4a5e8d1c70")]
    pub id: String,
    /// Its title.
    pub title: String,
    /// When something was last said in it (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When something was last said in it (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
}

/// A question or an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// Its name.
    pub id: String,
    /// `reader` or `buddy`.
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
    pub verdict: Option<Verdict>,
    /// When it was written (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Timestamp,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    Reader,
    /// The product.
    Buddy,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Thumbs up.
    Helpful,
    /// Thumbs down.
    NotHelpful,
}

/// Where a statement comes from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Citation {
    /// The number in the text: `[1]`.
    pub number: u32,
    /// What it is.
    pub title: String,
    /// What was given to the writer.
    pub excerpt: String,
    /// Who says so.
    pub source: String,
    /// Under which licence; empty for our own figures.
    pub licence: String,
    /// Where more of it is.
    pub url: Option<String>,
}

/// What to make of a forecast.
#[derive(Debug, Serialize, ToSchema)]
pub struct Advice {
    /// The trading pair.
    #[schema(example = "BTCUSDT")]
    pub symbol: String,
    /// How far ahead.
    pub horizon: Horizon,
    /// The end of the last candle that was read (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The end of the horizon (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// The risk, from where the forecast stands in the coin's own year.
    pub level: Level,
    /// How to stand: `steady`, `watchful`, `careful` or `defensive`.
    #[schema(value_type = String, example = "watchful")]
    pub stance: advice::Stance,
    /// How far to rely on it: `low`, `medium` or `high`.
    #[schema(value_type = String, example = "medium")]
    pub confidence: advice::Confidence,
    /// Two or three reasons, the strongest first.
    pub reasons: Vec<AdviceReason>,
    /// The one thing to do, as a code.
    #[schema(value_type = String, example = "check_position_size")]
    pub action: advice::Action,
    /// The one thing to do, in words.
    pub action_words: String,
    /// The whole in one or two sentences.
    pub summary: String,
    /// Who worded the summary: a model's name, or `rules`.
    pub worded_by: String,
    /// Always: `Information, not financial advice.`
    pub notice: &'static str,
}

/// A reason with its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceReason {
    /// The figures, with their kind.
    #[schema(value_type = Object)]
    pub evidence: advice::Fact,
    /// The reason in a sentence.
    pub words: String,
    /// Where the figures come from.
    pub source: String,
}

impl From<chat::ConversationHead> for ConversationHead {
    fn from(head: chat::ConversationHead) -> Self {
        Self { id: head.id.into(), title: head.title, changed_at: head.changed_at }
    }
}

impl From<chat::Conversation> for Conversation {
    fn from(conversation: chat::Conversation) -> Self {
        let chat::Conversation { head, messages } = conversation;
        Self {
            id: head.id.into(),
            title: head.title,
            changed_at: head.changed_at,
            messages: messages.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<chat::Message> for Message {
    fn from(message: chat::Message) -> Self {
        Self {
            id: message.id.into(),
            author: match message.author {
                chat::Author::Reader => Author::Reader,
                chat::Author::Buddy => Author::Buddy,
            },
            text: message.text,
            citations: message.citations.into_iter().map(Into::into).collect(),
            ending: match message.ending {
                chat::Ending::Complete => Ending::Complete,
                chat::Ending::Stopped => Ending::Stopped,
                chat::Ending::Failed => Ending::Failed,
            },
            writer: message.writer,
            verdict: message.judgement.map(|judgement| match judgement.verdict {
                chat::Verdict::Helpful => Verdict::Helpful,
                chat::Verdict::NotHelpful => Verdict::NotHelpful,
            }),
            written_at: message.written_at,
        }
    }
}

impl From<chat::Citation> for Citation {
    fn from(citation: chat::Citation) -> Self {
        let chat::Citation { number, title, excerpt, source, licence, url, .. } = citation;
        Self { number, title, excerpt, source, licence, url }
    }
}

impl From<Verdict> for chat::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Helpful => Self::Helpful,
            Verdict::NotHelpful => Self::NotHelpful,
        }
    }
}

impl From<advice::Advice> for Advice {
    fn from(advice: advice::Advice) -> Self {
        Self {
            symbol: advice.symbol.into(),
            horizon: advice.horizon.into(),
            as_of: advice.as_of,
            ends_at: advice.ends_at,
            level: advice.level.into(),
            stance: advice.stance,
            confidence: advice.confidence,
            reasons: advice
                .grounds
                .into_iter()
                .map(|ground| AdviceReason { evidence: ground.fact, words: ground.words, source: ground.source })
                .collect(),
            action: advice.action,
            action_words: advice.action_words,
            summary: advice.summary,
            worded_by: advice.worded_by,
            notice: "Information, not financial advice.",
        }
    }
}

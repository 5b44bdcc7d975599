//! A question with its answer.

use domain::chat::{Author, Citation, Ending, Judgement, Message, MessageId, Stage, Tool, Usage};
use domain::language::Language;
use leptos::prelude::*;

use crate::api::error::ApiError;

/// A question with its answer.
#[derive(Clone)]
pub(crate) struct Turn {
    /// Tells turns of a page apart.
    pub(crate) key: u32,
    /// What was asked.
    pub(crate) question: String,
    /// What was answered.
    pub(crate) answer: Answer,
}

/// An answer, kept or still being written.
#[derive(Clone)]
pub(crate) struct Answer {
    /// As much of its text as is shown, Markdown.
    pub(crate) text: ArcRwSignal<String>,
    /// How far it is.
    pub(crate) progress: ArcRwSignal<Progress>,
    /// What it may cite.
    pub(crate) citations: ArcRwSignal<Vec<Citation>>,
    /// What the reader thinks of it.
    pub(crate) judgement: ArcRwSignal<Option<Judgement>>,
}

/// How far an answer is, and what it took.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    /// Its name, once it has one.
    pub(crate) id: Option<MessageId>,
    /// Its language, where it is known.
    pub(crate) language: Option<Language>,
    /// Where it stands.
    pub(crate) state: State,
    /// What was looked up for it.
    pub(crate) tools: Vec<ToolUse>,
    /// What it took.
    pub(crate) usage: Usage,
}

/// Something that was looked up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolUse {
    /// What was asked.
    pub(crate) tool: Tool,
    /// The answer; none while it is awaited.
    pub(crate) result: Option<Option<String>>,
}

/// Where an answer stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State {
    /// Nothing of it is there yet.
    Waiting(Stage),
    /// It is being written.
    Writing,
    /// It is complete.
    Complete,
    /// The reader stopped it.
    Stopped,
    /// It ended halfway; why, where that is known.
    Failed(Option<ApiError>),
}

impl Default for State {
    fn default() -> Self {
        Self::Waiting(Stage::Searching)
    }
}

impl State {
    /// Whether more of the answer may come.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Waiting(_) | Self::Writing)
    }
}

impl Answer {
    /// An answer of which nothing is there yet.
    pub(crate) fn awaited() -> Self {
        Self::of(String::new(), Progress::default(), Vec::new(), None)
    }

    fn of(text: String, progress: Progress, citations: Vec<Citation>, judgement: Option<Judgement>) -> Self {
        Self {
            text: ArcRwSignal::new(text),
            progress: ArcRwSignal::new(progress),
            citations: ArcRwSignal::new(citations),
            judgement: ArcRwSignal::new(judgement),
        }
    }

    fn kept(message: Message) -> Self {
        let state = match message.ending {
            Ending::Complete => State::Complete,
            Ending::Stopped => State::Stopped,
            Ending::Failed => State::Failed(None),
        };
        let usage = Usage { writer: message.writer, ..Usage::default() };
        let progress = Progress { id: Some(message.id), state, usage, ..Progress::default() };
        Self::of(message.text, progress, message.citations, message.judgement)
    }

    /// Where a question has no answer.
    fn missing() -> Self {
        let progress = Progress { state: State::Failed(None), ..Progress::default() };
        Self::of(String::new(), progress, Vec::new(), None)
    }
}

/// The turns of a kept conversation, oldest first.
pub(crate) fn turns(messages: Vec<Message>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut is_answered = true;
    for message in messages {
        let key = turns.len() as u32;
        match message.author {
            Author::Reader => turns.push(Turn { key, question: message.text, answer: Answer::missing() }),
            Author::Buddy if is_answered => {
                turns.push(Turn { key, question: String::new(), answer: Answer::kept(message) });
                continue;
            }
            Author::Buddy => {
                if let Some(turn) = turns.last_mut() {
                    turn.answer = Answer::kept(message);
                }
                is_answered = true;
                continue;
            }
        }
        is_answered = false;
    }
    turns
}

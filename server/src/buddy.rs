//! The teaching agent: understands a question, asks the product and the library, and answers with evidence.
//!
//! ```text
//! question ─▶ understanding ─▶ tools, library ─▶ evidence ─▶ composer ─────────────▶ guard ─▶ reader
//!                                                     └────▶ language model ─────▶
//! ```
//!
//! Invariants: the reader's words alone decide which tools are asked. Whatever a language model writes passes the
//! guard ([`crate::grounding`]). The stream that the reader holds is what keeps the writer going: dropped, it stops.

use std::sync::Arc;

use domain::advice::Advice;
use domain::chat::{
    Author, Conversation, ConversationHead, ConversationId, Judgement, Message, MessageId, Question, VisitorId,
};
use domain::clock::Clock;
use domain::error::Failure;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use domain::ports::{Answer, AnswerStream, Buddy};
use domain::user::Role;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::config;
use crate::events::Events;
use crate::incident;
use crate::llm::ChatModel;
use crate::pace::Pace;
use crate::rag::Knowledge;
use crate::store::{Opened, Store, StoreError};

mod answering;
mod composer;
mod evidence;
pub mod figures;
mod pacing;
mod phrases;
mod prompt;
mod tools;
mod understanding;
mod vocabulary;
mod wording;

use answering::{Answering, Job};
use figures::Figures;
use tools::Toolbox;
use understanding::{Context, understand};
use wording::Wordings;

/// Characters of a question that become a conversation's title.
const TITLE_CHARS: usize = 60;

/// When to come back where too many answers are written at once, in seconds.
const BUSY_RETRY_S: u32 = 2;

/// What the agent is made of.
pub struct Parts {
    /// Where conversations are kept.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Forecasts and candles.
    pub figures: Arc<dyn Figures>,
    /// Mood, funding and news.
    pub events: Arc<Events>,
    /// The library.
    pub knowledge: Arc<dyn Knowledge>,
    /// A language model; the composer where there is none.
    pub writer: Option<Arc<dyn ChatModel>>,
}

/// The teaching agent.
pub struct TheBuddy {
    store: Store,
    toolbox: Toolbox,
    knowledge: Arc<dyn Knowledge>,
    writer: Option<Arc<dyn ChatModel>>,
    wordings: Option<Wordings>,
    places: Arc<Semaphore>,
    pace: Pace<VisitorId>,
    member_pace: Pace<VisitorId>,
}

impl TheBuddy {
    /// Puts the agent together.
    #[must_use]
    pub fn new(parts: Parts, settings: &config::Chat) -> Self {
        let Parts { store, clock, figures, events, knowledge, writer } = parts;
        Self {
            store,
            toolbox: Toolbox { figures, events, clock },
            knowledge,
            wordings: writer.clone().filter(|writer| !writer.is_experimental()).map(Wordings::new),
            writer,
            places: Arc::new(Semaphore::new(settings.answers_at_once as usize)),
            pace: Pace::a_minute(settings.questions_per_minute),
            member_pace: Pace::a_minute(settings.member_questions_per_minute),
        }
    }

    /// What to make of a coin's forecast.
    ///
    /// # Errors
    /// [`Failure::NotReady`] while there is no forecast, [`Failure::UnknownSymbol`] for a coin that we do not follow.
    pub async fn advice(&self, symbol: Symbol, horizon: Horizon, language: Language) -> Result<Advice, Failure> {
        let advice = self.toolbox.advice(&symbol, horizon, language).await?;
        Ok(match &self.wordings {
            Some(wordings) => wordings.best(advice, language),
            None => advice,
        })
    }

    async fn start_answer(
        &self,
        visitor: VisitorId,
        role: Role,
        question: Question,
    ) -> Result<Box<dyn AnswerStream>, Failure> {
        if role >= Role::Member { &self.member_pace } else { &self.pace }.keep(&visitor)?;
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| Failure::Busy { retry_after_s: BUSY_RETRY_S })?;
        let earlier = self.earlier(&visitor, &question).await?;
        let asked: Vec<String> = earlier
            .iter()
            .filter(|message| message.author == Author::Reader)
            .map(|message| message.text.clone())
            .collect();
        let context = Context { page_language: question.language, about: question.about.as_ref(), earlier: &asked };
        let understood = understand(&question.text, &context);
        let opened = self.opened(&question);
        let (conversation, message) = (opened.conversation.clone(), opened.answer.clone());
        if !self.store.open_answer(&visitor, &opened).await.map_err(internal)? {
            return Err(Failure::UnknownConversation);
        }
        Ok(Box::new(Answering::start(Job {
            conversation,
            message,
            question: question.text.into(),
            understood,
            earlier,
            toolbox: self.toolbox.clone(),
            knowledge: Arc::clone(&self.knowledge),
            writer: self.writer.clone(),
            store: self.store.clone(),
            place,
        })))
    }

    /// What was said before in the conversation, up to the question whose answer is to be written again.
    async fn earlier(&self, visitor: &VisitorId, question: &Question) -> Result<Vec<Message>, Failure> {
        let Some(id) = &question.conversation else { return Ok(Vec::new()) };
        let kept = self.store.conversation(visitor, id).await.map_err(internal)?;
        let mut messages = kept.ok_or(Failure::UnknownConversation)?.messages;
        if let Some(replaced) = &question.instead_of {
            let at = messages.iter().position(|message| message.id == *replaced).ok_or(Failure::UnknownConversation)?;
            // Its question stands right before it and is asked again.
            messages.truncate(at.saturating_sub(1));
        }
        Ok(messages)
    }

    fn opened(&self, question: &Question) -> Opened {
        let text = question.text.as_str();
        let is_again = question.instead_of.is_some() && question.conversation.is_some();
        Opened {
            conversation: question.conversation.clone().unwrap_or_else(|| ConversationId::from_bits(new_name())),
            title: title_of(text),
            question: (!is_again).then(|| (MessageId::from_bits(new_name()), text.to_owned())),
            answer: MessageId::from_bits(new_name()),
            instead_of: question.instead_of.clone().filter(|_| is_again),
            at: self.toolbox.clock.now(),
        }
    }
}

/// A name that sorts by time and that nobody guesses.
fn new_name() -> u128 {
    Uuid::now_v7().as_u128()
}

/// The first words of a question.
fn title_of(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARS).collect();
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words}…")
}

impl Buddy for TheBuddy {
    fn ask(&self, visitor: VisitorId, role: Role, question: Question) -> Answer<'_, Box<dyn AnswerStream>> {
        Box::pin(self.start_answer(visitor, role, question))
    }

    fn conversations(&self, visitor: VisitorId) -> Answer<'_, Vec<ConversationHead>> {
        Box::pin(async move { self.store.conversations(&visitor).await.map_err(internal) })
    }

    fn conversation(&self, visitor: VisitorId, id: ConversationId) -> Answer<'_, Conversation> {
        Box::pin(async move {
            self.store.conversation(&visitor, &id).await.map_err(internal)?.ok_or(Failure::UnknownConversation)
        })
    }

    fn rename(&self, visitor: VisitorId, id: ConversationId, title: String) -> Answer<'_, ConversationHead> {
        Box::pin(async move {
            let title = parse_title(&title)?;
            if !self.store.rename_conversation(&visitor, &id, &title).await.map_err(internal)? {
                return Err(Failure::UnknownConversation);
            }
            Ok(self.conversation(visitor, id).await?.head)
        })
    }

    fn delete(&self, visitor: VisitorId, id: ConversationId) -> Answer<'_, ()> {
        Box::pin(async move { self.store.delete_conversation(&visitor, &id).await.map_err(internal) })
    }

    fn judge(&self, visitor: VisitorId, message: MessageId, judgement: Judgement) -> Answer<'_, ()> {
        Box::pin(async move {
            let chars = judgement.reason.chars().count();
            if chars > Judgement::MAX_REASON_CHARS {
                let hint = format!("must be at most {} characters", Judgement::MAX_REASON_CHARS);
                return Err(Failure::invalid("reason", hint));
            }
            let kept = self.store.judge_answer(&visitor, &message, &judgement, self.toolbox.clock.now()).await;
            if kept.map_err(internal)? { Ok(()) } else { Err(Failure::UnknownConversation) }
        })
    }
}

/// A title without line breaks, not empty and not too long.
fn parse_title(text: &str) -> Result<String, Failure> {
    let title: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let title = title.trim();
    if title.is_empty() || title.chars().count() > ConversationHead::MAX_TITLE_CHARS {
        let hint = format!("must have 1 to {} characters", ConversationHead::MAX_TITLE_CHARS);
        return Err(Failure::invalid("title", hint));
    }
    Ok(title.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "it ends a chain of map_err")]
fn internal(error: StoreError) -> Failure {
    incident::report(&error)
}

//! The life of a conversation on a page: asking, reading the answer's stream, showing it at a steady pace, stopping.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use domain::chat::{ChatEvent, Conversation, ConversationId, FrameDecoder, Question, QuestionText};
use domain::language::Language;
use domain::market::Symbol;
use futures::StreamExt;
use futures::future::{AbortHandle, Abortable, join};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::speech::Speech;
use super::turn::{Answer, State, ToolUse, Turn, turns};
use super::typewriter::Typewriter;
use crate::api::{self, error::ApiError};
use crate::browser::{self, Follower};

/// The conversation of a page.
#[derive(Clone, Copy)]
pub(crate) struct Chat {
    /// What was asked and answered, oldest first.
    pub(crate) turns: RwSignal<Vec<Turn>>,
    /// The conversation's name; none before the first question.
    pub(crate) conversation: RwSignal<Option<ConversationId>>,
    /// Whether an answer is being written.
    pub(crate) is_busy: RwSignal<bool>,
    /// Whether the end is kept in sight.
    pub(crate) follows: RwSignal<bool>,
    /// Whole sentences of the newest answer, for whoever listens.
    pub(crate) spoken: RwSignal<Vec<String>>,
    /// Grows whenever the list of conversations may have changed.
    pub(crate) revision: RwSignal<u32>,
    language: Language,
    follower: StoredValue<Option<Arc<Follower>>>,
    abort: StoredValue<Option<AbortHandle>>,
}

/// How the reading of a stream ended.
enum End {
    Done,
    Failed(ApiError),
}

/// Text on its way to the page.
type Writer = Rc<RefCell<Typewriter>>;

impl Chat {
    /// An empty conversation. Leaving the page stops an answer that is being written.
    pub(crate) fn new(language: Language) -> Self {
        let chat = Self {
            turns: RwSignal::new(Vec::new()),
            conversation: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            follows: RwSignal::new(true),
            spoken: RwSignal::new(Vec::new()),
            revision: RwSignal::new(0),
            language,
            follower: StoredValue::new(None),
            abort: StoredValue::new(None),
        };
        on_cleanup(move || chat.stop());
        chat
    }

    /// Shows a kept conversation, or an empty one.
    pub(crate) fn open(self, conversation: Option<Conversation>) {
        self.stop();
        self.spoken.set(Vec::new());
        self.conversation.set(conversation.as_ref().map(|conversation| conversation.head.id.clone()));
        self.turns.set(conversation.map(|conversation| turns(conversation.messages)).unwrap_or_default());
    }

    /// Keeps the end of the conversation in sight as soon as the browser has it.
    pub(crate) fn follow(self, end: NodeRef<Div>) {
        Effect::new(move |_| {
            let Some(end) = end.get() else { return };
            let on_change = move |follows| {
                self.follows.try_set(follows);
            };
            self.follower.set_value(Follower::watch(&end, on_change).map(Arc::new));
        });
    }

    /// Goes to the end.
    pub(crate) fn jump(self) {
        if let Some(Some(follower)) = self.follower.try_get_value() {
            follower.jump();
        }
    }

    /// Keeps the end in sight, if it is followed.
    fn stick(self) {
        if let Some(Some(follower)) = self.follower.try_get_value() {
            follower.stick();
        }
    }

    /// Asks a question.
    pub(crate) fn ask(self, text: QuestionText, about: Option<Symbol>) {
        let turn = self.turns.with_untracked(|turns| {
            let key = turns.last().map_or(0, |turn| turn.key + 1);
            Turn { key, question: text.as_str().to_owned(), answer: Answer::awaited() }
        });
        let answer = turn.answer.clone();
        self.turns.update(|turns| turns.push(turn));
        let question = Question {
            text,
            conversation: self.conversation.get_untracked(),
            language: self.language,
            about,
            instead_of: None,
        };
        self.run(question, answer);
    }

    /// Asks the last question once more; the new answer takes the old one's place.
    pub(crate) fn ask_again(self) {
        let Some(last) = self.turns.with_untracked(|turns| turns.last().cloned()) else { return };
        let Ok(text) = QuestionText::parse(&last.question) else { return };
        let answer = Answer::awaited();
        let question = Question {
            text,
            conversation: self.conversation.get_untracked(),
            language: self.language,
            about: None,
            instead_of: last.answer.progress.with_untracked(|progress| progress.id.clone()),
        };
        let turn = Turn { key: last.key + 1, question: last.question, answer: answer.clone() };
        self.turns.update(|turns| {
            turns.pop();
            turns.push(turn);
        });
        self.run(question, answer);
    }

    /// Stops the answer that is being written: its connection closes at once.
    pub(crate) fn stop(self) {
        if let Some(Some(abort)) = self.abort.try_get_value() {
            abort.abort();
        }
    }

    fn run(self, question: Question, answer: Answer) {
        // Whoever asks wants to see the answer, wherever he was reading.
        self.jump();
        self.stop();
        let (abort, registration) = AbortHandle::new_pair();
        self.abort.set_value(Some(abort));
        self.spoken.set(Vec::new());
        self.is_busy.set(true);
        self.jump();
        spawn_local(async move {
            let writer = Writer::default();
            let reading = async {
                let reading = Abortable::new(self.read(question, &answer, &writer), registration);
                let state = match reading.await {
                    Ok(End::Done) => State::Complete,
                    Ok(End::Failed(error)) => State::Failed(Some(error)),
                    Err(_) => State::Stopped,
                };
                if state == State::Complete {
                    writer.borrow_mut().finish();
                } else {
                    writer.borrow_mut().end();
                }
                state
            };
            let (state, ()) = join(reading, self.show(&answer, &writer)).await;
            answer.progress.update(|progress| progress.state = state);
            self.settle();
            // What came last, and the buttons below it, are in the page by the next frame: on a busy machine that is
            // more than a screen.
            browser::next_frame().await;
            self.stick();
        });
    }

    /// Afterwards: the next question may be asked, and the list has another order.
    fn settle(self) {
        // Another answer may have begun, or the page may have gone.
        let is_open = |turns: &Vec<Turn>| {
            turns.last().is_some_and(|turn| turn.answer.progress.with_untracked(|progress| progress.state.is_open()))
        };
        if self.turns.try_with_untracked(is_open) == Some(false) {
            self.is_busy.try_set(false);
        }
        self.revision.try_update(|revision| *revision += 1);
    }

    /// Reads the stream of an answer to its end.
    async fn read(self, question: Question, answer: &Answer, writer: &Writer) -> End {
        let mut chunks = match api::chat::ask(question).await {
            Ok(stream) => Box::pin(stream.into_inner()),
            Err(error) => return End::Failed(error),
        };
        let mut decoder = FrameDecoder::default();
        let mut speech = Speech::default();
        while let Some(Ok(chunk)) = chunks.next().await {
            let Ok(frames) = decoder.push(&chunk) else { break };
            for frame in frames {
                let Ok(event) = serde_json::from_str(&frame) else { return End::Failed(ApiError::Transport) };
                let end = self.take(event, answer, writer, &mut speech);
                if let Some(end) = end {
                    self.say(speech.finish());
                    return end;
                }
            }
        }
        // Neither a last event nor a whole frame: the connection was cut.
        End::Failed(ApiError::Transport)
    }

    /// Takes one event; returns the end where it is one.
    fn take(self, event: ChatEvent, answer: &Answer, writer: &Writer, speech: &mut Speech) -> Option<End> {
        let progress = &answer.progress;
        match event {
            ChatEvent::Started { conversation, message, language } => {
                progress.update(|progress| {
                    progress.id = Some(message);
                    progress.language = Some(language);
                });
                if self.conversation.try_get_untracked().flatten().as_ref() != Some(&conversation) {
                    self.conversation.try_set(Some(conversation));
                    self.revision.try_update(|revision| *revision += 1);
                }
            }
            ChatEvent::Status { stage } => progress.update(|progress| {
                if matches!(progress.state, State::Waiting(_)) {
                    progress.state = State::Waiting(stage);
                }
            }),
            ChatEvent::Citation(citation) => answer.citations.update(|all| all.push(citation)),
            ChatEvent::ToolCall { tool } => {
                progress.update(|progress| progress.tools.push(ToolUse { tool, result: None }));
            }
            ChatEvent::ToolResult { tool, summary } => progress.update(|progress| {
                match progress.tools.iter_mut().rfind(|one| one.tool == tool && one.result.is_none()) {
                    Some(asked) => asked.result = Some(summary),
                    None => progress.tools.push(ToolUse { tool, result: Some(summary) }),
                }
            }),
            ChatEvent::Token { text } => {
                writer.borrow_mut().push(&text);
                self.say(speech.push(&text));
            }
            ChatEvent::Done { usage } => {
                progress.update(|progress| progress.usage = usage);
                return Some(End::Done);
            }
            ChatEvent::Failed { failure } => return Some(End::Failed(failure.into())),
        }
        None
    }

    /// Shows what has arrived at a steady pace until all is shown and nothing more will come.
    async fn show(self, answer: &Answer, writer: &Writer) {
        let is_still = browser::prefers_stillness();
        let mut before = browser::next_frame().await;
        loop {
            let now = browser::next_frame().await;
            let (piece, is_finished) = {
                let mut writer = writer.borrow_mut();
                let piece = if is_still { writer.rest() } else { writer.after(now - before) };
                (piece, writer.is_finished())
            };
            before = now;
            if !piece.is_empty() {
                if answer.progress.with_untracked(|progress| progress.state != State::Writing) {
                    answer.progress.update(|progress| progress.state = State::Writing);
                }
                answer.text.update(|text| text.push_str(&piece));
            }
            self.stick();
            if is_finished {
                return;
            }
        }
    }

    fn say(self, sentences: Option<String>) {
        if let Some(sentences) = sentences {
            self.spoken.try_update(|spoken| spoken.push(sentences));
        }
    }
}

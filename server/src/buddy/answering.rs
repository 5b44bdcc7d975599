//! Writes one answer, event by event, and keeps it as far as it came.
//!
//! The worker is a future inside the stream that the reader holds, never a task of its own: dropped, it stops at once,
//! and with it the language model. A slow reader slows the writer: the channel between them is short.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use domain::chat::{ChatEvent, Citation, ConversationId, Ending, Message, MessageId, Stage, Tool, Usage};
use domain::error::Failure;
use domain::ports::AnswerStream;
use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::composer::{compose, passages_shown};
use super::evidence::Evidence;
use super::pacing::Pacing;
use super::tools::{Toolbox, plan};
use super::understanding::Understanding;
use super::{phrases, prompt};
use crate::grounding::{self, Guard};
use crate::llm::{ChatModel, LlmError, Piece, Prompt};
use crate::rag::Knowledge;
use crate::store::{Store, Written};

/// Events between writer and reader; more make the writer wait.
const READ_AHEAD: usize = 32;

/// Passages that an answer may rest on.
const MOST_PASSAGES: usize = 4;

/// When to ask again after a language model broke off, in seconds.
const WRITER_RETRY_S: u32 = 5;

/// Who the answers of the composer are signed by.
pub(super) const COMPOSER: &str = "composer";

/// What an answer needs.
pub(super) struct Job {
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) question: String,
    pub(super) understood: Understanding,
    /// What was said before, oldest first.
    pub(super) earlier: Vec<Message>,
    pub(super) toolbox: Toolbox,
    pub(super) knowledge: Arc<dyn Knowledge>,
    pub(super) writer: Option<Arc<dyn ChatModel>>,
    pub(super) store: Store,
    pub(super) place: OwnedSemaphorePermit,
}

/// An answer as far as it came.
#[derive(Debug, Default)]
struct Record {
    text: String,
    citations: Vec<Citation>,
    usage: Usage,
    is_kept: bool,
}

/// The stream that the reader holds.
pub(super) struct Answering {
    worker: Option<BoxFuture<'static, ()>>,
    events: mpsc::Receiver<ChatEvent>,
    record: Arc<Mutex<Record>>,
    message: MessageId,
    store: Store,
    _place: OwnedSemaphorePermit,
}

/// What the worker writes with.
struct Pen {
    events: mpsc::Sender<ChatEvent>,
    record: Arc<Mutex<Record>>,
    started: Instant,
}

/// How a language model ended.
enum Wrote {
    /// Everything, or as much of it as the evidence holds.
    All,
    /// Not a word: somebody else may answer.
    Nothing,
    /// It broke off after some words.
    BrokeOff,
}

impl Answering {
    pub(super) fn start(job: Job) -> Self {
        let (sender, events) = mpsc::channel(READ_AHEAD);
        let record = Arc::new(Mutex::new(Record::default()));
        let pen = Pen { events: sender, record: Arc::clone(&record), started: Instant::now() };
        let Job { conversation, message, question, understood, earlier, toolbox, knowledge, writer, store, place } =
            job;
        let (kept_in, kept_as) = (store.clone(), message.clone());
        let worker = Box::pin(async move {
            pen.send(ChatEvent::Started { conversation, message: message.clone(), language: understood.language })
                .await;
            let work = Work { question, understood, earlier, toolbox, knowledge, writer };
            let ending = work.answer(&pen).await;
            pen.finish(&store, message, ending).await;
        });
        Self { worker: Some(worker), events, record, message: kept_as, store: kept_in, _place: place }
    }
}

impl AnswerStream for Answering {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ChatEvent>> + Send + '_>> {
        Box::pin(async move {
            if let Some(worker) = &mut self.worker {
                tokio::select! {
                    biased;
                    Some(event) = self.events.recv() => return Some(event),
                    () = worker => {}
                }
                self.worker = None;
            }
            self.events.recv().await
        })
    }
}

impl Drop for Answering {
    /// Keeps what was written before the reader stopped it or went away.
    fn drop(&mut self) {
        let record = std::mem::take(&mut *self.record.lock().unwrap_or_else(PoisonError::into_inner));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if record.is_kept {
            return;
        }
        let (store, message) = (self.store.clone(), self.message.clone());
        runtime.spawn(async move {
            keep(&store, message, record, Ending::Stopped).await;
        });
    }
}

async fn keep(store: &Store, message: MessageId, record: Record, ending: Ending) {
    let Record { text, citations, usage, .. } = record;
    if let Err(error) = store.close_answer(&Written { message, text, citations, ending, usage }).await {
        tracing::error!(error = %error, "An answer could not be kept");
    }
}

impl Pen {
    async fn send(&self, event: ChatEvent) {
        // Where the reader has gone the worker is about to be dropped with him.
        let _ = self.events.send(event).await;
    }

    fn record<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn write(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.record(|record| record.text.push_str(text));
        self.send(ChatEvent::Token { text: text.to_owned() }).await;
    }

    /// Writes a text that is there already, word by word, as a model would.
    async fn write_words(&self, text: &str) {
        for words in text.split_inclusive(' ') {
            self.write(words).await;
        }
    }

    async fn cite(&self, citation: &Citation) {
        self.record(|record| record.citations.push(citation.clone()));
        self.send(ChatEvent::Citation(citation.clone())).await;
    }

    async fn finish(&self, store: &Store, message: MessageId, ending: Ending) {
        let took_ms = u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX);
        let record = self.record(|record| {
            record.usage.took_ms = took_ms;
            record.is_kept = true;
            std::mem::replace(record, Record { is_kept: true, ..Record::default() })
        });
        let usage = record.usage.clone();
        keep(store, message, record, ending).await;
        let last = match ending {
            Ending::Failed => {
                ChatEvent::Failed { failure: Failure::WriterUnavailable { retry_after_s: WRITER_RETRY_S } }
            }
            Ending::Complete | Ending::Stopped => ChatEvent::Done { usage },
        };
        self.send(last).await;
    }
}

/// What the worker works on.
struct Work {
    question: String,
    understood: Understanding,
    earlier: Vec<Message>,
    toolbox: Toolbox,
    knowledge: Arc<dyn Knowledge>,
    writer: Option<Arc<dyn ChatModel>>,
}

impl Work {
    async fn answer(&self, pen: &Pen) -> Ending {
        let mut evidence = Evidence::default();
        self.ask_tools(pen, &mut evidence).await;
        self.search(pen, &mut evidence).await;
        pen.send(ChatEvent::Status { stage: Stage::Writing }).await;
        let composed = compose(&self.understood, &evidence, self.knowledge.glossary());
        match &self.writer {
            // Nothing is known: there is nothing that a model could add but inventions.
            Some(writer) if !evidence.is_empty() => self.with_model(pen, writer.as_ref(), &evidence, &composed).await,
            _ => {
                self.composed(pen, &composed).await;
                Ending::Complete
            }
        }
    }

    async fn ask_tools(&self, pen: &Pen, evidence: &mut Evidence) {
        let tools = plan(&self.understood);
        if tools.is_empty() {
            return;
        }
        pen.send(ChatEvent::Status { stage: Stage::Asking }).await;
        for tool in &tools {
            pen.send(ChatEvent::ToolCall { tool: tool.clone() }).await;
        }
        let language = self.understood.language;
        let answers = futures::future::join_all(tools.iter().map(|tool| self.toolbox.ask(tool, language))).await;
        let simulated = self.toolbox.figures.is_simulated();
        for (tool, finding) in tools.into_iter().zip(answers) {
            let summary = finding.as_ref().map(|finding| finding.summary(language));
            pen.send(ChatEvent::ToolResult { tool: tool.clone(), summary }).await;
            match finding {
                None => evidence.unavailable.push(tool),
                Some(finding) => {
                    if let Some(citation) = evidence.add_finding(finding, language, simulated) {
                        pen.cite(citation).await;
                    }
                }
            }
        }
    }

    /// Asks the library, unless the question is one of figures alone or of courtesy.
    async fn search(&self, pen: &Pen, evidence: &mut Evidence) {
        let wants = self.understood.wants;
        if wants.courtesy || wants.figures() && !wants.meaning {
            return;
        }
        pen.send(ChatEvent::Status { stage: Stage::Searching }).await;
        let language = self.understood.language;
        let found = self.knowledge.search(&self.understood.library_question, language, MOST_PASSAGES).await;
        let mut hits = found.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "The library could not be searched");
            Vec::new()
        });
        if self.writer.as_ref().is_none_or(|writer| writer.is_experimental()) {
            // The composer cites what it shows; a list of sources that were not used would be noise.
            let scores: Vec<f32> = hits.iter().map(|hit| hit.score).collect();
            hits.truncate(passages_shown(&scores, &self.understood.library_question));
        }
        let summary = hits.first().map(|hit| hit.passage.title.clone());
        pen.send(ChatEvent::ToolResult { tool: Tool::Glossary, summary }).await;
        for hit in hits {
            let citation = evidence.add_passage(hit, self.knowledge.glossary(), language);
            pen.cite(citation).await;
        }
    }

    async fn composed(&self, pen: &Pen, text: &str) {
        pen.record(|record| COMPOSER.clone_into(&mut record.usage.writer));
        pen.write_words(text).await;
    }

    async fn with_model(&self, pen: &Pen, writer: &dyn ChatModel, evidence: &Evidence, composed: &str) -> Ending {
        let language = self.understood.language;
        if writer.is_experimental() {
            self.composed(pen, composed).await;
            let facts = grounding::Evidence::new(std::iter::once(composed));
            let lead = format!("\n\n{} ", phrases::experiment(language, writer.name()));
            // The answer stands already: whatever becomes of the experiment, it is complete.
            self.dictate(pen, writer, prompt::in_other_words(composed, language), Guard::new(facts, 0), &lead).await;
            return Ending::Complete;
        }
        pen.record(|record| writer.name().clone_into(&mut record.usage.writer));
        let facts = grounding::Evidence::new(
            evidence
                .citations
                .iter()
                .flat_map(|c| [c.title.as_str(), c.excerpt.as_str()])
                .chain([self.question.as_str(), composed]),
        );
        let given = u32::try_from(evidence.citations.len()).unwrap_or(u32::MAX);
        let prompt = prompt::answer(&self.question, &self.understood, evidence, &self.earlier);
        match self.dictate(pen, writer, prompt, Guard::new(facts, given), "").await {
            Wrote::All => Ending::Complete,
            Wrote::BrokeOff => Ending::Failed,
            Wrote::Nothing => {
                self.composed(pen, composed).await;
                Ending::Complete
            }
        }
    }

    /// Lets a model write, through the guard. `lead` stands before its first words.
    async fn dictate(&self, pen: &Pen, writer: &dyn ChatModel, prompt: Prompt, mut guard: Guard, lead: &str) -> Wrote {
        let failed =
            |error: &LlmError| tracing::warn!(model = writer.name(), error = %error, "The language model failed");
        let mut writing = match writer.write(prompt).await {
            Ok(writing) => writing,
            Err(error) => {
                failed(&error);
                return Wrote::Nothing;
            }
        };
        let (mut words, mut is_broken) = (Words::new(lead), false);
        loop {
            let piece = tokio::select! {
                biased;
                word = words.next() => {
                    pen.write(&word).await;
                    continue;
                }
                piece = writing.next() => piece,
            };
            match piece {
                None => break,
                Some(Ok(Piece::Text(text))) => words.release(&guard.push(&text)),
                Some(Ok(Piece::Usage { prompt_tokens, answer_tokens })) => pen.record(|record| {
                    record.usage.prompt_tokens = prompt_tokens;
                    record.usage.answer_tokens = answer_tokens;
                }),
                Some(Err(error)) => {
                    failed(&error);
                    is_broken = true;
                    break;
                }
            }
        }
        words.release(&guard.finish());
        words.pacing.end();
        while words.pacing.due(Instant::now()).is_some() {
            pen.write(&words.next().await).await;
        }
        pen.record(|record| record.usage.dropped_sentences = guard.dropped());
        match (words.has_begun(), is_broken) {
            (false, _) => Wrote::Nothing,
            (true, false) => Wrote::All,
            (true, true) => Wrote::BrokeOff,
        }
    }
}

/// What the guard let through and is not shown yet.
struct Words<'a> {
    /// Stands before the first words.
    lead: Option<&'a str>,
    pacing: Pacing,
}

impl<'a> Words<'a> {
    fn new(lead: &'a str) -> Self {
        Self { lead: Some(lead), pacing: Pacing::default() }
    }

    /// Whether there was anything to show.
    const fn has_begun(&self) -> bool {
        self.lead.is_none()
    }

    fn release(&mut self, text: &str) {
        self.pacing.hear(Instant::now());
        if !self.has_begun() && text.trim().is_empty() {
            return;
        }
        self.pacing.add(self.lead.take().unwrap_or_default());
        self.pacing.add(text);
    }

    /// The next word when it is due; never where there is none.
    async fn next(&mut self) -> String {
        match self.pacing.due(Instant::now()) {
            Some(due) => tokio::time::sleep_until(due.into()).await,
            None => std::future::pending().await,
        }
        self.pacing.take(Instant::now())
    }
}

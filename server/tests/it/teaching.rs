//! What the teaching agent of a test is made of: the real glossary, passages of the test's own, a scripted model.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::clock::Clock;
use domain::error::Failure;
use domain::forecast::{Forecast, Horizon};
use domain::language::Language;
use domain::market::{CandleSeries, Symbol};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use server::buddy::figures::Figures;
use server::buddy::{Parts, TheBuddy};
use server::config::Settings;
use server::events::Events;
use server::llm::{ChatModel, LlmError, Piece, Prompt, Writing};
use server::rag::glossary::Glossary;
use server::rag::{Hit, Knowledge, Passage, RagError};
use server::store::Store;

use crate::buddy::made_up_forecast;

/// What the agent is given.
#[derive(Default)]
pub(crate) struct Teaching {
    /// Passages beside the glossary.
    pub(crate) passages: Vec<Passage>,
    /// A language model; the composer where there is none.
    pub(crate) writer: Option<Arc<dyn ChatModel>>,
}

impl Teaching {
    /// With a language model that does as it is told.
    pub(crate) fn by(writer: &Arc<ToldModel>) -> Self {
        Self { writer: Some(Arc::clone(writer) as Arc<dyn ChatModel>), ..Self::default() }
    }

    pub(crate) fn buddy(self, store: Store, clock: &Arc<dyn Clock>, settings: &Settings) -> TheBuddy {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/glossary");
        let glossary = Glossary::read(&folder).expect("the glossary that ships");
        let parts = Parts {
            store,
            clock: Arc::clone(clock),
            figures: Arc::new(MadeUpFigures),
            events: Arc::new(Events::new(&settings.events, false, Arc::clone(clock))),
            knowledge: Arc::new(Shelf { glossary, passages: self.passages }),
            writer: self.writer,
        };
        TheBuddy::new(parts, &settings.chat)
    }
}

struct MadeUpFigures;

impl Figures for MadeUpFigures {
    fn forecast(&self, symbol: &Symbol, horizon: Horizon) -> Result<Forecast, Failure> {
        symbol.coin().map_or_else(
            || Err(Failure::unknown_symbol(symbol.as_str())),
            |_| Ok(made_up_forecast(symbol.clone(), horizon)),
        )
    }

    fn candles(&self, _symbol: &Symbol) -> Option<Arc<CandleSeries>> {
        let mut series = CandleSeries::default();
        for candle in crate::buddy::hours(40 * 24) {
            series.push(&candle);
        }
        Some(Arc::new(series))
    }

    fn is_simulated(&self) -> bool {
        false
    }
}

/// A library that finds what is named in the question, and nothing cleverer.
struct Shelf {
    glossary: Glossary,
    passages: Vec<Passage>,
}

impl Knowledge for Shelf {
    fn search<'a>(
        &'a self,
        question: &'a str,
        language: Language,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, RagError>> {
        let question = question.to_lowercase();
        let of_the_glossary = self.glossary.entries().iter().filter_map(|entry| {
            let text = entry.text(language);
            question.contains(&text.name.to_lowercase()).then(|| Passage {
                id: entry.id.clone(),
                term: Some(entry.id.clone()),
                title: text.name.clone(),
                names: Vec::new(),
                asked: Vec::new(),
                text: text.definition.clone(),
                language,
                source: "InvestBuddy glossary".to_owned(),
                licence: "MIT OR Apache-2.0".to_owned(),
            })
        });
        let of_the_test =
            self.passages.iter().filter(|passage| question.contains(&passage.title.to_lowercase())).cloned();
        let mut found: Vec<Passage> = of_the_test.chain(of_the_glossary).collect();
        // The longest name is the most exact one: "realised volatility" before "volatility".
        found.sort_by_key(|passage| std::cmp::Reverse(passage.title.len()));
        found.truncate(limit);
        let hits = found.into_iter().map(|passage| Hit { passage: Arc::new(passage), score: 0.9 }).collect();
        Box::pin(async move { Ok(hits) })
    }

    fn glossary(&self) -> &Glossary {
        &self.glossary
    }
}

/// One step of what a [`ToldModel`] does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Writes this.
    Say(&'static str),
    /// Writes nothing for some milliseconds.
    Wait(u64),
    /// Breaks off.
    Fail,
}

/// A language model that does as it is told, and remembers what it was asked and when it was stopped.
pub(crate) struct ToldModel {
    steps: Vec<Step>,
    pub(crate) prompts: Mutex<Vec<Prompt>>,
    stopped_at: Arc<Mutex<Option<Instant>>>,
}

impl ToldModel {
    pub(crate) fn new(steps: Vec<Step>) -> Arc<Self> {
        Arc::new(Self { steps, prompts: Mutex::default(), stopped_at: Arc::default() })
    }

    /// Waits until the model is stopped, for at most five seconds.
    pub(crate) async fn until_stopped(&self) -> Instant {
        for _ in 0..500 {
            if let Some(at) = *self.stopped_at.lock().expect("a lock") {
                return at;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the model goes on writing");
    }
}

/// Notes when what holds it goes away.
struct NotesItsEnd(Arc<Mutex<Option<Instant>>>);

impl Drop for NotesItsEnd {
    fn drop(&mut self) {
        *self.0.lock().expect("a lock") = Some(Instant::now());
    }
}

impl ChatModel for ToldModel {
    fn name(&self) -> &str {
        "told"
    }

    fn write(&self, prompt: Prompt) -> BoxFuture<'_, Result<Writing, LlmError>> {
        self.prompts.lock().expect("a lock").push(prompt);
        let broken = || LlmError::Unreachable { cause: "the line was cut; key sk-secret".to_owned() };
        if matches!(self.steps.first(), Some(Step::Fail)) {
            return Box::pin(async move { Err(broken()) });
        }
        let end = NotesItsEnd(Arc::clone(&self.stopped_at));
        let pieces = stream::iter(self.steps.clone()).filter_map(move |step| {
            let _held = &end;
            async move {
                match step {
                    Step::Say(text) => Some(Ok(Piece::Text(text.to_owned()))),
                    Step::Wait(ms) => {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        None
                    }
                    Step::Fail => Some(Err(broken())),
                }
            }
        });
        Box::pin(async move { Ok(pieces.boxed()) })
    }
}

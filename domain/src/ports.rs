//! What the outside may ask of the product, as one object-safe trait.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::advice::Advice;
use crate::chart::{ChartQuery, ChartSlice};
use crate::chat::{
    ChatEvent, Conversation, ConversationHead, ConversationId, Judgement, MessageId, Question, VisitorId,
};
use crate::error::Failure;
use crate::evaluation::{HowGood, JudgedModel};
use crate::forecast::{Forecast, Horizon};
use crate::language::Language;
use crate::market::{Candle, MarketState, Symbol};
use crate::model::{ModelCard, Version};
use crate::overview::{CoinDetail, Overview};
use crate::user::Role;

/// An answer that takes a moment.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// A forecast for a coin that we follow, or for candles that the caller brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictRequest {
    /// The coin; with candles of the caller's own, only a name for the answer.
    pub symbol: Symbol,
    /// The horizon.
    #[serde(default)]
    pub horizon: Horizon,
    /// The caller's own hourly candles, oldest first; ours where none.
    #[serde(default)]
    pub candles: Option<Vec<Candle>>,
}

/// Which stored candles are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct CandleQuery {
    /// The coin.
    pub symbol: Symbol,
    /// Only hours that begin at or after this epoch second.
    pub from_s: Option<i64>,
    /// Only hours that begin before this epoch second.
    pub to_s: Option<i64>,
    /// How many at most; the newest ones win.
    pub limit: u32,
}

impl CandleQuery {
    /// The most candles in one answer.
    pub const MAX_CANDLES: u32 = 5_000;
}

/// What the pages and the API may ask for. The server has the one real implementation.
pub trait Desk: Send + Sync + 'static {
    /// Everything on the first page.
    fn overview(&self) -> Answer<'_, Overview>;

    /// Everything on a coin's page except the chart.
    fn coin(&self, symbol: Symbol) -> Answer<'_, CoinDetail>;

    /// A slice of a coin's history for the chart.
    fn chart(&self, query: ChartQuery) -> Answer<'_, ChartSlice>;

    /// The newest forecasts of every coin that has one.
    fn forecasts(&self) -> Answer<'_, Vec<Forecast>>;

    /// The newest forecast of one coin.
    fn forecast(&self, symbol: Symbol, horizon: Horizon) -> Answer<'_, Forecast>;

    /// A forecast on demand.
    fn predict(&self, request: PredictRequest) -> Answer<'_, Forecast>;

    /// Stored hourly candles, oldest first.
    fn candles(&self, query: CandleQuery) -> Answer<'_, Vec<Candle>>;

    /// Every model in the registry, champions first.
    fn models(&self) -> Answer<'_, Vec<ModelCard>>;

    /// One model of the registry with what its stored evaluation says.
    fn model_card(&self, version: Version) -> Answer<'_, JudgedModel>;

    /// The stored evaluation of the model that serves, about one coin or about all of them.
    fn how_good(&self, symbol: Option<Symbol>) -> Answer<'_, HowGood>;

    /// How the market data stands; never waits.
    fn market(&self) -> MarketState;

    /// What to make of a coin's forecast, in the reader's language.
    fn advice(&self, symbol: Symbol, horizon: Horizon, language: Language) -> Answer<'_, Advice>;

    /// The teaching agent and what it remembers.
    fn buddy(&self) -> &dyn Buddy;
}

/// An answer that arrives piece by piece. Dropping it stops whoever writes it.
pub trait AnswerStream: Send {
    /// The next event; none after [`ChatEvent::Done`] or [`ChatEvent::Failed`]. May be dropped and asked again.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ChatEvent>> + Send + '_>>;
}

/// The teaching agent. Every conversation belongs to one visitor; another one's are as good as not there
/// ([`Failure::UnknownConversation`]).
pub trait Buddy: Send + Sync {
    /// Answers a question; the conversation and what is said in it are kept. How often one may ask goes by his role.
    fn ask(&self, visitor: VisitorId, role: Role, question: Question) -> Answer<'_, Box<dyn AnswerStream>>;

    /// A visitor's conversations, the newest first.
    fn conversations(&self, visitor: VisitorId) -> Answer<'_, Vec<ConversationHead>>;

    /// One conversation.
    fn conversation(&self, visitor: VisitorId, id: ConversationId) -> Answer<'_, Conversation>;

    /// Gives a conversation another title.
    fn rename(&self, visitor: VisitorId, id: ConversationId, title: String) -> Answer<'_, ConversationHead>;

    /// Deletes a conversation with all that was said in it. Deleting what is not there is no failure.
    fn delete(&self, visitor: VisitorId, id: ConversationId) -> Answer<'_, ()>;

    /// Keeps what the reader thinks of an answer; a second judgement replaces the first.
    fn judge(&self, visitor: VisitorId, message: MessageId, judgement: Judgement) -> Answer<'_, ()>;
}

//! What the Buddy asks the rest of the product, and how an answer becomes evidence.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use app::format;
use domain::advice::Advice;
use domain::chat::{Citation, Tool};
use domain::clock::{Clock, instant};
use domain::error::Failure;
use domain::forecast::{Forecast, Horizon};
use domain::language::Language;
use domain::market::Symbol;

use super::figures::{self, Figures, PriceSummary, RecentVolatility};
use super::phrases;
use super::understanding::Understanding;
use crate::advice::advise;
use crate::events::{Events, FearAndGreed, FundingRate, Headline};

/// How long an advice waits for what only adds to it. What comes later serves the next one.
const PATIENCE: Duration = Duration::from_millis(250);

/// Headlines in one answer.
const MOST_HEADLINES: usize = 5;

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finding {
    Forecast(Forecast),
    Advice(Box<Advice>),
    Recent(Symbol, RecentVolatility),
    Price(Symbol, PriceSummary),
    Mood(FearAndGreed),
    Funding(FundingRate),
    Headlines(Vec<Headline>),
}

/// What can be asked.
#[derive(Clone)]
pub(super) struct Toolbox {
    pub(super) figures: Arc<dyn Figures>,
    pub(super) events: Arc<Events>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The tools that answer a question, in the order of the answer. The library is asked beside them.
pub(super) fn plan(understood: &Understanding) -> Vec<Tool> {
    let Understanding { coins, horizon, wants, .. } = understood;
    let mut tools = Vec::new();
    for symbol in coins {
        let symbol = || symbol.clone();
        if wants.outlook || wants.advice {
            tools.push(Tool::Forecast { symbol: symbol(), horizon: *horizon });
            // What to do is told about one coin; several are compared.
            if coins.len() == 1 {
                tools.push(Tool::Advice { symbol: symbol(), horizon: *horizon });
            }
        }
        if wants.recent {
            tools.push(Tool::RecentVolatility { symbol: symbol() });
        }
        if wants.price {
            tools.push(Tool::Candles { symbol: symbol() });
        }
        if wants.funding {
            tools.push(Tool::FundingRate { symbol: symbol() });
        }
    }
    if wants.mood {
        tools.push(Tool::FearAndGreed);
    }
    if wants.news {
        tools.push(Tool::Headlines);
    }
    tools
}

impl Toolbox {
    /// Asks a tool; none where it has nothing now.
    pub(super) async fn ask(&self, tool: &Tool, language: Language) -> Option<Finding> {
        match tool {
            Tool::Forecast { symbol, horizon } => self.figures.forecast(symbol, *horizon).ok().map(Finding::Forecast),
            Tool::Advice { symbol, horizon } => {
                self.advice(symbol, *horizon, language).await.ok().map(|advice| Finding::Advice(Box::new(advice)))
            }
            Tool::RecentVolatility { symbol } => self
                .figures
                .candles(symbol)
                .and_then(|series| figures::recent_volatility(&series))
                .map(|recent| Finding::Recent(symbol.clone(), recent)),
            Tool::Candles { symbol } => self
                .figures
                .candles(symbol)
                .and_then(|series| figures::price_summary(&series))
                .map(|price| Finding::Price(symbol.clone(), price)),
            Tool::FearAndGreed => self.events.fear_and_greed().await.map(Finding::Mood),
            Tool::FundingRate { symbol } => self.events.funding_rate(symbol).await.map(Finding::Funding),
            Tool::Headlines => {
                let mut headlines = self.events.headlines().await?;
                headlines.truncate(MOST_HEADLINES);
                (!headlines.is_empty()).then_some(Finding::Headlines(headlines))
            }
            // The library is asked by itself.
            Tool::Glossary => None,
        }
    }

    /// What to make of a forecast, with what the market's mood adds to it.
    ///
    /// # Errors
    /// Why there is no forecast.
    pub(super) async fn advice(
        &self,
        symbol: &Symbol,
        horizon: Horizon,
        language: Language,
    ) -> Result<Advice, Failure> {
        let forecast = self.figures.forecast(symbol, horizon)?;
        let (mood, funding) = futures::join!(
            in_time({
                let events = Arc::clone(&self.events);
                async move { events.fear_and_greed().await }
            }),
            in_time({
                let (events, symbol) = (Arc::clone(&self.events), symbol.clone());
                async move { events.funding_rate(&symbol).await }
            })
        );
        Ok(advise(&forecast, mood.as_ref(), funding.as_ref(), self.clock.now(), language))
    }
}

/// What comes within our patience; the rest goes on by itself, so that the source's answer is kept.
async fn in_time<T: Send + 'static>(work: impl Future<Output = Option<T>> + Send + 'static) -> Option<T> {
    tokio::time::timeout(PATIENCE, tokio::spawn(work)).await.ok()?.ok()?
}

impl Finding {
    /// The answer in one line.
    pub(super) fn summary(&self, language: Language) -> String {
        match self {
            Self::Forecast(forecast) => phrases::forecast_line(language, forecast),
            Self::Advice(advice) => advice.summary.clone(),
            Self::Recent(symbol, recent) => phrases::recent(language, symbol, recent),
            Self::Price(symbol, price) => phrases::price(language, symbol, price),
            Self::Mood(mood) => phrases::mood(language, mood),
            Self::Funding(funding) => phrases::funding(language, funding),
            Self::Headlines(headlines) => phrases::headline_count(language, headlines.len()),
        }
    }

    /// What the writer may rely on, to be cited by number; none for advice, which rests on the forecast.
    pub(super) fn citation(&self, number: u32, language: Language, simulated: bool) -> Option<Citation> {
        let (title, excerpt, source, url, symbol) = match self {
            Self::Advice(_) => return None,
            Self::Forecast(forecast) => (
                phrases::forecast_title(language, &forecast.symbol, forecast.horizon),
                phrases::forecast_excerpt(language, forecast),
                phrases::our_forecaster(language, simulated),
                None,
                Some(forecast.symbol.clone()),
            ),
            Self::Recent(symbol, recent) => (
                phrases::recent_title(language, symbol),
                format!("{} ({})", phrases::recent(language, symbol, recent), format::minute(instant(recent.as_of_s))),
                phrases::our_candles(language, simulated),
                None,
                Some(symbol.clone()),
            ),
            Self::Price(symbol, price) => (
                phrases::price_title(language, symbol),
                format!("{} ({})", phrases::price(language, symbol, price), format::minute(instant(price.as_of_s))),
                phrases::our_candles(language, simulated),
                None,
                Some(symbol.clone()),
            ),
            Self::Mood(mood) => (
                phrases::mood_title(language).to_owned(),
                format!("{} ({})", phrases::mood(language, mood), format::day(mood.as_of)),
                "alternative.me".to_owned(),
                Some("https://alternative.me/crypto/fear-and-greed-index/".to_owned()),
                None,
            ),
            Self::Funding(funding) => (
                phrases::funding_title(language, &funding.symbol),
                format!("{} ({})", phrases::funding(language, funding), format::minute(funding.as_of)),
                "Binance".to_owned(),
                None,
                Some(funding.symbol.clone()),
            ),
            Self::Headlines(headlines) => (
                phrases::headlines_title(language).to_owned(),
                headlines
                    .iter()
                    .map(|headline| format!("{} ({})", headline.title, headline.source))
                    .collect::<Vec<_>>()
                    .join("\n"),
                headlines
                    .iter()
                    .map(|headline| headline.source.as_str())
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(", "),
                headlines.first().map(|headline| headline.url.clone()),
                None,
            ),
        };
        Some(Citation { number, title, excerpt, source, licence: String::new(), url, symbol })
    }
}

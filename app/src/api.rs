//! The server functions: one sentence each, over [`domain::ports::Desk`].
//!
//! Those of this file are reads without side effects, so they are GETs below `/ui` and may be cached for as long as
//! the server says. What belongs to one visitor is in [`chat`].

#![expect(missing_docs, reason = "the fields of the argument structs that the server macro writes")]

pub mod chat;
pub mod error;
pub mod json;

use domain::advice::Advice;
use domain::chart::{ChartSlice, Resolution};
use domain::evaluation::HowGood;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::{MarketState, Symbol};
use domain::model::ModelCard;
use domain::overview::{CoinDetail, Overview};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use self::error::ApiError;
use self::json::Json;

/// Everything on the first page.
#[server(name = ReadOverview, prefix = "/ui", endpoint = "overview", input = GetUrl, output = Json)]
pub async fn overview() -> Result<Overview, ApiError> {
    Ok(crate::ssr::desk()?.overview().await?)
}

/// Everything on a coin's page except the chart.
#[server(name = ReadCoin, prefix = "/ui", endpoint = "coin", input = GetUrl, output = Json)]
pub async fn coin(symbol: Symbol) -> Result<CoinDetail, ApiError> {
    Ok(crate::ssr::desk()?.coin(symbol).await?)
}

/// A slice of a coin's history; the newest where `before_s` (epoch seconds) is not given.
#[server(name = ReadChart, prefix = "/ui", endpoint = "chart", input = GetUrl, output = Json)]
pub async fn chart(
    symbol: Symbol,
    resolution: Resolution,
    horizon: Horizon,
    before_s: Option<i64>,
    limit: u32,
) -> Result<ChartSlice, ApiError> {
    let query = domain::chart::ChartQuery { symbol, resolution, horizon, before_s, limit };
    Ok(crate::ssr::desk()?.chart(query).await?)
}

/// Every model in the registry, champions first.
#[server(name = ReadModels, prefix = "/ui", endpoint = "models", input = GetUrl, output = Json)]
pub async fn models() -> Result<Vec<ModelCard>, ApiError> {
    Ok(crate::ssr::desk()?.models().await?)
}

/// How good the forecasts of one coin or of all of them are; none where no evaluation is stored.
#[server(name = ReadHowGood, prefix = "/ui", endpoint = "how-good", input = GetUrl, output = Json)]
pub async fn how_good(symbol: Option<Symbol>) -> Result<Option<HowGood>, ApiError> {
    match crate::ssr::desk()?.how_good(symbol).await {
        Err(domain::error::Failure::NotEvaluated) => Ok(None),
        answer => Ok(Some(answer?)),
    }
}

/// How the market data stands.
#[server(name = ReadMarket, prefix = "/ui", endpoint = "market", input = GetUrl, output = Json)]
pub async fn market() -> Result<MarketState, ApiError> {
    Ok(crate::ssr::desk()?.market())
}

/// What to make of a coin's forecast, in the reader's language.
#[server(name = ReadAdvice, prefix = "/ui", endpoint = "advice", input = GetUrl, output = Json)]
pub async fn advice(symbol: Symbol, horizon: Horizon, language: Language) -> Result<Advice, ApiError> {
    Ok(crate::ssr::desk()?.advice(symbol, horizon, language).await?)
}

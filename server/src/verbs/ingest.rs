//! `investbuddy ingest`: candles from an archive or an exchange into the store.

pub mod docs;

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use domain::clock::instant;
use domain::market::Symbol;
use jiff::Timestamp;

use super::{VerbError, print};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::market::ingest::{CoinSummary, IngestSummary, Ingestion};
use crate::market::progress::{Progress, for_this_terminal};
use crate::market::{Exchange, IngestError, MarketSettings};
use crate::store::{Place, Store, StoreError};

/// Fetch candles into the store. May be interrupted and run again: it goes on where it stopped.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct IngestArgs {
    #[command(subcommand)]
    pub(super) what: Option<What>,
    /// Where from: binance, coinbase, yahoo, or a folder of candle files. Without it: the archive that a server
    /// would find, then the first exchange of the settings that answers
    #[arg(value_name = "SOURCE")]
    source: Option<IngestSource>,
    /// Only these coins [default: those of the settings]
    #[arg(long, value_name = "COINS", value_delimiter = ',')]
    symbols: Vec<Symbol>,
    /// From this day on, UTC (2021-01-01, or an instant); exchanges only
    #[arg(long, value_name = "DAY", value_parser = epoch_second)]
    from: Option<i64>,
    /// Up to but without this day, UTC; exchanges only
    #[arg(long, value_name = "DAY", value_parser = epoch_second)]
    to: Option<i64>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Other things than candles that can be read in.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum What {
    /// Documents into the Buddy's library
    Docs(docs::DocsArgs),
}

/// Where candles come from, as it is written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum IngestSource {
    Exchange(Exchange),
    Folder(PathBuf),
}

impl FromStr for IngestSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match Exchange::from_str(text, true) {
            Ok(exchange) => Self::Exchange(exchange),
            Err(_) => Self::Folder(PathBuf::from(text)),
        })
    }
}

/// Why nothing, or not everything, was ingested.
#[derive(Debug, thiserror::Error)]
enum IngestVerbError {
    /// The source or the store failed.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The store cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder holds nothing that could be read.
    #[error("there are no candle files of these coins in {}; a name like BTCUSDT_1h.csv tells the coin and the hour", .0.display())]
    NoFiles(PathBuf),
    /// There is neither archive nor exchange.
    #[error("there is no archive and no exchange answers; name a folder of candle files")]
    NothingInReach,
}

impl From<IngestVerbError> for VerbError {
    fn from(error: IngestVerbError) -> Self {
        Self::because(error)
    }
}

/// Ingests into the store of this install. Progress goes to standard error, the summary to standard output.
///
/// # Errors
/// [`VerbError`], a sentence for the person at the terminal.
pub async fn run(args: IngestArgs, settings: &Settings) -> Result<(), VerbError> {
    if let Some(What::Docs(args)) = args.what {
        return docs::run(args, settings).await;
    }
    if let (Some(from_s), Some(to_s)) = (args.from, args.to)
        && from_s >= to_s
    {
        return Err(VerbError::Usage("--from must be before --to".to_owned()));
    }
    let mut market = settings.market_settings();
    if !args.symbols.is_empty() {
        market.symbols.clone_from(&args.symbols);
    }
    let summary = into_store(&args, market, &settings.store_place()).await?;
    if args.json {
        print(&serde_json::to_string_pretty(&summary).map_err(VerbError::because)?);
    } else {
        print(&table(&summary));
    }
    Ok(())
}

async fn into_store(
    args: &IngestArgs,
    market: MarketSettings,
    place: &Place,
) -> Result<IngestSummary, IngestVerbError> {
    let store = Arc::new(Store::at(place).await?);
    let ingestion = Ingestion::new(market.clone(), Arc::clone(&store), Arc::new(SystemClock)).await?;
    let result = ingest(args, &market, &ingestion, for_this_terminal().as_ref()).await;
    store.close().await;
    result
}

async fn ingest(
    args: &IngestArgs,
    settings: &MarketSettings,
    ingestion: &Ingestion,
    progress: &dyn Progress,
) -> Result<IngestSummary, IngestVerbError> {
    match &args.source {
        Some(IngestSource::Exchange(exchange)) => {
            Ok(ingestion.exchange(*exchange, args.from, args.to, progress).await?)
        }
        Some(IngestSource::Folder(folder)) => {
            let summary = ingestion.archive(folder, progress).await?;
            if summary.files() > 0 { Ok(summary) } else { Err(IngestVerbError::NoFiles(folder.clone())) }
        }
        None => whatever_is_there(args, settings, ingestion, progress).await,
    }
}

/// The archive that a server would find, then the first exchange that answers.
async fn whatever_is_there(
    args: &IngestArgs,
    settings: &MarketSettings,
    ingestion: &Ingestion,
    progress: &dyn Progress,
) -> Result<IngestSummary, IngestVerbError> {
    let archived = ingestion.found_archive(progress).await?;
    let exchanges = if settings.live { settings.sources.as_slice() } else { &[] };
    let mut last_error = None;
    for &exchange in exchanges {
        match ingestion.exchange(exchange, args.from, args.to, progress).await {
            Ok(live) => return Ok(archived.map_or_else(|| live.clone(), |archived| archived.and(&live))),
            Err(IngestError::Store(error)) => return Err(error.into()),
            Err(error) => last_error = Some(error),
        }
    }
    match (archived, last_error) {
        (Some(archived), _) => Ok(archived),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(IngestVerbError::NothingInReach),
    }
}

/// The summary for a person.
fn table(summary: &IngestSummary) -> String {
    let minute =
        |at_s: Option<i64>| at_s.map_or_else(|| "-".to_owned(), |at_s| format!("{:.16}", instant(at_s).to_string()));
    let mut lines = vec!["coin        candles  from (UTC)        to (UTC)           gaps  missing hours".to_owned()];
    for coin in &summary.coins {
        let CoinSummary { symbol, candles, gaps, missing_hours, .. } = coin;
        let (from, to) = (minute(coin.from_s), minute(coin.to_s));
        lines.push(format!(
            "{:<10} {candles:>8}  {from:<16}  {to:<16}  {gaps:>5}  {missing_hours:>13}",
            symbol.as_str()
        ));
    }
    lines.push(format!("{} new candles, {} rows quarantined", summary.added, summary.quarantined));
    if summary.files() > 0 {
        let IngestSummary { files_read, files_unchanged, files_failed, .. } = summary;
        lines.push(format!("{files_read} files read, {files_unchanged} unchanged, {files_failed} unreadable"));
    }
    if summary.coins_failed > 0 {
        lines.push(format!("{} coins could not be had from this source", summary.coins_failed));
    }
    lines.join("\n")
}

/// A day (2021-01-01) or an instant (2021-01-01T12:00:00Z) as epoch seconds.
fn epoch_second(text: &str) -> Result<i64, String> {
    let instant: Result<Timestamp, _> = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    instant
        .map(Timestamp::as_second)
        .map_err(|_| "write a day like 2021-01-01, or an instant like 2021-01-01T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: IngestArgs,
    }

    #[test]
    fn the_command_line_is_read_as_people_write_it() {
        let line =
            Line::parse_from(["ingest", "Binance", "--symbols", "btc,eth-usdt", "--from", "2021-01-01", "--json"]);
        assert_eq!(line.args.source, Some(IngestSource::Exchange(Exchange::Binance)));
        assert_eq!(line.args.symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["BTCUSDT", "ETHUSDT"]);
        assert_eq!(line.args.from, Some(1_609_459_200));
        let folder = Line::parse_from(["ingest", "../candles"]);
        assert_eq!(folder.args.source, Some(IngestSource::Folder(PathBuf::from("../candles"))));
        assert!(Line::try_parse_from(["ingest", "--from", "yesterday"]).is_err());
    }
}

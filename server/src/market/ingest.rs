//! Ingestion by hand: an archive or an exchange into the store, without a server.

use std::path::Path;
use std::sync::Arc;

use domain::clock::{Clock, floor_to_hour};
use domain::market::Symbol;
use serde::Serialize;
use tracing::warn;

use super::archive::CandleFile;
use super::backfill::{Filled, IngestError, fill_all, fill_coin};
use super::book::Book;
use super::intake::Intake;
use super::plan::{Reach, Span, missing_within};
use super::progress::Progress;
use super::source::Source;
use super::{Exchange, MarketSettings, archive, gaps, live, loading};
use crate::store::{Store, StoreError};

/// What an ingestion came to, over all coins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IngestSummary {
    /// Candles that were not known before.
    pub added: u64,
    /// Rows refused that were not known before.
    pub quarantined: u64,
    /// Files read; none for an exchange.
    pub files_read: u32,
    /// Files left alone because they have not changed.
    pub files_unchanged: u32,
    /// Files that could not be read as a whole.
    pub files_failed: u32,
    /// Coins that the exchange could not give.
    pub coins_failed: u32,
    /// How each coin stands now.
    pub coins: Vec<CoinSummary>,
}

impl IngestSummary {
    /// Candle files that were found.
    #[must_use]
    pub const fn files(&self) -> u32 {
        self.files_read + self.files_unchanged + self.files_failed
    }

    /// This and a later ingestion together.
    #[must_use]
    pub fn and(&self, later: &Self) -> Self {
        Self {
            added: self.added + later.added,
            quarantined: self.quarantined + later.quarantined,
            files_read: self.files_read + later.files_read,
            files_unchanged: self.files_unchanged + later.files_unchanged,
            files_failed: self.files_failed + later.files_failed,
            coins_failed: self.coins_failed + later.coins_failed,
            coins: later.coins.clone(),
        }
    }
}

/// How a coin stands in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoinSummary {
    /// The coin.
    pub symbol: Symbol,
    /// Candles in all.
    pub candles: u64,
    /// Start of the first candle, epoch seconds.
    pub from_s: Option<i64>,
    /// End of the last candle, epoch seconds.
    pub to_s: Option<i64>,
    /// How many gaps there are in between.
    pub gaps: u32,
    /// How many hours are missing in them.
    pub missing_hours: u32,
}

/// Ingests into a store. May be killed at any point and run again: it goes on where it stopped, and a second run
/// over the same data changes nothing.
pub struct Ingestion {
    settings: MarketSettings,
    intake: Intake,
}

impl Ingestion {
    /// Prepares an ingestion: reads what is stored.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be read.
    pub async fn new(settings: MarketSettings, store: Arc<Store>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let book = Arc::new(Book::new(Arc::clone(&clock)));
        let intake = Intake::new(store, book, clock);
        loading::load_store(&intake, &settings.symbols).await?;
        Ok(Self { settings, intake })
    }

    /// Reads the files of a folder that are new or changed.
    ///
    /// # Errors
    /// [`StoreError`] where a file cannot be stored; the files before it are.
    pub async fn archive(&self, folder: &Path, progress: &dyn Progress) -> Result<IngestSummary, StoreError> {
        let (folder, symbols) = (folder.to_owned(), self.settings.symbols.clone());
        let search = tokio::task::spawn_blocking(move || archive::list(&folder, &symbols));
        self.files(search.await.unwrap_or_default(), progress).await
    }

    /// Reads the archive that a server would find, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] where a file cannot be stored; the files before it are.
    pub async fn found_archive(&self, progress: &dyn Progress) -> Result<Option<IngestSummary>, StoreError> {
        match loading::find_archive(&self.settings).await {
            Some(files) => Ok(Some(self.files(files, progress).await?)),
            None => Ok(None),
        }
    }

    async fn files(&self, files: Vec<CandleFile>, progress: &dyn Progress) -> Result<IngestSummary, StoreError> {
        let summary = loading::load_archive(&self.intake, files, |_| {}, progress).await?;
        Ok(IngestSummary {
            added: summary.added,
            quarantined: summary.quarantined,
            files_read: summary.files_read,
            files_unchanged: summary.files_unchanged,
            files_failed: summary.files_failed,
            ..self.standing()
        })
    }

    /// Asks an exchange for what is missing. With a span (epoch seconds, `[from, to)`) everything missing in it,
    /// also before the first candle; without one what a running server would ask for.
    ///
    /// # Errors
    /// [`IngestError`] where the exchange or the store fails; what came before is kept.
    pub async fn exchange(
        &self,
        exchange: Exchange,
        from_s: Option<i64>,
        to_s: Option<i64>,
        progress: &dyn Progress,
    ) -> Result<IngestSummary, IngestError> {
        let source = live::source_of(exchange, &self.settings, &self.intake.clock)?;
        let now_s = self.intake.now_s();
        let filled = if from_s.is_some() || to_s.is_some() {
            let default_from_s = now_s - i64::from(self.settings.backfill_days) * 86_400;
            let span = Span {
                from_s: floor_to_hour(from_s.unwrap_or(default_from_s)),
                to_s: floor_to_hour(to_s.unwrap_or(now_s).min(now_s)),
            };
            self.fill_span(source.as_ref(), span, progress).await?
        } else {
            let oldest_s = now_s - i64::from(self.settings.backfill_days) * 86_400;
            fill_all(&self.intake, source.as_ref(), &self.settings.symbols, oldest_s, progress).await?
        };
        Ok(IngestSummary {
            added: filled.added,
            quarantined: filled.quarantined,
            coins_failed: filled.coins_failed,
            ..self.standing()
        })
    }

    /// Asks for every missing hour of a span, coin by coin.
    async fn fill_span(&self, source: &dyn Source, span: Span, progress: &dyn Progress) -> Result<Filled, IngestError> {
        let mut filled = Filled::default();
        for symbol in &self.settings.symbols {
            let answered = self.intake.store.answered(source.name(), symbol).await?;
            let reach = Reach {
                oldest_s: span.from_s,
                history_days: source.capabilities().history_days,
                answered: &answered,
                now_s: self.intake.now_s(),
            };
            let missing = missing_within(&self.intake.book.series(symbol), span, &reach);
            match fill_coin(&self.intake, source, symbol, &missing, progress).await {
                Ok(coin) => filled += coin,
                Err(error) if error.is_about_one_coin() => {
                    warn!(%error, "Left out a coin of an ingestion");
                    filled.coins_failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// How every coin stands.
    fn standing(&self) -> IngestSummary {
        let coin = |symbol: &Symbol| {
            let series = self.intake.book.series(symbol);
            let found = gaps::find(&series);
            CoinSummary {
                symbol: symbol.clone(),
                candles: series.len() as u64,
                from_s: series.opens_at_s.first().copied(),
                to_s: series.closes_at_s(),
                gaps: u32::try_from(found.len()).unwrap_or(u32::MAX),
                missing_hours: gaps::missing_hours(&found),
            }
        };
        IngestSummary { coins: self.settings.symbols.iter().map(coin).collect(), ..IngestSummary::default() }
    }
}

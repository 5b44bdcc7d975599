//! Candles and gaps in the store.

use std::collections::BTreeMap;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};

use super::engine::{Write, again};
use super::progress::{Answered, ArchiveFile};
use super::statement::{placeholders, sql};
use super::{Store, StoreError};
use crate::market::gaps::Gap;
use crate::market::quarantine::Refused;

/// Rows in one insert, well below SQLite's 32,766 and MySQL's 65,535 parameters.
pub(super) const ROWS_PER_INSERT: usize = 1_000;
/// Columns of a candle's row.
const COLUMNS: usize = 9;

/// What one step of an ingestion brings. It is stored whole or not at all.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The coin.
    pub symbol: &'a Symbol,
    /// Which source it came from.
    pub source: &'a str,
    /// The file that it came from, empty for an exchange.
    pub place: &'a str,
    /// When the candles became known, epoch seconds; none stands for the end of each candle's hour.
    pub seen_at_s: Option<i64>,
    /// The good candles.
    pub candles: &'a CandleSeries,
    /// The rows that cannot be true.
    pub refused: &'a [Refused],
    /// What the source has answered with this batch.
    pub answered: Option<Answered>,
    /// The file that has been read with this batch.
    pub file: Option<&'a ArchiveFile>,
    /// The present instant, epoch seconds.
    pub now_s: i64,
}

/// What a batch changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// Candles that were not known before.
    pub added: u64,
    /// Refused rows that were not known before.
    pub quarantined: u64,
}

impl Store {
    /// Stores a batch in one transaction. Candles that are known already stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing of the batch is stored then.
    pub async fn commit(&self, batch: &Batch<'_>) -> Result<Committed, StoreError> {
        again(|| self.commit_once(batch)).await
    }

    async fn commit_once(&self, batch: &Batch<'_>) -> Result<Committed, StoreError> {
        let mut write = self.engine.begin().await?;
        let committed = Committed {
            added: self.insert_candles(&mut write, batch).await?,
            quarantined: self.insert_refused(&mut write, batch).await?,
        };
        if let Some(answered) = batch.answered {
            self.extend_progress(&mut write, batch, answered).await?;
        }
        if let Some(file) = batch.file {
            self.remember_file(&mut write, file, batch.now_s).await?;
        }
        write.commit().await?;
        Ok(committed)
    }

    /// Every stored candle of a coin.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn load_candles(&self, symbol: &Symbol) -> Result<CandleSeries, StoreError> {
        let rows = self.engine.all::<(i64, f64, f64, f64, f64, f64)>(
            sql("select opens_at_s, open, high, low, close, volume from candles where symbol = ? order by opens_at_s")
                .bind(symbol.as_str()),
        );
        let mut series = CandleSeries::default();
        for (opens_at_s, open, high, low, close, volume) in rows.await? {
            series.opens_at_s.push(opens_at_s);
            series.open.push(open);
            series.high.push(high);
            series.low.push(low);
            series.close.push(close);
            series.volume.push(volume);
        }
        Ok(series)
    }

    /// Which source brought a coin's newest candle, and when that candle opens (epoch seconds).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn newest_candle(&self, symbol: &Symbol) -> Result<Option<(i64, String)>, StoreError> {
        let newest = sql("select opens_at_s, source from candles where symbol = ? order by opens_at_s desc limit 1");
        self.engine.first(newest.bind(symbol.as_str())).await
    }

    /// Makes `gaps` the gaps of a coin.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the gaps are as they were then.
    pub async fn replace_gaps(&self, symbol: &Symbol, gaps: &[Gap]) -> Result<(), StoreError> {
        again(|| self.replace_gaps_once(symbol, gaps)).await
    }

    async fn replace_gaps_once(&self, symbol: &Symbol, gaps: &[Gap]) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        write.execute(sql("delete from gaps where symbol = ?").bind(symbol.as_str())).await?;
        // Somebody else may find the same gaps in this moment.
        let insert = format!(
            "insert into gaps (symbol, from_s, to_s) values (?, ?, ?){}",
            self.engine.or_update("symbol, from_s", &["to_s"]),
        );
        for gap in gaps {
            let insert = sql(insert.clone()).bind(symbol.as_str()).bind(gap.from_s).bind(gap.to_s);
            write.execute(insert).await?;
        }
        write.commit().await
    }

    /// The stored gaps of every coin, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn gaps(&self) -> Result<BTreeMap<Symbol, Vec<Gap>>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            self.engine.all(sql("select symbol, from_s, to_s from gaps order by symbol, from_s")).await?;
        let mut gaps: BTreeMap<Symbol, Vec<Gap>> = BTreeMap::new();
        for (symbol, from_s, to_s) in rows {
            // Only symbols that parsed were ever written.
            if let Ok(symbol) = Symbol::parse(&symbol) {
                gaps.entry(symbol).or_default().push(Gap { from_s, to_s });
            }
        }
        Ok(gaps)
    }

    async fn insert_candles(&self, write: &mut Write, batch: &Batch<'_>) -> Result<u64, StoreError> {
        let candles = batch.candles;
        let mut added = 0;
        for start in (0..candles.len()).step_by(ROWS_PER_INSERT) {
            let rows = start..(start + ROWS_PER_INSERT).min(candles.len());
            let mut insert = sql(format!(
                "{} candles (symbol, opens_at_s, open, high, low, close, volume, seen_at_s, source) values {}",
                self.engine.insert_new(),
                placeholders(rows.len(), COLUMNS),
            ));
            for index in rows {
                let opens_at_s = candles.opens_at_s[index];
                insert = insert
                    .bind(batch.symbol.as_str())
                    .bind(opens_at_s)
                    .bind(candles.open[index])
                    .bind(candles.high[index])
                    .bind(candles.low[index])
                    .bind(candles.close[index])
                    .bind(candles.volume[index])
                    .bind(batch.seen_at_s.unwrap_or(opens_at_s + SECONDS_PER_HOUR))
                    .bind(batch.source);
            }
            added += write.execute(insert).await?;
        }
        Ok(added)
    }
}

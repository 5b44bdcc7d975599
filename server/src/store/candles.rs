//! Candles and gaps in the store.

use std::collections::BTreeMap;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use futures::TryStreamExt;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::progress::{Answered, ArchiveFile};
use super::{Store, StoreError};
use crate::market::gaps::Gap;
use crate::market::quarantine::Refused;

/// Rows in one insert. Nine values each, well below SQLite's 32,766 parameters.
const ROWS_PER_INSERT: usize = 1_000;

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
        let mut transaction = self.begin_write().await?;
        let committed = Committed {
            added: insert_candles(&mut transaction, batch).await?,
            quarantined: super::quarantine::insert(&mut transaction, batch).await?,
        };
        if let Some(answered) = batch.answered {
            super::progress::extend(&mut transaction, batch, answered).await?;
        }
        if let Some(file) = batch.file {
            super::progress::remember_file(&mut transaction, file, batch.now_s).await?;
        }
        transaction.commit().await?;
        Ok(committed)
    }

    /// Every stored candle of a coin.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn load_candles(&self, symbol: &Symbol) -> Result<CandleSeries, StoreError> {
        let mut rows = sqlx::query_as::<_, (i64, f64, f64, f64, f64, f64)>(
            "select opens_at_s, open, high, low, close, volume from candles where symbol = ? order by opens_at_s",
        )
        .bind(symbol.as_str())
        .fetch(&self.pool);
        let mut series = CandleSeries::default();
        while let Some((opens_at_s, open, high, low, close, volume)) = rows.try_next().await? {
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
        Ok(sqlx::query_as("select opens_at_s, source from candles where symbol = ? order by opens_at_s desc limit 1")
            .bind(symbol.as_str())
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Makes `gaps` the gaps of a coin.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the gaps are as they were then.
    pub async fn replace_gaps(&self, symbol: &Symbol, gaps: &[Gap]) -> Result<(), StoreError> {
        let mut transaction = self.begin_write().await?;
        sqlx::query("delete from gaps where symbol = ?").bind(symbol.as_str()).execute(&mut *transaction).await?;
        for gap in gaps {
            sqlx::query("insert into gaps (symbol, from_s, to_s) values (?, ?, ?)")
                .bind(symbol.as_str())
                .bind(gap.from_s)
                .bind(gap.to_s)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The stored gaps of every coin, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn gaps(&self) -> Result<BTreeMap<Symbol, Vec<Gap>>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("select symbol, from_s, to_s from gaps order by symbol, from_s")
                .fetch_all(&self.pool)
                .await?;
        let mut gaps: BTreeMap<Symbol, Vec<Gap>> = BTreeMap::new();
        for (symbol, from_s, to_s) in rows {
            // Only symbols that parsed were ever written.
            if let Ok(symbol) = Symbol::parse(&symbol) {
                gaps.entry(symbol).or_default().push(Gap { from_s, to_s });
            }
        }
        Ok(gaps)
    }
}

async fn insert_candles(connection: &mut SqliteConnection, batch: &Batch<'_>) -> Result<u64, StoreError> {
    let candles = batch.candles;
    let mut added = 0;
    for start in (0..candles.len()).step_by(ROWS_PER_INSERT) {
        let rows = start..(start + ROWS_PER_INSERT).min(candles.len());
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into candles (symbol, opens_at_s, open, high, low, close, volume, seen_at_s, source) ",
        );
        query.push_values(rows, |mut row, index| {
            let opens_at_s = candles.opens_at_s[index];
            row.push_bind(batch.symbol.as_str())
                .push_bind(opens_at_s)
                .push_bind(candles.open[index])
                .push_bind(candles.high[index])
                .push_bind(candles.low[index])
                .push_bind(candles.close[index])
                .push_bind(candles.volume[index])
                .push_bind(batch.seen_at_s.unwrap_or(opens_at_s + SECONDS_PER_HOUR))
                .push_bind(batch.source);
        });
        query.push(" on conflict do nothing");
        added += query.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(added)
}

//! How the data stand, in the store: refused rows, sources that answered or failed, the newest forecast.

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use jiff::Timestamp;
use uuid::Uuid;

use super::super::statement::sql;
use super::super::{Store, StoreError, time};

/// The longest text of a failure, in characters.
const MOST_FAILURE_CHARS: usize = 200;

/// Refused rows of one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOf {
    /// The reason's code.
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// When the newest was refused (UTC).
    pub newest: Timestamp,
}

/// What a source has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredBy {
    /// The source.
    pub source: String,
    /// Of how many coins.
    pub coins: u64,
    /// When it did last (UTC).
    pub newest: Timestamp,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFailure {
    /// The source.
    pub source: String,
    /// What happened, in plain words.
    pub what: String,
    /// When (UTC).
    pub at: Timestamp,
}

/// Where the newest published forecast stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestPublished {
    /// Where its horizon begins (UTC).
    pub origin: Timestamp,
    /// When it was stored (UTC).
    pub published_at: Timestamp,
    /// The model that made it.
    pub model: String,
}

impl Store {
    /// How many rows of each coin were refused.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn refused_by_coin(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.engine.all(sql("select symbol, count(*) from quarantine group by symbol order by symbol")).await
    }

    /// Refused rows by reason, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn refused_by_reason(&self) -> Result<Vec<RefusedOf>, StoreError> {
        let counted = sql("select reason, count(*) as refused, max(refused_at_s) from quarantine \
             group by reason order by refused desc, reason");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted).await?;
        let of = |(reason, rows, newest_s): (String, i64, i64)| RefusedOf {
            reason,
            rows: rows.unsigned_abs(),
            newest: instant(newest_s),
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Which sources of candles have answered, by name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn answered_by_source(&self) -> Result<Vec<AnsweredBy>, StoreError> {
        let counted = sql("select source, count(distinct symbol), max(updated_at_s) from ingest_progress \
             group by source order by source");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted).await?;
        let of = |(source, coins, newest_s): (String, i64, i64)| AnsweredBy {
            source,
            coins: coins.unsigned_abs(),
            newest: instant(newest_s),
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Notes that a source could not be read. `what` is in plain words, without personal data.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn note_source_failure(&self, source: &str, what: &str, at: Timestamp) -> Result<(), StoreError> {
        let what: String = what.chars().take(MOST_FAILURE_CHARS).collect();
        let note = sql("insert into source_failures (id, source, what, at_ms) values (?, ?, ?, ?)")
            .bind(Uuid::now_v7().to_string())
            .bind(source)
            .bind(what)
            .bind(at.as_millisecond());
        self.engine.execute(note).await?;
        Ok(())
    }

    /// Failures of sources since `from` (UTC), the newest first.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn source_failures(&self, from: Timestamp, most: u32) -> Result<Vec<KeptFailure>, StoreError> {
        let found = sql(
            "select source, what, at_ms from source_failures where at_ms >= ? order by at_ms desc, id desc limit ?",
        );
        let rows: Vec<(String, String, i64)> = self.engine.all(found.bind(from.as_millisecond()).bind(most)).await?;
        rows.into_iter()
            .map(|(source, what, at_ms)| Ok(KeptFailure { source, what, at: time("source_failures", at_ms)? }))
            .collect()
    }

    /// How often each source failed since `from` (UTC), and when it did last; by name.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn failures_by_source(&self, from: Timestamp) -> Result<Vec<(String, u64, Timestamp)>, StoreError> {
        let counted = sql("select source, count(*), max(at_ms) from source_failures where at_ms >= ? \
             group by source order by source");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted.bind(from.as_millisecond())).await?;
        rows.into_iter()
            .map(|(source, count, at_ms)| Ok((source, count.unsigned_abs(), time("source_failures", at_ms)?)))
            .collect()
    }

    /// Forgets failures of sources before an instant (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_source_failures(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.engine.execute(sql("delete from source_failures where at_ms < ?").bind(before.as_millisecond())).await
    }

    /// The newest published forecast.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn newest_published(&self) -> Result<Option<NewestPublished>, StoreError> {
        let newest = sql("select origin_s, published_at_ms, model from predictions \
             where origin_s = (select max(origin_s) from predictions) order by published_at_ms desc limit 1");
        let newest: Option<(i64, i64, String)> = self.engine.first(newest).await?;
        newest
            .map(|(origin_s, published_at_ms, model)| {
                let published_at = time("predictions", published_at_ms)?;
                Ok(NewestPublished { origin: instant(origin_s), published_at, model })
            })
            .transpose()
    }

    /// How many forecasts have no outcome although their horizon has passed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn overdue_outcomes(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ended = |horizon: Horizon| now.as_second() - i64::from(horizon.hours()) * SECONDS_PER_HOUR;
        let counted = sql("select count(*) from predictions where outcome_at_ms is null and origin_s <= ? \
             and (horizon = ? or origin_s <= ?)")
        .bind(ended(Horizon::Day))
        .bind(Horizon::Day.as_str())
        .bind(ended(Horizon::TwoDays));
        let counted: Option<(i64,)> = self.engine.first(counted).await?;
        Ok(counted.map_or(0, |(count,)| count.unsigned_abs()))
    }
}

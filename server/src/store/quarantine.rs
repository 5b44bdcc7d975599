//! Refused rows in the store.

use super::candles::{Batch, ROWS_PER_INSERT};
use super::engine::Write;
use super::statement::{placeholders, sql};
use super::{Store, StoreError};

/// Columns of a refused row.
const COLUMNS: usize = 7;

impl Store {
    /// How many rows were refused, over all coins and sources.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn quarantined_rows(&self) -> Result<u32, StoreError> {
        let rows: Option<(i64,)> = self.engine.first(sql("select count(*) from quarantine")).await?;
        Ok(rows.map_or(0, |(rows,)| u32::try_from(rows).unwrap_or(u32::MAX)))
    }

    /// How many rows were refused for each reason, by the reason's code.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn quarantined_by_reason(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.engine.all(sql("select reason, count(*) from quarantine group by reason order by reason")).await
    }

    /// Adds the refused rows that are not known yet and says how many those were.
    pub(super) async fn insert_refused(&self, write: &mut Write, batch: &Batch<'_>) -> Result<u64, StoreError> {
        let mut added = 0;
        for rows in batch.refused.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "{} quarantine (symbol, source, place, reason, raw, opens_at_ms, refused_at_s) values {}",
                self.engine.insert_new(),
                placeholders(rows.len(), COLUMNS),
            ));
            for refused in rows {
                let place = match refused.row {
                    Some(number) => format!("{}:{number}", batch.place),
                    None => batch.place.to_owned(),
                };
                insert = insert
                    .bind(batch.symbol.as_str())
                    .bind(batch.source)
                    .bind(place)
                    .bind(refused.reason.code())
                    .bind(refused.raw.as_str())
                    .bind(refused.open_time_ms)
                    .bind(batch.now_s);
            }
            added += write.execute(insert).await?;
        }
        Ok(added)
    }
}

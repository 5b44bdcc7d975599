//! Refused rows in the store.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::candles::Batch;
use super::{Store, StoreError};

/// Rows in one insert, seven values each.
const ROWS_PER_INSERT: usize = 1_000;

impl Store {
    /// How many rows were refused, over all coins and sources.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn quarantined_rows(&self) -> Result<u32, StoreError> {
        let rows: i64 = sqlx::query_scalar("select count(*) from quarantine").fetch_one(&self.pool).await?;
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    /// How many rows were refused for each reason, by the reason's code.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn quarantined_by_reason(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sqlx::query_as("select reason, count(*) from quarantine group by reason order by reason")
            .fetch_all(&self.pool)
            .await?)
    }
}

/// Adds the refused rows that are not known yet and says how many those were.
pub(super) async fn insert(connection: &mut SqliteConnection, batch: &Batch<'_>) -> Result<u64, StoreError> {
    let mut added = 0;
    for rows in batch.refused.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into quarantine (symbol, source, place, reason, raw, opens_at_ms, refused_at_s) ",
        );
        query.push_values(rows, |mut row, refused| {
            let place = match refused.row {
                Some(number) => format!("{}:{number}", batch.place),
                None => batch.place.to_owned(),
            };
            row.push_bind(batch.symbol.as_str())
                .push_bind(batch.source)
                .push_bind(place)
                .push_bind(refused.reason.code())
                .push_bind(refused.raw.as_str())
                .push_bind(refused.open_time_ms)
                .push_bind(batch.now_s);
        });
        query.push(" on conflict do nothing");
        added += query.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(added)
}

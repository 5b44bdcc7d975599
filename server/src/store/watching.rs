//! What the server measures about itself, in the store.

mod drift;
mod health;
mod performance;

use jiff::Timestamp;
use serde::Serialize;

use super::predictions::json;
use super::statement::sql;
use super::{Store, StoreError, time};

pub use drift::{DriftCheck, DriftColumn, DriftScore, ProducedRow};
pub use health::{AnsweredBy, KeptFailure, NewestPublished, RefusedOf};
pub use performance::{Baseline, JudgedForecast, PerformanceWeek, SaidOf, Sums, Tenth};

impl Store {
    /// What a watcher has found so far, as the JSON that it kept, and when it did (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn watch_state(&self, name: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let found = sql("select content, at_ms from watch_states where name = ?").bind(name);
        let found: Option<(String, i64)> = self.engine.first(found).await?;
        found.map(|(content, at_ms)| Ok((content, time("watch_states", at_ms)?))).transpose()
    }

    /// Keeps what a watcher has found so far, in place of what it kept before.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where it cannot be written as JSON.
    pub async fn keep_watch_state(
        &self,
        name: &str,
        content: &(impl Serialize + Sync),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let keep = format!(
            "insert into watch_states (name, content, at_ms) values (?, ?, ?){}",
            self.engine.or_update("name", &["content", "at_ms"]),
        );
        let keep = sql(keep).bind(name).bind(json(content)?).bind(at.as_millisecond());
        self.engine.execute(keep).await?;
        Ok(())
    }
}

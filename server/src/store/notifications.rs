//! What the bell shows, in the store.

use std::collections::BTreeMap;

use domain::alert::Notification;
use domain::user::AccountId;
use jiff::Timestamp;

use super::statement::{placeholders, sql};
use super::{Store, StoreError, damaged, time};

/// Accounts in one question.
const ACCOUNTS_PER_QUESTION: usize = 500;

impl Store {
    /// What happened to an account, the newest first, from the `skipped`th entry on.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn notifications(
        &self,
        account: &AccountId,
        skipped: u32,
        limit: u32,
    ) -> Result<Vec<Notification>, StoreError> {
        let listed = sql("select id, content, at_ms, read_at_ms from notifications where account = ? \
             order by at_ms desc, id desc limit ? offset ?");
        let rows: Vec<(String, String, i64, Option<i64>)> =
            self.engine.all(listed.bind(account.as_str()).bind(limit).bind(skipped)).await?;
        rows.into_iter()
            .map(|(id, content, at_ms, read_at_ms)| {
                Ok(Notification {
                    id,
                    event: serde_json::from_str(&content).map_err(|_| damaged("notifications", "content"))?,
                    at: time("notifications", at_ms)?,
                    is_read: read_at_ms.is_some(),
                })
            })
            .collect()
    }

    /// How many entries of an account are unread.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn unread(&self, account: &AccountId) -> Result<u32, StoreError> {
        let counted = self.unread_of_many(std::slice::from_ref(account)).await?;
        Ok(counted.get(account).copied().unwrap_or(0))
    }

    /// How many entries of each account are unread; accounts without any are not in it.
    ///
    /// # Errors
    /// As [`Store::notifications`].
    pub async fn unread_of_many(&self, accounts: &[AccountId]) -> Result<BTreeMap<AccountId, u32>, StoreError> {
        let mut counts = BTreeMap::new();
        for chunk in accounts.chunks(ACCOUNTS_PER_QUESTION) {
            let counted = sql(format!(
                "select account, count(*) from notifications where read_at_ms is null and account in {} \
                 group by account",
                placeholders(1, chunk.len()),
            ));
            let rows: Vec<(String, i64)> =
                self.engine.all(counted.bind_all(chunk.iter().map(AccountId::as_str))).await?;
            for (account, count) in rows {
                let account = AccountId::parse(&account).map_err(|_| damaged("notifications", "account"))?;
                counts.insert(account, u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
        Ok(counts)
    }

    /// Marks everything of an account as read; how many entries were not.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn mark_all_read(&self, account: &AccountId, at: Timestamp) -> Result<u64, StoreError> {
        let mark = sql("update notifications set read_at_ms = ? where account = ? and read_at_ms is null");
        self.engine.execute(mark.bind(at.as_millisecond()).bind(account.as_str())).await
    }

    /// Forgets entries from before an instant; how many those were.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_notifications(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.engine.execute(sql("delete from notifications where at_ms < ?").bind(before.as_millisecond())).await
    }
}

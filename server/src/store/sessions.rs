//! Sessions in the store. What is in them is the session library's; here it is a text.

use domain::user::AccountId;

use super::statement::sql;
use super::{Store, StoreError};

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSession {
    /// Its name, SHA-256 of what the cookie holds: whoever reads this table cannot act for anybody.
    pub id: String,
    /// The account that is signed in.
    pub account: Option<AccountId>,
    /// What it holds.
    pub content: String,
    /// When it ends, epoch seconds.
    pub expires_at_s: i64,
}

impl Store {
    /// Keeps a session that is new; whether its name was free.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn add_session(&self, session: &KeptSession) -> Result<bool, StoreError> {
        let insert = "insert into sessions (id, account, content, expires_at_s) values (?, ?, ?, ?)";
        match self.engine.execute(bound(insert.to_owned(), session)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_taken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps a session, in place of the one of the same name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_session(&self, session: &KeptSession) -> Result<(), StoreError> {
        let insert = format!(
            "insert into sessions (id, account, content, expires_at_s) values (?, ?, ?, ?){}",
            self.engine.or_update("id", &["account", "content", "expires_at_s"]),
        );
        self.engine.execute(bound(insert, session)).await?;
        Ok(())
    }

    /// What a session holds and when it ends (epoch seconds), where it has not ended.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn session(&self, id: &str, now_s: i64) -> Result<Option<(String, i64)>, StoreError> {
        let found = sql("select content, expires_at_s from sessions where id = ? and expires_at_s > ?");
        self.engine.first(found.bind(id).bind(now_s)).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn end_session(&self, id: &str) -> Result<(), StoreError> {
        self.engine.execute(sql("delete from sessions where id = ?").bind(id)).await?;
        Ok(())
    }

    /// Forgets the sessions that have ended; how many those were.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_ended_sessions(&self, now_s: i64) -> Result<u64, StoreError> {
        self.engine.execute(sql("delete from sessions where expires_at_s <= ?").bind(now_s)).await
    }
}

fn bound(text: String, session: &KeptSession) -> super::statement::Statement {
    sql(text)
        .bind(session.id.as_str())
        .bind(session.account.as_ref().map(AccountId::as_str))
        .bind(session.content.as_str())
        .bind(session.expires_at_s)
}

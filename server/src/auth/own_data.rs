//! Everything that is kept about an account, for its owner (GDPR, article 20).

use domain::user::Account;
use serde_json::{Value, json};

use super::{Accounts, AuthError};

/// More entries than anybody has: the file is whole.
const ALL: u32 = u32::MAX >> 1;

impl Accounts {
    /// What is kept about an account, as JSON: the account, its rules and choices, alerts, notifications,
    /// conversations and feedback. The hash of its password and its sessions are not in it: they prove who somebody
    /// is and say nothing about him.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn own_data(&self, account: &Account) -> Result<Value, AuthError> {
        let (store, id, visitor) = (&self.store, &account.id, self.visitor(&account.id));
        let rules: Vec<Value> =
            store.rules(id).await?.iter().map(|kept| json!({ "id": kept.id, "rule": kept.rule })).collect();
        let alerts: Vec<Value> = store
            .alerts(id, 0, ALL)
            .await?
            .iter()
            .map(|alert| {
                json!({
                    "id": alert.id,
                    "rule": alert.rule,
                    "forecast": alert.forecast,
                    "fired_at": alert.fired_at,
                    "state": alert.state.as_str(),
                })
            })
            .collect();
        let feedback: Vec<Value> = store
            .feedback_of_account(id, &visitor)
            .await?
            .iter()
            .map(|said| {
                json!({
                    "about": said.kind.as_str(),
                    "subject": said.subject,
                    "verdict": said.opinion.as_str(),
                    "seen": said.seen,
                    "words": said.words,
                    "origin": said.origin,
                    "given_at": said.given_at,
                    "changed_at": said.changed_at,
                })
            })
            .collect();
        let mut conversations = Vec::new();
        for head in store.conversations(&visitor).await? {
            conversations.extend(store.conversation(&visitor, &head.id).await?);
        }
        Ok(json!({
            "made_at": self.clock.now(),
            "account": account,
            "letters": store.letter_choices(id).await?,
            "rules": rules,
            "alerts": alerts,
            "notifications": store.notifications(id, 0, ALL).await?,
            "conversations": conversations,
            "feedback": feedback,
        }))
    }
}

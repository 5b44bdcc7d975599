//! Sessions of tower-sessions in our own store.

use std::sync::Arc;

use async_trait::async_trait;
use domain::clock::Clock;
use domain::user::AccountId;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::hex::hex;
use crate::store::{KeptSession, Store};

/// Under which key axum-login keeps who is signed in.
const SIGNED_IN: &str = "axum-login.data";

/// Sessions in the store, by the hash of their names.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    /// Sessions in a store.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.store.add_session(&kept(record)?).await.map_err(failed)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store.keep_session(&kept(record)?).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.store.session(&hashed(id), self.clock.now().as_second()).await.map_err(failed)?;
        let Some((content, expires_at_s)) = found else { return Ok(None) };
        let data = serde_json::from_str(&content).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(expires_at_s).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.end_session(&hashed(id)).await.map_err(failed)
    }
}

fn kept(record: &Record) -> Result<KeptSession> {
    let account = record.data.get(SIGNED_IN).and_then(|data| data.get("user_id")?.as_str());
    Ok(KeptSession {
        id: hashed(&record.id),
        account: account.and_then(|account| AccountId::parse(account).ok()),
        content: serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?,
        expires_at_s: record.expiry_date.unix_timestamp(),
    })
}

fn hashed(id: &Id) -> String {
    hex(&Sha256::digest(id.to_string()))
}

fn failed(error: impl std::error::Error) -> Error {
    Error::Backend(error.to_string())
}

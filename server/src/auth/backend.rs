//! What axum-login asks of us: who somebody is.

use std::net::IpAddr;

use axum_login::{AuthUser, AuthnBackend};
use domain::user::{Account, AccountId, EmailAddress};

use super::{Accounts, AuthError};
use crate::config::Secret;
use crate::store::KeptAccount;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn(pub KeptAccount);

impl SignedIn {
    /// His account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.0.account
    }
}

impl AuthUser for SignedIn {
    type Id = AccountId;

    fn id(&self) -> AccountId {
        self.0.account.id.clone()
    }

    /// Another password ends every session.
    fn session_auth_hash(&self) -> &[u8] {
        self.0.password_hash.as_bytes()
    }
}

/// What somebody says to prove who he is.
pub struct Credentials {
    /// The address of the account.
    pub address: EmailAddress,
    /// The password.
    pub password: Secret,
    /// From where he says so.
    pub from: Option<IpAddr>,
}

/// The accounts as axum-login sees them.
#[derive(Clone)]
pub struct Backend(pub Accounts);

impl AuthnBackend for Backend {
    type User = SignedIn;
    type Credentials = Credentials;
    type Error = AuthError;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<SignedIn>, AuthError> {
        let Credentials { address, password, from } = credentials;
        match self.0.authenticate(&address, password.expose(), from).await {
            Ok(kept) => Ok(Some(SignedIn(kept))),
            Err(AuthError::Credentials) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get_user(&self, id: &AccountId) -> Result<Option<SignedIn>, AuthError> {
        Ok(self.0.store().account(id).await?.map(SignedIn))
    }
}

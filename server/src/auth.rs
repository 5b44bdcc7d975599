//! Accounts: who somebody is, and what is done about it by letter.
//!
//! Sessions are axum-login's and tower-sessions' over our own store; passwords are Argon2id by password-auth. What is
//! ours is here: that nobody learns whether an address has an account, that nothing is done for somebody else, and
//! that every link of a letter works once.

use std::net::IpAddr;
use std::sync::Arc;

use domain::chat::VisitorId;
use domain::clock::Clock;
use domain::error::Failure;
use domain::language::Language;
use domain::user::{Account, AccountId, EmailAddress, Role};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::incident;
use crate::outbox::Parcel;
use crate::pace::Pace;
use crate::signing::{Purpose, SigningKey, TicketError};
use crate::store::{KeptAccount, NewAccount, Store, StoreError};

mod backend;
mod own_data;
mod passwords;
mod sessions;

pub use backend::{Backend, Credentials, SignedIn};
pub use passwords::{Password, PasswordFlaw};
pub use sessions::Sessions;

use passwords::Passwords;

/// How long the link of a first letter is good: a weekend away is no reason to start again.
const CONFIRM_FOR: SignedDuration = SignedDuration::from_hours(72);
/// How long the link of another address is good.
const CHANGE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long the link of another password is good.
const RESET_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Tries to sign in to one account within a minute.
const TRIES_A_MINUTE: u32 = 10;
/// Letters that a stranger can make us send to one address within an hour.
const LETTERS_AN_HOUR: u32 = 4;
/// Such letters from one address of the network within an hour.
const LETTERS_FROM_ONE_PLACE: u32 = 40;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Address and password do not belong together, or there is no such account: nobody is told which.
    #[error("address and password do not belong together")]
    Credentials,
    /// Tried too often.
    #[error("tried too often; again in {retry_after_s} seconds")]
    TooMany {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The link of a letter opens nothing.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The link was used, or what it was for has changed meanwhile.
    #[error("the link was used")]
    Used,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no thread, or a stored hash cannot be read.
    #[error("a password could not be checked: {0}")]
    Password(String),
}

impl AuthError {
    /// As a reader may know it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::TooMany { retry_after_s } => Failure::TooMany { retry_after_s: *retry_after_s },
            Self::Credentials | Self::Ticket(_) | Self::Used => Failure::NotAllowed,
            Self::Store(_) | Self::Password(_) => incident::report(self),
        }
    }
}

/// The accounts of this product. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    paces: Arc<Paces>,
}

struct Paces {
    tries: Pace<EmailAddress>,
    tries_from: Pace<IpAddr>,
    letters: Pace<EmailAddress>,
    letters_from: Pace<IpAddr>,
}

impl Accounts {
    /// Accounts in a store. `sign_ins_a_minute` is how often one address of the network may try.
    #[must_use]
    pub fn new(store: Store, key: SigningKey, clock: Arc<dyn Clock>, sign_ins_a_minute: u32) -> Self {
        let paces = Paces {
            tries: Pace::a_minute(TRIES_A_MINUTE),
            tries_from: Pace::a_minute(sign_ins_a_minute),
            letters: Pace::an_hour(LETTERS_AN_HOUR),
            letters_from: Pace::an_hour(LETTERS_FROM_ONE_PLACE),
        };
        Self { store, key, clock, passwords: Passwords::new(), paces: Arc::new(paces) }
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The key that signs links.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Under which name an account's conversations are kept.
    #[must_use]
    pub fn visitor(&self, account: &AccountId) -> VisitorId {
        self.key.visitor(account)
    }

    /// Makes an account and sends a letter to confirm its address. Where the address has an account already, its
    /// owner gets a letter that says so; whoever asked sees and waits the same.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn sign_up(
        &self,
        address: &EmailAddress,
        password: &Password,
        language: Language,
        from: Option<IpAddr>,
    ) -> Result<(), AuthError> {
        self.may_write_to(address, from)?;
        let password_hash = self.passwords.hash(password).await?;
        let id = random_account_id();
        let parcel = Parcel::ConfirmAddress { account: id.clone() };
        let account = Account {
            id,
            address: address.clone(),
            role: Role::Member,
            language,
            confirmed_at: None,
            created_at: self.clock.now(),
        };
        if self.store.add_account(&NewAccount { account, password_hash }, Some(&parcel)).await? {
            return Ok(());
        }
        if let Some(kept) = self.store.account_at(address).await? {
            let account = kept.account.id;
            let parcel = match kept.account.confirmed_at {
                Some(_) => Parcel::AddressTaken { account },
                // The first letter may have been lost.
                None => Parcel::ConfirmAddress { account },
            };
            self.store.post_parcel(&parcel, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Sends the letter that confirms an account's address once more.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn confirm_again(&self, account: &Account) -> Result<(), AuthError> {
        self.may_write_to(&account.address, None)?;
        if account.confirmed_at.is_none() {
            let parcel = Parcel::ConfirmAddress { account: account.id.clone() };
            self.store.post_parcel(&parcel, self.clock.now()).await?;
        }
        Ok(())
    }

    /// The ticket of a letter that confirms an address.
    #[must_use]
    pub fn confirmation_ticket(&self, account: &Account) -> String {
        let fields = [account.id.as_str(), account.address.as_str()];
        self.key.issue(Purpose::ConfirmAddress, &fields, self.until(CONFIRM_FOR))
    }

    /// The ticket of a letter that confirms another address.
    #[must_use]
    pub fn change_ticket(&self, account: &Account, to: &EmailAddress) -> String {
        let fields = [account.id.as_str(), account.address.as_str(), to.as_str()];
        self.key.issue(Purpose::ChangeAddress, &fields, self.until(CHANGE_FOR))
    }

    /// The ticket of a letter that lets its reader choose another password.
    #[must_use]
    pub fn reset_ticket(&self, kept: &KeptAccount) -> String {
        let fields = [kept.account.id.as_str(), &self.key.mark(&kept.password_hash)];
        self.key.issue(Purpose::ResetPassword, &fields, self.until(RESET_FOR))
    }

    /// Confirms an address by a ticket. A second time is as good as the first.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn confirm(&self, ticket: &str) -> Result<(), AuthError> {
        let [account, address] = self.key.read(Purpose::ConfirmAddress, ticket, self.clock.now())?;
        let (account, address) = (parsed(AccountId::parse(&account))?, parsed(EmailAddress::parse(&address))?);
        let confirmed = self.store.confirm_account(&account, &address, self.clock.now()).await?;
        if confirmed { Ok(()) } else { Err(AuthError::Used) }
    }

    /// The account of an address and its password.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::Credentials`] takes as long whether or not there is such an account.
    pub async fn authenticate(
        &self,
        address: &EmailAddress,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<KeptAccount, AuthError> {
        keep(&self.paces.tries, address)?;
        if let Some(from) = from {
            keep(&self.paces.tries_from, &from)?;
        }
        let kept = self.store.account_at(address).await?;
        let hash = kept.as_ref().map(|kept| kept.password_hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        kept.filter(|_| is_right).ok_or(AuthError::Credentials)
    }

    /// Whether a password is an account's.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::Credentials`] where it is not.
    pub async fn prove(&self, account: &Account, password: &str) -> Result<KeptAccount, AuthError> {
        self.authenticate(&account.address, password, None).await
    }

    /// Gives whoever signs in the conversations that he had before.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn take_over(&self, from: &VisitorId, account: &AccountId) -> Result<(), AuthError> {
        Ok(self.store.hand_over_conversations(from, &self.visitor(account)).await?)
    }

    /// Sends a letter with a link to choose another password, should the address have an account.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn forgot(&self, address: &EmailAddress, from: Option<IpAddr>) -> Result<(), AuthError> {
        self.may_write_to(address, from)?;
        if let Some(kept) = self.store.account_at(address).await? {
            let parcel = Parcel::ResetPassword { account: kept.account.id };
            self.store.post_parcel(&parcel, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Whether the ticket of a reset is good; for the page before the form is sent.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn may_reset(&self, ticket: &str) -> Result<KeptAccount, AuthError> {
        let [account, mark] = self.key.read(Purpose::ResetPassword, ticket, self.clock.now())?;
        let account = parsed(AccountId::parse(&account))?;
        let kept = self.store.account(&account).await?.ok_or(AuthError::Used)?;
        // The mark changes with the password: the ticket is good once.
        if self.key.mark(&kept.password_hash) == mark { Ok(kept) } else { Err(AuthError::Used) }
    }

    /// Chooses another password by a ticket. All sessions of the account end.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn reset(&self, ticket: &str, password: &Password) -> Result<(), AuthError> {
        let kept = self.may_reset(ticket).await?;
        self.replace_password(&kept, password).await
    }

    /// Chooses another password for whoever knows the one so far. All sessions of the account end.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn change_password(&self, account: &Account, old: &str, password: &Password) -> Result<(), AuthError> {
        let kept = self.prove(account, old).await?;
        self.replace_password(&kept, password).await
    }

    /// Sends a letter to another address; the change is made when it is confirmed there. Where that address has an
    /// account, its owner gets a letter instead, and whoever asked sees the same.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn ask_for_address(&self, account: &Account, password: &str, to: &EmailAddress) -> Result<(), AuthError> {
        self.may_write_to(to, None)?;
        let kept = self.prove(account, password).await?;
        let parcel = match self.store.account_at(to).await? {
            None => Parcel::ConfirmNewAddress { account: kept.account.id, address: to.clone() },
            Some(taken) => Parcel::AddressTaken { account: taken.account.id },
        };
        Ok(self.store.post_parcel(&parcel, self.clock.now()).await?)
    }

    /// Changes an address by a ticket.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn change_address(&self, ticket: &str) -> Result<(), AuthError> {
        let [account, from, to] = self.key.read(Purpose::ChangeAddress, ticket, self.clock.now())?;
        let (from, to) = (parsed(EmailAddress::parse(&from))?, parsed(EmailAddress::parse(&to))?);
        let account = parsed(AccountId::parse(&account))?;
        let changed = self.store.change_address(&account, &from, &to, self.clock.now()).await?;
        if changed { Ok(()) } else { Err(AuthError::Used) }
    }

    /// Chooses the language of an account's letters.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn choose_language(&self, account: &AccountId, language: Language) -> Result<(), AuthError> {
        Ok(self.store.choose_language(account, language).await?)
    }

    /// Deletes an account with all its data, for whoever knows its password.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn delete(&self, account: &Account, password: &str) -> Result<(), AuthError> {
        let kept = self.prove(account, password).await?;
        let visitor = self.visitor(&kept.account.id);
        Ok(self.store.delete_account(&kept.account, &visitor, self.clock.now()).await?)
    }

    async fn replace_password(&self, kept: &KeptAccount, password: &Password) -> Result<(), AuthError> {
        let hash = self.passwords.hash(password).await?;
        let changed =
            self.store.change_password(&kept.account.id, &kept.password_hash, &hash, self.clock.now()).await?;
        if changed { Ok(()) } else { Err(AuthError::Used) }
    }

    fn may_write_to(&self, address: &EmailAddress, from: Option<IpAddr>) -> Result<(), AuthError> {
        if let Some(from) = from {
            keep(&self.paces.letters_from, &from)?;
        }
        keep(&self.paces.letters, address)
    }

    fn until(&self, duration: SignedDuration) -> Timestamp {
        self.clock.now().checked_add(duration).unwrap_or(Timestamp::MAX)
    }
}

fn random_account_id() -> AccountId {
    AccountId::parse(&Uuid::new_v4().to_string()).expect("a UUID is letters, digits and dashes")
}

fn keep<K: std::hash::Hash + Eq + Clone>(pace: &Pace<K>, key: &K) -> Result<(), AuthError> {
    pace.keep(key).map_err(|failure| AuthError::TooMany { retry_after_s: failure.retry_after_s().unwrap_or(1) })
}

/// What we signed ourselves and cannot read comes from another version of the product.
fn parsed<T>(read: Result<T, Failure>) -> Result<T, AuthError> {
    read.map_err(|_| AuthError::Ticket(TicketError::Unknown))
}

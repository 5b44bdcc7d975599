//! Accounts in the store.

use domain::chat::VisitorId;
use domain::language::Language;
use domain::user::{Account, AccountId, EmailAddress, Role};
use jiff::Timestamp;

use super::conversations::hashed;
use super::engine::again;
use super::statement::sql;
use super::{Store, StoreError, damaged, time};
use crate::outbox::Parcel;

/// An account with what proves that somebody is its owner.
#[derive(Clone)]
pub struct KeptAccount {
    /// The account.
    pub account: Account,
    /// Argon2id in PHC form.
    pub password_hash: String,
}

impl std::fmt::Debug for KeptAccount {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("KeptAccount").field(&self.account.id).finish()
    }
}

/// An account to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// Argon2id in PHC form.
    pub password_hash: String,
}

/// Id, address, hash, role, language, confirmed, created.
type AccountRow = (String, String, String, String, String, Option<i64>, i64);

const COLUMNS: &str = "id, address, password_hash, role, language, confirmed_at_ms, created_at_ms";

impl Store {
    /// Adds an account and puts a parcel into the outbox; whether the address was free. Nothing is kept where not.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn add_account(&self, new: &NewAccount, parcel: Option<&Parcel>) -> Result<bool, StoreError> {
        again(|| self.add_account_once(new, parcel)).await
    }

    async fn add_account_once(&self, new: &NewAccount, parcel: Option<&Parcel>) -> Result<bool, StoreError> {
        let mut write = self.engine.begin().await?;
        let Account { id, address, role, language, confirmed_at, created_at } = &new.account;
        let insert = sql(format!("insert into accounts ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)"))
            .bind(id.as_str())
            .bind(address.as_str())
            .bind(&new.password_hash)
            .bind(role.as_str())
            .bind(language.tag())
            .bind(confirmed_at.map(Timestamp::as_millisecond))
            .bind(created_at.as_millisecond());
        if !write.add(insert).await? {
            return Ok(false);
        }
        if let Some(parcel) = parcel {
            self.post(&mut write, parcel, *created_at).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Puts a parcel into the outbox, due at once.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn post_parcel(&self, parcel: &Parcel, at: Timestamp) -> Result<(), StoreError> {
        again(|| self.post_parcel_once(parcel, at)).await
    }

    async fn post_parcel_once(&self, parcel: &Parcel, at: Timestamp) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        self.post(&mut write, parcel, at).await?;
        write.commit().await
    }

    /// The account of a name.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn account(&self, id: &AccountId) -> Result<Option<KeptAccount>, StoreError> {
        let found = sql(format!("select {COLUMNS} from accounts where id = ?")).bind(id.as_str());
        self.engine.first(found).await?.map(account_of).transpose()
    }

    /// The account of an address.
    ///
    /// # Errors
    /// As [`Store::account`].
    pub async fn account_at(&self, address: &EmailAddress) -> Result<Option<KeptAccount>, StoreError> {
        let found = sql(format!("select {COLUMNS} from accounts where address = ?")).bind(address.as_str());
        self.engine.first(found).await?.map(account_of).transpose()
    }

    /// Notes that an account's address is its owner's; whether the account still has this address.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn confirm_account(
        &self,
        id: &AccountId,
        address: &EmailAddress,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update =
            sql("update accounts set confirmed_at_ms = coalesce(confirmed_at_ms, ?) where id = ? and address = ?");
        Ok(self.engine.execute(update.bind(at.as_millisecond()).bind(id.as_str()).bind(address.as_str())).await? > 0)
    }

    /// Gives an account another address and tells the one so far; whether it still had that one and the other is
    /// free.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn change_address(
        &self,
        id: &AccountId,
        from: &EmailAddress,
        to: &EmailAddress,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        again(|| self.change_address_once(id, from, to, at)).await
    }

    async fn change_address_once(
        &self,
        id: &AccountId,
        from: &EmailAddress,
        to: &EmailAddress,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut write = self.engine.begin().await?;
        let taken = sql("select id from accounts where address = ?").bind(to.as_str());
        if write.first::<(String,)>(taken).await?.is_some() {
            return Ok(false);
        }
        let update = sql("update accounts set address = ?, confirmed_at_ms = ? where id = ? and address = ?")
            .bind(to.as_str())
            .bind(at.as_millisecond())
            .bind(id.as_str())
            .bind(from.as_str());
        match write.execute(update).await {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            // Somebody else took the address in this moment.
            Err(error) if error.is_taken() => return Ok(false),
            Err(error) => return Err(error),
        }
        let notice = Parcel::AddressChanged { account: id.clone(), address: from.clone() };
        self.post(&mut write, &notice, at).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Gives an account another password, where it still has the one so far, ends its sessions and tells its owner;
    /// whether it had.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn change_password(
        &self,
        id: &AccountId,
        from_hash: &str,
        to_hash: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        again(|| self.change_password_once(id, from_hash, to_hash, at)).await
    }

    async fn change_password_once(
        &self,
        id: &AccountId,
        from_hash: &str,
        to_hash: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut write = self.engine.begin().await?;
        // Whoever can read the letter of a reset owns the address: that confirms it too.
        let update = sql("update accounts set password_hash = ?, confirmed_at_ms = coalesce(confirmed_at_ms, ?) \
             where id = ? and password_hash = ?")
        .bind(to_hash)
        .bind(at.as_millisecond())
        .bind(id.as_str())
        .bind(from_hash);
        if write.execute(update).await? == 0 {
            return Ok(false);
        }
        write.execute(sql("delete from sessions where account = ?").bind(id.as_str())).await?;
        self.post(&mut write, &Parcel::PasswordChanged { account: id.clone() }, at).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Chooses the language of an account's letters.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn choose_language(&self, id: &AccountId, language: Language) -> Result<(), StoreError> {
        let update = sql("update accounts set language = ? where id = ?");
        self.engine.execute(update.bind(language.tag()).bind(id.as_str())).await?;
        Ok(())
    }

    /// Gives the account of an address another role; whether there is one.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn set_role(&self, address: &EmailAddress, role: Role) -> Result<bool, StoreError> {
        let update = sql("update accounts set role = ? where address = ?");
        Ok(self.engine.execute(update.bind(role.as_str()).bind(address.as_str())).await? > 0)
    }

    /// Deletes an account with all that belongs to it, says so in a last letter, and forgets its conversations.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn delete_account(
        &self,
        account: &Account,
        visitor: &VisitorId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        again(|| self.delete_account_once(account, visitor, at)).await
    }

    async fn delete_account_once(
        &self,
        account: &Account,
        visitor: &VisitorId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        let feedback = sql("delete from feedback where giver = ? or giver = ?");
        write.execute(feedback.bind(format!("account:{}", account.id)).bind(hashed(visitor))).await?;
        write.execute(sql("delete from conversations where visitor = ?").bind(hashed(visitor))).await?;
        write.execute(sql("delete from accounts where id = ?").bind(account.id.as_str())).await?;
        let farewell = Parcel::AccountDeleted { address: account.address.clone(), language: account.language };
        self.post(&mut write, &farewell, at).await?;
        write.commit().await
    }

    /// Gives a visitor's conversations to another one: whoever signs in keeps what he asked before.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn hand_over_conversations(&self, from: &VisitorId, to: &VisitorId) -> Result<(), StoreError> {
        again(|| self.hand_over_conversations_once(from, to)).await
    }

    async fn hand_over_conversations_once(&self, from: &VisitorId, to: &VisitorId) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        for statement in [
            sql("update conversations set visitor = ? where visitor = ?"),
            sql("update feedback set giver = ? where giver = ? and kind = 'answer'"),
        ] {
            write.execute(statement.bind(hashed(to)).bind(hashed(from))).await?;
        }
        write.commit().await
    }
}

fn account_of(row: AccountRow) -> Result<KeptAccount, StoreError> {
    let (id, address, password_hash, role, language, confirmed_at_ms, created_at_ms) = row;
    let account = Account {
        id: AccountId::parse(&id).map_err(|_| damaged("accounts", "id"))?,
        address: EmailAddress::parse(&address).map_err(|_| damaged("accounts", "address"))?,
        role: match role.as_str() {
            "member" => Role::Member,
            "operator" => Role::Operator,
            _ => return Err(damaged("accounts", "role")),
        },
        language: language_of(&language).ok_or_else(|| damaged("accounts", "language"))?,
        confirmed_at: confirmed_at_ms.map(|at| time("accounts", at)).transpose()?,
        created_at: time("accounts", created_at_ms)?,
    };
    Ok(KeptAccount { account, password_hash })
}

fn language_of(tag: &str) -> Option<Language> {
    [Language::English, Language::French].into_iter().find(|language| language.tag() == tag)
}

//! Tickets: links that let whoever holds them do one thing, until a time, and nothing else.
//!
//! A ticket is signed, not stored: no table holds what could open an account. What makes it good for one use is in
//! its fields (the hash of the password that it resets, the address that it confirms), which its use changes.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::chat::VisitorId;
use domain::user::AccountId;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::{Mode, Settings};
use crate::whole_file;

/// The longest ticket that is looked at, in bytes.
const MAX_TICKET_BYTES: usize = 2_048;
/// The shortest secret of the settings, in bytes.
const MIN_SECRET_BYTES: usize = 32;

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The address of a new account is its owner's. Fields: account, address.
    ConfirmAddress,
    /// Another address is its owner's too. Fields: account, the address so far, the new one.
    ChangeAddress,
    /// Choose another password. Fields: account, a mark of the password so far.
    ResetPassword,
    /// Say how a forecast was. Fields: account, prediction.
    Feedback,
    /// Get no more letters. Fields: account.
    Unsubscribe,
}

/// Why a ticket opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Not one of ours, or cut short on its way.
    #[error("the link is not complete or not one of ours")]
    Unknown,
    /// It was good once.
    #[error("the link has expired")]
    Expired,
    /// Good, for something else.
    #[error("the link is for something else")]
    OtherPurpose,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Production needs one of its own, the same in every replica.
    #[error(
        "links in letters are signed with a secret, and none is set; set INVESTBUDDY_SECRET to 32 or more random characters, the same for every replica (openssl rand -base64 48)"
    )]
    Missing,
    /// Too easy to guess.
    #[error("INVESTBUDDY_SECRET is too short; set it to 32 or more random characters (openssl rand -base64 48)")]
    Short,
    /// The file of the key cannot be read or written.
    #[error("cannot keep the key that signs links in {}: {cause}; make the data folder writable, or set INVESTBUDDY_SECRET", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// The key that signs tickets.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

#[derive(Serialize, Deserialize)]
struct Payload(Purpose, i64, Vec<String>);

impl SigningKey {
    /// The key of the settings' secret; without one, a random key that is kept in the data folder.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn of(settings: &Settings) -> Result<Self, KeyError> {
        match &settings.secret {
            Some(secret) if secret.expose().len() < MIN_SECRET_BYTES => Err(KeyError::Short),
            Some(secret) => Ok(Self(Sha256::digest(secret.expose()).into())),
            None if settings.mode == Mode::Production => Err(KeyError::Missing),
            None => {
                let path = settings.data_dir.join("signing.key");
                Self::kept(&path).map_err(|cause| KeyError::File { path, cause })
            }
        }
    }

    fn kept(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => bytes
                .try_into()
                .map(Self)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it must hold 32 bytes")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Two random identifiers hold 244 bits from the system's generator.
                let seed = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
                let key: [u8; 32] = Sha256::digest(seed).into();
                whole_file::write_private(path, &key)?;
                Ok(Self(key))
            }
            Err(error) => Err(error),
        }
    }

    /// A key for tests.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A ticket for `purpose` that holds `fields` until `expires_at`. Letters, digits, `-`, `_` and one dot.
    #[must_use]
    pub fn issue(&self, purpose: Purpose, fields: &[&str], expires_at: Timestamp) -> String {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        // Texts and numbers always serialise.
        let payload = serde_json::to_vec(&Payload(purpose, expires_at.as_second(), fields)).unwrap_or_default();
        let seal = self.mac(b"ticket", &payload).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(seal))
    }

    /// The `N` fields of a ticket for `purpose`.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn read<const N: usize>(
        &self,
        purpose: Purpose,
        ticket: &str,
        now: Timestamp,
    ) -> Result<[String; N], TicketError> {
        let (payload, seal) =
            ticket.split_once('.').filter(|_| ticket.len() <= MAX_TICKET_BYTES).ok_or(TicketError::Unknown)?;
        let decode = |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| TicketError::Unknown);
        let (payload, seal) = (decode(payload)?, decode(seal)?);
        // Compares in constant time.
        self.mac(b"ticket", &payload).verify_slice(&seal).map_err(|_| TicketError::Unknown)?;
        let Payload(signed_for, expires_at_s, fields) =
            serde_json::from_slice(&payload).map_err(|_| TicketError::Unknown)?;
        if signed_for != purpose {
            return Err(TicketError::OtherPurpose);
        }
        if now.as_second() >= expires_at_s {
            return Err(TicketError::Expired);
        }
        fields.try_into().map_err(|_| TicketError::Unknown)
    }

    /// A mark of something secret, to be put into a ticket: it changes when the secret does and says nothing of it.
    #[must_use]
    pub fn mark(&self, secret: &str) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(b"mark", secret.as_bytes()).finalize().into_bytes()[..16])
    }

    /// Under which name an account's conversations are kept. Nobody who knows the account's name can guess it.
    #[must_use]
    pub fn visitor(&self, account: &AccountId) -> VisitorId {
        let seal = self.mac(b"visitor", account.as_str().as_bytes()).finalize().into_bytes();
        let mut bits = [0; 16];
        bits.copy_from_slice(&seal[..16]);
        VisitorId::from_bits(u128::from_be_bytes(bits))
    }

    fn mac(&self, label: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(label);
        mac.update(&[0]);
        mac.update(bytes);
        mac
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: SigningKey = SigningKey::from_bytes([7; 32]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_ticket_is_good_for_its_purpose_until_its_time_and_for_nothing_else() {
        let ticket = KEY.issue(Purpose::Feedback, &["account-1", "prediction 2"], at(100));
        let read = |purpose, now| KEY.read::<2>(purpose, &ticket, at(now));
        assert_eq!(read(Purpose::Feedback, 99), Ok(["account-1".to_owned(), "prediction 2".to_owned()]));
        assert_eq!(read(Purpose::Feedback, 100), Err(TicketError::Expired));
        assert_eq!(read(Purpose::Unsubscribe, 99), Err(TicketError::OtherPurpose));
        assert_eq!(
            SigningKey::from_bytes([8; 32]).read::<2>(Purpose::Feedback, &ticket, at(1)),
            Err(TicketError::Unknown)
        );
        assert_eq!(KEY.read::<1>(Purpose::Feedback, &ticket, at(1)), Err(TicketError::Unknown));
    }

    proptest! {
        #[test]
        fn a_ticket_that_was_changed_anywhere_opens_nothing(place in 0_usize..120, with in "[A-Za-z0-9_.-]") {
            let ticket = KEY.issue(Purpose::ResetPassword, &["account", "mark"], at(100));
            let place = place % ticket.len();
            let mut changed = ticket.clone();
            changed.replace_range(place..=place, &with);
            prop_assume!(changed != ticket);
            let read = KEY.read::<2>(Purpose::ResetPassword, &changed, at(1));
            // The last letter of base64 carries spare bits, which the decoder refuses.
            prop_assert_eq!(read, Err(TicketError::Unknown));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            prop_assert!(KEY.read::<2>(Purpose::Feedback, &text, at(1)).is_err());
        }
    }

    #[test]
    fn accounts_have_visitors_of_their_own() {
        let account = |text| AccountId::parse(text).expect("a name");
        assert_ne!(KEY.visitor(&account("a")), KEY.visitor(&account("b")));
        assert_ne!(KEY.visitor(&account("a")), SigningKey::from_bytes([8; 32]).visitor(&account("a")));
    }
}

//! Who uses the product: addresses, accounts and what each role may do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::language::Language;

/// The name of an account: letters, digits and dashes of a random identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    const MAX_CHARS: usize = 64;

    /// Reads a name.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for what no account can be called.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let is_plain = !text.is_empty()
            && text.len() <= Self::MAX_CHARS
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_plain { Ok(Self(text.to_owned())) } else { Err(Failure::invalid("account", "must name an account")) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for AccountId {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

/// An e-mail address, in lower case: whoever signs up as `Ann@Example.org` is found as `ann@example.org`.
/// Personal data: its debug form shows none of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The longest address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX_CHARS: usize = 254;

    /// Reads an address as people write it: one `@`, something before it, a domain after it, no spaces. Whether
    /// letters arrive there only a letter can tell.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for what cannot be an address.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim().to_lowercase();
        let is_plain = text.len() <= Self::MAX_CHARS
            && text.split_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
                    && !local.starts_with('.')
                    && !local.ends_with('.')
                    && !local.contains("..")
                    && domain.split('.').count() > 1
                    && domain.split('.').all(|label| {
                        !label.is_empty()
                            && label.len() <= 63
                            && !label.starts_with('-')
                            && !label.ends_with('-')
                            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                    })
            });
        if is_plain {
            Ok(Self(text))
        } else {
            Err(Failure::invalid("email", "must be an e-mail address: name@example.org"))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("EmailAddress(…)")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// What somebody may do. Each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nobody that we know: forecasts, glossary, a limited chat.
    Visitor,
    /// Somebody with an account: alerts, feedback under his name, more questions.
    Member,
    /// Somebody who looks after this server: monitoring and models.
    Operator,
}

impl Role {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Member => "member",
            Self::Operator => "operator",
        }
    }
}

/// An account as the rest of the product sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Where letters go.
    pub address: EmailAddress,
    /// What it may do.
    pub role: Role,
    /// The language of its letters.
    pub language: Language,
    /// When the address was confirmed (UTC); no alert goes to one that was not.
    pub confirmed_at: Option<Timestamp>,
    /// When it was made (UTC).
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_lower_case_and_what_is_none_is_refused() {
        for (text, expected) in [
            ("Ann@Example.org", Some("ann@example.org")),
            ("  ann.lee+coins@mail.example.co.uk ", Some("ann.lee+coins@mail.example.co.uk")),
            ("zoé@exämple.fr", Some("zoé@exämple.fr")),
            ("", None),
            ("ann", None),
            ("ann@", None),
            ("@example.org", None),
            ("ann@localhost", None),
            ("ann@exa mple.org", None),
            ("ann@example..org", None),
            (".ann@example.org", None),
            ("ann@example.org\r\nBcc: all@example.org", None),
            ("ann<b>@example.org", None),
            ("a@b@example.org", None),
        ] {
            assert_eq!(EmailAddress::parse(text).ok().as_ref().map(EmailAddress::as_str), expected, "{text:?}");
        }
        assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(250))).is_err());
    }

    #[test]
    fn an_address_is_not_shown_by_accident() {
        let address = EmailAddress::parse("ann@example.org").expect("an address");
        assert!(!format!("{address:?}").contains("ann"));
    }

    #[test]
    fn an_operator_may_do_what_a_member_may() {
        assert!(Role::Visitor < Role::Member && Role::Member < Role::Operator);
    }
}

//! What goes out: letters and webhooks, kept in the store until they are gone.
//!
//! Whoever has something to say puts a [`Parcel`] into the store in the same transaction as the cause. The words are
//! made when it is sent, so that no ticket and no text lies in a table.

use domain::language::Language;
use domain::user::{AccountId, EmailAddress};
use serde::{Deserialize, Serialize};

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Parcel {
    /// Please confirm that this address is yours.
    ConfirmAddress {
        /// Whose.
        account: AccountId,
    },
    /// Somebody signed up with an address that has an account.
    AddressTaken {
        /// Whose.
        account: AccountId,
    },
    /// Please confirm that your new address is yours.
    ConfirmNewAddress {
        /// Whose.
        account: AccountId,
        /// The new address.
        address: EmailAddress,
    },
    /// Your account's letters go to another address now. To the address so far.
    AddressChanged {
        /// Whose.
        account: AccountId,
        /// The address so far.
        address: EmailAddress,
    },
    /// Choose another password.
    ResetPassword {
        /// Whose.
        account: AccountId,
    },
    /// Your password was changed.
    PasswordChanged {
        /// Whose.
        account: AccountId,
    },
    /// Your account and its data are gone.
    AccountDeleted {
        /// Where it had its letters.
        address: EmailAddress,
        /// In which language.
        language: Language,
    },
    /// A rule fired.
    Alert {
        /// Whose.
        account: AccountId,
        /// The alert.
        alert: String,
    },
    /// Rules fired since the last digest.
    Digest {
        /// Whose.
        account: AccountId,
        /// The alerts.
        alerts: Vec<String>,
    },
    /// A program is told of a forecast of high volatility.
    Webhook {
        /// Where it listens.
        url: String,
        /// The stored forecast.
        prediction: String,
    },
}

impl Parcel {
    /// Whose it is; with the account its parcels go.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::ConfirmAddress { account }
            | Self::AddressTaken { account }
            | Self::ConfirmNewAddress { account, .. }
            | Self::AddressChanged { account, .. }
            | Self::ResetPassword { account }
            | Self::PasswordChanged { account }
            | Self::Alert { account, .. }
            | Self::Digest { account, .. } => Some(account),
            Self::AccountDeleted { .. } | Self::Webhook { .. } => None,
        }
    }

    /// `letter` or `webhook`.
    #[must_use]
    pub const fn channel(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            _ => "letter",
        }
    }
}

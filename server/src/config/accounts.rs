//! Settings of accounts.

use serde::{Deserialize, Serialize};

/// How often accounts may be tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountLimits {
    /// Tries to sign in from one address of the network within a minute.
    pub sign_ins_a_minute: u32,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self { sign_ins_a_minute: 30 }
    }
}

//! Names of visitors, conversations and messages.

use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// Reads a name: 32 hexadecimal digits in lower case.
fn parse(field: &'static str, text: &str) -> Result<String, Failure> {
    let is_name = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_name { Ok(text.to_owned()) } else { Err(Failure::invalid(field, "must be 32 hexadecimal digits")) }
}

macro_rules! id {
    ($(#[$about:meta])* $name:ident, $field:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// From a random or time-ordered number of 128 bits, such as a UUID.
            #[must_use]
            pub fn from_bits(bits: u128) -> Self {
                Self(format!("{bits:032x}"))
            }

            /// Reads a name.
            ///
            /// # Errors
            /// [`Failure::Invalid`] for anything but 32 hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, Failure> {
                parse($field, text).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;

            fn try_from(text: String) -> Result<Self, Failure> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Failure;

            fn from_str(text: &str) -> Result<Self, Failure> {
                Self::parse(text)
            }
        }
    };
}

id!(
    /// A browser, as its cookie names it. Whoever holds it reads and deletes its conversations: it is a secret.
    VisitorId,
    "visitor"
);
id!(
    /// A conversation.
    ConversationId,
    "conversation"
);
id!(
    /// A message.
    MessageId,
    "message"
);

//! Passwords: what is taken for one, and Argon2id away from the web's threads.

use std::sync::Arc;

use password_auth::VerifyError;
use tokio::sync::Semaphore;

use crate::config::Secret;

use super::AuthError;

/// A password that may be chosen: 10 to 200 characters and not one that everybody tries first (NIST SP 800-63B,
/// section 3.1.1: length and a list of known ones, no rules about kinds of characters).
#[derive(Debug, Clone)]
pub struct Password(Secret);

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFlaw {
    /// Nothing was typed.
    Missing,
    /// Fewer than [`Password::LEAST_CHARS`] characters.
    TooShort,
    /// More than [`Password::MOST_CHARS`] characters.
    TooLong,
    /// One of the first that anybody would try.
    TooCommon,
}

/// Ten characters or more that head every list of stolen passwords.
const COMMON: [&str; 24] = [
    "1234567890",
    "12345678910",
    "0123456789",
    "0987654321",
    "1111111111",
    "0000000000",
    "qwertyuiop",
    "azertyuiop",
    "1q2w3e4r5t",
    "q1w2e3r4t5",
    "password12",
    "password123",
    "password1234",
    "motdepasse",
    "motdepasse1",
    "motdepasse123",
    "iloveyou12",
    "letmein123",
    "welcome123",
    "changeme123",
    "investbuddy",
    "bitcoin123",
    "administrator",
    "unbelievable",
];

impl Password {
    /// The shortest password, in characters.
    pub const LEAST_CHARS: usize = 10;
    /// The longest password, in characters: hashing must stay cheap for us.
    pub const MOST_CHARS: usize = 200;

    /// Reads a password that somebody wants to have.
    ///
    /// # Errors
    /// [`PasswordFlaw`].
    pub fn parse(text: &str) -> Result<Self, PasswordFlaw> {
        let chars = text.chars().count();
        let first = text.chars().next().ok_or(PasswordFlaw::Missing)?;
        if chars < Self::LEAST_CHARS {
            Err(PasswordFlaw::TooShort)
        } else if chars > Self::MOST_CHARS {
            Err(PasswordFlaw::TooLong)
        } else if COMMON.contains(&text.to_lowercase().as_str()) || text.chars().all(|c| c == first) {
            Err(PasswordFlaw::TooCommon)
        } else {
            Ok(Self(Secret::new(text.to_owned())))
        }
    }
}

/// Hashes and compares, as many at once as there are cores: the rest waits, and the pages do not.
#[derive(Clone)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { places: Arc::new(Semaphore::new(cores)) }
    }

    /// The hash of a password, Argon2id in PHC form.
    pub(super) async fn hash(&self, password: &Password) -> Result<String, AuthError> {
        let password = password.0.clone();
        self.aside(move || Ok(password_auth::generate_hash(password.expose()))).await
    }

    /// Whether a password belongs to a hash. Without a hash it takes as long and does not.
    pub(super) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, AuthError> {
        // What nobody could choose is not worth a hash; it says nothing about the account.
        if password.chars().count() > Password::MOST_CHARS {
            return Ok(false);
        }
        let password = Secret::new(password.to_owned());
        self.aside(move || match hash {
            None => {
                password_auth::generate_hash(password.expose());
                Ok(false)
            }
            Some(hash) => match password_auth::verify_password(password.expose(), &hash) {
                Ok(()) => Ok(true),
                Err(VerifyError::PasswordInvalid) => Ok(false),
                Err(error) => Err(AuthError::Password(error.to_string())),
            },
        })
        .await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let _place = self.places.acquire().await.map_err(|error| AuthError::Password(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| AuthError::Password(error.to_string()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_long_or_known_to_everybody_is_no_password() {
        for (text, expected) in [
            ("", Some(PasswordFlaw::Missing)),
            ("short", Some(PasswordFlaw::TooShort)),
            ("Password123", Some(PasswordFlaw::TooCommon)),
            ("aaaaaaaaaaaaaa", Some(PasswordFlaw::TooCommon)),
            ("correct horse battery", None),
            ("élève-été-œuvre", None),
        ] {
            assert_eq!(Password::parse(text).err(), expected, "{text}");
        }
        assert_eq!(Password::parse(&"ab".repeat(101)).err(), Some(PasswordFlaw::TooLong));
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_one_is_not() {
        let passwords = Passwords::new();
        let chosen = Password::parse("correct horse battery").expect("a password");
        let hash = passwords.hash(&chosen).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(!format!("{chosen:?}").contains("horse"));
        let is_right = async |password, hash| passwords.verify(password, hash).await.expect("an answer");
        assert!(is_right("correct horse battery", Some(hash.clone())).await);
        assert!(!is_right("correct horse batterz", Some(hash.clone())).await);
        assert!(!is_right("correct horse battery", None).await);
        assert!(!is_right(&"x".repeat(1_000_000), Some(hash)).await);
    }
}

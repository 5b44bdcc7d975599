//! The one error of the server functions: small, closed and safe to show.

use domain::error::Failure;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use super::json::JsonText;

/// Why a server function gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// The server answered with a failure of the domain.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The question or the answer did not travel. The library's text stays in the console of whoever develops:
    /// it may name internals, so it is neither kept nor shown.
    #[error("The server could not be reached.")]
    Transport,
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::Failure(Failure::invalid("query", "must hold the arguments of this function"))
            }
            _ => Self::Transport,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_library_never_reaches_the_reader() {
        let secret = "connection to /var/lib/secret.db refused";
        let errors = [
            ServerFnErrorErr::Request(secret.into()),
            ServerFnErrorErr::ServerError(secret.into()),
            ServerFnErrorErr::Args(secret.into()),
            ServerFnErrorErr::Deserialization(secret.into()),
        ];
        for error in errors {
            let shown = ApiError::from_server_fn_error(error);
            assert!(!shown.to_string().contains("secret"), "{shown}");
            assert!(!format!("{shown:?}").contains("secret"), "{shown:?}");
        }
    }

    #[test]
    fn a_failure_survives_the_wire() {
        let error = ApiError::from(Failure::NotReady { retry_after_s: 3 });
        assert_eq!(ApiError::de(error.ser()), error);
    }
}

//! What goes wrong on our side: logged once under a number, of which the reader learns nothing but the number.

use std::error::Error;

use domain::error::Failure;
use tracing::error;
use uuid::Uuid;

/// Logs a cause with everything behind it and returns what a reader may know.
pub(crate) fn report(cause: &dyn Error) -> Failure {
    let incident = Uuid::new_v4().simple().to_string();
    let mut chain = cause.to_string();
    let mut source = cause.source();
    while let Some(deeper) = source {
        chain.push_str(": ");
        chain.push_str(&deeper.to_string());
        source = deeper.source();
    }
    error!(incident, error = chain, "Incident");
    Failure::Internal { incident }
}

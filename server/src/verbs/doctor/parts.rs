//! The parts behind the pages: the store and the model.

use super::Finding;
use crate::config::Settings;
use crate::store::Store;

/// Whether the store opens and answers.
pub(super) async fn store(settings: &Settings) -> Finding {
    let what = "store";
    let file = settings.store_file();
    if !file.exists() {
        return Finding::fine(what, format!("{} is made at the first start", file.display()));
    }
    let advice = "Move the file away: the next start makes a new one and reads the archive again.";
    let opened = match Store::open(&file).await {
        Ok(store) => store.ping().await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) => Finding::fine(what, format!("{} opens and answers", file.display())),
        Err(error) => Finding::broken(what, error.to_string(), advice),
    }
}

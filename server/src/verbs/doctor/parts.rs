//! The parts behind the pages: the store and the model.

use super::Finding;
use crate::config::Settings;
use crate::forecasting::SERVED;
use crate::registry::Registry;
use crate::store::{Place, Store};

/// Whether the store opens, has this version's tables and is consistent.
pub(super) async fn store(settings: &Settings) -> Finding {
    let what = "store";
    let place = settings.store_place();
    let (name, advice) = match &place {
        Place::File(file) if !file.exists() => {
            return Finding::fine(what, format!("{} is made at the first start", file.display()));
        }
        Place::File(file) => (
            file.display().to_string(),
            "Move the file away and bring back the newest copy with `investbuddy restore`; without one the next start makes an empty store, without accounts.",
        ),
        Place::Server(_) => (
            "the database of INVESTBUDDY_DATABASE_URL".to_owned(),
            "See that its server runs, and that the database is there and its user may change tables in it.",
        ),
    };
    let opened = match Store::at(&place).await {
        Ok(store) => {
            let checked = store.check().await;
            store.close().await;
            checked
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) => Finding::fine(what, format!("{name} opens and is consistent")),
        Err(error) => Finding::broken(what, error.to_string(), advice),
    }
}

/// Whether the model that should serve can be loaded whole.
pub(super) fn model(settings: &Settings) -> Finding {
    let what = "model";
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let loaded = match registry.load_champion(SERVED) {
        Ok(loaded) => loaded,
        Err(error) => {
            return Finding::broken(
                what,
                format!("{error}; looked in {} and {}", settings.model_dir.display(), settings.trained_dir().display()),
                "Bring back data/models from the repository, or run `investbuddy train --promote`.",
            );
        }
    };
    let serving = format!("{} loads", loaded.forecaster.manifest().version);
    match loaded.refused.first() {
        None => Finding::fine(what, serving),
        Some((version, reason)) => Finding::limited(
            what,
            format!("{serving}, but {version} should serve and cannot: {reason}"),
            "Run `investbuddy models` and promote one that loads.",
        ),
    }
}

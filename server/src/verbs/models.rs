//! `investbuddy models`: what is in the registry, what serves, and how to change that.

use clap::{Args, Subcommand};
use domain::model::{Family, Version};

use super::train::stored_family;
use super::{VerbError, print};
use crate::config::Settings;
use crate::registry::Registry;

/// What to do with the registry.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every version, the one that serves first (the default)
    List,
    /// Let a version serve; a running server takes it up within seconds
    Promote {
        /// The version
        #[arg(value_parser = |text: &str| Version::parse(text).map_err(|error| error.to_string()))]
        version: Version,
    },
    /// Let the version serve that served before
    Rollback {
        /// The family
        #[arg(long, default_value = "lstm", value_parser = stored_family)]
        model: Family,
    },
}

/// Lists, promotes or rolls back.
///
/// # Errors
/// [`VerbError`] where a version is unknown or cannot serve.
pub fn run(args: &ModelsArgs, settings: &Settings) -> Result<(), VerbError> {
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    match &args.action {
        None | Some(Action::List) => list(&registry, args.json),
        Some(Action::Promote { version }) => {
            let family = registry.promote(version).map_err(VerbError::because)?;
            say(args.json, family, version)
        }
        Some(Action::Rollback { model }) => {
            let version = registry.roll_back(*model).map_err(VerbError::because)?;
            say(args.json, *model, &version)
        }
    }
}

fn say(json: bool, family: Family, version: &Version) -> Result<(), VerbError> {
    if json {
        print(&serde_json::json!({ "family": family, "champion": version }).to_string());
    } else {
        print(&format!("{version} is the champion of the {} family", family.as_str()));
    }
    Ok(())
}

fn list(registry: &Registry, json: bool) -> Result<(), VerbError> {
    let cards = registry.cards();
    if json {
        print(&serde_json::to_string_pretty(&cards).map_err(VerbError::because)?);
        return Ok(());
    }
    if cards.is_empty() {
        print("There is no model yet: `investbuddy train --promote` makes one");
    }
    for card in &cards {
        let mark = if card.is_champion { "*" } else { " " };
        let scores: Vec<String> =
            card.scores.iter().map(|score| format!("{} QLIKE {:.4}", score.horizon, score.qlike)).collect();
        let (from, to) = (card.trained_from.strftime("%Y-%m-%d"), card.trained_to.strftime("%Y-%m-%d"));
        print(&format!("{mark} {}  {from} to {to}  {}", card.version, scores.join(", ")));
    }
    for (version, reason) in registry.damaged() {
        print(&format!("! {version}  {reason}"));
    }
    Ok(())
}

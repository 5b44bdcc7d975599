//! `investbuddy config`: the settings in force.

use clap::Args;

use super::{VerbError, print};
use crate::config::{Settings, fields};

/// How to print the settings.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print the README's table of settings
    #[arg(long)]
    markdown: bool,
}

/// Prints every setting with its value.
///
/// # Errors
/// None at the moment; verbs share one signature.
pub fn run(args: &ConfigArgs, settings: &Settings) -> Result<(), VerbError> {
    if args.json {
        let json = serde_json::to_string_pretty(settings).map_err(VerbError::because)?;
        print(&json);
    } else if args.markdown {
        print(fields::to_markdown(&Settings::default()).trim_end());
    } else {
        print(settings.to_toml().trim_end());
    }
    Ok(())
}

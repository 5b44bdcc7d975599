//! Reads the settings: defaults, then a TOML file, then the environment.

use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::Settings;
use super::fields::{Field, Kind, PREFIX};
use super::paths::Roots;

/// The variable that names the file; not a setting itself.
const CONFIG_VARIABLE: &str = "INVESTBUDDY_CONFIG";

/// The file that is read from the working directory where no other is named.
const DEFAULT_FILE: &str = "investbuddy.toml";

/// Where settings come from. Tests make their own; the program takes [`Sources::of_this_process`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file named on the command line.
    pub file: Option<PathBuf>,
    /// The environment's variables; those without our prefix are not looked at.
    pub environment: Vec<(String, String)>,
    /// The folder where `investbuddy.toml` is looked for.
    pub working_dir: PathBuf,
    /// Folders that default paths are relative to.
    pub roots: Roots,
}

/// Why the settings cannot be used. Each variant is one sentence that says what to change.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("{origin} sets {key}, which is not a setting.{}", suggestion.as_deref().map(|s| format!(" Did you mean {s}?")).unwrap_or_default())]
    UnknownKey {
        /// The file, or "The environment".
        origin: String,
        /// The key as it was written.
        key: String,
        /// The key that was probably meant, as the same source would write it.
        suggestion: Option<String>,
    },
    /// A value that a key cannot hold.
    #[error("{origin} sets {key} to {value}, but it must be {must_be}.")]
    WrongValue {
        /// The file, or "The environment".
        origin: String,
        /// The key as it was written.
        key: String,
        /// The value, shortened.
        value: String,
        /// What it must be.
        must_be: String,
    },
    /// The file that was named does not exist.
    #[error("There is no settings file {}. Remove --config (or INVESTBUDDY_CONFIG), or name a file that exists.", path.display())]
    NoFile {
        /// The file that was named.
        path: PathBuf,
    },
    /// The file is not TOML.
    #[error("{} is not a TOML file: {reason}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// What the reader of TOML says, with line and column.
        reason: String,
    },
    /// The sources were read and still make no settings; a fault of ours.
    #[error("The settings cannot be read: {reason}")]
    Unreadable {
        /// What the reader says.
        reason: String,
    },
}

impl Sources {
    /// The sources of this process: its environment, its working directory, a file named on the command line.
    #[must_use]
    pub fn of_this_process(file: Option<PathBuf>) -> Self {
        Self {
            file,
            environment: std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.to_string_lossy().into_owned())))
                .collect(),
            working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            roots: Roots::of_this_process(),
        }
    }

    pub(super) fn read(&self) -> Result<Settings, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Settings::defaults(self.roots.clone())));
        if let Some(path) = self.settings_file()? {
            figment = figment.merge(Layer::of_file(&path)?);
        }
        let figment = figment.merge(Layer::of_environment(&self.environment)?);
        let settings: Settings =
            figment.extract().map_err(|error| ConfigError::Unreadable { reason: error.to_string() })?;
        Ok(Settings { roots: self.roots.clone(), ..settings })
    }

    /// The file to read: named on the command line, else by the environment, else the usual one where it exists.
    fn settings_file(&self) -> Result<Option<PathBuf>, ConfigError> {
        let by_variable =
            || self.environment.iter().find(|(key, _)| key == CONFIG_VARIABLE).map(|(_, value)| PathBuf::from(value));
        if let Some(named) = self.file.clone().or_else(by_variable) {
            let path = self.working_dir.join(named);
            return if path.is_file() { Ok(Some(path)) } else { Err(ConfigError::NoFile { path }) };
        }
        let usual = self.working_dir.join(DEFAULT_FILE);
        Ok(usual.is_file().then_some(usual))
    }
}

/// Checked values of one source.
struct Layer {
    name: String,
    values: Dict,
}

impl Layer {
    fn of_file(path: &Path) -> Result<Self, ConfigError> {
        let not_toml = |reason: String| ConfigError::NotToml { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| not_toml(error.to_string()))?;
        let profiles = Toml::string(&text).data().map_err(|error| not_toml(error.to_string().trim().to_owned()))?;
        let values = profiles.into_values().next().unwrap_or_default();
        let name = path.display().to_string();
        check_table(&name, "", &values)?;
        Ok(Self { name, values })
    }

    fn of_environment(variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut values = Dict::new();
        for (variable, text) in variables {
            let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
            if variable == CONFIG_VARIABLE {
                continue;
            }
            let key = rest.to_ascii_lowercase().replace("__", ".");
            let Some(field) = Field::named(&key) else {
                return Err(ConfigError::UnknownKey {
                    origin: "The environment".to_owned(),
                    key: variable.clone(),
                    suggestion: Field::nearest(&key).and_then(Field::named).map(Field::variable),
                });
            };
            let value = field.kind.from_text(text);
            if !field.kind.accepts(&value) {
                return Err(wrong("The environment", variable, field, &value));
            }
            insert(&mut values, &key, value);
        }
        Ok(Self { name: "the environment".to_owned(), values })
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

fn check_table(origin: &str, prefix: &str, table: &Dict) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if let Some(field) = Field::named(&key) {
            if !field.kind.accepts(value) {
                return Err(wrong(origin, &key, field, value));
            }
            continue;
        }
        match value.as_dict() {
            Some(nested) if is_section(&key) => check_table(origin, &key, nested)?,
            _ => {
                let suggestion = Field::nearest(&key).map(str::to_owned);
                return Err(ConfigError::UnknownKey { origin: origin.to_owned(), key, suggestion });
            }
        }
    }
    Ok(())
}

fn is_section(key: &str) -> bool {
    super::fields::FIELDS.iter().any(|field| field.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn wrong(origin: &str, key: &str, field: &Field, value: &Value) -> ConfigError {
    ConfigError::WrongValue {
        origin: origin.to_owned(),
        key: key.to_owned(),
        value: if field.kind == Kind::Secret { "something else".to_owned() } else { shown(value) },
        must_be: field.kind.must_be(),
    }
}

/// A value as a person wrote it, short.
fn shown(value: &Value) -> String {
    let text = match value.as_str() {
        Some("") => "nothing".to_owned(),
        Some(text) => format!("\"{text}\""),
        None => serde_json::to_string(value).unwrap_or_else(|_| "something else".to_owned()),
    };
    if text.chars().count() > 60 { text.chars().take(59).chain(['…']).collect() } else { text }
}

fn insert(values: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            values.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let mut nested = values.get(section).and_then(Value::as_dict).cloned().unwrap_or_default();
            insert(&mut nested, rest, value);
            values.insert(section.to_owned(), Value::from(nested));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a settings file and an environment, as a person would write them.
    fn read(file: Option<&str>, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some(text) = file {
            std::fs::write(folder.path().join(DEFAULT_FILE), text).expect("a settings file");
        }
        let sources = Sources {
            environment: environment.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            working_dir: folder.path().to_owned(),
            ..Sources::default()
        };
        Settings::load(&sources).map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "DIR"))
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "addr = \"127.0.0.1:4000\"\nlive = false\n[market]\nseed = 11\nbinance_url = \"http://file\"";
        let environment = [
            ("INVESTBUDDY_ADDR", "0.0.0.0:5000"),
            ("INVESTBUDDY_MARKET__BINANCE_URL", "http://env"),
            ("HOME", "/root"),
        ];
        let settings = read(Some(file), &environment).expect("settings");
        assert_eq!(settings.addr.to_string(), "0.0.0.0:5000");
        assert!(!settings.live);
        assert_eq!(settings.market.seed, 11);
        assert_eq!(settings.market.binance_url, "http://env");
        assert_eq!(settings.market.yahoo_url, Settings::default().market.yahoo_url);
    }

    #[test]
    fn whatever_cannot_be_right_is_refused_by_name() {
        type Refusal<'a> = (Option<&'a str>, &'a [(&'a str, &'a str)], &'a str);
        let table: &[Refusal<'_>] = &[
            (
                Some("adr = \"127.0.0.1:1\""),
                &[],
                "DIR/investbuddy.toml sets adr, which is not a setting. Did you mean addr?",
            ),
            (
                Some("[market]\nseeed = 1"),
                &[],
                "DIR/investbuddy.toml sets market.seeed, which is not a setting. Did you mean market.seed?",
            ),
            (Some("[nonsense]\nx = 1"), &[], "DIR/investbuddy.toml sets nonsense, which is not a setting."),
            (
                Some("live = \"maybe\""),
                &[],
                "DIR/investbuddy.toml sets live to \"maybe\", but it must be true or false.",
            ),
            (Some("market = 3"), &[], "DIR/investbuddy.toml sets market, which is not a setting."),
            (
                Some("mode = \"prod\""),
                &[],
                "DIR/investbuddy.toml sets mode to \"prod\", but it must be development or production.",
            ),
            (
                None,
                &[("INVESTBUDDY_ADDRESS", "x")],
                "The environment sets INVESTBUDDY_ADDRESS, which is not a setting. Did you mean INVESTBUDDY_ADDR?",
            ),
            (
                None,
                &[("INVESTBUDDY_QWERTYUIOP", "x")],
                "The environment sets INVESTBUDDY_QWERTYUIOP, which is not a setting.",
            ),
            (
                None,
                &[("INVESTBUDDY_ADDR", "localhost")],
                "The environment sets INVESTBUDDY_ADDR to \"localhost\", but it must be an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000.",
            ),
            (
                None,
                &[("INVESTBUDDY_LIMITS__WEB_THREADS", "two")],
                "The environment sets INVESTBUDDY_LIMITS__WEB_THREADS to \"two\", but it must be a whole number from 4 to 1024.",
            ),
            (
                None,
                &[("INVESTBUDDY_LIMITS__WEB_THREADS", "2")],
                "The environment sets INVESTBUDDY_LIMITS__WEB_THREADS to 2, but it must be a whole number from 4 to 1024.",
            ),
            (
                None,
                &[("INVESTBUDDY_MARKET__BINANCE_URL", "binance")],
                "The environment sets INVESTBUDDY_MARKET__BINANCE_URL to \"binance\", but it must be a web address that starts with http:// or https://.",
            ),
            (
                None,
                &[("INVESTBUDDY_DATA_DIR", "")],
                "The environment sets INVESTBUDDY_DATA_DIR to nothing, but it must be the path of a folder.",
            ),
            (
                None,
                &[("INVESTBUDDY_CONFIG", "gone.toml")],
                "There is no settings file DIR/gone.toml. Remove --config (or INVESTBUDDY_CONFIG), or name a file that exists.",
            ),
        ];
        for (file, environment, expected) in table {
            assert_eq!(read(*file, environment).expect_err(expected), *expected);
        }
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_with_its_name() {
        let refusal = read(Some("addr = = 3"), &[]).expect_err("not TOML");
        assert!(refusal.starts_with("DIR/investbuddy.toml is not a TOML file:"), "{refusal}");
    }

    #[test]
    fn printed_settings_are_read_back_as_the_same_settings() {
        let environment = [("INVESTBUDDY_ARCHIVE", "/tmp/a \"b\""), ("INVESTBUDDY_MODE", "production")];
        let settings = read(None, &environment).expect("settings");
        assert_eq!(read(Some(&settings.to_toml()), &[]).expect("the same settings"), settings);
    }

    #[test]
    fn words_for_yes_and_no_are_read_from_the_environment() {
        for (text, expected) in [("1", true), ("yes", true), ("TRUE", true), ("0", false), ("off", false)] {
            assert_eq!(read(None, &[("INVESTBUDDY_LIVE", text)]).expect(text).live, expected, "{text}");
        }
    }
}

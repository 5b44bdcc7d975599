//! Settings: what they are, where they come from and what they must hold.
//!
//! Three layers, the later ones win: the defaults written here, a TOML file, the environment (`INVESTBUDDY_*`).
//! A key that nobody knows is refused by name wherever it comes from; nothing is ever ignored silently.
//! [`fields`] is the one table of keys: it reads the environment, names what a value must be, and writes the
//! README's table.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::{ReplayedClock, SystemClock};
use crate::market::{Exchange, MarketSettings, Simulate};
use crate::retraining::RetrainingSettings;
use crate::store::Place;

mod accounts;
pub mod fields;
mod knowledge;
mod mail;
pub mod paths;
mod secret;
mod sources;

pub use accounts::AccountLimits;
pub use knowledge::{Chat, ChatEngine, EmbeddingsEngine, Events, LanguageModels, VectorEngine, Vectors};
pub use mail::{MailSettings, MailTls, WebhookSettings};
pub use secret::Secret;
pub use sources::{ConfigError, Sources};

use paths::Roots;

/// Everything that a person can set. Each field is described in [`fields::FIELDS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// Whether this is somebody's machine or a service for others.
    pub mode: Mode,
    /// The folder for what a running install writes.
    pub data_dir: PathBuf,
    /// The address of a database server; a file in the data folder where it is not set.
    pub database_url: Option<Secret>,
    /// From what links in letters are signed; a random key in the data folder where it is not set.
    pub secret: Option<Secret>,
    /// The folder of the models that ship with the product; read only.
    pub model_dir: PathBuf,
    /// A folder of candle files; found by itself where it is not set.
    pub archive: Option<PathBuf>,
    /// Whether live exchanges may be asked.
    pub live: bool,
    /// The folder of the browser's files; beside the executable where it is not set.
    pub site_dir: Option<PathBuf>,
    /// Which messages are logged, in the syntax of `RUST_LOG`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// How much is done at once.
    pub limits: Limits,
    /// Where the market data comes from.
    pub market: MarketSection,
    /// The folder of the glossary that ships with the product; read only.
    pub glossary_dir: PathBuf,
    /// Language models: where they are and which one serves.
    pub lm: LanguageModels,
    /// Where vectors are kept.
    pub vectors: Vectors,
    /// Where market events come from.
    pub events: Events,
    /// The chat itself.
    pub chat: Chat,
    /// Accounts.
    pub accounts: AccountLimits,
    /// The address under which people reach this server; where it listens where it is not set.
    pub public_url: Option<String>,
    /// How letters are sent.
    pub mail: MailSettings,
    /// Programs that are told when rules fire.
    pub webhooks: WebhookSettings,
    /// When and how new models are trained.
    pub retraining: RetrainingSettings,
    /// Folders that the defaults are relative to; not a setting.
    #[serde(skip)]
    pub roots: Roots,
}

/// Whether this is somebody's machine or a service for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One person's machine: embedded defaults everywhere, a simulated market where there is no other.
    #[default]
    Development,
    /// A service for others: whatever is missing is a refusal to start.
    Production,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable in a terminal, JSON where the output is collected.
    #[default]
    Auto,
    /// One readable line an event.
    Pretty,
    /// One JSON object an event.
    Json,
}

/// How much is done at once, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Forecasts on demand that may be in flight before more are turned away.
    pub predictions_in_flight: u32,
    /// Other requests that may be in flight before more are turned away.
    pub requests_in_flight: u32,
    /// Seconds after which a request is given up.
    pub request_timeout_s: u32,
    /// The largest body that is read, in bytes.
    pub body_bytes: u32,
    /// Seconds that open requests get when the server stops.
    pub drain_s: u32,
    /// Threads of the web runtime, at least four.
    pub web_threads: u32,
}

/// Where the market data comes from. The folder of an archive and the leave to ask exchanges are settings of their
/// own, because they are the two that people reach for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketSection {
    /// The exchanges that are asked, the preferred one first.
    pub sources: Vec<Exchange>,
    /// Days of history that an exchange is asked for where there are none.
    pub backfill_days: u32,
    /// Binance's REST address.
    pub binance_url: String,
    /// Binance's WebSocket address.
    pub binance_stream_url: String,
    /// Coinbase's REST address.
    pub coinbase_url: String,
    /// Yahoo's chart address.
    pub yahoo_url: String,
    /// When a simulated market stands in.
    pub simulate: Simulate,
    /// The seed of the simulated market.
    pub seed: u64,
    /// From when on the archive is replayed (UTC), as if it were happening; not at all where it is not set.
    pub replay_from: Option<Timestamp>,
    /// How many times faster than time a replay runs.
    pub replay_speed: u32,
}

impl Settings {
    /// The settings that hold where nothing is set.
    #[must_use]
    pub fn defaults(roots: Roots) -> Self {
        Self {
            addr: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000),
            mode: Mode::default(),
            data_dir: roots.data.join("run"),
            database_url: None,
            secret: None,
            model_dir: roots.data.join("models"),
            archive: None,
            live: true,
            site_dir: None,
            log: "info".to_owned(),
            log_format: LogFormat::default(),
            limits: Limits {
                predictions_in_flight: 512,
                requests_in_flight: 1_024,
                request_timeout_s: 10,
                body_bytes: 2 * 1024 * 1024,
                drain_s: 10,
                web_threads: 4,
            },
            market: MarketSection::default(),
            glossary_dir: roots.data.join("glossary"),
            lm: LanguageModels::defaults(&roots),
            vectors: Vectors::default(),
            events: Events::default(),
            chat: Chat::default(),
            accounts: AccountLimits::default(),
            public_url: None,
            mail: MailSettings::default(),
            webhooks: WebhookSettings::default(),
            retraining: RetrainingSettings::default(),
            roots,
        }
    }

    /// Reads every source.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key, where it was set and what it must hold.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        sources.read()
    }

    /// The folder of the browser's files.
    #[must_use]
    pub fn site_dir(&self) -> PathBuf {
        self.site_dir.clone().unwrap_or_else(|| self.roots.executable.join("site"))
    }

    /// The folder of models trained on this machine.
    #[must_use]
    pub fn trained_dir(&self) -> PathBuf {
        self.data_dir.join("models")
    }

    /// The folder of what was read into the Buddy's library, and of its indexes.
    #[must_use]
    pub fn library_dir(&self) -> PathBuf {
        self.data_dir.join("library")
    }

    /// The folder of letters where no SMTP server is set.
    #[must_use]
    pub fn letters_dir(&self) -> PathBuf {
        self.data_dir.join("letters")
    }

    /// The address under which people reach this server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        mail::public_url(self.public_url.as_deref(), self.addr)
    }

    /// Where the store is.
    #[must_use]
    pub fn store_place(&self) -> Place {
        self.database_url.clone().map_or_else(|| Place::File(self.store_file()), Place::Server)
    }

    /// The file of the embedded store.
    #[must_use]
    pub fn store_file(&self) -> PathBuf {
        self.data_dir.join("investbuddy.sqlite")
    }

    /// Where an archive is looked for, best first: the setting alone where there is one. A folder without candle
    /// files is therefore a way to have no archive.
    #[must_use]
    pub fn archive_candidates(&self) -> Vec<PathBuf> {
        self.archive.clone().map_or_else(|| self.roots.archives(), |folder| vec![folder])
    }

    /// What the market is told. In production no market is simulated unless somebody asked for just that.
    #[must_use]
    pub fn market_settings(&self) -> MarketSettings {
        let section = self.market.clone();
        let simulate = match (self.mode, section.simulate) {
            (Mode::Production, Simulate::WhenNothingElse) => Simulate::Never,
            (_, chosen) => chosen,
        };
        MarketSettings {
            archive: None,
            archive_folders: self.archive_candidates(),
            live: self.live,
            sources: section.sources,
            backfill_days: section.backfill_days,
            binance_url: section.binance_url,
            binance_stream_url: section.binance_stream_url,
            coinbase_url: section.coinbase_url,
            yahoo_url: section.yahoo_url,
            simulate,
            simulator_seed: section.seed,
            replay: section.replay_from.is_some(),
            ..MarketSettings::default()
        }
    }

    /// The clock: the machine's, or one that replays history.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self.market.replay_from {
            Some(from) => Arc::new(ReplayedClock::starting(from, self.market.replay_speed)),
            None => Arc::new(SystemClock),
        }
    }

    /// The time after which a request is given up.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.limits.request_timeout_s.into())
    }

    /// The time that open requests get when the server stops.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.limits.drain_s.into())
    }

    /// The settings in force as a TOML file that [`Settings::load`] reads back.
    #[must_use]
    pub fn to_toml(&self) -> String {
        fields::to_toml(self)
    }
}

impl Default for MarketSection {
    fn default() -> Self {
        let MarketSettings {
            sources,
            backfill_days,
            binance_url,
            binance_stream_url,
            coinbase_url,
            yahoo_url,
            simulate,
            simulator_seed: seed,
            ..
        } = MarketSettings::default();
        Self {
            sources,
            backfill_days,
            binance_url,
            binance_stream_url,
            coinbase_url,
            yahoo_url,
            simulate,
            seed,
            replay_from: None,
            replay_speed: 1,
        }
    }
}

impl Default for Settings {
    /// The defaults, relative to the working directory; what the README shows.
    fn default() -> Self {
        Self::defaults(Roots { data: PathBuf::from("data"), executable: PathBuf::new() })
    }
}

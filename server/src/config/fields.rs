//! The one table of settings: key, what it must hold, what it means.

use std::fmt::Write as _;

use figment::value::{Dict, Value};

use super::Settings;

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An address to listen on.
    Address,
    /// The path of a folder.
    Folder,
    /// A web address that starts with one of these schemes.
    Url(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A whole number in a range.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Some of a few words, each once; in the environment separated by commas.
    Choices(&'static [&'static str]),
    /// Any text.
    Text,
    /// A file.
    File,
    /// A key or password: shown nowhere.
    Secret,
    /// An instant, in UTC or with its offset.
    Instant,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key in the TOML file, with a dot before a nested one: `market.binance_url`.
    pub key: &'static str,
    /// What it must hold.
    pub kind: Kind,
    /// What it means.
    pub about: &'static str,
}

/// The prefix of every environment variable.
pub const PREFIX: &str = "INVESTBUDDY_";

const fn field(key: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { key, kind, about }
}

/// Every setting, in the order of the README.
pub const FIELDS: &[Field] = &[
    field("addr", Kind::Address, "Where the server listens."),
    field(
        "mode",
        Kind::Choice(&["development", "production"]),
        "Whether this is somebody's own machine, or a service for others where whatever is missing is a refusal to start.",
    ),
    field(
        "data_dir",
        Kind::Folder,
        "The folder for what a running install writes: the store, the models trained here, the Buddy's library, letters where no SMTP is set, and the key that signs links.",
    ),
    field(
        "database_url",
        Kind::Secret,
        "The address of a MySQL or MariaDB database, `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, which several servers may share. Without it a file of SQLite's in the data folder.",
    ),
    field(
        "secret",
        Kind::Secret,
        "From what links in letters are signed: 32 or more random characters, the same for every server. Without it a random key in the data folder; in production it must be set.",
    ),
    field(
        "public_url",
        Kind::Url(&["http", "https"]),
        "The address under which people reach this server; links of letters lead there. Without it the address where it listens; in production it must be set.",
    ),
    field("model_dir", Kind::Folder, "The folder of the models that ship with the product. It is only read."),
    field("glossary_dir", Kind::Folder, "The folder of the glossary that ships with the product. It is only read."),
    field(
        "archive",
        Kind::Folder,
        "A folder of candle files (CSV or Parquet). Without it `data/market` and `../shared/data/market` are tried.",
    ),
    field("live", Kind::Flag, "Whether live exchanges may be asked. With `false` nothing leaves the machine."),
    field("site_dir", Kind::Folder, "The folder of the browser's files. Without it `site` beside the executable."),
    field(
        "log",
        Kind::Text,
        "Which messages are logged: a level (`info`) or the syntax of RUST_LOG (`warn,server=debug`).",
    ),
    field(
        "log_format",
        Kind::Choice(&["auto", "pretty", "json"]),
        "How log lines look; `auto` is readable in a terminal and JSON elsewhere.",
    ),
    field(
        "limits.predictions_in_flight",
        Kind::Number { min: 1, max: 100_000 },
        "Forecasts on demand in flight before more are answered with 503 and Retry-After.",
    ),
    field(
        "limits.requests_in_flight",
        Kind::Number { min: 1, max: 100_000 },
        "Other requests in flight before more are answered with 503 and Retry-After.",
    ),
    field(
        "limits.request_timeout_s",
        Kind::Number { min: 1, max: 600 },
        "Seconds after which a request is given up with 503.",
    ),
    field(
        "limits.body_bytes",
        Kind::Number { min: 1_024, max: 1_073_741_824 },
        "The largest request body that is read, in bytes.",
    ),
    field("limits.drain_s", Kind::Number { min: 0, max: 600 }, "Seconds that open requests get when the server stops."),
    field("limits.web_threads", Kind::Number { min: 4, max: 1_024 }, "Threads of the web runtime."),
    field(
        "market.sources",
        Kind::Choices(&["binance", "coinbase", "yahoo"]),
        "The exchanges that are asked, the preferred one first.",
    ),
    field(
        "market.backfill_days",
        Kind::Number { min: 1, max: 5_000 },
        "Days of history that an exchange is asked for where there are none.",
    ),
    field("market.binance_url", Kind::Url(&["http", "https"]), "Binance's REST address."),
    field("market.binance_stream_url", Kind::Url(&["ws", "wss"]), "Binance's WebSocket address."),
    field("market.coinbase_url", Kind::Url(&["http", "https"]), "Coinbase's REST address."),
    field("market.yahoo_url", Kind::Url(&["http", "https"]), "Yahoo's chart address."),
    field(
        "market.simulate",
        Kind::Choice(&["when_nothing_else", "always", "never"]),
        "When a simulated market stands in. `when_nothing_else` means `never` in production. Every page says that it is simulated.",
    ),
    field("market.seed", Kind::Number { min: 0, max: i64::MAX }, "The seed of the simulated market."),
    field(
        "market.replay_from",
        Kind::Instant,
        "From when on the archive is replayed as if it were happening: for demonstrations and tests.",
    ),
    field(
        "market.replay_speed",
        Kind::Number { min: 1, max: 100_000 },
        "How many times faster than time a replay runs.",
    ),
    field("lm.dir", Kind::Folder, "The folder of language models; `investbuddy fetch` fills it."),
    field(
        "lm.embeddings",
        Kind::Choice(&["auto", "local", "endpoint", "none"]),
        "What makes vectors of texts. `auto` takes the endpoint where one is set, else the local model where it was fetched, else searches by words alone.",
    ),
    field(
        "lm.embeddings_url",
        Kind::Url(&["http", "https"]),
        "An OpenAI-compatible endpoint for embeddings, with its `/v1`.",
    ),
    field("lm.embeddings_key", Kind::Secret, "The key of the endpoint for embeddings."),
    field("lm.embeddings_model", Kind::Text, "The model that the endpoint for embeddings is asked for."),
    field(
        "lm.chat",
        Kind::Choice(&["auto", "endpoint", "local", "composer", "scripted"]),
        "What writes answers. `auto` takes the endpoint where one is set, else the local file where one is set, else the composer, which needs no model. `scripted` is for tests.",
    ),
    field(
        "lm.chat_url",
        Kind::Url(&["http", "https"]),
        "An OpenAI-compatible endpoint that writes (OpenAI, vLLM, Ollama, llama.cpp), with its `/v1`.",
    ),
    field("lm.chat_key", Kind::Secret, "The key of the endpoint that writes."),
    field("lm.chat_model", Kind::Text, "The model that the endpoint is asked for."),
    field("lm.chat_file", Kind::File, "A GGUF file of an instruct model (Llama or Qwen2) that is run here."),
    field("lm.threads", Kind::Number { min: 1, max: 256 }, "Threads of a language model that is run here."),
    field(
        "vectors.engine",
        Kind::Choice(&["embedded", "qdrant"]),
        "Where vectors are kept: in this process, or in a Qdrant server.",
    ),
    field("vectors.qdrant_url", Kind::Url(&["http", "https"]), "Qdrant's gRPC address, such as http://127.0.0.1:6334."),
    field("vectors.qdrant_key", Kind::Secret, "Qdrant's key."),
    field("events.fear_and_greed_url", Kind::Url(&["http", "https"]), "The address of the Fear & Greed index."),
    field("events.funding_url", Kind::Url(&["http", "https"]), "The address of funding rates (Binance futures)."),
    field("events.feeds", Kind::Text, "News feeds (RSS or Atom), separated by spaces."),
    field(
        "chat.questions_per_minute",
        Kind::Number { min: 1, max: 100_000 },
        "Questions a minute that one visitor may ask before being answered with 429 and Retry-After.",
    ),
    field(
        "chat.member_questions_per_minute",
        Kind::Number { min: 1, max: 100_000 },
        "The same for a member who is signed in, counted by account.",
    ),
    field(
        "chat.answers_at_once",
        Kind::Number { min: 1, max: 100_000 },
        "Answers that may be written at once; more are answered with 503 and Retry-After.",
    ),
    field(
        "chat.behind_proxy",
        Kind::Flag,
        "Whether a proxy in front of the server says who asks, in `X-Forwarded-For`; limits of questions, sign-ins, letters and feedback go by it. Otherwise that header is not believed.",
    ),
    field(
        "accounts.sign_ins_a_minute",
        Kind::Number { min: 1, max: 1_000_000 },
        "Tries to sign in a minute from one address of the network. One account may be tried ten times a minute, from wherever.",
    ),
    field(
        "mail.host",
        Kind::Text,
        "The SMTP server that takes letters. Without it they are written into `letters` in the data folder; in production it must be set.",
    ),
    field(
        "mail.port",
        Kind::Number { min: 1, max: 65_535 },
        "Its port. Without it 587, with `tls` 465, with `none` 25.",
    ),
    field(
        "mail.tls",
        Kind::Choice(&["starttls", "tls", "none"]),
        "How the connection is protected. `none` is for a relay on the same machine.",
    ),
    field("mail.user", Kind::Text, "With which name we sign in to the SMTP server."),
    field("mail.password", Kind::Secret, "With which password."),
    field("mail.from", Kind::Text, "From whom letters come: a name and an address."),
    field("mail.reply_to", Kind::Text, "Where answers to letters go. Without it to the sender."),
    field("mail.root_certificate", Kind::File, "A PEM file of certificates that are believed besides the system's."),
    field(
        "mail.timeout_s",
        Kind::Number { min: 1, max: 600 },
        "Seconds after which an SMTP server that says nothing is given up.",
    ),
    field(
        "webhooks.urls",
        Kind::Text,
        "Addresses of programs that are told when a forecast is a high one (n8n and others), separated by spaces.",
    ),
    field(
        "webhooks.secret",
        Kind::Secret,
        "From what our signature to those programs is made: 16 or more random characters.",
    ),
    field(
        "webhooks.least_percent",
        Kind::Number { min: 1, max: 99 },
        "From which chance of a high-volatility period on those programs are told, in percent.",
    ),
    field("retraining.on_rows", Kind::Flag, "Whether a training begins by itself once enough forecasts have ended."),
    field("retraining.rows", Kind::Number { min: 1, max: 10_000_000 }, "How many ended forecasts are enough."),
    field("retraining.on_drift", Kind::Flag, "Whether a training begins by itself once drift is confirmed."),
    field(
        "retraining.on_performance",
        Kind::Flag,
        "Whether a training begins by itself once the serving model does worse than HAR with calendar.",
    ),
    field(
        "retraining.performance_days",
        Kind::Number { min: 10, max: 365 },
        "Days of published forecasts over which that is looked at.",
    ),
    field(
        "retraining.performance_percent",
        Kind::Number { min: 0, max: 100 },
        "By how many percent QLIKE must be worse.",
    ),
    field(
        "retraining.on_feedback",
        Kind::Flag,
        "Whether people's denials count: for the beginning of a training, and in it.",
    ),
    field(
        "retraining.denials",
        Kind::Number { min: 1, max: 100_000 },
        "What denials must be worth so that a training begins; an account's counts 1, a visitor's a quarter.",
    ),
    field("retraining.on_schedule", Kind::Flag, "Whether a training begins by itself when it is time."),
    field("retraining.schedule_days", Kind::Number { min: 1, max: 3_650 }, "Days between two of these."),
    field(
        "retraining.quiet_hours",
        Kind::Number { min: 0, max: 8_760 },
        "Hours after a training in which no other one begins by itself.",
    ),
    field(
        "retraining.most_a_week",
        Kind::Number { min: 0, max: 100 },
        "Trainings that begin by themselves within seven days at most.",
    ),
    field(
        "retraining.held_out_days",
        Kind::Number { min: 40, max: 365 },
        "Days at the end of the candles that no training sees: the new model and the serving one are compared there.",
    ),
    field(
        "retraining.promote",
        Kind::Flag,
        "Whether a new model that proved better serves by itself. Without it an operator decides.",
    ),
    field(
        "retraining.level_percent",
        Kind::Number { min: 1, max: 20 },
        "The level of the test that says better, in percent.",
    ),
    field(
        "retraining.margin_percent",
        Kind::Number { min: 1, max: 50 },
        "By how many percent QLIKE must be lower where the test does not say better.",
    ),
    field(
        "retraining.probation_days",
        Kind::Number { min: 0, max: 90 },
        "Days in which a promoted model is held against the one before, which serves again where it was better.",
    ),
    field(
        "retraining.shadow_days",
        Kind::Number { min: 0, max: 90 },
        "Days in which a model that did not prove better forecasts without being shown.",
    ),
    field(
        "retraining.memory_mb",
        Kind::Number { min: 512, max: 1_048_576 },
        "Memory that a training may take, in MiB.",
    ),
    field("retraining.members", Kind::Number { min: 1, max: 32 }, "Networks of the ensemble."),
    field("retraining.epochs", Kind::Number { min: 1, max: 100 }, "Passes over the training data."),
];

impl Field {
    /// The environment variable: `market.binance_url` is `INVESTBUDDY_MARKET__BINANCE_URL`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "__").to_ascii_uppercase())
    }

    /// The field of a key.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.key == key)
    }

    /// The key that was probably meant.
    #[must_use]
    pub fn nearest(key: &str) -> Option<&'static str> {
        FIELDS
            .iter()
            .map(|field| (strangeness(key, field.key), field.key))
            .min()
            .filter(|&(edits, nearest)| edits <= 2.max(nearest.len() / 3))
            .map(|(_, nearest)| nearest)
    }
}

impl Kind {
    /// What a value must be, as the end of a sentence that starts with "must be".
    #[must_use]
    pub fn must_be(self) -> String {
        match self {
            Self::Address => "an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000".to_owned(),
            Self::Folder => "the path of a folder".to_owned(),
            Self::Url(schemes) => format!("a web address that starts with {}", either(schemes, "://")),
            Self::Flag => "true or false".to_owned(),
            Self::Number { min, max: i64::MAX } => format!("a whole number of at least {min}"),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Choice(words) => either(words, ""),
            Self::Choices(words) => format!("a list of {}, each at most once", either(words, "")),
            Self::Text => "text".to_owned(),
            Self::File => "the path of a file".to_owned(),
            Self::Secret => "a key without spaces".to_owned(),
            Self::Instant => "an instant such as 2024-08-04T12:00:00Z".to_owned(),
        }
    }

    /// Whether a value is right, beyond what its type says.
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Address => value.as_str().is_some_and(|text| text.parse::<std::net::SocketAddr>().is_ok()),
            Self::Secret => value.as_str().is_some_and(|text| !text.is_empty() && !text.contains(char::is_whitespace)),
            Self::Instant => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            Self::Folder | Self::File | Self::Text => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            Self::Url(schemes) => value.as_str().is_some_and(|text| {
                schemes.iter().any(|scheme| {
                    text.strip_prefix(scheme)
                        .and_then(|rest| rest.strip_prefix("://"))
                        .is_some_and(|host| !host.is_empty())
                })
            }),
            Self::Flag => value.to_bool().is_some(),
            Self::Number { min, max } => value
                .to_i128()
                .or_else(|| value.to_u128().and_then(|number| number.try_into().ok()))
                .is_some_and(|number| (i128::from(min)..=i128::from(max)).contains(&number)),
            Self::Choice(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Self::Choices(words) => value.as_array().is_some_and(|list| {
                let chosen: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                let is_known =
                    |(position, word): (usize, &&str)| words.contains(word) && !chosen[..position].contains(word);
                chosen.len() == list.len() && chosen.iter().enumerate().all(is_known)
            }),
        }
    }

    /// A value from the text of an environment variable. What cannot be read stays text, so that the complaint
    /// about it comes from one place.
    #[must_use]
    pub fn from_text(self, text: &str) -> Value {
        let text = text.trim();
        match self {
            Self::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Value::from(true),
                "false" | "no" | "off" | "0" => Value::from(false),
                _ => Value::from(text),
            },
            Self::Number { .. } => text.replace('_', "").parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
            Self::Choices(_) => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                Value::from(words.map(Value::from).collect::<Vec<Value>>())
            }
            _ => Value::from(text),
        }
    }
}

/// The settings as a TOML file, with what each one means above it.
pub(super) fn to_toml(settings: &Settings) -> String {
    let values = effective(settings);
    let mut out = String::new();
    let mut section = "";
    for field in FIELDS {
        let (this_section, name) = field.key.split_once('.').unwrap_or(("", field.key));
        if this_section != section {
            section = this_section;
            let _ = writeln!(out, "\n[{section}]");
        }
        let _ = writeln!(out, "# {} ({})", field.about, field.variable());
        match values.find_ref(field.key).and_then(as_toml).filter(|_| field.kind != Kind::Secret) {
            Some(value) => writeln!(out, "{name} = {value}"),
            None => writeln!(out, "# {name} ="),
        }
        .unwrap_or_default();
    }
    out
}

/// The README's table of settings.
#[must_use]
pub fn to_markdown(settings: &Settings) -> String {
    let values = effective(settings);
    let mut out = String::from("| key | variable | default | what it means |\n| --- | --- | --- | --- |\n");
    for field in FIELDS {
        let value =
            values.find_ref(field.key).and_then(as_toml).map_or_else(|| "not set".to_owned(), |v| format!("`{v}`"));
        let _ = writeln!(out, "| `{}` | `{}` | {value} | {} |", field.key, field.variable(), field.about);
    }
    out
}

fn effective(settings: &Settings) -> Value {
    Value::serialize(settings).unwrap_or_else(|_| Value::from(Dict::new()))
}

fn as_toml(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        // A JSON string is a valid TOML basic string.
        return serde_json::to_string(text).ok();
    }
    if let Some(list) = value.as_array() {
        let items: Option<Vec<String>> = list.iter().map(as_toml).collect();
        return items.map(|items| format!("[{}]", items.join(", ")));
    }
    if let Some(flag) = value.to_bool() {
        return Some(flag.to_string());
    }
    value.to_u128().map(|number| number.to_string()).or_else(|| value.to_i128().map(|number| number.to_string()))
}

fn either(words: &[&str], suffix: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word}{suffix}")).collect();
    words.join(" or ")
}

/// How unlikely it is that one key was meant by the other: the edits between them, or little where the
/// key begins what was written (`address` for `addr`).
fn strangeness(written: &str, key: &str) -> usize {
    if written.starts_with(key) { 1 } else { distance(written, key) }
}

/// The number of single-letter edits between two keys (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in right.iter().enumerate() {
            let replace = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(prefix: &str, dict: &Dict, into: &mut Vec<String>) {
        for (key, value) in dict {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value.as_dict() {
                Some(nested) => leaves(&path, nested, into),
                None => into.push(path),
            }
        }
    }

    #[test]
    fn the_table_and_the_settings_name_the_same_keys() {
        let settings = Settings { archive: Some("a".into()), site_dir: Some("s".into()), ..Settings::default() };
        let mut keys = Vec::new();
        leaves("", effective(&settings).as_dict().expect("settings are a table"), &mut keys);
        let mut listed: Vec<String> = FIELDS.iter().map(|field| field.key.to_owned()).collect();
        keys.sort();
        listed.sort();
        assert_eq!(keys, listed);
    }

    #[test]
    fn every_default_is_a_value_that_its_field_accepts() {
        let values = effective(&Settings::default());
        for field in FIELDS {
            if let Some(value) = values.find_ref(field.key).filter(|value| as_toml(value).is_some()) {
                assert!(field.kind.accepts(value), "{}: {value:?} must be {}", field.key, field.kind.must_be());
            }
        }
    }

    #[test]
    fn a_misspelt_key_is_recognised_and_a_strange_one_is_not() {
        assert_eq!(Field::nearest("adr"), Some("addr"));
        assert_eq!(Field::nearest("archives"), Some("archive"));
        assert_eq!(Field::nearest("market.binace_url"), Some("market.binance_url"));
        assert_eq!(Field::nearest("zzzzzzzzzzzz"), None);
    }
}

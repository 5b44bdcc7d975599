//! A training in a process of its own: `investbuddy retrain --job ID`.
//!
//! Its output is one line of JSON a report. Its input is its lifeline: the process ends itself when that closes, which
//! happens when the server is gone, however it went.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use async_trait::async_trait;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::training::Report;

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 256 * 1024;

/// How a training process ended that said nothing of a model.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// It could not be started.
    #[error("the training process cannot be started: {0}")]
    Start(std::io::Error),
    /// Its output could not be read.
    #[error("the training process cannot be heard: {0}")]
    Output(std::io::Error),
    /// It was killed or crashed.
    #[error("the training process ended without a word ({0}); out of memory?")]
    Ended(ExitStatus),
    /// In other words.
    #[error("{0}")]
    Other(String),
}

/// Runs trainings.
#[async_trait]
pub trait Trainer: Send + Sync {
    /// Runs a training until it ends, or until `stop` is cancelled; nothing of it works on afterwards, and neither where
    /// the future is dropped. What it says goes into `reports`, its result among it.
    ///
    /// # Errors
    /// [`BrokenOff`] where it ended without coming to its end.
    async fn train(&self, id: &str, reports: mpsc::Sender<Report>, stop: &CancellationToken) -> Result<(), BrokenOff>;
}

/// Trainings as processes of a program.
#[derive(Debug, Clone)]
pub struct ProcessTrainer {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

impl ProcessTrainer {
    /// Processes of a program, with what stands before the verb and what is added to the environment of this process.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<OsString>, variables: Vec<(OsString, OsString)>) -> Self {
        Self { program, arguments, variables }
    }

    /// Processes of this very program, with the settings file that it was started with.
    ///
    /// # Errors
    /// Where the system does not say which program runs.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?, settings_file(std::env::args_os()), Vec::new()))
    }
}

/// `--config FILE` among the arguments of a command line, as it stands there.
fn settings_file(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            return arguments.next().map(|file| vec![argument, file]).unwrap_or_default();
        }
        if argument.to_string_lossy().starts_with("--config=") {
            return vec![argument];
        }
    }
    Vec::new()
}

#[async_trait]
impl Trainer for ProcessTrainer {
    async fn train(&self, id: &str, reports: mpsc::Sender<Report>, stop: &CancellationToken) -> Result<(), BrokenOff> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(["retrain", "--job", id])
            // Linear algebra asks this variable, and not the pool that the verb makes.
            .env("RAYON_NUM_THREADS", "1")
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        // An interrupt from the terminal is for the server, which ends the training itself.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(BrokenOff::Start)?;
        let lifeline = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| BrokenOff::Other("the training process is mute".to_owned()))?;
        let mut lines = BufReader::new(output).lines();
        let mut has_spoken = false;
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line.map_err(BrokenOff::Output)?,
                () = stop.cancelled() => {
                    child.kill().await.map_err(BrokenOff::Output)?;
                    return Ok(());
                }
            };
            let Some(line) = line else { break };
            // Whatever else it prints is not for us.
            if line.len() <= LONGEST_LINE
                && let Ok(report) = serde_json::from_str::<Report>(&line)
            {
                has_spoken |= !matches!(report, Report::Progress(_));
                // Whoever does not listen any more is about to drop us.
                let _ = reports.send(report).await;
            }
        }
        let status = tokio::select! {
            status = child.wait() => status.map_err(BrokenOff::Output)?,
            () = stop.cancelled() => {
                child.kill().await.map_err(BrokenOff::Output)?;
                return Ok(());
            }
        };
        drop(lifeline);
        if has_spoken { Ok(()) } else { Err(BrokenOff::Ended(status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_file_of_the_server_is_that_of_its_trainings() {
        let of = |line: &str| settings_file(line.split_whitespace().map(OsString::from));
        assert_eq!(of("investbuddy --config a.toml serve"), ["--config", "a.toml"]);
        assert_eq!(of("investbuddy serve --config=b.toml --addr 127.0.0.1:0"), ["--config=b.toml"]);
        assert!(of("investbuddy serve").is_empty());
        assert!(of("investbuddy serve --config").is_empty());
    }

    #[cfg(unix)]
    fn shell(script: &str) -> ProcessTrainer {
        // What follows the script are its own arguments: the verb and the job.
        ProcessTrainer::new("/bin/sh".into(), vec!["-c".into(), script.into()], Vec::new())
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn reports_are_heard_and_everything_else_that_is_printed_is_not() {
        let trainer = shell(r#"echo noise; echo '{"report":"failed","reason":"too short"}'; exit 1"#);
        let (reports, mut heard) = mpsc::channel(8);
        trainer.train("job", reports, &CancellationToken::new()).await.expect("it spoke");
        assert_eq!(heard.recv().await, Some(Report::Failed { reason: "too short".to_owned() }));
        assert_eq!(heard.recv().await, None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_process_that_dies_without_a_word_broke_off() {
        let (reports, _heard) = mpsc::channel(8);
        let broken = shell("kill -9 $$").train("job", reports, &CancellationToken::new()).await;
        assert!(matches!(broken, Err(BrokenOff::Ended(_))), "{broken:?}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_stopped_process_is_killed_and_reaped_at_once() {
        let (reports, _heard) = mpsc::channel(8);
        let stop = CancellationToken::new();
        stop.cancel();
        let began = std::time::Instant::now();
        shell("exec sleep 60").train("job", reports, &stop).await.expect("stopped");
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
    }
}

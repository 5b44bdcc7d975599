//! How a training tells how far it has come: a bar in a terminal, a line an epoch elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use ml::model::lstm::{Plan, Progress};

/// Listens to the members of an ensemble, which train side by side.
pub(super) struct Watch {
    bar: ProgressBar,
    done: Mutex<Vec<u64>>,
    is_terminal: bool,
}

impl Watch {
    pub(super) fn new(plan: &Plan) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{msg:24} {bar:40} {percent:>3} %  {elapsed} of about {duration}")
        {
            bar.set_style(style);
        }
        Self { bar, done: Mutex::new(vec![0; plan.members]), is_terminal }
    }

    /// Takes one report.
    pub(super) fn hear(&self, plan: &Plan, progress: Progress) {
        let Ok(mut done) = self.done.lock() else { return };
        if let Some(slot) = done.get_mut(progress.member) {
            *slot = (progress.epoch * progress.steps + progress.step) as u64;
        }
        self.bar.set_length((plan.members * plan.epochs * progress.steps) as u64);
        self.bar.set_position(done.iter().sum());
        self.bar.set_message(format!("network {}, epoch {}", progress.member + 1, progress.epoch + 1));
        if let Some(loss) = progress.validation {
            let line = format!(
                "network {} of {}, epoch {} of {}: validation loss {loss:.4}",
                progress.member + 1,
                plan.members,
                progress.epoch + 1,
                plan.epochs
            );
            if self.is_terminal { self.bar.println(line) } else { say(&line) }
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Progress goes to standard error, so that `--json` output stays clean.
pub(super) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

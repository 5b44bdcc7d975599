//! How a training tells how far it has come: a bar in a terminal, a line an epoch elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ml::model::lstm::{Plan, Progress};

/// Listens to the members of an ensemble, which train side by side.
pub(super) struct Watch {
    bar: ProgressBar,
    done: Mutex<Vec<u64>>,
    fits: usize,
    is_terminal: bool,
}

impl Watch {
    /// Of `fits` ensembles, one after another.
    pub(super) fn new(plan: &Plan, fits: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{msg:24} {bar:40} {percent:>3} %  {elapsed} of about {duration}")
        {
            bar.set_style(style);
        }
        Self { bar, done: Mutex::new(vec![0; plan.members]), fits, is_terminal }
    }

    /// Takes one report of the fit of that number, from 0.
    pub(super) fn hear(&self, plan: &Plan, fit: usize, progress: Progress) {
        let Ok(mut done) = self.done.lock() else { return };
        if let Some(slot) = done.get_mut(progress.member) {
            *slot = (progress.epoch * progress.steps + progress.step) as u64;
        }
        // Fits differ in length; each takes the same share of the bar.
        let of_fit = (plan.members * plan.epochs * progress.steps) as u64;
        self.bar.set_length(of_fit * self.fits as u64);
        self.bar.set_position(of_fit * fit as u64 + done.iter().sum::<u64>());
        self.bar.set_message(format!("network {}, epoch {}", progress.member + 1, progress.epoch + 1));
        if let Some(loss) = progress.loss {
            let line = format!(
                "fit {} of {}, network {} of {}, epoch {} of {}: training loss {loss:.4}",
                fit + 1,
                self.fits,
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

/// How many jobs of an evaluation are done: a bar in a terminal, a line a job elsewhere.
pub(super) struct Jobs {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Jobs {
    pub(super) fn new(count: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(count as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:32} {bar:40} {pos}/{len}  {elapsed} of about {duration}")
        {
            bar.set_style(style);
        }
        Self { bar, is_terminal }
    }

    /// One more is done.
    pub(super) fn done(&self, what: &str) {
        self.bar.inc(1);
        if self.is_terminal {
            self.bar.set_message(what.to_owned());
        } else {
            say(&format!("{what}: {} of {}", self.bar.position(), self.bar.length().unwrap_or_default()));
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

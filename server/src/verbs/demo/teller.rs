//! Says what happens, step by step: plain lines, so that they can be read, searched and compared.

use std::cell::Cell;
use std::time::Instant;

use jiff::Timestamp;

use crate::verbs::print;

/// Prints steps with their numbers. What it prints says the same in every run, but for how long a step began after the
/// first one.
pub(super) struct Teller {
    began: Instant,
    steps: Cell<u32>,
    root: String,
}

impl Teller {
    /// One that has not said anything yet; `root` is the address of the pages, without a slash at its end.
    pub(super) fn new(root: String) -> Self {
        Self { began: Instant::now(), steps: Cell::new(0), root }
    }

    /// The address of the pages, without a slash at its end.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// A new step.
    pub(super) fn step(&self, title: &str) {
        self.steps.set(self.steps.get() + 1);
        print(&format!("\n{}. {title}  [{:.0} s]", self.steps.get(), self.began.elapsed().as_secs_f64()));
    }

    /// What belongs to the present step.
    pub(super) fn say(&self, line: &str) {
        print(&format!("   {line}"));
    }

    /// Where the present step can be seen.
    pub(super) fn page(&self, path: &str) {
        print(&format!("   see {}{path}", self.root));
    }
}

/// An instant as it stands in a line: `2022-11-08 06:05 UTC`.
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A share as a whole percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

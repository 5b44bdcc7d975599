//! Shows how far an ingestion is: a bar in a terminal, plain lines elsewhere, or nothing.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use domain::market::Symbol;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// One step of an ingestion.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The source.
    pub source: &'a str,
    /// The coin.
    pub symbol: &'a Symbol,
    /// Hours or files that are done.
    pub done: u64,
    /// Hours or files in all.
    pub total: u64,
    /// Candles that were new so far.
    pub added: u64,
}

/// Is told of every step.
pub trait Progress: Send + Sync {
    /// A step is done; the last one has `done == total`.
    fn step(&self, step: &Step<'_>);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _step: &Step<'_>) {}
}

/// Bars where standard error is a terminal, lines where it is not.
#[must_use]
pub fn for_this_terminal() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bars::default()) } else { Box::new(Lines::default()) }
}

/// One bar a coin.
#[derive(Default)]
struct Bars {
    screen: MultiProgress,
    bars: Mutex<Vec<(String, ProgressBar)>>,
}

impl Progress for Bars {
    fn step(&self, step: &Step<'_>) {
        let Ok(mut bars) = self.bars.lock() else { return };
        let label = format!("{} {}", step.source, step.symbol);
        let position = bars.iter().position(|(known, _)| *known == label).unwrap_or_else(|| {
            let bar = self.screen.add(ProgressBar::new(step.total).with_style(style()).with_prefix(label.clone()));
            bars.push((label, bar));
            bars.len() - 1
        });
        let bar = &bars[position].1;
        bar.set_length(step.total);
        bar.set_position(step.done);
        bar.set_message(format!("{} new candles", step.added));
        if step.done >= step.total {
            bar.finish();
            bars.remove(position);
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:24} {bar:32} {percent:>3} %  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A line when a coin is done, and one every few seconds while it goes on.
struct Lines {
    last: Mutex<Instant>,
}

const BETWEEN_LINES: Duration = Duration::from_secs(5);

impl Default for Lines {
    fn default() -> Self {
        Self { last: Mutex::new(Instant::now()) }
    }
}

impl Progress for Lines {
    fn step(&self, step: &Step<'_>) {
        let Ok(mut last) = self.last.lock() else { return };
        if step.done < step.total && last.elapsed() < BETWEEN_LINES {
            return;
        }
        *last = Instant::now();
        let Step { source, symbol, done, total, added } = step;
        // Progress is for people; standard output is for results.
        let mut screen = std::io::stderr().lock();
        let _ = std::io::Write::write_fmt(
            &mut screen,
            format_args!("{source} {symbol}: {done} of {total}, {added} new candles\n"),
        );
    }
}

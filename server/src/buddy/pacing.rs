//! The pace of an answer: the guard lets whole sentences go, and a reader is to see words that follow one another.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many pieces of a model a sentence has. The words of one are spread over the time that the next one takes.
const SENTENCE: f64 = 26.0;

/// Nobody waits longer for a word that is there.
const LONGEST_GAP: Duration = Duration::from_millis(80);

/// What is left when the model has ended comes at this pace or faster.
const LAST_GAP: Duration = Duration::from_millis(12);

/// A model that is faster than this needs no pace.
const NO_PACE: Duration = Duration::from_millis(3);

/// How much the newest time between two pieces counts in their mean.
const NEWEST: f64 = 0.1;

/// Words that may be shown, and when.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    words: VecDeque<String>,
    /// When the last piece of the model came.
    heard: Option<Instant>,
    /// Seconds between two pieces of the model, as a moving mean.
    between_s: Option<f64>,
    gap: Duration,
    shown: Option<Instant>,
}

impl Pacing {
    /// A piece of the model came.
    pub(super) fn hear(&mut self, now: Instant) {
        if let Some(before) = self.heard.replace(now) {
            let between_s = now.duration_since(before).as_secs_f64();
            self.between_s = Some(self.between_s.map_or(between_s, |mean| mean + NEWEST * (between_s - mean)));
        }
    }

    /// A text may be shown.
    pub(super) fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.words.extend(text.split_inclusive(' ').map(str::to_owned));
        let between_s = self.between_s.unwrap_or_default();
        let gap = Duration::from_secs_f64(between_s * SENTENCE / self.words.len() as f64);
        self.gap = if between_s < NO_PACE.as_secs_f64() { Duration::ZERO } else { gap.min(LONGEST_GAP) };
    }

    /// The model has ended: the rest need not wait for more.
    pub(super) fn end(&mut self) {
        self.gap = self.gap.min(LAST_GAP);
    }

    /// When the next word is due; none where there is none.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (!self.words.is_empty()).then(|| self.shown.map_or(now, |shown| shown + self.gap))
    }

    /// Takes the next word; all that there are where there is no pace to keep.
    pub(super) fn take(&mut self, now: Instant) -> String {
        self.shown = Some(now);
        if self.gap.is_zero() { self.words.drain(..).collect() } else { self.words.pop_front().unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BETWEEN: Duration = Duration::from_millis(20);

    /// When each word is shown, in milliseconds, of sentences of so many words that a model writes at its pace.
    fn shown(sentences: &[u32]) -> Vec<u128> {
        let start = Instant::now();
        let (mut pacing, mut times, mut at) = (Pacing::default(), Vec::new(), start);
        let mut show_until = |pacing: &mut Pacing, until: Instant| {
            while let Some(due) = pacing.due(until).filter(|due| *due <= until) {
                times.push(due.duration_since(start).as_millis());
                pacing.take(due);
            }
        };
        for &words in sentences {
            for _ in 0..words {
                at += BETWEEN;
                show_until(&mut pacing, at);
                pacing.hear(at);
            }
            pacing.add(&"word ".repeat(words as usize));
        }
        pacing.end();
        show_until(&mut pacing, at + Duration::from_secs(60));
        times
    }

    #[test]
    fn words_follow_one_another_although_sentences_come_whole() {
        let times = shown(&[12, 22, 26, 9, 30]);
        assert_eq!(times.len(), 99);
        let gaps: Vec<u128> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let long = gaps.iter().filter(|gap| **gap > 100).count();
        assert!(long <= 2, "{gaps:?}");
    }

    #[test]
    fn the_last_word_is_not_kept_waiting() {
        let times = shown(&[10, 20]);
        assert!(*times.last().expect("words") <= 30 * 20 + 20 * LAST_GAP.as_millis() + LONGEST_GAP.as_millis());
    }

    #[test]
    fn a_model_that_is_faster_than_anybody_reads_is_not_slowed() {
        let mut pacing = Pacing::default();
        let now = Instant::now();
        (0..10).for_each(|step| pacing.hear(now + Duration::from_micros(100 * step)));
        pacing.add("All of it at once. ");
        assert_eq!(pacing.due(now), Some(now));
        assert_eq!(pacing.take(now), "All of it at once. ");
        assert_eq!(pacing.due(now), None);
    }
}

//! The pace at which an answer appears: steady, whatever the bursts in which it arrives.

/// The slowest pace, in characters a second: a quick reader's.
const SLOWEST: f64 = 60.0;
/// How long the backlog may take at most while more is coming, in seconds.
const CATCH_UP_S: f64 = 0.7;
/// How long the rest takes at most once all of it is there, in seconds.
const FINISH_S: f64 = 0.45;
/// The longest time between two frames that counts, in milliseconds: a tab that comes back to the front goes on from
/// where it was.
const LONGEST_FRAME_MS: f64 = 100.0;

/// Text that has arrived and is shown piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Typewriter {
    /// What has arrived and is not shown yet.
    waiting: String,
    /// How many characters are in it.
    count: usize,
    /// The part of a character that is due.
    due: f64,
    /// The pace once all is there, in characters a second.
    last_pace: Option<f64>,
}

impl Typewriter {
    /// Takes what has arrived.
    pub(crate) fn push(&mut self, text: &str) {
        self.waiting.push_str(text);
        self.count += text.chars().count();
    }

    /// Says that nothing more will come: the rest appears promptly.
    pub(crate) fn finish(&mut self) {
        self.last_pace = Some((self.count as f64 / FINISH_S).max(SLOWEST));
    }

    /// Says that the answer ended halfway: what has arrived appears at once.
    pub(crate) fn end(&mut self) {
        self.last_pace = Some(f64::MAX);
    }

    /// Whether everything is shown and nothing more will come.
    pub(crate) const fn is_finished(&self) -> bool {
        self.last_pace.is_some() && self.waiting.is_empty()
    }

    /// What is to be shown after so many milliseconds more.
    pub(crate) fn after(&mut self, elapsed_ms: f64) -> String {
        if self.waiting.is_empty() {
            self.due = 0.0;
            return String::new();
        }
        let pace = self.last_pace.unwrap_or_else(|| (self.count as f64 / CATCH_UP_S).max(SLOWEST));
        if pace == f64::MAX {
            return self.rest();
        }
        self.due += pace * elapsed_ms.clamp(0.0, LONGEST_FRAME_MS) / 1_000.0;
        let count = (self.due as usize).min(self.count);
        self.due -= count as f64;
        self.take(count)
    }

    /// All that waits, at once: the reader stopped the answer, or wants no motion.
    pub(crate) fn rest(&mut self) -> String {
        self.take(self.count)
    }

    fn take(&mut self, count: usize) -> String {
        let end = self.waiting.char_indices().nth(count).map_or(self.waiting.len(), |(end, _)| end);
        let later = self.waiting.split_off(end);
        self.count -= count;
        std::mem::replace(&mut self.waiting, later)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_MS: f64 = 1_000.0 / 60.0;

    #[test]
    fn a_burst_is_spread_over_frames_and_nothing_is_lost() {
        let text = "Réalisée : 3,2 % 😀 ".repeat(20);
        let mut writer = Typewriter::default();
        writer.push(&text);
        let mut shown = String::new();
        let mut largest = 0;
        for frame in 0..600 {
            if frame == 30 {
                writer.finish();
            }
            let piece = writer.after(FRAME_MS);
            largest = largest.max(piece.chars().count());
            shown.push_str(&piece);
        }
        assert_eq!(shown, text);
        assert!(writer.is_finished());
        assert!(largest < 20, "{largest} characters in one frame");
    }

    #[test]
    fn a_trickle_appears_at_an_even_pace() {
        let mut writer = Typewriter::default();
        let mut sizes = Vec::new();
        for frame in 0..240 {
            if frame % 6 == 0 {
                writer.push("abcdef");
            }
            sizes.push(writer.after(FRAME_MS).chars().count());
        }
        assert!(sizes[60..].iter().all(|&size| size <= 3), "{sizes:?}");
    }

    #[test]
    fn the_rest_of_a_long_answer_ends_promptly() {
        let mut writer = Typewriter::default();
        writer.push(&"x".repeat(4_000));
        writer.finish();
        let frames = (0..).take_while(|_| {
            writer.after(FRAME_MS);
            !writer.is_finished()
        });
        assert!(frames.count() as f64 * FRAME_MS < 600.0);
    }

    #[test]
    fn a_tab_that_was_away_does_not_jump() {
        let mut writer = Typewriter::default();
        writer.push(&"x".repeat(1_000));
        assert!(writer.after(60_000.0).len() < 200);
        assert_eq!(writer.rest().len() % 1_000, 1_000 - 142);
    }
}

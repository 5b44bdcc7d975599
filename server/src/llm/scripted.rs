//! A model that says the words it was given, at a steady pace: for tests of streaming and of load.

use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;

use super::{ChatModel, LlmError, Piece, Prompt, Writing};

/// What is said where nothing else was given: a list, a table's worth of emphasis and two citations, so that a page has
/// something to render while it streams.
const WORDS: &str = "\
**Realised volatility** says how much a price has moved, not where it goes [1]. It is the square root of the sum of \
squared hourly returns over a day, and it is usually written as a percentage.\n\n\
Three things are worth knowing:\n\n\
- It **clusters**: after a wild day another one is more likely than after a quiet one [1].\n\
- It is *not* a direction. A coin that rises by ten per cent in a day was as volatile as one that fell as much.\n\
- It is compared with the coin's own past year, because what is calm for one coin is a storm for another [2].\n\n\
For you this means: look at the forecast's rank before you decide how much you hold, spread what you hold over \
things that do not move together, and never borrow to hold more. A forecast is a range with a probability, and one \
day in ten lies outside of a range that is meant to hold nine [2]. This is information, not financial advice.";
/// Between two words.
const PACE: Duration = Duration::from_millis(20);

/// Says given words.
#[derive(Debug, Clone)]
pub struct ScriptedChat {
    words: Vec<String>,
    pace: Duration,
    fails_after: Option<usize>,
}

impl Default for ScriptedChat {
    /// About 150 words of Markdown with a list and citations, one word every 20 ms.
    fn default() -> Self {
        Self::new(WORDS, PACE)
    }
}

impl ScriptedChat {
    /// Says a text, one word every `pace`.
    #[must_use]
    pub fn new(text: &str, pace: Duration) -> Self {
        let words = text.split_inclusive(char::is_whitespace).map(str::to_owned).collect();
        Self { words, pace, fails_after: None }
    }

    /// The same, but it breaks off after so many words.
    #[must_use]
    pub fn failing_after(self, words: usize) -> Self {
        Self { fails_after: Some(words), ..self }
    }

    fn pieces(&self, prompt: &Prompt) -> Vec<Result<Piece, LlmError>> {
        let said = self.fails_after.unwrap_or(self.words.len()).min(self.words.len());
        let mut pieces: Vec<_> = self.words[..said].iter().map(|word| Ok(Piece::Text(word.clone()))).collect();
        pieces.push(match self.fails_after {
            Some(_) => Err(LlmError::Unreachable { cause: "the script ends here".to_owned() }),
            None => Ok(Piece::Usage { prompt_tokens: words_in(prompt), answer_tokens: said as u32 }),
        });
        pieces
    }
}

/// A scripted model counts words.
fn words_in(prompt: &Prompt) -> u32 {
    prompt.lines.iter().map(|line| line.content.split_whitespace().count() as u32).sum()
}

impl ChatModel for ScriptedChat {
    fn name(&self) -> &str {
        "scripted"
    }

    fn write(&self, prompt: Prompt) -> BoxFuture<'_, Result<Writing, LlmError>> {
        let pieces = self.pieces(&prompt);
        // A clock of its own: a slow reader is not followed by a burst that no model would write.
        let mut clock = tokio::time::interval(self.pace.max(Duration::from_micros(1)));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let writing = stream::iter(pieces).zip(stream::unfold(clock, |mut clock| async move {
            clock.tick().await;
            Some(((), clock))
        }));
        Box::pin(async { Ok(Box::pin(writing.map(|(piece, ())| piece)) as Writing) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> Prompt {
        Prompt { lines: Vec::new(), max_tokens: 100, temperature: 0.0 }
    }

    #[tokio::test]
    async fn the_words_come_whole_and_at_the_pace_of_the_script() {
        let started = std::time::Instant::now();
        let writing = ScriptedChat::default().write(prompt()).await.expect("it starts");
        let pieces: Vec<_> = writing.map(|piece| piece.expect("a piece")).collect().await;
        let text: String = pieces
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(text, WORDS);
        let words = pieces.len() - 1;
        assert!((120..=180).contains(&words), "{words} words");
        assert!(matches!(pieces[words], Piece::Usage { answer_tokens, .. } if answer_tokens as usize == words));
        // Never sooner than the script says; later where the machine is busy.
        assert!(started.elapsed() >= PACE * words as u32);
    }

    #[tokio::test]
    async fn a_script_that_fails_says_its_words_first() {
        let model = ScriptedChat::new("one two three", Duration::from_millis(1)).failing_after(2);
        let pieces: Vec<_> = model.write(prompt()).await.expect("it starts").collect().await;
        assert_eq!(pieces.len(), 3);
        assert!(matches!(&pieces[1], Ok(Piece::Text(text)) if text == "two "));
        assert!(matches!(pieces[2], Err(LlmError::Unreachable { .. })));
    }
}

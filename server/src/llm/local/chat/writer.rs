//! One model at work: reads a prompt, writes an answer token by token, one prompt after the other.

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::decoder::{Decoder, Memory};
use super::header::Header;
use super::sampling::Sampler;
use super::text::ChatText;
use super::tokenizer::Decoding;
use super::{Unusable, failed};
use crate::llm::{LlmError, Piece, Prompt};

/// Tokens of a prompt that are read at once. More of them are hardly read sooner, and need more memory.
const AT_ONCE: usize = 256;

/// A model that can write.
pub(super) struct Writer {
    text: ChatText,
    decoder: Decoder,
    /// What is still remembered of the prompt before: the next one often begins alike.
    memory: Memory,
    /// Answers so far.
    written: u64,
}

/// A prompt, and who waits for its answer.
pub(super) struct Job {
    pub(super) prompt: Prompt,
    /// Told once, before the first piece.
    pub(super) begun: oneshot::Sender<Result<(), LlmError>>,
    /// Takes as many pieces as there are: an answer is short, and a reader who is slow must not hold up the next one.
    pub(super) pieces: UnboundedSender<Result<Piece, LlmError>>,
}

impl Job {
    /// Whether anybody still waits for it.
    pub(super) fn is_wanted(&self) -> bool {
        !self.pieces.is_closed()
    }
}

impl Writer {
    /// Reads tokenizer, template and weights.
    ///
    /// # Errors
    /// [`Unusable`] where a part cannot be used.
    pub(super) fn read_from(header: &mut Header) -> Result<Self, Unusable> {
        let text = ChatText::read_from(header)?;
        let decoder = Decoder::read_from(header)?;
        Ok(Self { text, decoder, memory: Memory::default(), written: 0 })
    }

    /// Writes an answer, for as long as it is wanted.
    pub(super) fn write(&mut self, job: Job) {
        let Job { prompt, begun, pieces } = job;
        let tokens = match self.tokens(&prompt) {
            Ok(tokens) => tokens,
            Err(error) => {
                let _ = begun.send(Err(error));
                return;
            }
        };
        if begun.send(Ok(())).is_ok()
            && let Err(error) = self.answer(&prompt, &tokens, &pieces)
        {
            let _ = pieces.send(Err(failed(error)));
        }
    }

    /// Forgets the prompt before; for after a failure, of which the memory may be half full.
    pub(super) fn forget(&mut self) {
        self.memory = Memory::default();
    }

    /// The tokens of a prompt, which leave room for an answer.
    fn tokens(&self, prompt: &Prompt) -> Result<Vec<u32>, LlmError> {
        let tokens = self.text.prompt(&prompt.lines)?;
        let most = self.decoder.shape().context - 1;
        match tokens.len() {
            0 => Err(LlmError::Failed { cause: "the prompt is empty".to_owned() }),
            count if count > most => Err(LlmError::TooLong { tokens: count, most }),
            _ => Ok(tokens),
        }
    }

    fn answer(
        &mut self,
        prompt: &Prompt,
        tokens: &[u32],
        pieces: &UnboundedSender<Result<Piece, LlmError>>,
    ) -> candle_core::Result<()> {
        let is_wanted = || !pieces.is_closed();
        self.written += 1;
        let mut sampler = Sampler::new(prompt.temperature, self.written);
        let mut decoding = Decoding::default();
        let left = self.memory.keep_shared(tokens, self.decoder.shape());
        let mut state = Vec::new();
        for tokens in tokens[tokens.len() - left..].chunks(AT_ONCE) {
            let Some(read) = self.decoder.read(&mut self.memory, tokens, &is_wanted)? else { return Ok(()) };
            state = read;
        }
        let most = (prompt.max_tokens as usize).min(self.decoder.shape().context - tokens.len());
        let mut answer_tokens = 0;
        while (answer_tokens as usize) < most {
            let token = sampler.take(&self.decoder.logits(&state)?);
            if self.text.tokenizer.ends(token) {
                break;
            }
            answer_tokens += 1;
            let text = decoding.push(self.text.tokenizer.bytes(token));
            if !text.is_empty() && pieces.send(Ok(Piece::Text(text))).is_err() {
                return Ok(());
            }
            if answer_tokens as usize == most {
                break;
            }
            let Some(read) = self.decoder.read(&mut self.memory, &[token], &is_wanted)? else { return Ok(()) };
            state = read;
        }
        let rest = decoding.finish();
        if !rest.is_empty() {
            let _ = pieces.send(Ok(Piece::Text(rest)));
        }
        let prompt_tokens = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        let _ = pieces.send(Ok(Piece::Usage { prompt_tokens, answer_tokens }));
        Ok(())
    }
}

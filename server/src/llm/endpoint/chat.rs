//! A model that writes, behind an endpoint.

use async_openai::Client;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestUserMessage, ChatCompletionResponseStream, ChatCompletionStreamOptions, CompletionUsage,
    CreateChatCompletionRequest, CreateChatCompletionStreamResponse,
};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout, timeout_at};

use super::errors::from_openai;
use super::{Access, Endpoint, client};
use crate::llm::{ChatModel, Line, LlmError, Piece, Prompt, Role, Writing};

/// How often a connection that breaks before its first word is tried.
const TRIES: u32 = 2;

/// A model that writes, behind an OpenAI-compatible endpoint.
pub struct EndpointChat {
    endpoint: Endpoint,
    client: Client<Access>,
}

/// An answer on its way.
struct Arriving {
    endpoint: Endpoint,
    chunks: ChatCompletionResponseStream,
    /// What has come and was not handed on yet.
    next: Option<Piece>,
    finished: bool,
    usage: Option<CompletionUsage>,
    over: bool,
}

impl EndpointChat {
    /// Speaks to an endpoint; nothing is asked yet.
    ///
    /// # Errors
    /// [`LlmError::Failed`] where this machine cannot speak HTTPS or the key cannot be sent.
    pub fn new(endpoint: Endpoint) -> Result<Self, LlmError> {
        let client = client(&endpoint)?;
        Ok(Self { endpoint, client })
    }

    /// Waits for the first word, so that whoever asks knows early that there will be none.
    async fn start(&self, prompt: Prompt) -> Result<Writing, LlmError> {
        let request = self.request(&prompt);
        let deadline = Instant::now() + self.endpoint.patience.first;
        let late = |_| LlmError::Unreachable { cause: "no first word in time".to_owned() };
        let mut tries = 1;
        loop {
            match timeout_at(deadline, self.first_word(request.clone())).await.map_err(late)? {
                Ok(arriving) => return Ok(arriving.into_writing()),
                // Refusals stay refusals; async-openai has asked again where that helps before headers.
                Err((error, true)) if tries < TRIES => {
                    tracing::debug!(%error, "Asking again");
                    tries += 1;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// An answer whose first word has come; else why not, and whether the connection broke after it was there.
    async fn first_word(&self, request: CreateChatCompletionRequest) -> Result<Arriving, (LlmError, bool)> {
        let chunks = self.client.chat().create_stream(request).await;
        let chunks = chunks.map_err(|error| (from_openai(&self.endpoint, error), false))?;
        let mut arriving =
            Arriving { endpoint: self.endpoint.clone(), chunks, next: None, finished: false, usage: None, over: false };
        match arriving.receive().await {
            Ok(piece) => {
                arriving.next = piece;
                Ok(arriving)
            }
            Err(error) => {
                let broken = matches!(error, LlmError::Unreachable { .. });
                Err((error, broken))
            }
        }
    }

    fn request(&self, prompt: &Prompt) -> CreateChatCompletionRequest {
        let mut request = CreateChatCompletionRequest {
            model: self.endpoint.model.clone(),
            messages: prompt.lines.iter().map(message).collect(),
            temperature: Some(prompt.temperature),
            stream_options: Some(ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None }),
            ..CreateChatCompletionRequest::default()
        };
        if self.endpoint.url.contains("openai.com") || self.endpoint.url.contains("openai.azure.com") {
            request.max_completion_tokens = Some(prompt.max_tokens);
        } else {
            #[expect(deprecated, reason = "OpenAI's newer name is not known to every compatible server")]
            {
                request.max_tokens = Some(prompt.max_tokens);
            }
        }
        request
    }
}

impl ChatModel for EndpointChat {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn write(&self, prompt: Prompt) -> BoxFuture<'_, Result<Writing, LlmError>> {
        Box::pin(self.start(prompt))
    }
}

impl Arriving {
    /// The stream owns the connection: dropping one closes the other.
    fn into_writing(self) -> Writing {
        Box::pin(stream::unfold(self, |mut arriving| async move {
            let piece = arriving.next().await?;
            Some((piece, arriving))
        }))
    }

    async fn next(&mut self) -> Option<Result<Piece, LlmError>> {
        if let Some(piece) = self.next.take() {
            return Some(Ok(piece));
        }
        if self.over {
            return None;
        }
        let received = timeout(self.endpoint.patience.between, self.receive()).await;
        let received =
            received.unwrap_or_else(|_| Err(LlmError::Unreachable { cause: "it fell silent halfway".to_owned() }));
        self.over |= received.is_err();
        received.transpose()
    }

    /// The next piece: text, then what it took; none at the end of an answer that is complete.
    async fn receive(&mut self) -> Result<Option<Piece>, LlmError> {
        while let Some(chunk) = self.chunks.next().await {
            if let Some(text) = self.read(chunk)? {
                return Ok(Some(Piece::Text(text)));
            }
        }
        self.over = true;
        if !self.finished {
            return Err(LlmError::Unreachable { cause: "it broke off halfway".to_owned() });
        }
        let usage = self.usage.take();
        Ok(usage
            .map(|usage| Piece::Usage { prompt_tokens: usage.prompt_tokens, answer_tokens: usage.completion_tokens }))
    }

    fn read(
        &mut self,
        chunk: Result<CreateChatCompletionStreamResponse, OpenAIError>,
    ) -> Result<Option<String>, LlmError> {
        let chunk = chunk.map_err(|error| from_openai(&self.endpoint, error))?;
        // Some servers count in every chunk; the last count is the whole.
        self.usage = chunk.usage.or(self.usage.take());
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.finished |= choice.finish_reason.is_some();
        Ok(choice.delta.content.filter(|text| !text.is_empty()))
    }
}

fn message(line: &Line) -> ChatCompletionRequestMessage {
    let content = line.content.clone();
    match line.role {
        Role::System => ChatCompletionRequestSystemMessage::from(content).into(),
        Role::User => ChatCompletionRequestUserMessage::from(content).into(),
        Role::Assistant => ChatCompletionRequestAssistantMessage::from(content).into(),
    }
}

//! A model that makes vectors, behind an endpoint.

use async_openai::Client;
use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput};
use futures::future::BoxFuture;
use tokio::time::timeout;

use super::errors::from_openai;
use super::{Access, Endpoint, client};
use crate::llm::{Embedder, LlmError, TextKind};

/// Texts in one request; every server that we know of takes so many.
const TEXTS_AT_ONCE: usize = 32;

/// A model that makes vectors, behind an OpenAI-compatible endpoint.
pub struct EndpointEmbedder {
    endpoint: Endpoint,
    client: Client<Access>,
    identity: String,
    dimensions: usize,
}

impl EndpointEmbedder {
    /// Asks the endpoint for one vector, to know its length.
    ///
    /// # Errors
    /// [`LlmError`] where the endpoint does not answer or refuses.
    pub async fn connect(endpoint: Endpoint) -> Result<Self, LlmError> {
        let client = client(&endpoint)?;
        let identity = format!("{}@{}", endpoint.model, address(&endpoint.url));
        let mut embedder = Self { endpoint, client, identity, dimensions: 0 };
        let probe = embedder.request(vec!["volatility".to_owned()]).await?;
        embedder.dimensions = probe.first().map_or(0, Vec::len);
        if embedder.dimensions == 0 {
            return Err(LlmError::Failed { cause: "the endpoint gives empty vectors".to_owned() });
        }
        Ok(embedder)
    }

    async fn embed_all(&self, kind: TextKind, texts: Vec<String>) -> Result<Vec<Vec<f32>>, LlmError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(TEXTS_AT_ONCE) {
            let prefix = prefix(&self.endpoint.model, kind);
            vectors.extend(self.request(texts.iter().map(|text| format!("{prefix}{text}")).collect()).await?);
        }
        if let Some(odd) = vectors.iter().find(|vector| vector.len() != self.dimensions) {
            let cause = format!("a vector of {} numbers, where {} were before", odd.len(), self.dimensions);
            return Err(LlmError::Failed { cause });
        }
        Ok(vectors)
    }

    async fn request(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, LlmError> {
        let count = texts.len();
        let request = CreateEmbeddingRequest {
            model: self.endpoint.model.clone(),
            input: EmbeddingInput::StringArray(texts),
            ..CreateEmbeddingRequest::default()
        };
        let answer = timeout(self.endpoint.patience.first, self.client.embeddings().create(request)).await;
        let answer = answer.map_err(|_| LlmError::Unreachable { cause: "no answer in time".to_owned() })?;
        let mut data = answer.map_err(|error| from_openai(&self.endpoint, error))?.data;
        // The protocol lets a server answer in any order.
        data.sort_by_key(|embedding| embedding.index);
        if data.len() != count {
            return Err(LlmError::Failed { cause: format!("{} vectors for {count} texts", data.len()) });
        }
        data.into_iter().map(|embedding| at_length_one(embedding.embedding)).collect()
    }
}

impl Embedder for EndpointEmbedder {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, kind: TextKind, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, LlmError>> {
        Box::pin(self.embed_all(kind, texts))
    }
}

/// The models of the E5 family want to know what a text is; others would take it for a part of the text.
fn prefix(model: &str, kind: TextKind) -> &'static str {
    let model = model.to_ascii_lowercase();
    let of_e5 = model.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "e5");
    match kind {
        _ if !of_e5 => "",
        TextKind::Query => "query: ",
        TextKind::Passage => "passage: ",
    }
}

/// An address without scheme, password and query, for the record.
fn address(url: &str) -> String {
    let parsed = reqwest::Url::parse(url).ok();
    parsed.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))).unwrap_or_default()
}

fn at_length_one(mut vector: Vec<f32>) -> Result<Vec<f32>, LlmError> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        return Err(LlmError::Failed { cause: "a vector without a direction".to_owned() });
    }
    vector.iter_mut().for_each(|value| *value /= norm);
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_of_the_e5_family_are_told_what_a_text_is() {
        assert_eq!(prefix("intfloat/multilingual-e5-small", TextKind::Query), "query: ");
        assert_eq!(prefix("E5_large", TextKind::Passage), "passage: ");
        assert_eq!(prefix("text-embedding-3-small", TextKind::Query), "");
        assert_eq!(prefix("minile50", TextKind::Passage), "");
    }

    #[test]
    fn a_vector_is_brought_to_length_one_and_one_without_direction_is_refused() {
        assert_eq!(at_length_one(vec![3.0, 4.0]).expect("a vector"), [0.6, 0.8]);
        assert!(at_length_one(vec![0.0, 0.0]).is_err());
        assert!(at_length_one(vec![f32::NAN]).is_err());
    }
}

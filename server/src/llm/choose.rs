//! Which language models serve, by the settings.

use std::path::PathBuf;
use std::sync::Arc;

use super::endpoint::{Endpoint, EndpointChat, EndpointEmbedder, Patience};
use super::files::{self, Part};
use super::local::{LocalChat, LocalEmbedder};
use super::scripted::ScriptedChat;
use super::{ChatModel, Embedder, LlmError};
use crate::config::{ChatEngine, EmbeddingsEngine, LanguageModels, Secret};

/// What makes vectors of texts; none where words alone are searched. Reads files off the caller's thread, or asks the
/// endpoint for a first vector.
///
/// # Errors
/// [`LlmError`] where what the settings name is not there. With `auto`, a local model that was not fetched is no error.
pub async fn embedder(settings: &LanguageModels) -> Result<Option<Arc<dyn Embedder>>, LlmError> {
    let engine = match settings.embeddings {
        EmbeddingsEngine::Auto if settings.embeddings_url.is_some() => EmbeddingsEngine::Endpoint,
        EmbeddingsEngine::Auto if files::has(Part::Embeddings, &settings.dir) => EmbeddingsEngine::Local,
        EmbeddingsEngine::Auto => EmbeddingsEngine::None,
        chosen => chosen,
    };
    match engine {
        EmbeddingsEngine::Auto | EmbeddingsEngine::None => Ok(None),
        EmbeddingsEngine::Endpoint => {
            let names = ["lm.embeddings_url", "lm.embeddings_model"];
            let values = [&settings.embeddings_url, &settings.embeddings_model];
            let endpoint = endpoint(names, values, settings.embeddings_key.as_ref())?;
            Ok(Some(Arc::new(EndpointEmbedder::connect(endpoint).await?)))
        }
        EmbeddingsEngine::Local => {
            let (dir, threads) = (settings.dir.clone(), settings.threads as usize);
            let model = off_thread(move || LocalEmbedder::load(&dir, threads)).await?;
            Ok(Some(Arc::new(model)))
        }
    }
}

/// What writes answers; none where the composer does. A file is judged off the caller's thread and its weights are read
/// meanwhile; an endpoint is not asked yet.
///
/// # Errors
/// [`LlmError`] where what the settings name is not there.
pub async fn chat_model(settings: &LanguageModels) -> Result<Option<Arc<dyn ChatModel>>, LlmError> {
    let engine = match settings.chat {
        ChatEngine::Auto if settings.chat_url.is_some() => ChatEngine::Endpoint,
        ChatEngine::Auto if settings.chat_file.is_some() => ChatEngine::Local,
        ChatEngine::Auto => ChatEngine::Composer,
        chosen => chosen,
    };
    match engine {
        ChatEngine::Auto | ChatEngine::Composer => Ok(None),
        ChatEngine::Scripted => Ok(Some(Arc::new(ScriptedChat::default()))),
        ChatEngine::Endpoint => {
            let names = ["lm.chat_url", "lm.chat_model"];
            let endpoint = endpoint(names, [&settings.chat_url, &settings.chat_model], settings.chat_key.as_ref())?;
            Ok(Some(Arc::new(EndpointChat::new(endpoint)?)))
        }
        ChatEngine::Local => Ok(Some(Arc::new(local_chat(settings).await?))),
    }
}

/// The model in the file of the settings, else the one that was fetched. Its weights are read while the server starts.
async fn local_chat(settings: &LanguageModels) -> Result<LocalChat, LlmError> {
    let (file, threads) = (chat_file(settings), settings.threads as usize);
    let model = off_thread(move || LocalChat::open(&file, threads)).await?;
    if model.is_experimental() {
        tracing::info!(model = model.name(), "So small a language model is an experiment and no source of facts");
    }
    Ok(model)
}

/// The file of the settings, else the one that `investbuddy fetch chat` makes.
pub(crate) fn chat_file(settings: &LanguageModels) -> PathBuf {
    settings.chat_file.clone().unwrap_or_else(|| settings.dir.join(files::CHAT_FILE))
}

fn endpoint(
    names: [&'static str; 2],
    values: [&Option<String>; 2],
    key: Option<&Secret>,
) -> Result<Endpoint, LlmError> {
    let value = |index: usize| values[index].clone().ok_or(LlmError::Unset { setting: names[index] });
    Ok(Endpoint { url: value(0)?, model: value(1)?, key: key.cloned(), patience: Patience::default() })
}

/// Does what takes long on a thread of its own.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LlmError> + Send + 'static,
) -> Result<T, LlmError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(LlmError::Failed { cause: error.to_string() }))
}

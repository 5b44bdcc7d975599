//! Which models the settings choose.

use std::path::PathBuf;

use server::config::{ChatEngine, EmbeddingsEngine, LanguageModels, Settings};
use server::llm::choose::{chat_model, embedder};

/// Settings as somebody who has fetched nothing has them, with some changed.
fn settings(change: impl FnOnce(&mut LanguageModels)) -> LanguageModels {
    let mut settings = LanguageModels { dir: PathBuf::from("/nowhere"), ..Settings::default().lm };
    change(&mut settings);
    settings
}

fn with_endpoint(settings: &mut LanguageModels) {
    settings.chat_url = Some("http://127.0.0.1:9/v1".to_owned());
    settings.chat_model = Some("the-endpoint".to_owned());
}

/// The writer's name, `composer` where there is none, or why there can be none.
async fn chosen(engine: ChatEngine, change: impl FnOnce(&mut LanguageModels)) -> String {
    let settings = settings(|settings| {
        settings.chat = engine;
        change(settings);
    });
    match chat_model(&settings).await {
        Ok(model) => model.map_or_else(|| "composer".to_owned(), |model| model.name().to_owned()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn the_writer_is_the_one_that_the_settings_choose_and_what_it_lacks_is_named() {
    use ChatEngine::{Auto, Composer, Endpoint, Scripted};

    assert_eq!(chosen(Auto, |_| {}).await, "composer");
    assert_eq!(chosen(Auto, with_endpoint).await, "the-endpoint");
    assert_eq!(chosen(Endpoint, with_endpoint).await, "the-endpoint");
    assert_eq!(chosen(Endpoint, |_| {}).await, "lm.chat_url is not set");
    for engine in [Auto, Endpoint] {
        let nameless = |settings: &mut LanguageModels| {
            with_endpoint(settings);
            settings.chat_model = None;
        };
        assert_eq!(chosen(engine, nameless).await, "lm.chat_model is not set", "{engine:?}");
    }
    for change in [with_endpoint, |_: &mut LanguageModels| {}] {
        assert_eq!(chosen(Composer, change).await, "composer");
        assert_eq!(chosen(Scripted, change).await, "scripted");
    }
}

#[tokio::test]
async fn an_endpoint_comes_before_a_local_file() {
    let both = |settings: &mut LanguageModels| {
        with_endpoint(settings);
        settings.chat_file = Some(PathBuf::from("/nowhere/model.gguf"));
    };
    assert_eq!(chosen(ChatEngine::Auto, both).await, "the-endpoint");
}

#[tokio::test]
async fn words_alone_are_searched_where_nothing_makes_vectors_and_what_was_asked_for_is_missed() {
    use EmbeddingsEngine::{Auto, Endpoint, Local, None};

    for engine in [Auto, None] {
        let settings = settings(|settings| settings.embeddings = engine);
        assert!(embedder(&settings).await.expect("words alone").is_none(), "{engine:?}");
    }
    for (engine, missing) in [(Local, "investbuddy fetch"), (Endpoint, "lm.embeddings_url is not set")] {
        let error = embedder(&settings(|settings| settings.embeddings = engine)).await.err().expect("missed");
        assert!(error.to_string().contains(missing), "{engine:?}: {error}");
    }
    let nameless = |settings: &mut LanguageModels| settings.embeddings_url = Some("http://127.0.0.1:9/v1".to_owned());
    let error = embedder(&settings(nameless)).await.err().expect("missed");
    assert_eq!(error.to_string(), "lm.embeddings_model is not set");
}

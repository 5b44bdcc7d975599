//! A room for a library: a small glossary, a folder, a vector store.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::language::Language;
use server::config::Vectors;
use server::llm::Embedder;
use server::rag::{Hit, Knowledge, Library, Passage, Shelf, Standing, passage_id};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::qdrant::FakeQdrant;

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where the vectors of a test are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    Embedded,
    Qdrant,
}

/// A folder and a vector store; gone with the test.
pub(crate) struct Room {
    pub(crate) folder: TempDir,
    pub(crate) vectors: Vectors,
    qdrant: Option<FakeQdrant>,
}

impl Room {
    /// With a document that explains a gizmotron, and one with so many other terms.
    pub(crate) async fn new(engine: Engine, terms: usize) -> Self {
        let qdrant = match engine {
            Engine::Embedded => None,
            Engine::Qdrant => Some(FakeQdrant::start().await),
        };
        let vectors = qdrant.as_ref().map(FakeQdrant::vectors).unwrap_or_default();
        let room = Self { folder: tempfile::tempdir().expect("a folder"), vectors, qdrant };
        std::fs::create_dir_all(room.glossary_dir()).expect("a folder");
        std::fs::write(room.glossary_dir().join("small.toml"), glossary()).expect("a glossary");
        let mut passages = vec![passage("Gizmotron", "A small machine that hums while it turns wheat into light.")];
        passages.extend((0..terms).map(|number| {
            passage(&format!("Termum{number}"), &format!("The entry about subject{number}, told in a few words."))
        }));
        room.put("machines.jsonl", passages);
        room
    }

    pub(crate) fn glossary_dir(&self) -> PathBuf {
        self.folder.path().join("glossary")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    pub(crate) fn library_dir(&self) -> PathBuf {
        self.data_dir().join("library")
    }

    pub(crate) fn shelf(&self) -> Shelf {
        Shelf::new(&self.library_dir())
    }

    pub(crate) fn put(&self, source: &str, mut passages: Vec<Passage>) {
        for passage in &mut passages {
            source.clone_into(&mut passage.source);
        }
        self.shelf().put(source, passages).expect("kept");
    }

    pub(crate) fn qdrant(&self) -> &FakeQdrant {
        self.qdrant.as_ref().expect("this room has a Qdrant")
    }

    /// Opens the library. Its task in the background ends with it.
    pub(crate) fn open(&self, embedder: Option<Arc<dyn Embedder>>) -> Library {
        let stop = CancellationToken::new();
        Library::open(&self.glossary_dir(), &self.library_dir(), embedder, &self.vectors, &stop).expect("a library")
    }

    /// Opens the library and waits until it finds by meaning.
    pub(crate) async fn open_complete(&self, embedder: &Arc<impl Embedder + 'static>) -> Library {
        let library = self.open(Some(Arc::clone(embedder) as Arc<dyn Embedder>));
        until(&library, |standing| standing.embedder.is_some()).await;
        library
    }

    /// Whether an index is there that would be served.
    pub(crate) fn has_index(&self) -> bool {
        match &self.qdrant {
            Some(qdrant) => qdrant.engine().serving().is_some(),
            None => self.files().iter().any(|name| name.ends_with(".matrix")),
        }
    }

    /// The names of the library's files.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.library_dir()).expect("a folder");
        files.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    /// The program on this room, with nothing of this machine's environment and no network.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_investbuddy"));
        command
            .env_clear()
            .current_dir(self.folder.path())
            .env("INVESTBUDDY_DATA_DIR", self.data_dir())
            .env("INVESTBUDDY_GLOSSARY_DIR", self.glossary_dir())
            .env("INVESTBUDDY_LM__DIR", self.folder.path().join("no-models"))
            .env("INVESTBUDDY_LIVE", "false")
            .env("INVESTBUDDY_LOG", "off")
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        if let Some(qdrant) = &self.qdrant {
            let vectors = qdrant.vectors();
            command
                .env("INVESTBUDDY_VECTORS__ENGINE", "qdrant")
                .env("INVESTBUDDY_VECTORS__QDRANT_URL", vectors.qdrant_url.expect("an address"))
                .env("INVESTBUDDY_VECTORS__QDRANT_KEY", super::qdrant::KEY);
        }
        command
    }
}

/// Waits until a library stands as is asked.
pub(crate) async fn until(library: &Library, is_so: impl FnMut(&Standing) -> bool) -> Standing {
    let waiting = tokio::time::timeout(PATIENCE, library.wait_until(is_so)).await;
    waiting.unwrap_or_else(|_| panic!("the library stands at {:?}", library.standing()))
}

/// Waits until something else holds.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// The titles that answer a question.
pub(crate) async fn titles(library: &Library, question: &str) -> Vec<String> {
    let hits: Vec<Hit> = library.search(question, Language::English, 5).await.expect("an answer");
    hits.into_iter().map(|hit| hit.passage.title.clone()).collect()
}

/// Whether a question finds the gizmotron.
pub(crate) async fn finds(library: &Library, question: &str) -> bool {
    titles(library, question).await.contains(&"Gizmotron".to_owned())
}

/// A passage about a term.
pub(crate) fn passage(term: &str, text: &str) -> Passage {
    Passage {
        id: passage_id("machines.jsonl", term, text),
        term: Some(term.to_owned()),
        title: term.to_owned(),
        names: Vec::new(),
        asked: Vec::new(),
        text: text.to_owned(),
        language: Language::English,
        source: "machines.jsonl".to_owned(),
        licence: "MIT".to_owned(),
    }
}

/// Two entries, whole in both languages.
fn glossary() -> String {
    let mut toml = String::new();
    for (id, other, english, french) in [
        ("volatility", "drawdown", "Volatility", "Volatilité"),
        ("drawdown", "volatility", "Drawdown", "Perte maximale"),
    ] {
        let _ = write!(
            toml,
            r#"
[[term]]
id = "{id}"
level = "beginner"
related = ["{other}"]
[term.en]
name = "{english}"
asked = ["How much does {other} cost me?"]
line = "{english} in one line."
definition = "{english} is a word of finance that this test explains."
example = "An example of it."
[term.fr]
name = "{french}"
asked = ["Combien me coûte {other} ?"]
line = "{french} en une ligne."
definition = "{french} est un mot de la finance que ce test explique."
example = "Un exemple."
"#
        );
    }
    toml
}

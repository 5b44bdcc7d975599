//! `investbuddy ingest docs` on folders as people have them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use server::rag::Passage;

use super::room::{Engine, Room};

const TERMS: &str = r#"{"term": "annuity", "text": "investment that produces a level stream of cash flows for a limited number of periods."}
{"term": "Annuity", "text": "A series of equal payments at regular inter- vals. See also PERPETUITY."}
{"term": "LEVEL STREAM", "text": "See ANNUITY."}
{"term": "rente", "text": "investment that produces a level stream of cash flows for a limited number of periods."}
{"term": "perpetuity", "text": "an annuity whose payments never end, at least on paper."}
this line is no entry
"#;

const GUIDE: &str = "# First steps\n\nOpen an account with somebody you trust, and buy little.\n\n## Later\n\nRead what you sign, always.\n\n## Later again\n\nRead what you sign, always!\n";

/// A folder of documents in a room, and the program that reads it in.
struct Documents {
    room: Room,
    folder: PathBuf,
}

impl Documents {
    async fn new() -> Self {
        let room = Room::new(Engine::Embedded, 0).await;
        assert!(room.shelf().remove("machines.jsonl").expect("removed"));
        let folder = room.folder.path().join("documents");
        fs::create_dir_all(folder.join("notes")).expect("a folder");
        Self { room, folder }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), content).expect("written");
    }

    async fn run(&self, path: &Path, more: &[&str]) -> (Option<i32>, Value, String) {
        let output = self.room.program().args(["ingest", "docs", "--json"]).arg(path).args(more).output().await;
        let output = output.expect("the program runs");
        let summary = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), summary, String::from_utf8(output.stderr).expect("text"))
    }

    async fn read(&self, more: &[&str]) -> Value {
        let (code, summary, stderr) = self.run(&self.folder, more).await;
        assert_eq!(code, Some(0), "{stderr}");
        summary
    }

    fn passages(&self) -> Vec<Passage> {
        self.room.shelf().passages().expect("readable")
    }

    fn titles(&self) -> Vec<String> {
        self.passages().into_iter().map(|passage| passage.title).collect()
    }
}

#[tokio::test]
async fn a_folder_is_read_without_doubles_and_every_passage_keeps_its_source_and_licence() {
    let documents = Documents::new().await;
    documents.write("finrad.CC-BY-NC-SA-4.0.jsonl", TERMS);
    documents.write("notes/guide.MIT.md", GUIDE);
    documents.write("plain.txt", "Une phrase en texte simple, sans aucune mise en forme ni licence.");
    documents.write("picture.png", [0x89, b'P', b'N', b'G', 0]);
    documents.write(".hidden.md", "Nobody asked for this file to be read at all.");
    let summary = documents.read(&[]).await;
    assert_eq!(summary["refused"], Value::Array(Vec::new()));

    let all: Vec<(String, String, String)> =
        documents.passages().into_iter().map(|passage| (passage.title, passage.source, passage.licence)).collect();
    let expected = [
        ("annuity", "finrad.CC-BY-NC-SA-4.0.jsonl", "CC-BY-NC-SA-4.0"),
        ("perpetuity", "finrad.CC-BY-NC-SA-4.0.jsonl", "CC-BY-NC-SA-4.0"),
        ("First steps", "notes/guide.MIT.md", "MIT"),
        ("Later", "notes/guide.MIT.md", "MIT"),
        ("plain", "plain.txt", "unknown"),
    ];
    let expected = expected.map(|(title, source, licence)| (title.to_owned(), source.to_owned(), licence.to_owned()));
    assert_eq!(all, expected);
    let annuity = &documents.passages()[0];
    assert!(annuity.text.contains("at regular intervals") && !annuity.text.contains("See also"), "{}", annuity.text);
    for name in ["LEVEL STREAM", "rente"] {
        assert!(annuity.names.contains(&name.to_owned()), "{:?}", annuity.names);
    }
    let counts = &summary["documents"][0];
    for (what, count) in [("read", 5), ("duplicates", 1), ("followed", 1), ("unreadable", 1), ("passages", 2)] {
        assert_eq!(counts[what], count, "{what} in {counts}");
    }
}

#[tokio::test]
async fn reading_again_changes_nothing_and_changed_and_removed_files_are_followed() {
    let documents = Documents::new().await;
    documents.write("terms.jsonl", TERMS);
    documents.write("guide.md", GUIDE);
    documents.write("old.md", "This file will be removed before the folder is read again.");
    documents.read(&[]).await;
    let (revision, before) = (documents.room.shelf().revision(), documents.passages());

    let again = documents.read(&[]).await;
    let is_new = |document: &Value| document["is_new"].as_bool().expect("a truth");
    assert!(again["documents"].as_array().expect("documents").iter().all(|document| !is_new(document)), "{again}");
    assert_eq!((documents.room.shelf().revision(), documents.passages()), (revision, before));

    documents.write("guide.md", "# Other steps\n\nDo not open any account before you have read this.\n");
    fs::remove_file(documents.folder.join("old.md")).expect("removed");
    let followed = documents.read(&[]).await;
    let new: Vec<&Value> =
        followed["documents"].as_array().expect("documents").iter().filter(|document| is_new(document)).collect();
    assert!(new.len() == 1 && new[0]["source"] == "guide.md", "{followed}");
    assert_eq!(followed["gone"], serde_json::json!(["old.md"]));
    assert_eq!(documents.titles(), ["Other steps", "annuity", "perpetuity"]);

    let elsewhere = documents.room.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    fs::write(elsewhere.join("more.md"), "# More\n\nAnother folder is not this folder, and takes nothing away.\n")
        .expect("written");
    let (code, more, stderr) = documents.run(&elsewhere, &[]).await;
    assert_eq!((code, &more["gone"]), (Some(0), &serde_json::json!([])), "{stderr}");
    assert_eq!(documents.titles().len(), 4);
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named_with_the_reason_and_the_rest_is_read() {
    let documents = Documents::new().await;
    documents.write("good.md", GUIDE);
    documents.write("latin.md", b"Une volatilit\xe9 \xe9lev\xe9e n'est pas un drame en soi.");
    documents.write("binary.txt", b"PK\x03\x04\0\0\0\0 this is no text at all, whatever its name says");
    let huge = fs::File::create(documents.folder.join("huge.jsonl")).expect("a file");
    huge.set_len(65 * 1024 * 1024).expect("a file with a hole");
    documents.write(
        "deep.jsonl",
        format!("{}\n{{\"term\": \"calm\", \"text\": \"When prices hardly move for days.\"}}\n", "[".repeat(100_000)),
    );
    documents.write("blob.md", format!("# Blob\n\n{}\n\nAfter the blob comes a sentence.\n", "QUJD".repeat(100_000)));
    let pipe = documents.folder.join("pipe.md");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    std::os::unix::fs::symlink(&documents.folder, documents.folder.join("circle")).expect("a link");

    let summary = documents.read(&[]).await;
    let refused: Vec<String> = summary["refused"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|refusal| {
            format!("{}: {}", refusal["source"].as_str().unwrap_or(""), refusal["cause"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(
        refused,
        [
            "binary.txt: it is no text",
            "huge.jsonl: it is larger than 64 MB; please split it",
            "latin.md: it is not in UTF-8; please save it in that encoding",
        ]
    );
    assert_eq!(documents.titles(), ["Blob", "calm", "First steps", "Later"]);
    assert!(documents.passages().iter().all(|passage| passage.text.len() < 10_000));

    // A file that was good and is bad now keeps what was read of it.
    documents.write("good.md", b"\xff\xfe");
    let summary = documents.read(&[]).await;
    assert_eq!((&summary["gone"], documents.titles().len()), (&serde_json::json!([]), 4));

    for (name, reason) in [("latin.md", "UTF-8"), ("pipe.md", "no file"), ("nowhere.md", "No such file")] {
        let (code, _, stderr) = documents.run(&documents.folder.join(name), &[]).await;
        assert_eq!(code, Some(1), "{name}: {stderr}");
        assert!(stderr.starts_with("investbuddy: ") && stderr.contains(reason), "{name}: {stderr}");
    }
}

#[tokio::test]
async fn one_source_over_several_files_holds_each_text_once_under_the_licence_that_was_said() {
    let documents = Documents::new().await;
    documents.write("one.md", GUIDE);
    documents.write("two.md", GUIDE);
    let summary = documents.read(&["--source", "House rules", "--licence", "CC0-1.0"]).await;
    assert_eq!(summary["documents"][0]["passages"], 2, "{summary}");
    for passage in documents.passages() {
        assert_eq!((passage.source.as_str(), passage.licence.as_str()), ("House rules", "CC0-1.0"));
    }
    assert_eq!(documents.titles(), ["First steps", "Later"]);
}

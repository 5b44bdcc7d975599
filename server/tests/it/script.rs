//! Programs of `scripts/` that print a port and end with whoever started them.

use std::ffi::OsStr;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Starts a script and waits until it has said its port. It ends when the child is dropped.
pub(crate) async fn started(name: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> (Child, u16) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(name);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let mut said = tempfile::tempfile().expect("a file");
    let mut child = Command::new(script)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target)
        // It ends when this ends, even where the tests are killed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(said.try_clone().expect("a file"))
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("scripts/{name} does not start: {error}"));
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let Some(port) = lines.next_line().await.expect("readable") else {
        let mut text = String::new();
        said.rewind().expect("a file");
        said.read_to_string(&mut text).expect("text");
        panic!("scripts/{name} did not start: {text}");
    };
    (child, port.parse().expect("a port"))
}

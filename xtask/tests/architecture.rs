//! The arrows and the invariants of absence that ARCHITECTURE.md promises, held by tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// The most lines of a source file before its own tests begin.
const MAX_LINES: usize = 600;

/// Cargo runs tests in their package's folder. Where it was compiled may be another checkout with the same target
/// directory.
fn workspace() -> &'static Path {
    static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::current_dir().expect("a working directory");
        package.parent().expect("xtask lies in the workspace").to_owned()
    });
    &WORKSPACE
}

/// What each crate of the workspace names as a dependency for the product; dev and build dependencies are left out.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let normal = list(&package["dependencies"]).into_iter().filter(|one| one["kind"].is_null());
            (text(&package["name"]), normal.map(|one| text(&one["name"])).collect())
        })
        .collect()
}

/// The crates of the workspace that a crate reaches by arrows.
fn reaches(declared: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in declared[&name].iter().filter(|next| declared.contains_key(*next)) {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

/// The Rust sources under a folder of the workspace, each with its path from there.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![workspace().join(folder)];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(workspace()).expect("inside").to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).expect("readable")));
            }
        }
    }
    found
}

/// The lines of a source that are code of the product: before its tests, and no comment.
fn product_lines(source: &str) -> impl Iterator<Item = &str> {
    let end = source.find("\n#[cfg(test)]\nmod ").unwrap_or(source.len());
    source[..end].lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Every product line under a folder that holds one of the words, as `path: line`.
fn lines_with(folder: &str, words: &[&str], is_exempt: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, source) in sources(folder) {
        if !is_exempt(&name) {
            let hits = product_lines(&source).filter(|line| words.iter().any(|word| line.contains(word)));
            found.extend(hits.map(|line| format!("{name}: {}", line.trim())));
        }
    }
    found
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let declared = declared();
    assert_eq!(reaches(&declared, "domain"), set([]));
    assert_eq!(reaches(&declared, "ml"), set(["domain"]));
    assert_eq!(reaches(&declared, "app"), set(["domain"]));
    assert_eq!(reaches(&declared, "frontend"), set(["app", "domain"]));
    assert_eq!(reaches(&declared, "server"), set(["app", "domain", "ml"]));
    assert_eq!(reaches(&declared, "xtask"), set([]));
}

#[test]
fn the_shared_vocabulary_needs_serde_thiserror_and_a_calendar_and_nothing_else() {
    assert_eq!(declared()["domain"], set(["jiff", "serde", "thiserror"]));
}

#[test]
fn the_ml_crate_knows_no_network_no_database_and_no_async_runtime() {
    let forbidden = ["axum", "hyper", "leptos", "reqwest", "sqlx", "tokio", "tracing"];
    let named: Vec<_> = declared()["ml"].iter().filter(|name| forbidden.contains(&name.as_str())).cloned().collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn domain_and_ml_never_ask_for_the_time_or_the_environment() {
    let words = ["Timestamp::now", "Zoned::now", "SystemTime::now", "Instant::now", "env::var", "std::net"];
    for folder in ["domain/src", "ml/src"] {
        let found = lines_with(folder, &words, |_| false);
        assert!(found.is_empty(), "`now` and settings are arguments there:\n{}", found.join("\n"));
    }
}

#[test]
fn only_the_clock_asks_the_machine_for_the_time() {
    let words = ["Timestamp::now", "Zoned::now", "SystemTime::now"];
    for folder in ["app/src", "server/src"] {
        let found = lines_with(folder, &words, |name| name == "server/src/clock.rs");
        assert!(found.is_empty(), "take a Clock:\n{}", found.join("\n"));
    }
}

#[test]
fn only_the_settings_read_the_environment() {
    let found = lines_with("server/src", &["env::var"], |name| name.starts_with("server/src/config"));
    assert!(found.is_empty(), "take Settings:\n{}", found.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let found = lines_with("server/src", &["sqlx::"], |name| name.starts_with("server/src/store"));
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (name, dependencies) in declared() {
        assert!(name == "server" || !dependencies.contains("sqlx"), "{name} depends on sqlx");
    }
}

#[test]
fn the_view_tree_never_depends_on_where_it_is_compiled() {
    let is_border = |name: &str| {
        ["app/src/lib.rs", "app/src/ssr.rs", "app/src/browser.rs"].contains(&name)
            || name.starts_with("app/src/ssr/")
            || name.starts_with("app/src/browser/")
    };
    let mut found = lines_with("app/src", &["cfg(", "cfg!(", "cfg_attr("], is_border);
    found.retain(|line| !line.ends_with(": #[cfg(test)]"));
    assert!(found.is_empty(), "cfg belongs in lib.rs, ssr.rs and browser.rs:\n{}", found.join("\n"));
}

#[test]
fn no_source_file_grows_past_what_one_can_read_in_one_go() {
    let mut long = Vec::new();
    for folder in ["app", "domain", "frontend", "ml", "server", "xtask"] {
        for (name, source) in sources(folder) {
            let end = source.find("\n#[cfg(test)]\nmod ").unwrap_or(source.len());
            let lines = source[..end].lines().count();
            if lines > MAX_LINES {
                long.push(format!("{name}: {lines} lines"));
            }
        }
    }
    assert!(long.is_empty(), "split by subject:\n{}", long.join("\n"));
}

#[test]
fn wasm_bindgen_and_the_tool_that_binds_are_of_one_version() {
    let lockfile = fs::read_to_string(workspace().join("Cargo.lock")).expect("readable");
    let version = |name: &str| {
        let start = format!("name = \"{name}\"\nversion = \"");
        let at = lockfile.find(&start).unwrap_or_else(|| panic!("{name} is not in Cargo.lock")) + start.len();
        lockfile[at..].split('"').next().expect("a version").to_owned()
    };
    assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
}

#[test]
fn make_hands_the_server_no_setting_of_its_own() {
    let makefile = fs::read_to_string(workspace().join("Makefile")).expect("the Makefile");
    let exports: Vec<&str> = makefile.lines().filter(|line| line.starts_with("export INVESTBUDDY_")).collect();
    assert!(exports.is_empty(), "the server refuses or obeys what `make run` exports: {exports:?}");
}

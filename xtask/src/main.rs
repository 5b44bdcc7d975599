//! Build steps that need Rust. `cargo xtask site` makes the folder that the server hands to browsers.

mod site;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::site::{Options, SiteError};

const USAGE: &str = "usage: cargo xtask site [--strict]

  site      compile the browser's half and make the site folder beside the release binary
  --strict  fail, instead of only saying so, where wasm-opt is missing or the size budget is passed";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_strict = match words.as_slice() {
        ["site"] => false,
        ["site", "--strict"] => true,
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => return fail(USAGE),
    };
    match make_site(is_strict) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("The site was not built: {error}")),
    }
}

fn make_site(is_strict: bool) -> Result<(), SiteError> {
    let (workspace, release) = (workspace_folder()?, release_folder()?);
    let options = Options { workspace: &workspace, release: &release, is_strict };
    site::build(&options)
}

/// The folder of this very program, which is where cargo puts the server as well.
fn release_folder() -> Result<PathBuf, SiteError> {
    let program = env::current_exe().map_err(|source| SiteError::io("find", "xtask itself", source))?;
    Ok(program.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf))
}

/// The nearest folder above the working directory that has a lockfile.
fn workspace_folder() -> Result<PathBuf, SiteError> {
    let here = env::current_dir().map_err(|source| SiteError::io("find", "the working directory", source))?;
    let root = here.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.map(Path::to_path_buf).ok_or(SiteError::NoWorkspace)
}

fn fail(sentence: &str) -> ExitCode {
    // Nothing is left to be done where even the error cannot be written.
    let _ = writeln!(std::io::stderr(), "{sentence}");
    ExitCode::FAILURE
}

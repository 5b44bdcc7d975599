//! Why a site could not be built.

use std::io;
use std::path::Path;
use std::process::ExitStatus;

/// What went wrong, each with what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// A file or folder could not be read or written.
    #[error("could not {doing} {path}: {source}")]
    Io {
        /// The verb: read, write, remove.
        doing: &'static str,
        /// What it was about.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no workspace around the working directory.
    #[error("there is no Cargo.lock here or above; run this inside the repository")]
    NoWorkspace,
    /// cargo could not compile the browser's half.
    #[error(
        "cargo could not compile `frontend` for wasm32 ({0}); see its messages above. \
         If the target is missing: rustup target add wasm32-unknown-unknown"
    )]
    Compile(ExitStatus),
    /// The compiled file could not be cut into parts.
    #[error("the compiled file could not be split into parts: {0}")]
    Split(String),
    /// wasm-bindgen or the splitter wrote a script that this program does not know how to join.
    #[error("the generated scripts do not fit together: {0} is missing; see xtask/src/site/loader.rs")]
    StrangeScript(String),
    /// wasm-bindgen refused the compiled file.
    #[error("wasm-bindgen refused the compiled file: {0}")]
    Bind(String),
    /// wasm-opt ran and failed.
    #[error("wasm-opt failed ({0}); see its messages above. Debian's binaryen 108 and newer are known to work")]
    Optimise(ExitStatus),
    /// What wasm-opt wrote does not read as a module.
    #[error("wasm-opt wrote something that does not read as WebAssembly; try another version of binaryen")]
    StrangeWasm,
    /// wasm-opt is not there.
    #[error("wasm-opt is not installed, so the page weighs about twice as much; apt-get install binaryen")]
    NoOptimiser,
    /// The style sheets do not parse.
    #[error("the style sheets do not parse: {0}")]
    Styles(String),
    /// The chart library has not been installed.
    #[error("the chart library is not installed; run `npm ci` in the workspace's root, or `make setup`")]
    ChartsMissing,
    /// The WebAssembly is heavier than readers should wait for.
    #[error("{name} weighs {bytes} bytes on the wire, over the budget of {budget}; see xtask/src/site.rs")]
    OverBudget {
        /// What is too heavy.
        name: &'static str,
        /// What it weighs with brotli.
        bytes: u64,
        /// What it may weigh.
        budget: u64,
    },
}

impl SiteError {
    /// A file or folder that could not be read or written.
    pub(crate) fn io(doing: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io { doing, path: path.as_ref().display().to_string(), source }
    }
}

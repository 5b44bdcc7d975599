//! The browser's half: compile, split, bind, optimise.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use super::SiteError;
use super::{files, loader, tables};

/// What wasm-bindgen made.
pub(super) struct Bound {
    /// The WebAssembly.
    pub wasm: PathBuf,
    /// The script that loads it.
    pub script: PathBuf,
    /// The folder of JavaScript that Rust code imports; not there where it imports none.
    pub snippets: PathBuf,
}

/// Compiles the browser's half; returns the compiled file.
pub(super) fn compile(workspace: &Path, target: &Path) -> Result<PathBuf, SiteError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .args(["rustc", "--locked", "--package", "frontend", "--lib"])
        .args(["--profile", "wasm-release", "--target", "wasm32-unknown-unknown"])
        // Splitting needs to know who calls whom. The flag is for this one crate: nothing else is compiled anew.
        .args(["--", "-Clink-args=--emit-relocs"])
        .status()
        .map_err(|source| SiteError::io("start", "cargo", source))?;
    if !status.success() {
        return Err(SiteError::Compile(status));
    }
    Ok(target.join("wasm32-unknown-unknown/wasm-release/frontend.wasm"))
}

/// The compiled file, cut into what the first page needs and the parts that pages fetch later.
pub(super) struct Split {
    /// What the first page needs, not yet bound.
    pub main: PathBuf,
    /// The parts.
    pub parts: Vec<PathBuf>,
    /// Which parts each `wasm_split` of the application needs, by the stems of their files.
    pub needs: BTreeMap<String, Vec<String>>,
    /// The script that loads the parts.
    pub loader: PathBuf,
}

/// Cuts the compiled file where the application says `wasm_split`.
pub(super) fn split(compiled: &Path, scratch: &Path) -> Result<Split, SiteError> {
    let compiled = files::read(compiled)?;
    let folder = scratch.join("split");
    let main = folder.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&compiled);
    (options.output_dir, options.main_out_path) = (&folder, &main);
    (options.link_name, options.main_module) = (loader::FILE, loader::MAIN_MODULE);
    let split = wasm_split_cli_support::transform(options).map_err(|error| SiteError::Split(format!("{error:#}")))?;
    let needs = split.prefetch_map.into_iter().collect();
    Ok(Split { parts: split.split_modules, needs, loader: folder.join(loader::FILE), main })
}

/// Makes the script and the WebAssembly that a browser loads. The library is of the lockfile's version, which a
/// test holds equal to wasm-bindgen's own.
pub(super) fn bind(main: &Path, scratch: &Path) -> Result<Bound, SiteError> {
    let run = || {
        let mut bindgen = Bindgen::new();
        bindgen.input_path(main).out_name("investbuddy").web(true)?;
        bindgen.typescript(false).omit_default_module_path(true);
        // Parts reach the first page's memory, stack and table of functions by what the linker exports.
        bindgen.keep_lld_exports(true);
        bindgen.remove_name_section(true).remove_producers_section(true);
        bindgen.generate(scratch)
    };
    run().map_err(|error| SiteError::Bind(format!("{error:#}")))?;
    Ok(Bound {
        wasm: scratch.join("investbuddy_bg.wasm"),
        script: scratch.join("investbuddy.js"),
        snippets: scratch.join("snippets"),
    })
}

/// Binaryen's wasm-opt.
pub(super) struct Optimiser {
    version: String,
}

impl Optimiser {
    /// What rustc 1.95 emits for wasm32-unknown-unknown; binaryen has to be told.
    const FEATURES: [&str; 6] = [
        "--enable-bulk-memory",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        "--enable-reference-types",
        "--enable-multivalue",
    ];

    /// The wasm-opt on the path, where there is one.
    pub(super) fn find() -> Option<Self> {
        let output = Command::new("wasm-opt").arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(Self { version })
    }

    /// What it says about itself.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Optimises what the first page needs, as wasm-bindgen made it.
    pub(super) fn run_on_main(&self, wasm: &Path, scratch: &Path) -> Result<Vec<u8>, SiteError> {
        let mut bytes = self.run(wasm, scratch)?;
        tables::repair_exported_table(&mut bytes)?;
        Ok(bytes)
    }

    /// Optimises for size.
    pub(super) fn run(&self, wasm: &Path, scratch: &Path) -> Result<Vec<u8>, SiteError> {
        let small = scratch.join("small.wasm");
        let status = Command::new("wasm-opt")
            .arg("-Oz")
            .args(Self::FEATURES)
            .arg(wasm)
            .arg("--output")
            .arg(&small)
            .status()
            .map_err(|source| SiteError::io("start", "wasm-opt", source))?;
        if !status.success() {
            return Err(SiteError::Optimise(status));
        }
        files::read(&small)
    }
}

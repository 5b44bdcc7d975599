//! The site folder: WebAssembly (what the first page needs, and the parts that other pages fetch), styles, the chart
//! library and public files, named by their content, compressed once, and listed in `manifest.json` for the server.

mod compress;
mod error;
mod files;
mod loader;
mod stamp;
mod styles;
mod tables;
mod wasm;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use error::SiteError;
use files::{Folder, content_hash};
use stamp::Stamp;

/// The most that the first page's WebAssembly may weigh on the wire (brotli), in bytes. Readers on a phone wait for
/// it before a page answers to touch; raise it only with a reason in the commit, or make a page a part
/// (`app/src/pages/apart.rs`).
const WASM_BUDGET_BYTES: u64 = 450_000;

/// The most that one part may weigh on the wire (brotli), in bytes.
const PART_BUDGET_BYTES: u64 = 200_000;

/// Where npm puts the chart library, from the workspace's root.
const CHARTS_PATH: &str = "node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.mjs";

/// What is to be built, from where, to where.
pub(crate) struct Options<'a> {
    /// The workspace's root.
    pub workspace: &'a Path,
    /// The folder of the release binaries; the site goes to `site` inside.
    pub release: &'a Path,
    /// Whether a missing optimiser or a passed budget is an error.
    pub is_strict: bool,
}

/// Compiles the browser's half and makes the site folder. Does nothing more where no input has changed.
///
/// # Errors
/// The step that failed, as a sentence that says what to do. The folder that was there stays as it was.
pub(crate) fn build(options: &Options<'_>) -> Result<(), SiteError> {
    let target = options.release.parent().unwrap_or(options.release);
    let compiled = wasm::compile(options.workspace, target)?;
    let optimiser = wasm::Optimiser::find();
    let charts = options.workspace.join(CHARTS_PATH);
    if !charts.is_file() {
        return Err(SiteError::ChartsMissing);
    }
    let inputs = stamp::inputs(options.workspace, &[&compiled, &charts], optimiser.as_ref())?;
    let site = options.release.join("site");
    let stamp_path = options.release.join(".site-stamp.json");

    if let Some(last) = Stamp::read(&stamp_path).filter(|last| last.inputs == inputs && site.is_dir()) {
        println!("site: up to date ({})", site.display());
        return judge(&last, options.is_strict);
    }
    let fresh = options.release.join(".site-new");
    files::remove_folder(&fresh)?;
    let folder = Folder::new(&fresh)?;
    let parts = Parts { compiled: &compiled, charts: &charts, optimiser: optimiser.as_ref() };
    let wasm_name = fill(&folder, options.workspace, &parts)?;
    let sizes = compress::folder(&fresh)?;
    let (main, others): (Vec<_>, Vec<_>) =
        sizes.iter().filter(|size| size.name.ends_with(".wasm")).partition(|size| size.name == wasm_name);
    let heaviest = |sizes: &[&compress::Size]| sizes.iter().map(|size| size.brotli).max().unwrap_or_default();
    let stamp = Stamp {
        inputs,
        is_optimised: optimiser.is_some(),
        wasm_brotli_bytes: heaviest(&main),
        part_brotli_bytes: heaviest(&others),
    };
    files::remove_file(&stamp_path)?;
    files::swap_folder(&fresh, &site)?;
    stamp.write(&stamp_path)?;

    for size in &sizes {
        println!("site: {:>9} B  {:>8} B br  {}", size.plain, size.brotli, size.name);
    }
    println!("site: {}", site.display());
    judge(&stamp, options.is_strict)
}

struct Parts<'a> {
    compiled: &'a Path,
    charts: &'a Path,
    optimiser: Option<&'a wasm::Optimiser>,
}

/// Writes every file of the site; returns the name of the first page's WebAssembly.
fn fill(folder: &Folder, workspace: &Path, parts: &Parts<'_>) -> Result<String, SiteError> {
    folder.copy_tree(&workspace.join("public"))?;
    let scratch = folder.scratch();
    let split = wasm::split(parts.compiled, scratch)?;
    let bound = wasm::bind(&split.main, scratch)?;
    let wasm_bytes = match parts.optimiser {
        Some(optimiser) => optimiser.run_on_main(&bound.wasm, scratch)?,
        None => files::read(&bound.wasm)?,
    };
    let wasm = folder.write_hashed("pkg/investbuddy", "wasm", &wasm_bytes)?;
    let mut names = Vec::new();
    for part in &split.parts {
        let bytes = match parts.optimiser {
            Some(optimiser) => optimiser.run(part, scratch)?,
            None => files::read(part)?,
        };
        let stem = part.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = folder.write_hashed(&format!("pkg/{stem}"), "wasm", &bytes)?;
        names.push((stem, name.trim_start_matches("pkg/").to_owned()));
    }
    let script = loader::join(&snippets(folder, &bound)?, &files::read_text(&split.loader)?, &names)?;
    let js = folder.write_hashed("pkg/investbuddy", "js", script.as_bytes())?;
    let names: BTreeMap<String, String> = names.into_iter().collect();
    let address = |stem: &String| names.get(stem).map(|name| format!("/pkg/{name}"));
    let needs: BTreeMap<String, Vec<String>> =
        split.needs.into_iter().map(|(part, stems)| (part, stems.iter().filter_map(address).collect())).collect();
    let css = styles::bundle(&workspace.join("style/main.css"))?;
    let css = folder.write_hashed("pkg/investbuddy", "css", css.as_bytes())?;
    let charts = folder.write_hashed("pkg/charts", "mjs", &files::read(parts.charts)?)?;
    let manifest = serde_json::json!({
        "js": format!("/{js}"),
        "wasm": format!("/{wasm}"),
        "css": format!("/{css}"),
        "charts": format!("/{charts}"),
        "parts": needs,
    });
    folder.write("manifest.json", format!("{manifest:#}\n").as_bytes())?;
    folder.drop_scratch()?;
    Ok(wasm)
}

/// Puts the JavaScript that Rust code imports under a folder named by its content, since browsers keep `/pkg`
/// for good; returns the script with its imports pointing there.
fn snippets(folder: &Folder, bound: &wasm::Bound) -> Result<String, SiteError> {
    let script = files::read_text(&bound.script)?;
    let sources: Vec<PathBuf> = files::walk(&bound.snippets)?;
    if sources.is_empty() {
        return Ok(script);
    }
    let mut all = Vec::new();
    for source in &sources {
        all.extend(files::read(source)?);
    }
    let name = format!("snippets-{}", content_hash(&all));
    for source in &sources {
        let inside = source.strip_prefix(&bound.snippets).unwrap_or(source);
        folder.write(&format!("pkg/{name}/{}", inside.display()), &files::read(source)?)?;
    }
    // Only where the files are fetched from: the WebAssembly goes on naming them as before.
    let moved = |script: String, quote: char| {
        script.replace(&format!("from {quote}./snippets/"), &format!("from {quote}./{name}/"))
    };
    Ok(moved(moved(script, '\''), '"'))
}

/// Says, or fails with, what is not good enough about the site.
fn judge(stamp: &Stamp, is_strict: bool) -> Result<(), SiteError> {
    let mut complaints = Vec::new();
    if !stamp.is_optimised {
        complaints.push(SiteError::NoOptimiser);
    }
    let weights = [
        ("the first page's WebAssembly", stamp.wasm_brotli_bytes, WASM_BUDGET_BYTES),
        ("a part of the WebAssembly", stamp.part_brotli_bytes, PART_BUDGET_BYTES),
    ];
    for (name, bytes, budget) in weights {
        if bytes > budget && stamp.is_optimised {
            complaints.push(SiteError::OverBudget { name, bytes, budget });
        }
    }
    for complaint in complaints {
        if is_strict {
            return Err(complaint);
        }
        println!("site: {complaint}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(is_optimised: bool, wasm_brotli_bytes: u64, part_brotli_bytes: u64) -> Stamp {
        Stamp { inputs: String::new(), is_optimised, wasm_brotli_bytes, part_brotli_bytes }
    }

    #[test]
    fn a_strict_build_fails_over_a_budget_and_a_plain_one_does_not() {
        for heavy in [stamp(true, WASM_BUDGET_BYTES + 1, 1), stamp(true, 1, PART_BUDGET_BYTES + 1)] {
            assert!(judge(&heavy, true).is_err());
            assert!(judge(&heavy, false).is_ok());
        }
        assert!(judge(&stamp(true, WASM_BUDGET_BYTES, PART_BUDGET_BYTES), true).is_ok());
    }

    #[test]
    fn a_strict_build_fails_without_the_optimiser() {
        assert!(judge(&stamp(false, 1, 1), true).is_err());
        assert!(judge(&stamp(false, 1, 1), false).is_ok());
    }
}

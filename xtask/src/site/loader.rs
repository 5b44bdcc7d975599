//! Joins two generated scripts into one: wasm-bindgen's, which starts the first page's WebAssembly, and the
//! splitter's, which fetches the parts. Apart they would import each other under names that hold each other's hash,
//! and a browser would ask twice before the first page starts.

use super::SiteError;

/// What the splitter's script is called in the WebAssembly's imports.
pub(super) const FILE: &str = "./parts.js";
/// What wasm-bindgen's script is called in the splitter's.
pub(super) const MAIN_MODULE: &str = "./investbuddy.js";

/// The joined script. `files` are the stems of the parts' files and the names that they have got.
pub(super) fn join(main: &str, loader: &str, files: &[(String, String)]) -> Result<String, SiteError> {
    let missing = |what: &str| SiteError::StrangeScript(what.to_owned());
    let import = format!("import {{ initSync }} from \"{MAIN_MODULE}\";");
    if !main.contains("function initSync(") {
        return Err(missing("function initSync"));
    }
    let loader = loader.strip_prefix(&import).ok_or_else(|| missing(&import))?;
    // A page that is left gives up what it fetches ahead: no error. Where a reader waits for a part, the page says so.
    let mut loader = loader.replace("export const ", "parts.").replace("console.error(", "console.debug(");
    for (stem, name) in files {
        let (plain, hashed) = (format!("\"./{stem}.wasm\""), format!("\"./{name}\""));
        if !loader.contains(&plain) {
            return Err(missing(&plain));
        }
        loader = loader.replace(&plain, &hashed);
    }
    let mut rest = String::new();
    for line in main.lines() {
        let name = line.strip_prefix("import * as ").and_then(|line| line.split_once(&format!(" from \"{FILE}\"")));
        match name {
            Some((name, _)) => rest.push_str(&format!("const {name} = parts;\n")),
            None => rest.push_str(&format!("{line}\n")),
        }
    }
    if !rest.contains(" = parts;\n") {
        return Err(missing(FILE));
    }
    Ok(format!("const parts = {{}};\n{{\n{loader}}}\n{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "import * as import1 from \"./parts.js\"\nimport * as import2 from './other.js'\n\
                        function initSync(module) {}\nexport { initSync };\n";
    const LOADER: &str = "import { initSync } from \"./investbuddy.js\";\n\n\
                          export const load_buddy = make(new URL(\"./split_buddy.wasm\", import.meta.url));\n";

    #[test]
    fn one_script_loads_the_parts_by_the_names_they_have_got() {
        let files = [("split_buddy".to_owned(), "split_buddy-1a.wasm".to_owned())];
        let joined = join(MAIN, LOADER, &files).expect("they fit");
        assert_eq!(
            joined,
            "const parts = {};\n{\n\n\nparts.load_buddy = make(new URL(\"./split_buddy-1a.wasm\", import.meta.url));\n}\n\
             const import1 = parts;\nimport * as import2 from './other.js'\n\
             function initSync(module) {}\nexport { initSync };\n"
        );
    }

    #[test]
    fn scripts_of_another_kind_are_refused() {
        let files = [("chunk_1".to_owned(), "chunk_1-1a.wasm".to_owned())];
        for (main, loader) in [(MAIN, LOADER), ("", LOADER), (MAIN, ""), ("function initSync() {}", LOADER)] {
            assert!(join(main, loader, &files).is_err());
        }
    }
}

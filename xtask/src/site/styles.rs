//! The style sheets, with their imports inlined and made small.

use std::path::Path;

use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Targets};

use super::SiteError;

/// Bundles a style sheet with everything that it imports.
pub(super) fn bundle(path: &Path) -> Result<String, SiteError> {
    let provider = FileProvider::new();
    let mut bundler = Bundler::new(&provider, None, ParserOptions::default());
    let mut sheet = bundler.bundle(path).map_err(|error| SiteError::Styles(error.to_string()))?;
    let targets = targets();
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| SiteError::Styles(error.to_string()))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|error| SiteError::Styles(error.to_string()))?;
    Ok(printed.code)
}

/// Browsers of May 2024 and later: nesting, `light-dark()` and container queries pass through untouched, and
/// what is newer is lowered.
fn targets() -> Targets {
    const fn version(major: u32, minor: u32) -> Option<u32> {
        Some((major << 16) | (minor << 8))
    }
    Targets::from(Browsers {
        chrome: version(123, 0),
        edge: version(123, 0),
        firefox: version(120, 0),
        safari: version(17, 5),
        ios_saf: version(17, 5),
        ..Browsers::default()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn imports_are_inlined_in_their_layer_and_comments_go() {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::write(home.path().join("main.css"), "@import \"tokens.css\" layer(tokens);\nbody { margin: 0 }")
            .expect("written");
        fs::write(home.path().join("tokens.css"), "/* why */ :root { --ink: light-dark(#000, #fff) }")
            .expect("written");
        let css = bundle(&home.path().join("main.css")).expect("bundled");
        assert_eq!(css, "@layer tokens{:root{--ink:light-dark(#000,#fff)}}body{margin:0}");
    }

    #[test]
    fn a_broken_sheet_is_an_error_that_names_the_file() {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::write(home.path().join("main.css"), "@import \"gone.css\";").expect("written");
        let error = bundle(&home.path().join("main.css")).expect_err("nothing to import");
        assert!(error.to_string().contains("main.css"), "{error}");
    }
}

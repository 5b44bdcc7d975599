//! Every file of the site, compressed once at build time, so that serving costs nothing.

use std::fs;
use std::io::Write;
use std::path::Path;

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::SiteError;
use super::files;

/// Kinds of files that get smaller; pictures and fonts are compressed already.
const COMPRESSIBLE: [&str; 10] = ["css", "html", "js", "json", "mjs", "svg", "txt", "wasm", "webmanifest", "xml"];

/// What a file weighs.
pub(super) struct Size {
    /// Its path inside the site.
    pub name: String,
    /// Bytes as it is.
    pub plain: u64,
    /// Bytes on the wire for a browser that speaks brotli.
    pub brotli: u64,
}

/// Writes `.br` and `.gz` beside every file that they make smaller.
pub(super) fn folder(root: &Path) -> Result<Vec<Size>, SiteError> {
    let mut sizes = Vec::new();
    for path in files::walk(root)? {
        let plain = files::read(&path)?;
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let mut size = Size { name, plain: plain.len() as u64, brotli: plain.len() as u64 };
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if COMPRESSIBLE.contains(&&*extension) {
            let packed = brotli(&plain).map_err(|source| SiteError::io("compress", &path, source))?;
            if packed.len() < plain.len() {
                size.brotli = packed.len() as u64;
                write_beside(&path, "br", &packed)?;
            }
            let packed = gzip(&plain).map_err(|source| SiteError::io("compress", &path, source))?;
            if packed.len() < plain.len() {
                write_beside(&path, "gz", &packed)?;
            }
        }
        sizes.push(size);
    }
    Ok(sizes)
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn write_beside(path: &Path, extension: &str, bytes: &[u8]) -> Result<(), SiteError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    fs::write(&name, bytes).map_err(|source| SiteError::io("write", Path::new(&name), source))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn text_is_packed_both_ways_and_unpacks_to_itself() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let text = "forecast ".repeat(500);
        fs::write(home.path().join("a.css"), &text).expect("written");
        fs::write(home.path().join("b.woff2"), &text).expect("written");

        let sizes = folder(home.path()).expect("compressed");

        assert!(sizes[0].brotli < sizes[0].plain);
        assert_eq!(sizes[1].brotli, sizes[1].plain);
        assert!(!home.path().join("b.woff2.br").exists());
        let mut unpacked = String::new();
        let packed = fs::read(home.path().join("a.css.br")).expect("there");
        brotli::Decompressor::new(&packed[..], 4_096).read_to_string(&mut unpacked).expect("brotli");
        assert_eq!(unpacked, text);
        unpacked.clear();
        let packed = fs::read(home.path().join("a.css.gz")).expect("there");
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, text);
    }

    #[test]
    fn what_does_not_get_smaller_stays_alone() {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::write(home.path().join("a.txt"), "x").expect("written");
        folder(home.path()).expect("compressed");
        assert_eq!(files::walk(home.path()).expect("readable").len(), 1);
    }
}

//! Repairs one thing that binaryen 108, which Debian 12 ships, writes wrongly: an exported table is always exported
//! as table 0. wasm-bindgen keeps JavaScript's objects in a table of its own behind the one for functions, and a page
//! that is handed the wrong one fails at its first step. Output of a binaryen that does it right stays as it is.

use super::SiteError;

/// The export by which the generated script reaches its table.
const EXPORT: &[u8] = b"__wbindgen_externrefs";

const IMPORT_SECTION: u8 = 2;
const TABLE_SECTION: u8 = 4;
const EXPORT_SECTION: u8 = 7;
const TABLE_KIND: u8 = 1;
const EXTERNREF: u8 = 0x6f;

/// Points the export at the table that holds JavaScript's objects.
pub(super) fn repair_exported_table(wasm: &mut [u8]) -> Result<(), SiteError> {
    let found = locate(wasm).ok_or(SiteError::StrangeWasm)?;
    if let Some((at, index)) = found {
        wasm[at] = index;
    }
    Ok(())
}

/// The position of the index in the export, and what it should be; nothing where the module has no such export.
/// The outer none means that the module does not read as one.
fn locate(wasm: &[u8]) -> Option<Option<(usize, u8)>> {
    let mut reader = Reader { bytes: wasm, at: 8 };
    let mut table = None;
    while reader.at < wasm.len() {
        let section = reader.byte()?;
        let length = reader.number()? as usize;
        let end = reader.at.checked_add(length)?;
        match section {
            IMPORT_SECTION => reader.no_imported_table(end)?,
            TABLE_SECTION => table = reader.externref_table()?,
            EXPORT_SECTION => {
                let export = reader.exported_index()?;
                // Indices below 128 take one byte, before and after.
                return Some(export.zip(table));
            }
            _ => {}
        }
        reader.at = end;
    }
    Some(None)
}

/// Reads the parts of a module that matter here.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// An unsigned number in LEB128.
    fn number(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn name(&mut self) -> Option<&[u8]> {
        let length = self.number()? as usize;
        let end = self.at.checked_add(length)?;
        let name = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(name)
    }

    /// Imported tables would come first and shift every index; wasm-bindgen's modules import functions only.
    fn no_imported_table(&mut self, end: usize) -> Option<()> {
        for _ in 0..self.number()? {
            self.name()?;
            self.name()?;
            if self.byte()? != 0 {
                return None;
            }
            self.number()?;
        }
        (self.at == end).then_some(())
    }

    /// The position of the first table of JavaScript's objects.
    fn externref_table(&mut self) -> Option<Option<u8>> {
        let mut found = None;
        for index in 0..u8::try_from(self.number()?).ok().filter(|&count| count < 128)? {
            let kind = self.byte()?;
            let has_maximum = self.byte()? & 1 == 1;
            self.number()?;
            if has_maximum {
                self.number()?;
            }
            if kind == EXTERNREF && found.is_none() {
                found = Some(index);
            }
        }
        Some(found)
    }

    /// Where the index of the export stands.
    fn exported_index(&mut self) -> Option<Option<usize>> {
        for _ in 0..self.number()? {
            let is_ours = self.name()? == EXPORT;
            let kind = self.byte()?;
            let at = self.at;
            let index = self.number()?;
            if is_ours && kind == TABLE_KIND {
                return (index < 128).then_some(Some(at));
            }
        }
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with one imported function, a table of functions, one of objects, and the export of a table.
    fn module(exported: u8) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([1, 4, 1, 0x60, 0, 0]);
        wasm.extend([2, 7, 1, 1, b'a', 1, b'b', 0, 0]);
        wasm.extend([4, 9, 2, 0x70, 1, 3, 3, EXTERNREF, 0, 0x80, 8]);
        let export = EXPORT.len() as u8;
        wasm.extend([7, export + 4, 1, export]);
        wasm.extend(EXPORT);
        wasm.extend([TABLE_KIND, exported]);
        wasm
    }

    #[test]
    fn the_export_points_at_the_table_of_objects_afterwards() {
        for exported in [0, 1] {
            let mut wasm = module(exported);
            repair_exported_table(&mut wasm).expect("a module");
            assert_eq!(wasm, module(1));
        }
    }

    #[test]
    fn a_module_without_the_export_stays_as_it_is() {
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
        let before = wasm.clone();
        repair_exported_table(&mut wasm).expect("a module");
        assert_eq!(wasm, before);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = module(0);
        let mut cut = whole[..whole.len() - 1].to_vec();
        assert!(repair_exported_table(&mut cut).is_err());
    }
}

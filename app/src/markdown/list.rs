//! Lists, with lists inside.

use super::{Block, Source, Start, blocks, start_of};

/// The sign of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker {
    /// Its number, in a numbered list.
    pub(super) number: Option<u32>,
    /// Where the item's text begins, in bytes after the line's own indent.
    width: usize,
}

/// The sign at the beginning of a line without indent: `-`, `*`, `+`, `1.` or `1)` and a space.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, sign) = match digits {
        0 => (None, line.starts_with(['-', '*', '+'])),
        1..=9 => (Some(line[..digits].parse().ok()?), line[digits..].starts_with(['.', ')'])),
        _ => return None,
    };
    let after = &line[(digits + usize::from(sign)).min(line.len())..];
    (sign && (after.is_empty() || after.starts_with([' ', '\t']))).then_some(Marker { number, width: digits + 2 })
}

/// From this indent on a line belongs to the item above it.
const INSIDE: usize = 2;

/// The list that begins in a line, and the line after it.
pub(super) fn list(source: &Source<'_>, at: usize, first: Marker, depth: usize) -> (Option<Block>, usize) {
    let outer = indent_of(source.lines[at]);
    let mut items: Vec<Vec<&str>> = Vec::new();
    let mut width = first.width;
    let mut end = at;
    let mut is_after_blank = false;
    while let Some(line) = source.line(end) {
        if line.trim().is_empty() {
            is_after_blank = true;
            end += 1;
            continue;
        }
        let inner = indent_of(line).saturating_sub(outer);
        let start = start_of(line);
        let here = match start {
            Some(Start::List(marker)) if inner < INSIDE => {
                if marker.number.is_some() != first.number.is_some() {
                    break;
                }
                Some(marker)
            }
            _ => None,
        };
        let is_lazy = start.is_none() && !is_after_blank;
        if let Some(marker) = here {
            width = marker.width;
            let line = line.trim_start();
            items.push(vec![line.get(width..).unwrap_or_default()]);
        } else if let (true, Some(item)) = (inner >= INSIDE || is_lazy, items.last_mut()) {
            if is_after_blank {
                item.push("");
            }
            item.push(strip(line, outer + width));
        } else {
            break;
        }
        is_after_blank = false;
        end += 1;
    }
    let last = items.len().saturating_sub(1);
    let is_open = source.is_open_at(end);
    let items = items.iter().enumerate().map(|(index, item)| blocks(item, is_open && index == last, depth + 1));
    (Some(Block::List(first.number, items.collect())), end)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// A line without at most so much of its indent.
fn strip(line: &str, width: usize) -> &str {
    &line[indent_of(line).min(width)..]
}

//! Tables: a row, a line of dashes, rows. Every line begins with a pipe.

use super::{Block, Cell, Source, inline};

/// The table that begins in a line, and the line after it; none where the next line says that it is no table. A head
/// whose next line is still to come is held back.
pub(super) fn table(source: &Source<'_>, at: usize) -> Option<(Option<Block>, usize)> {
    let Some(second) = source.line(at + 1) else {
        // The end of a text that is complete is the end of a paragraph.
        return source.is_open.then_some((None, source.lines.len()));
    };
    let columns = columns(second)?;
    let row = |line: &str| -> Vec<Cell> {
        let mut cells = cells(line).into_iter();
        let cell = |&is_right: &bool| Cell {
            content: inline::parse(cells.next().unwrap_or_default().trim(), false),
            is_right,
        };
        columns.iter().map(cell).collect()
    };
    let mut rows = Vec::new();
    let mut end = at + 2;
    while let Some(line) = source.line(end).filter(|line| line.trim_start().starts_with('|')) {
        rows.push(row(line));
        end += 1;
    }
    Some((Some(Block::Table(row(source.lines[at]), rows)), end))
}

/// For each column whether it is set from the right; none where the line is no line of dashes.
fn columns(line: &str) -> Option<Vec<bool>> {
    let column = |cell: &str| {
        let cell = cell.trim();
        let dashes = cell.trim_start_matches(':').trim_end_matches(':');
        let is_column = !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-');
        is_column.then(|| cell.ends_with(':') && !cell.starts_with(':'))
    };
    line.trim_start().starts_with('|').then(|| cells(line).into_iter().map(column).collect::<Option<Vec<bool>>>())?
}

/// The cells of a row; a pipe after a backslash or inside code belongs to its cell.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = Vec::new();
    let (mut begin, mut is_escaped, mut is_code) = (0, false, false);
    for (at, sign) in line.char_indices() {
        match sign {
            '|' if !is_escaped && !is_code => {
                cells.push(&line[begin..at]);
                begin = at + 1;
            }
            '`' if !is_escaped => is_code = !is_code,
            _ => {}
        }
        is_escaped = sign == '\\' && !is_escaped;
    }
    if begin < line.len() {
        cells.push(&line[begin..]);
    }
    cells
}

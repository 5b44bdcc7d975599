//! A text without its marks, for whoever listens.

use super::{Block, Cell, Inline, parse};

/// The words of a text; numbers of citations are left out.
pub(crate) fn plain_text(text: &str) -> String {
    let mut words = String::new();
    blocks(&parse(text, false), &mut words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn blocks(all: &[Block], words: &mut String) {
    for block in all {
        match block {
            Block::Paragraph(content) | Block::Heading(_, content) => inlines(content, words),
            Block::List(_, items) => items.iter().for_each(|item| blocks(item, words)),
            Block::Quote(inside) => blocks(inside, words),
            Block::Code(text) => words.push_str(text),
            Block::Table(head, rows) => {
                cells(head, words);
                rows.iter().for_each(|row| cells(row, words));
            }
            Block::Rule => {}
        }
        words.push(' ');
    }
}

fn cells(row: &[Cell], words: &mut String) {
    for cell in row {
        inlines(&cell.content, words);
        words.push_str(", ");
    }
}

fn inlines(all: &[Inline], words: &mut String) {
    for one in all {
        match one {
            Inline::Text(text) | Inline::Code(text) => words.push_str(text),
            Inline::Strong(inside) | Inline::Emphasis(inside) | Inline::Struck(inside) | Inline::Link(_, inside) => {
                inlines(inside, words);
            }
            Inline::Citation(_) => {}
            Inline::Break => words.push(' '),
        }
    }
}

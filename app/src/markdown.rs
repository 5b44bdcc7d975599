//! Markdown as language models write it, read into blocks that a view can draw: paragraphs, headings, lists, tables,
//! quotes, code and rules. Everything else, HTML above all, is text.
//!
//! A parser of our own, because it has to do what general ones do not: read a text that is still being written. Of
//! an open text only the last block may change when more of it arrives, and what could still become something else
//! (half a table row, a lone `-`, an open `**`) is held back or closed for the moment. It is also small: the general
//! parser weighs 59 kB in the browser, this one a tenth of it.

mod inline;
mod list;
mod plain;
mod table;

pub(crate) use self::inline::Inline;
pub(crate) use self::plain::plain_text;

/// How deep lists and quotes may be nested; what is deeper is a paragraph.
const MAX_DEPTH: usize = 6;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A heading of level 1 to 6.
    Heading(u8, Vec<Inline>),
    /// A list; a number to begin with where it is numbered.
    List(Option<u32>, Vec<Vec<Block>>),
    /// What somebody else said.
    Quote(Vec<Block>),
    /// Code, as it is.
    Code(String),
    /// Head and rows; every row has as many cells as the head.
    Table(Vec<Cell>, Vec<Vec<Cell>>),
    /// A line across.
    Rule,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    /// What stands in it.
    pub(crate) content: Vec<Inline>,
    /// Whether its column is set from the right.
    pub(crate) is_right: bool,
}

/// Reads a text. While `is_open`, more of it may follow: then the last block is what it looks like now, and all
/// blocks before it stay as they are whatever follows.
pub(crate) fn parse(text: &str, is_open: bool) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    blocks(&lines, is_open, 0)
}

/// The blocks of some lines; while `is_open`, the last line is not complete.
fn blocks(lines: &[&str], is_open: bool, depth: usize) -> Vec<Block> {
    let source = Source { lines, is_open };
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(line) = source.line(at) {
        if line.trim().is_empty() {
            at += 1;
            continue;
        }
        let (block, end) = if depth >= MAX_DEPTH { paragraph(&source, at) } else { block(&source, at, depth) };
        blocks.extend(block);
        at = end.max(at + 1);
    }
    blocks
}

/// Lines, the last of which may be incomplete.
struct Source<'a> {
    lines: &'a [&'a str],
    is_open: bool,
}

impl<'a> Source<'a> {
    /// The line, unless it is incomplete and could still become the beginning of several things.
    fn line(&self, at: usize) -> Option<&'a str> {
        let line = *self.lines.get(at)?;
        (!(self.is_incomplete(at) && is_undecided(line))).then_some(line)
    }

    fn is_incomplete(&self, at: usize) -> bool {
        self.is_open && at + 1 == self.lines.len()
    }

    /// Whether the text may still go on inside a block that ends before this line.
    fn is_open_at(&self, end: usize) -> bool {
        self.is_open
            && match self.lines.get(end..) {
                None | Some([]) => true,
                Some([last]) => is_undecided(last),
                Some(_) => false,
            }
    }
}

/// Whether the beginning of a line does not yet say what the line is.
fn is_undecided(line: &str) -> bool {
    let line = line.trim_start();
    let is_marker = |c: char| c.is_ascii_digit() || "-*_+#>|.):= \t~`".contains(c);
    line.starts_with('|') || fence(line).is_some() || line.chars().all(is_marker)
}

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Heading(u8),
    Fence,
    Quote,
    Rule,
    Table,
    List(list::Marker),
}

/// What a line begins, if anything but a paragraph.
fn start_of(line: &str) -> Option<Start> {
    let line = line.trim_start();
    match line.as_bytes().first()? {
        b'#' => heading_level(line).map(Start::Heading),
        b'`' | b'~' => fence(line).map(|_| Start::Fence),
        b'>' => Some(Start::Quote),
        b'|' => Some(Start::Table),
        _ if is_rule(line) => Some(Start::Rule),
        _ => list::marker(line).map(Start::List),
    }
}

/// Whether a line ends the paragraph above it. A number does so only where a list begins with one: "in the year\n1986."
fn interrupts(line: &str) -> bool {
    match start_of(line) {
        None => false,
        Some(Start::List(marker)) => marker.number.is_none_or(|number| number == 1),
        Some(_) => true,
    }
}

/// The block that begins in a line, and the line after it.
fn block(source: &Source<'_>, at: usize, depth: usize) -> (Option<Block>, usize) {
    let line = source.lines[at];
    match start_of(line) {
        None => paragraph(source, at),
        Some(Start::Heading(level)) => {
            let text = line.trim().trim_start_matches('#').trim().trim_end_matches('#').trim_end();
            let content = inline::parse(text, source.is_open_at(at + 1));
            ((!content.is_empty()).then_some(Block::Heading(level, content)), at + 1)
        }
        Some(Start::Rule) => (Some(Block::Rule), at + 1),
        Some(Start::Fence) => code(source, at),
        Some(Start::Quote) => quote(source, at, depth),
        Some(Start::Table) => table::table(source, at).unwrap_or_else(|| paragraph(source, at)),
        Some(Start::List(marker)) => list::list(source, at, marker, depth),
    }
}

fn paragraph(source: &Source<'_>, at: usize) -> (Option<Block>, usize) {
    let mut end = at + 1;
    while source.line(end).is_some_and(|line| !line.trim().is_empty() && !interrupts(line)) {
        end += 1;
    }
    let text: Vec<&str> = source.lines[at..end].iter().map(|line| line.trim_start()).collect();
    let content = inline::parse(text.join("\n").trim_end(), source.is_open_at(end));
    ((!content.is_empty()).then_some(Block::Paragraph(content)), end)
}

fn code(source: &Source<'_>, at: usize) -> (Option<Block>, usize) {
    let opening = fence(source.lines[at].trim_start()).unwrap_or_default();
    let indent = source.lines[at].len() - source.lines[at].trim_start().len();
    let is_closing = |line: &str| {
        let line = line.trim();
        line.starts_with(opening) && line.chars().all(|c| opening.starts_with(c))
    };
    let mut text = String::new();
    let mut end = at + 1;
    while end < source.lines.len() {
        let line = source.lines[end];
        end += 1;
        if is_closing(line) {
            return (Some(Block::Code(text)), end);
        }
        // Half a closing fence is no code.
        let is_half_a_fence = source.is_incomplete(end - 1) && line.trim().chars().all(|c| opening.starts_with(c));
        if !is_half_a_fence {
            let inside = line.trim_start_matches(' ');
            text.push_str(&line[(line.len() - inside.len()).min(indent)..]);
            text.push('\n');
        }
    }
    (Some(Block::Code(text)), end)
}

fn quote(source: &Source<'_>, at: usize, depth: usize) -> (Option<Block>, usize) {
    let mut inside = Vec::new();
    let mut end = at;
    while let Some(rest) = source.line(end).and_then(|line| line.trim_start().strip_prefix('>')) {
        inside.push(rest.strip_prefix(' ').unwrap_or(rest));
        end += 1;
    }
    (Some(Block::Quote(blocks(&inside, source.is_open_at(end), depth + 1))), end)
}

/// The fence that a line opens: three or more of one sign, with nothing that makes it code in a line.
fn fence(line: &str) -> Option<&str> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let rest = line.trim_start_matches(sign);
    let fence = &line[..line.len() - rest.len()];
    (fence.len() >= 3 && !rest.contains('`')).then_some(fence)
}

fn heading_level(line: &str) -> Option<u8> {
    let rest = line.trim_start_matches('#');
    let level = u8::try_from(line.len() - rest.len()).ok().filter(|level| (1..=6).contains(level))?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some(level)
}

/// Three or more of one sign and nothing else.
fn is_rule(line: &str) -> bool {
    let mut signs = line.chars().filter(|c| !c.is_whitespace());
    let Some(first) = signs.next().filter(|sign| matches!(sign, '-' | '*' | '_')) else { return false };
    let mut count = 1;
    for sign in signs {
        if sign != first {
            return false;
        }
        count += 1;
    }
    count >= 3
}

#[cfg(test)]
#[path = "markdown/tests.rs"]
mod tests;

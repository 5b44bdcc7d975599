//! What stands inside a paragraph: strong and emphasised words, code, links, numbers of citations.

/// How many emphases may be open at once; more signs are text.
const MAX_OPEN: usize = 16;
/// How far the end of a link's text or address is looked for, in bytes.
const MAX_LINK: usize = 2_000;

/// A piece of running text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Inline {
    /// Words.
    Text(String),
    /// Strong words.
    Strong(Vec<Inline>),
    /// Emphasised words.
    Emphasis(Vec<Inline>),
    /// Words that no longer hold.
    Struck(Vec<Inline>),
    /// Code, as it is.
    Code(String),
    /// A link to an address that is `https` or inside the site.
    Link(String, Vec<Inline>),
    /// The number of a citation.
    Citation(u32),
    /// The end of a line.
    Break,
}

/// Reads running text. While `is_open`, more of it may follow: what is still open is closed for the moment, and a
/// sign at the very end that may become several things is held back.
pub(super) fn parse(text: &str, is_open: bool) -> Vec<Inline> {
    let mut reader = Reader { text, at: 0, is_open, open: vec![Emphasis::root()], missing_code: 0 };
    while reader.at < text.len() {
        reader.read();
    }
    reader.finish()
}

/// An emphasis that is not closed yet; the first one is the text itself.
struct Emphasis {
    sign: char,
    count: usize,
    content: Vec<Inline>,
}

impl Emphasis {
    const fn root() -> Self {
        Self { sign: '\0', count: 0, content: Vec::new() }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    is_open: bool,
    open: Vec<Emphasis>,
    /// A bit for each length of a run of backticks that is known to have no end.
    missing_code: u64,
}

impl Reader<'_> {
    fn read(&mut self) {
        let rest = &self.text[self.at..];
        let plain = rest.find(['\\', '`', '*', '_', '~', '[', '!', '<', '\n']).unwrap_or(rest.len());
        if plain > 0 {
            self.push_text(&self.text[self.at..self.at + plain]);
            self.at += plain;
            return;
        }
        match rest.as_bytes()[0] {
            b'\\' => self.escape(),
            b'`' => self.code(),
            b'[' => self.bracket(false),
            b'<' => self.address(),
            b'\n' => self.line_end(),
            // An image shows as its description: nothing is fetched from elsewhere.
            b'!' if rest[1..].starts_with('[') => {
                self.at += 1;
                self.bracket(true);
            }
            b'!' => self.take(1),
            _ => self.emphasis(),
        }
    }

    /// Takes so many bytes as they are.
    fn take(&mut self, bytes: usize) {
        self.push_text(&self.text[self.at..self.at + bytes]);
        self.at += bytes;
    }

    fn escape(&mut self) {
        match self.text[self.at + 1..].chars().next() {
            Some('\n') => {
                self.push(Inline::Break);
                self.at += 2;
            }
            Some(sign) if sign.is_ascii_punctuation() => {
                self.at += 1;
                self.take(sign.len_utf8());
            }
            None if self.is_open => self.at += 1,
            _ => self.take(1),
        }
    }

    fn line_end(&mut self) {
        let is_hard = self.text[..self.at].ends_with("  ");
        self.at += 1;
        self.push(if is_hard { Inline::Break } else { Inline::Text(" ".to_owned()) });
    }

    fn code(&mut self) {
        let rest = &self.text[self.at..];
        let run = rest.len() - rest.trim_start_matches('`').len();
        let inside = &rest[run..];
        let bit = 1_u64 << run.min(63);
        let end = if self.missing_code & bit == 0 { end_of_code(inside, run) } else { None };
        let (code, taken) = match end {
            Some(end) => (&inside[..end], run + end + run),
            None if self.is_open => (inside, rest.len()),
            None => {
                self.missing_code |= bit;
                return self.take(run);
            }
        };
        let code = code.replace('\n', " ");
        let code = if code.trim().is_empty() { &code } else { strip_one_space(&code) };
        if !code.is_empty() {
            self.push(Inline::Code(code.to_owned()));
        }
        self.at += taken;
    }

    /// A citation, a link, an image or just a bracket.
    fn bracket(&mut self, is_image: bool) {
        let inside = &self.text[self.at + 1..];
        let Some(end) = end_of_bracket(inside) else {
            return if self.is_open { self.hold_back_bracket(inside) } else { self.take(1) };
        };
        let (label, after) = (&inside[..end], &inside[end + 1..]);
        if let Some(address) = after.strip_prefix('(') {
            match window(address).find(')') {
                Some(close) => {
                    let address = address[..close].split_whitespace().next().unwrap_or_default();
                    self.link(label, if is_image { "" } else { address });
                    self.at += 1 + end + 2 + close + 1;
                    return;
                }
                None if self.is_open => {
                    self.push_all(parse(label, false));
                    self.at = self.text.len();
                    return;
                }
                None => {}
            }
        }
        match numbers(label) {
            Some(numbers) => {
                self.push_all(numbers.into_iter().map(Inline::Citation).collect());
                self.at += 1 + end + 1;
            }
            None => self.take(1),
        }
    }

    /// The end of an open text is in brackets: a number is held back, words are shown.
    fn hold_back_bracket(&mut self, inside: &str) {
        let is_number = inside.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | '^'));
        self.at = if is_number { self.text.len() } else { self.at + 1 };
    }

    fn address(&mut self) {
        let inside = &self.text[self.at + 1..];
        let address = window(inside).find('>').map(|end| &inside[..end]).filter(|address| is_safe(address));
        match address {
            Some(address) if address.starts_with("https://") => {
                self.link(address, address);
                self.at += address.len() + 2;
            }
            _ => self.take(1),
        }
    }

    fn link(&mut self, label: &str, address: &str) {
        // Links hold no links.
        let label =
            if label == address { vec![Inline::Text(label.to_owned())] } else { without_links(parse(label, false)) };
        if is_safe(address) && !label.is_empty() {
            self.push(Inline::Link(address.to_owned(), label));
        } else {
            self.push_all(label);
        }
    }

    fn emphasis(&mut self) {
        let rest = &self.text[self.at..];
        let Some(sign) = rest.chars().next() else { return };
        let run = rest.len() - rest.trim_start_matches(sign).len();
        let (before, after) = (self.text[..self.at].chars().next_back(), rest[run..].chars().next());
        if after.is_none() && self.is_open {
            self.at += run;
            return;
        }
        if sign == '~' && run != 2 {
            return self.take(run);
        }
        let (can_open, can_close) = flanks(sign, before, after);
        self.at += run;
        let mut left = run;
        while can_close && left > 0 {
            match self.close(sign, left) {
                0 => break,
                used => left -= used,
            }
        }
        if left == 0 {
            return;
        }
        if can_open && self.open.len() <= MAX_OPEN {
            self.open.push(Emphasis { sign, count: left, content: Vec::new() });
        } else {
            let at = self.at - left;
            self.push_text(&self.text[at..self.at]);
        }
    }

    /// Closes the innermost emphasis of a sign; returns how many signs that used.
    fn close(&mut self, sign: char, run: usize) -> usize {
        let Some(index) = self.open.iter().rposition(|one| one.sign == sign) else { return 0 };
        // What was opened inside and never closed is text.
        while self.open.len() > index + 1 {
            self.fold(false);
        }
        let used = self.open[index].count.min(run).min(2);
        let inside = std::mem::take(&mut self.open[index].content);
        self.open[index].count -= used;
        let made = emphasised(sign, used, inside);
        if self.open[index].count == 0 {
            self.open.pop();
        }
        self.push(made);
        used
    }

    /// Ends the innermost emphasis: as what it is, or with its signs as text.
    fn fold(&mut self, is_kept: bool) {
        let Some(Emphasis { sign, mut count, mut content }) = self.open.pop() else { return };
        if !is_kept {
            self.push_text(&sign.to_string().repeat(count));
            return self.push_all(content);
        }
        while count > 0 && !content.is_empty() {
            let used = count.min(2);
            content = vec![emphasised(sign, used, content)];
            count -= used;
        }
        self.push_all(content);
    }

    fn finish(mut self) -> Vec<Inline> {
        while self.open.len() > 1 {
            self.fold(self.is_open);
        }
        self.open.pop().map(|root| root.content).unwrap_or_default()
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(Inline::Text(text.to_owned()));
        }
    }

    fn push_all(&mut self, all: Vec<Inline>) {
        all.into_iter().for_each(|one| self.push(one));
    }

    fn push(&mut self, one: Inline) {
        let Some(innermost) = self.open.last_mut() else { return };
        match (innermost.content.last_mut(), one) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, one) => innermost.content.push(one),
        }
    }
}

fn emphasised(sign: char, count: usize, content: Vec<Inline>) -> Inline {
    match (sign, count) {
        ('~', _) => Inline::Struck(content),
        (_, 2) => Inline::Strong(content),
        _ => Inline::Emphasis(content),
    }
}

/// Whether a run of a sign can open and close, by what stands around it (CommonMark 0.31, 6.2).
fn flanks(sign: char, before: Option<char>, after: Option<char>) -> (bool, bool) {
    let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_punctuation = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let left = !is_space(after) && (!is_punctuation(after) || is_space(before) || is_punctuation(before));
    let right = !is_space(before) && (!is_punctuation(before) || is_space(after) || is_punctuation(after));
    match sign {
        '_' => (left && (!right || is_punctuation(before)), right && (!left || is_punctuation(after))),
        _ => (left, right),
    }
}

/// Whether an address may be followed: encrypted, or a path of this site.
fn is_safe(address: &str) -> bool {
    let is_inside = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    let is_plain = !address.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"'));
    (address.starts_with("https://") || is_inside) && is_plain
}

/// The numbers of `1`, `^1` or `1, 2`.
fn numbers(label: &str) -> Option<Vec<u32>> {
    let number = |text: &str| {
        let text = text.trim().trim_start_matches('^');
        (!text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    label.split(',').map(number).collect()
}

/// Where the bracket that was opened before this text is closed.
fn end_of_bracket(inside: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for (at, sign) in window(inside).char_indices() {
        match sign {
            '[' if !is_escaped => depth += 1,
            ']' if !is_escaped && depth == 0 => return Some(at),
            ']' if !is_escaped => depth -= 1,
            _ => {}
        }
        is_escaped = sign == '\\' && !is_escaped;
    }
    None
}

/// Where a run of exactly so many backticks begins.
fn end_of_code(inside: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = inside[at..].find('`') {
        let begin = at + next;
        let length = inside[begin..].len() - inside[begin..].trim_start_matches('`').len();
        if length == run {
            return Some(begin);
        }
        at = begin + length;
    }
    None
}

/// The beginning of a text in which the end of a link is looked for.
fn window(text: &str) -> &str {
    let mut end = text.len().min(MAX_LINK);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn strip_one_space(code: &str) -> &str {
    code.strip_prefix(' ').and_then(|code| code.strip_suffix(' ')).unwrap_or(code)
}

fn without_links(all: Vec<Inline>) -> Vec<Inline> {
    all.into_iter()
        .flat_map(|one| match one {
            Inline::Link(_, inside) => inside,
            Inline::Strong(inside) => vec![Inline::Strong(without_links(inside))],
            Inline::Emphasis(inside) => vec![Inline::Emphasis(without_links(inside))],
            Inline::Struck(inside) => vec![Inline::Struck(without_links(inside))],
            Inline::Citation(number) => vec![Inline::Text(format!("[{number}]"))],
            other => vec![other],
        })
        .collect()
}

//! A CSV file of any kind as columns of numbers or categories.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use ml::drift::MISSING;

use super::super::VerbError;

/// What stands for nothing, as pandas reads it.
const NOTHING: [&str; 12] = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "-nan"];

/// Different texts of a column; one with more is a name or a remark and no category.
const MOST_LEVELS: usize = 10_000;

/// Bytes of a category; what is longer is no category.
const LONGEST_LEVEL: usize = 256;

/// Up to this share of texts, in percent of all cells that hold something, a column is one of numbers with mistakes.
const MISTAKES_PERCENT: usize = 5;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// What a column holds.
pub(super) enum Cells {
    /// Numbers; what is missing is not a number.
    Numbers(Vec<f64>),
    /// Positions of categories.
    Categories {
        /// Their names.
        levels: Vec<String>,
        /// One a row.
        codes: Vec<u32>,
    },
}

/// A column as it was read: a number or nothing a row, and beside it the texts.
#[derive(Default)]
pub(super) struct Raw {
    numbers: Vec<f64>,
    /// Row and code of every text.
    texts: Vec<(u32, u32)>,
    levels: Vec<String>,
    codes: HashMap<String, u32>,
    /// Texts that are too long or too many to be categories.
    unread: usize,
    known: usize,
}

impl Raw {
    fn push(&mut self, cell: &[u8]) {
        let cell = cell.trim_ascii();
        let number = if is_nothing(cell) { Some(f64::NAN) } else { number(cell) };
        if let Some(number) = number {
            self.known += usize::from(number.is_finite());
            self.numbers.push(number);
            return;
        }
        let row = u32::try_from(self.numbers.len()).unwrap_or(MISSING);
        self.numbers.push(f64::NAN);
        self.known += 1;
        let text = String::from_utf8_lossy(cell);
        if let Some(code) = self.codes.get(text.as_ref()) {
            self.texts.push((row, *code));
        } else if text.len() <= LONGEST_LEVEL && self.levels.len() < MOST_LEVELS {
            let code = self.levels.len() as u32;
            self.texts.push((row, code));
            self.levels.push(text.clone().into_owned());
            self.codes.insert(text.into_owned(), code);
        } else {
            self.unread += 1;
        }
    }

    const fn written(&self) -> usize {
        self.texts.len() + self.unread
    }

    fn is_text(&self) -> bool {
        self.written() * 100 > self.known * MISTAKES_PERCENT
    }

    /// Categories, numbers among them by their digits.
    fn categories(mut self) -> Result<Cells, String> {
        if self.unread > 0 {
            return Err(format!(
                "it holds more than {MOST_LEVELS} different texts, or longer ones than {LONGEST_LEVEL} bytes"
            ));
        }
        let mut codes = vec![MISSING; self.numbers.len()];
        for (row, code) in &self.texts {
            codes[*row as usize] = *code;
        }
        for (row, number) in self.numbers.iter().enumerate().filter(|(_, number)| number.is_finite()) {
            let text = number.to_string();
            let code = match self.codes.get(&text) {
                Some(code) => *code,
                None if self.levels.len() >= MOST_LEVELS => {
                    return Err(format!("it holds texts and more than {MOST_LEVELS} different numbers"));
                }
                None => {
                    let code = self.levels.len() as u32;
                    self.levels.push(text.clone());
                    self.codes.insert(text, code);
                    code
                }
            };
            codes[row] = code;
        }
        Ok(Cells::Categories { levels: self.levels, codes })
    }

    fn put_in_order(&mut self, order: &[u32]) {
        self.numbers = order.iter().map(|row| self.numbers[*row as usize]).collect();
        if self.texts.is_empty() {
            return;
        }
        let mut places = vec![0_u32; order.len()];
        for (place, row) in (0_u32..).zip(order) {
            places[*row as usize] = place;
        }
        for (row, _) in &mut self.texts {
            *row = places[*row as usize];
        }
    }
}

/// A file that was read.
pub(super) struct Read {
    names: Vec<String>,
    columns: Vec<Option<Raw>>,
    /// Rows below the names.
    pub(super) rows: usize,
    /// The column of times, where there is one.
    pub(super) time: Option<String>,
}

impl Read {
    /// The names of the columns that can be compared.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| self.time.as_deref() != Some(*name))
    }

    /// Where a column stands; none where there is no such column.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.names().any(|own| own == name).then(|| self.names.iter().position(|own| own == name))?
    }

    /// Takes a column out.
    pub(super) fn take(&mut self, name: &str) -> Option<Raw> {
        let position = self.position(name)?;
        self.columns[position].take()
    }
}

/// Makes both sides of a column the same kind: numbers where hardly a cell of either is a text, else categories.
///
/// # Errors
/// Why the column cannot be compared.
pub(super) fn agree(
    name: &str,
    reference: Raw,
    current: Raw,
    notes: &mut Vec<String>,
) -> Result<(Cells, Cells), String> {
    if reference.known == 0 && current.known == 0 {
        return Err("no cell holds anything in either file".to_owned());
    }
    if reference.is_text() != current.is_text() && reference.known > 0 && current.known > 0 {
        let (numbers, texts) = if reference.is_text() { ("current", "reference") } else { ("reference", "current") };
        notes.push(format!(
            "{} holds numbers in the {numbers} file and texts in the {texts} file: compared as categories.",
            super::text::short(name)
        ));
    }
    if reference.is_text() || current.is_text() {
        return Ok((reference.categories()?, current.categories()?));
    }
    for (of, file) in [(&reference, "reference"), (&current, "current")] {
        if of.written() > 0 {
            let example = of.levels.first().map(|text| format!(" (such as “{}”)", super::text::short(text)));
            notes.push(format!(
                "{} of {} cells of {} in the {file} file are no numbers{}: taken for missing.",
                of.written(),
                of.known,
                super::text::short(name),
                example.unwrap_or_default()
            ));
        }
    }
    Ok((Cells::Numbers(reference.numbers), Cells::Numbers(current.numbers)))
}

/// Reads a whole file. Rows are put in order of the column `time`, or of the one that usually holds times where there
/// is such a column.
///
/// # Errors
/// [`VerbError`] where the file cannot be read, is no CSV file, has no names, has a name twice, has rows of different
/// lengths, or a time cannot be read.
pub(super) fn read(path: &Path, time: Option<&str>, usual_time: &str) -> Result<Read, VerbError> {
    let failed = |cause: &dyn std::fmt::Display| VerbError::because(format!("{}: {cause}", path.display()));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut input = BufReader::with_capacity(BUFFER, file);
    let start = input.fill_buf().map_err(|error| failed(&error))?;
    check_start(path, start)?;
    let delimiter = delimiter(start);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(input);
    let names = names(path, reader.byte_headers().map_err(|error| failed(&error))?)?;

    let time_at = match time {
        Some(time) => Some(names.iter().position(|name| name == time).ok_or_else(|| {
            let names: Vec<&str> = names.iter().map(|name| super::text::short(name)).collect();
            VerbError::Usage(format!("{} has no column {time}; it has {}", path.display(), names.join(", ")))
        })?),
        None => names.iter().position(|name| name == usual_time),
    };
    let mut columns: Vec<Raw> = names.iter().map(|_| Raw::default()).collect();
    let mut times: Vec<f64> = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut rows = 0_usize;
    while reader.read_byte_record(&mut record).map_err(|error| failed(&error))? {
        rows += 1;
        if u32::try_from(rows).is_err() {
            return Err(VerbError::because(format!("{} has more than {} rows", path.display(), u32::MAX)));
        }
        for (position, (cell, column)) in record.iter().zip(&mut columns).enumerate() {
            if Some(position) == time_at {
                times.push(seconds(cell).ok_or_else(|| {
                    let text = String::from_utf8_lossy(cell);
                    let what = format!(
                        "{}: row {rows} has no time that can be read in {}: “{}”",
                        path.display(),
                        super::text::short(&names[position]),
                        super::text::short(&text)
                    );
                    VerbError::failed(what, "Times are numbers, or look like 2026-11-29 or 2026-11-29T07:00:00Z.")
                })?);
            } else {
                column.push(cell);
            }
        }
    }
    if !times.is_sorted() {
        let mut order: Vec<u32> = (0..).take(rows).collect();
        order.sort_by(|one, other| times[*one as usize].total_cmp(&times[*other as usize]));
        for (position, column) in columns.iter_mut().enumerate() {
            if Some(position) != time_at {
                column.put_in_order(&order);
            }
        }
    }
    let time = time_at.map(|position| names[position].clone());
    Ok(Read { names, columns: columns.into_iter().map(Some).collect(), rows, time })
}

/// Refuses what is no CSV file at all.
fn check_start(path: &Path, start: &[u8]) -> Result<(), VerbError> {
    let path = path.display();
    let no_table = |what: &str| {
        VerbError::failed(
            format!("{path} is {what}"),
            "A table is text: a line with the names of columns, and rows below.",
        )
    };
    if start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii().is_empty() {
        return Err(no_table("empty"));
    }
    if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
        return Err(VerbError::failed(format!("{path} is in UTF-16"), "Save it as UTF-8."));
    }
    let others: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "a ZIP archive or a spreadsheet, and no CSV file"),
        (b"\x1F\x8B", "compressed, and no CSV file"),
        (b"PAR1", "a Parquet file, and no CSV file"),
        (b"SQLite format 3", "a database, and no CSV file"),
    ];
    match others.iter().find(|(magic, _)| start.starts_with(magic)) {
        Some((_, what)) => Err(no_table(what)),
        None if start.contains(&0) => Err(no_table("binary, and no CSV file")),
        None => Ok(()),
    }
}

/// What stands between the cells: whichever of comma, semicolon and tab is most frequent in the line of names.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let others = [b';', b'\t'].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
    if count(others) > count(b',') { others } else { b',' }
}

fn names(path: &Path, header: &csv::ByteRecord) -> Result<Vec<String>, VerbError> {
    let mut names: Vec<String> = Vec::new();
    for (cell, place) in header.iter().zip(1..) {
        let cell = if place == 1 { cell.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(cell) } else { cell };
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        // An index that was written along has no name.
        let name = if name.is_empty() { format!("column {place}") } else { name };
        if names.contains(&name) {
            return Err(VerbError::failed(
                format!("{} has the column {} twice", path.display(), super::text::short(&name)),
                "Give every column its own name.",
            ));
        }
        names.push(name);
    }
    Ok(names)
}

fn is_nothing(cell: &[u8]) -> bool {
    cell.len() <= 4 && NOTHING.iter().any(|nothing| nothing.as_bytes() == cell)
}

fn number(cell: &[u8]) -> Option<f64> {
    str::from_utf8(cell).ok()?.parse().ok()
}

/// A time as seconds or whatever unit a number has; only the order counts.
fn seconds(cell: &[u8]) -> Option<f64> {
    let text = str::from_utf8(cell.trim_ascii()).ok()?;
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_microsecond() as f64 / 1e6);
    }
    let at = Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?;
    Some(at.as_microsecond() as f64 / 1e6)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use std::fs;

    use super::*;

    fn read_text(content: &[u8]) -> Result<Read, VerbError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        fs::write(&path, content).unwrap();
        read(&path, None, "timestamp")
    }

    fn numbers(read: &mut Read, name: &str) -> Vec<f64> {
        let raw = read.take(name).unwrap();
        assert!(!raw.is_text());
        raw.numbers
    }

    fn why(content: &[u8]) -> String {
        read_text(content).err().unwrap().to_string()
    }

    #[test]
    fn marks_line_ends_and_quotes_of_other_programs_are_read() {
        let mut table = read_text(b"\xEF\xBB\xBFa,\"b, c\"\r\n1,2.5\r\n-3e2,\"4\"\r\n").unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b, c"]);
        assert_eq!(numbers(&mut table, "a"), [1.0, -300.0]);
        assert_eq!(numbers(&mut table, "b, c"), [2.5, 4.0]);
        let mut table = read_text(b"a;b\n1;2\n").unwrap();
        assert_eq!(numbers(&mut table, "b"), [2.0]);
    }

    #[test]
    fn what_is_no_table_is_refused_in_words() {
        assert!(why(b"").contains("is empty"));
        assert!(why(b"\xEF\xBB\xBF\r\n").contains("is empty"));
        assert!(why(b"PK\x03\x04rest").contains("ZIP"));
        assert!(why(b"\xFF\xFEa\x00").contains("UTF-16"));
        assert!(why(b"a\x00b,c\n1,2\n").contains("binary"));
        assert!(why(b"a,a\n1,2\n").contains("twice"));
        assert!(why(b"a,b\n1,2\n3\n").contains("line: 3"));
        assert!(why(b"timestamp,b\n2026-13-45,2\n").contains("row 1"));
    }

    #[test]
    fn rows_are_put_in_order_of_time() {
        let mut table = read_text(
            b"timestamp,x,word\n2026-03-02,3,c\n2026-03-01T12:00:00Z,2,b\n2026-03-01,1,a\n2026-03-04 00:00:00,4,\n",
        )
        .unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["x", "word"]);
        assert_eq!(numbers(&mut table, "x"), [1.0, 2.0, 3.0, 4.0]);
        let Ok(Cells::Categories { levels, codes }) = table.take("word").unwrap().categories() else {
            panic!("words are categories")
        };
        let words: Vec<&str> = codes.iter().map(|code| levels.get(*code as usize).map_or("", String::as_str)).collect();
        assert_eq!(words, ["a", "b", "c", ""]);
    }

    #[test]
    fn a_few_texts_among_numbers_are_missing_and_told() {
        let mut rows = String::from("x\n");
        rows.extend((0..100).map(|row| if row == 7 { "oops\n".to_owned() } else { format!("{row}\n") }));
        let (mut one, mut other) = (read_text(rows.as_bytes()).unwrap(), read_text(b"x\n1\n2\n").unwrap());
        let mut notes = Vec::new();
        let agreed = agree("x", one.take("x").unwrap(), other.take("x").unwrap(), &mut notes);
        assert!(matches!(agreed, Ok((Cells::Numbers(values), Cells::Numbers(_))) if values[7].is_nan()));
        assert!(notes[0].contains("1 of 100") && notes[0].contains("oops"), "{notes:?}");
    }

    #[test]
    fn numbers_against_texts_are_compared_as_categories_and_told() {
        let (mut one, mut other) = (read_text(b"x\n1\n2\n").unwrap(), read_text(b"x\nlow\n2\n").unwrap());
        let mut notes = Vec::new();
        let agreed = agree("x", one.take("x").unwrap(), other.take("x").unwrap(), &mut notes);
        assert!(matches!(agreed, Ok((Cells::Categories { .. }, Cells::Categories { .. }))));
        assert!(notes[0].contains("compared as categories"), "{notes:?}");
    }

    #[test]
    fn remarks_and_empty_columns_are_left_out_in_words() {
        let long = format!("x,y\n{},\nb,\n", "a".repeat(100_000));
        let (mut one, mut other) = (read_text(long.as_bytes()).unwrap(), read_text(b"x,y\na,\n").unwrap());
        let mut notes = Vec::new();
        let left_out = agree("x", one.take("x").unwrap(), other.take("x").unwrap(), &mut notes).err().unwrap();
        assert!(left_out.contains("256 bytes"));
        let left_out = agree("y", one.take("y").unwrap(), other.take("y").unwrap(), &mut notes).err().unwrap();
        assert!(left_out.contains("no cell"));
    }
}

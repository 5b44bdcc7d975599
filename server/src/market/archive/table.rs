//! Reads the rows of one candle file.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::StringRecord;

use super::file_name::Kind;
use super::{ArchiveError, CandleFile};
use crate::market::raw::{RawRow, RawRows, Unreadable, to_millis};

/// The most that is unpacked from one zip file: a guard against zip bombs, a thousand times a real month.
const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;

/// Reads every row of a file as it stands there; nothing is judged yet. Blocks: not for the web runtime's threads.
///
/// # Errors
/// [`ArchiveError`] where the file as a whole cannot be read. A row that is no row is reported in the result.
pub fn read_rows(file: &CandleFile) -> Result<RawRows, ArchiveError> {
    let path = &file.path;
    match file.kind {
        Kind::Parquet => parquet_rows(path),
        Kind::Csv => csv_rows(path, BufReader::new(open(path)?)),
        Kind::Zip => zip_rows(path),
    }
}

fn open(path: &Path) -> Result<File, ArchiveError> {
    File::open(path).map_err(|cause| ArchiveError::Io { path: path.to_owned(), cause })
}

fn parquet_rows(path: &Path) -> Result<RawRows, ArchiveError> {
    let raw = ml::frame::read_parquet(path)
        .map_err(|cause| ArchiveError::Parquet { path: path.to_owned(), cause: cause.to_string() })?;
    let rows = (0..raw.open_time_ms.len())
        .map(|index| RawRow {
            row: row_number(index),
            open_time_ms: to_millis(raw.open_time_ms[index]),
            open: raw.open[index],
            high: raw.high[index],
            low: raw.low[index],
            close: raw.close[index],
            volume: raw.volume[index],
        })
        .collect();
    Ok(RawRows { rows, unreadable: Vec::new() })
}

fn zip_rows(path: &Path) -> Result<RawRows, ArchiveError> {
    let damaged = |cause: String| ArchiveError::Zip { path: path.to_owned(), cause };
    let mut archive = zip::ZipArchive::new(BufReader::new(open(path)?)).map_err(|cause| damaged(cause.to_string()))?;
    let mut all = RawRows::default();
    let mut has_table = false;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|cause| damaged(cause.to_string()))?;
        let is_table = member.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with(".csv"));
        if member.is_file() && is_table {
            has_table = true;
            let part = csv_rows(path, member.take(MAX_UNPACKED_BYTES))?;
            all.rows.extend(part.rows);
            all.unreadable.extend(part.unreadable);
        }
    }
    if has_table { Ok(all) } else { Err(damaged("there is no .csv in it".to_owned())) }
}

/// Which column of a table holds what.
#[derive(Debug, Clone, Copy)]
struct Columns {
    open_time: usize,
    open: usize,
    high: usize,
    low: usize,
    close: usize,
    volume: usize,
}

impl Columns {
    /// The first six of Binance's twelve columns.
    const BY_POSITION: Self = Self { open_time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 };

    fn by_name(path: &Path, header: &StringRecord) -> Result<Self, ArchiveError> {
        // Spreadsheets put a byte order mark before the first name.
        let tidy = |name: &str| name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase().replace(' ', "_");
        let names: Vec<String> = header.iter().map(tidy).collect();
        let find = |wanted: &[&str], column| {
            names
                .iter()
                .position(|name| wanted.contains(&name.as_str()))
                .ok_or(ArchiveError::Column { path: path.to_owned(), column })
        };
        Ok(Self {
            open_time: find(&["open_time_ms", "open_time", "opentime", "timestamp"], "open_time_ms")?,
            open: find(&["open"], "open")?,
            high: find(&["high"], "high")?,
            low: find(&["low"], "low")?,
            close: find(&["close"], "close")?,
            volume: find(&["volume"], "volume")?,
        })
    }

    fn row(self, number: Option<u32>, record: &StringRecord) -> Option<RawRow> {
        let text = |column: usize| record.get(column).map(str::trim);
        let value = |column: usize| text(column)?.parse::<f64>().ok();
        Some(RawRow {
            row: number,
            open_time_ms: to_millis(whole_number(text(self.open_time)?)?),
            open: value(self.open)?,
            high: value(self.high)?,
            low: value(self.low)?,
            close: value(self.close)?,
            volume: value(self.volume)?,
        })
    }
}

/// A time, also one that went through a table of floating-point numbers (`1502942400000.0`).
fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| text.strip_suffix(".0")?.parse().ok())
}

fn csv_rows(path: &Path, source: impl Read) -> Result<RawRows, ArchiveError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source);
    let mut columns = None;
    let mut rows = RawRows::default();
    let mut record = StringRecord::new();
    let mut index = 0;
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(rows),
            Ok(true) => {}
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(cause) => return Err(ArchiveError::Io { path: path.to_owned(), cause }),
                // A row that is not UTF-8: the reader goes on behind it.
                other => {
                    rows.unreadable.push(Unreadable::new(row_number(index), &format!("{other:?}")));
                    index += 1;
                    continue;
                }
            },
        }
        let columns = match columns {
            Some(columns) => columns,
            None => {
                let is_header = record.get(0).is_none_or(|first| whole_number(first.trim()).is_none());
                let found = if is_header { Columns::by_name(path, &record)? } else { Columns::BY_POSITION };
                columns = Some(found);
                if is_header {
                    continue;
                }
                found
            }
        };
        let number = row_number(index);
        match columns.row(number, &record) {
            Some(row) => rows.rows.push(row),
            None => rows.unreadable.push(Unreadable::new(number, &record.iter().collect::<Vec<_>>().join(","))),
        }
        index += 1;
    }
}

/// A row's number as a person counts, from 1 without the header.
fn row_number(index: usize) -> Option<u32> {
    u32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_HEADER: &str =
        "open_time_ms,open,high,low,close,volume\n1502942400000,4261.48,4313.62,4261.32,4308.83,47.181009\n";
    const BINANCE: &str = "1735689600000000,93576.00,94509.42,93489.03,94401.14,755.99010000,1735693199999999,71055284.18,149394,426.25,40057432.01,0\n";

    fn read(text: &str) -> RawRows {
        csv_rows(Path::new("BTCUSDT_1h.csv"), text.as_bytes()).expect("reads")
    }

    #[test]
    fn both_shapes_of_csv_are_read() {
        let ours = read(WITH_HEADER);
        assert_eq!(ours.rows[0].open_time_ms, 1_502_942_400_000);
        assert_eq!(ours.rows[0].volume, 47.181009);
        let binance = read(BINANCE);
        assert_eq!(binance.rows[0].open_time_ms, 1_735_689_600_000, "microseconds become milliseconds");
        assert_eq!(binance.rows[0].close, 94_401.14);
    }

    #[test]
    fn a_header_may_name_the_columns_in_any_order() {
        let rows = read("Volume,Close,Low,High,Open,Open Time\n7,4,1,5,2,1502942400000\n").rows;
        assert_eq!((rows[0].open, rows[0].high, rows[0].low, rows[0].close), (2.0, 5.0, 1.0, 4.0));
    }

    #[test]
    fn what_spreadsheets_do_to_a_table_is_forgiven() {
        let rows = read("\u{feff}open_time_ms,open,high,low,close,volume\r\n1502942400000.0,2,5,1,4,7\r\n").rows;
        assert_eq!((rows[0].open_time_ms, rows[0].volume), (1_502_942_400_000, 7.0));
    }

    #[test]
    fn a_header_without_a_column_is_refused_by_name() {
        let error =
            csv_rows(Path::new("x.csv"), "open_time_ms,open,high,low,close\n".as_bytes()).expect_err("no volume");
        assert!(error.to_string().contains("no column volume"), "{error}");
    }

    #[test]
    fn what_is_no_row_is_reported_with_its_number_and_the_rest_is_read() {
        let rows = read(&format!(
            "{WITH_HEADER}1502946000000,abc,4328.69,4291.37,4315.32,23.2\n1502949600000,1,2\n{}",
            "1502953200000,1,2,1,2,3\n"
        ));
        assert_eq!(rows.rows.len(), 2);
        let numbers: Vec<_> = rows.unreadable.iter().map(|text| text.row).collect();
        assert_eq!(numbers, [Some(2), Some(3)]);
    }

    #[test]
    fn a_zip_without_a_table_and_a_file_that_is_no_zip_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("BTCUSDT-1h-2025-01.zip");
        std::fs::write(&path, "not a zip file").expect("writes");
        assert!(matches!(zip_rows(&path), Err(ArchiveError::Zip { .. })));
        let mut writer = zip::ZipWriter::new(File::create(&path).expect("creates"));
        writer.start_file("notes.txt", zip::write::SimpleFileOptions::default()).expect("starts");
        writer.finish().expect("finishes");
        assert!(matches!(zip_rows(&path), Err(ArchiveError::Zip { .. })));
    }
}

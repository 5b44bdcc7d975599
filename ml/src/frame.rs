//! The border to polars: candle files in, candle and feature tables out. Nothing else of the crate knows polars.

use std::fs::File;
use std::path::{Path, PathBuf};

use domain::market::CandleSeries;
use polars::prelude::*;

use crate::features::{FEATURES, FeatureTable};

/// The name of the column that says when a candle opens, epoch milliseconds.
const TIME_COLUMN: &str = "open_time_ms";

/// The names of the value columns, in the order of [`RawCandles`].
const VALUE_COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The file cannot be opened, created or renamed.
    #[error("{} cannot be opened or written: {source}. Check that it exists and may be read or written.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not Parquet, or it is damaged.
    #[error("{} is not a readable Parquet file: {source}. Download or export it again.", path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What polars says.
        source: PolarsError,
    },
    /// A column is not there.
    #[error(
        "The column {column} is missing; there are: {found}. A candle table has open_time_ms, open, high, low, close and volume."
    )]
    MissingColumn {
        /// The column.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// A column holds something else than numbers.
    #[error("The column {column} holds {found}; it must hold {expected}.")]
    WrongType {
        /// The column.
        column: String,
        /// What it must hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Polars refused a step that has nothing to do with the input's form.
    #[error("The table could not be built or written: {0}")]
    Polars(#[from] PolarsError),
}

/// Candle columns as a file has them: nothing is checked but the types. Rows may be out of order, doubled or
/// impossible; whoever reads them decides what to quarantine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawCandles {
    /// Start of each candle, epoch milliseconds; [`RawCandles::NO_TIME`] where the file has none.
    pub open_time_ms: Vec<i64>,
    /// First prices; NaN where the file has none, as in all value columns.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Units of the base currency that changed hands.
    pub volume: Vec<f64>,
}

impl RawCandles {
    /// Stands for a missing time. It is not on any hour, so that every check of times refuses it.
    pub const NO_TIME: i64 = i64::MIN;

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open_time_ms.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open_time_ms.is_empty()
    }
}

/// Reads the candle columns of a Parquet file (`open_time_ms` as whole numbers; `open`, `high`, `low`, `close` and
/// `volume` as numbers); other columns are left alone.
///
/// # Errors
/// [`FrameError`] naming the file or the column.
pub fn read_parquet(path: &Path) -> Result<RawCandles, FrameError> {
    let file = File::open(path).map_err(|source| FrameError::File { path: path.to_owned(), source })?;
    let not_parquet = |source| FrameError::NotParquet { path: path.to_owned(), source };
    let mut reader = ParquetReader::new(file);
    let schema = reader.schema().map_err(not_parquet)?;
    let wanted = std::iter::once(TIME_COLUMN).chain(VALUE_COLUMNS);
    if let Some(column) = wanted.clone().find(|column| !schema.contains(column)) {
        let found = schema.iter_names().map(PlSmallStr::as_str).collect::<Vec<_>>().join(", ");
        return Err(FrameError::MissingColumn { column: column.to_owned(), found });
    }
    let frame = reader.with_columns(Some(wanted.map(str::to_owned).collect())).finish().map_err(not_parquet)?;
    raw_candles(&frame)
}

/// The candle columns of a table.
///
/// # Errors
/// [`FrameError`] naming the column that is missing or does not hold numbers.
pub fn raw_candles(frame: &DataFrame) -> Result<RawCandles, FrameError> {
    let times = column(frame, TIME_COLUMN)?;
    if !times.dtype().is_integer() {
        return Err(wrong_type(times, "whole epoch milliseconds"));
    }
    let times = times.cast(&DataType::Int64)?;
    let [open, high, low, close, volume] = VALUE_COLUMNS.map(|name| values(frame, name));
    Ok(RawCandles {
        open_time_ms: times.i64()?.iter().map(|time| time.unwrap_or(RawCandles::NO_TIME)).collect(),
        open: open?,
        high: high?,
        low: low?,
        close: close?,
        volume: volume?,
    })
}

/// The candles of a series as a table, in the columns that [`raw_candles`] reads.
///
/// # Errors
/// [`FrameError::Polars`] where the series' columns have different lengths.
pub fn candle_frame(series: &CandleSeries) -> Result<DataFrame, FrameError> {
    let times: Vec<i64> = series.opens_at_s.iter().map(|at_s| at_s * 1_000).collect();
    let values = [&series.open, &series.high, &series.low, &series.close, &series.volume];
    let mut columns = vec![Column::new(TIME_COLUMN.into(), times)];
    columns.extend(VALUE_COLUMNS.iter().zip(values).map(|(name, values)| Column::new((*name).into(), values)));
    Ok(DataFrame::new_infer_height(columns)?)
}

/// A coin's features as a table: `symbol`, `closes_at_s` and one column a feature, null where not known.
///
/// # Errors
/// [`FrameError::Polars`] where the table's columns have different lengths.
pub fn feature_frame(table: &FeatureTable) -> Result<DataFrame, FrameError> {
    let symbol =
        Column::new_scalar("symbol".into(), Scalar::from(PlSmallStr::from(table.symbol.as_str())), table.len());
    let mut columns = vec![symbol, Column::new("closes_at_s".into(), &table.closes_at_s)];
    for (spec, values) in FEATURES.iter().zip(&table.columns) {
        let known: Float64Chunked = values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
        columns.push(known.with_name(spec.name.into()).into_column());
    }
    Ok(DataFrame::new_infer_height(columns)?)
}

/// Writes a table as Parquet (zstd). It is written beside the target and renamed, so that a reader never sees half
/// of it.
///
/// # Errors
/// [`FrameError`] where the folder cannot be written or the disk is full.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> Result<(), FrameError> {
    let partial = path.with_extension("parquet.partial");
    let failed = |source| FrameError::File { path: path.to_owned(), source };
    let file = File::create(&partial).map_err(failed)?;
    ParquetWriter::new(&file).with_compression(ParquetCompression::Zstd(None)).finish(frame)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}

fn column<'a>(frame: &'a DataFrame, name: &str) -> Result<&'a Column, FrameError> {
    frame.column(name).map_err(|_| FrameError::MissingColumn {
        column: name.to_owned(),
        found: frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

fn values(frame: &DataFrame, name: &str) -> Result<Vec<f64>, FrameError> {
    let column = column(frame, name)?;
    if !column.dtype().is_primitive_numeric() {
        return Err(wrong_type(column, "numbers"));
    }
    let column = column.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

fn wrong_type(column: &Column, expected: &'static str) -> FrameError {
    FrameError::WrongType { column: column.name().to_string(), expected, found: column.dtype().to_string() }
}

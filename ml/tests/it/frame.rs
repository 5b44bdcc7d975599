//! Candle files in, tables out.

use std::path::Path;

use ml::features::{FEATURES, compute};
use ml::frame::{FrameError, RawCandles, candle_frame, feature_frame, raw_candles, read_parquet, write_parquet};
use polars::prelude::*;

use crate::support::{candles, symbol, without};

fn written(frame: &mut DataFrame) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("BTCUSDT_1h.parquet");
    write_parquet(frame, &path).unwrap();
    (folder, path)
}

#[test]
fn candles_come_back_from_a_file_as_they_went_in() {
    let series = without(&candles(20, 500), |index| index == 100);
    let (folder, path) = written(&mut candle_frame(&series).unwrap());
    let raw = read_parquet(&path).unwrap();

    assert_eq!(raw.len(), 499);
    assert_eq!(raw.open_time_ms, series.opens_at_s.iter().map(|at_s| at_s * 1_000).collect::<Vec<_>>());
    assert_eq!(raw.open, series.open);
    assert_eq!(raw.high, series.high);
    assert_eq!(raw.low, series.low);
    assert_eq!(raw.close, series.close);
    assert_eq!(raw.volume, series.volume);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written is left");
}

#[test]
fn rows_with_holes_still_come_through_for_the_quarantine() {
    let mut frame = df!(
        "open_time_ms" => [Some(0_i64), None],
        "open" => [1_i64, 2],
        "high" => [Some(1.0_f32), None],
        "low" => [1.0, 2.0],
        "close" => [1.0, f64::NAN],
        "volume" => [1_i32, 2],
        "trades" => ["many", "few"],
    )
    .unwrap();
    let (_folder, path) = written(&mut frame);
    let raw = read_parquet(&path).unwrap();
    assert_eq!(raw.open_time_ms, [0, RawCandles::NO_TIME]);
    assert_eq!(raw.open, [1.0, 2.0]);
    assert!(raw.high[1].is_nan() && raw.close[1].is_nan());
    assert_eq!(raw.volume, [1.0, 2.0]);
}

#[test]
fn a_missing_or_wrong_column_is_named() {
    let frame = candle_frame(&candles(21, 5)).unwrap();
    let (_folder, path) = written(&mut frame.drop("high").unwrap());
    let missing = read_parquet(&path).unwrap_err();
    assert!(matches!(&missing, FrameError::MissingColumn { column, .. } if column == "high"), "{missing}");

    let mut texts = frame.clone();
    texts.with_column(Column::new("close".into(), ["a"; 5])).unwrap();
    let wrong = raw_candles(&texts).unwrap_err();
    assert!(matches!(&wrong, FrameError::WrongType { column, .. } if column == "close"), "{wrong}");

    let mut fractions = frame;
    fractions.with_column(Column::new("open_time_ms".into(), [0.5; 5])).unwrap();
    let wrong = raw_candles(&fractions).unwrap_err();
    assert!(wrong.to_string().contains("open_time_ms"), "{wrong}");
}

#[test]
fn what_is_no_parquet_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("text.parquet", b"open_time_ms,open\n1,2\n".as_slice()), ("empty.parquet", b"")] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let refused = read_parquet(&path).unwrap_err();
        assert!(matches!(refused, FrameError::NotParquet { .. }), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
    let absent = read_parquet(Path::new("nowhere.parquet")).unwrap_err();
    assert!(matches!(absent, FrameError::File { .. }), "{absent}");
    let is_cut = |frame: &mut DataFrame| {
        let (_folder, path) = written(frame);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        matches!(read_parquet(&path), Err(FrameError::NotParquet { .. }))
    };
    assert!(is_cut(&mut candle_frame(&candles(22, 500)).unwrap()));
}

#[test]
fn a_feature_table_keeps_its_columns_and_says_null_where_not_known() {
    let series = candles(23, 100);
    let table = compute(&[(symbol("BTC"), &series)]).unwrap().remove(0);
    let frame = feature_frame(&table).unwrap();

    assert_eq!(frame.shape(), (100, FEATURES.len() + 2));
    let returns = frame.column("log_return").unwrap();
    assert_eq!(returns.null_count(), 1);
    assert_eq!(returns.f64().unwrap().get(50), Some(table.log_return()[50]));
    assert_eq!(frame.column("rv_30d").unwrap().null_count(), 100);
    assert_eq!(frame.column("symbol").unwrap().str().unwrap().get(99), Some("BTCUSDT"));
}

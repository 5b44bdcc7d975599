//! The candles that `train`, `evaluate` and `predict` work on: read from a folder, judged like any others, kept out of
//! the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::clock::Clock as _;
use domain::market::{Candle, CandleSeries, Symbol};
use ml::dataset::Panel;
use ml::features;

use super::VerbError;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::market::{archive, quarantine};

/// Coins and their candles.
pub(super) type Candles = BTreeMap<Symbol, CandleSeries>;

/// Reads every candle file of the given folder, else of the first archive that the settings lead to.
///
/// # Errors
/// [`VerbError`] where there is no folder, or nothing in it that could be read.
pub(super) fn read(asked: Option<&Path>, settings: &Settings) -> Result<Candles, VerbError> {
    let folder: PathBuf = match asked {
        Some(folder) => folder.to_owned(),
        None => settings.archive_candidates().into_iter().find(|folder| folder.is_dir()).ok_or_else(|| {
            VerbError::failed(
                "There is no archive of candles",
                "Name a folder with --archive or INVESTBUDDY_ARCHIVE: CSV, Parquet or Binance's monthly files, \
                 one symbol a file name (BTCUSDT_1h.csv).",
            )
        })?,
    };
    let now_s = SystemClock.now().as_second();
    let mut by_coin: BTreeMap<Symbol, BTreeMap<i64, Candle>> = BTreeMap::new();
    for file in archive::list(&folder, &[]) {
        let rows = archive::read_rows(&file).map_err(VerbError::because)?;
        let judged = quarantine::judge(&rows, None, now_s);
        if !judged.refused.is_empty() {
            tracing::warn!(file = %file.path.display(), rows.quarantined = judged.refused.len(), "Refused rows");
        }
        let candles = by_coin.entry(file.symbol.clone()).or_default();
        for candle in judged.good.iter() {
            candles.entry(candle.opens_at.as_second()).or_insert(candle);
        }
    }
    if by_coin.is_empty() {
        return Err(VerbError::failed(
            format!("{} holds no candle files", folder.display()),
            "It takes CSV, Parquet or Binance's monthly files, one symbol a file name (BTCUSDT_1h.csv).",
        ));
    }
    Ok(by_coin.into_iter().map(|(symbol, candles)| (symbol, candles.into_values().collect())).collect())
}

/// The panel of all candles, in the order of the symbols.
///
/// # Errors
/// [`VerbError`] where candles cannot be true, which judged ones always can.
pub(super) fn panel(candles: &Candles) -> Result<Panel, VerbError> {
    let market: Vec<(Symbol, &CandleSeries)> =
        candles.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    Ok(Panel::new(&features::compute(&market).map_err(VerbError::because)?))
}

/// Midnight UTC of a date, epoch seconds.
pub(super) fn day(date: jiff::civil::Date) -> i64 {
    jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, jiff::Timestamp::as_second)
}

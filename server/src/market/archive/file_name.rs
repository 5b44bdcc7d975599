//! What the name of a file says about the candles in it.

use std::path::Path;

use domain::market::Symbol;

/// How a file is written, the preferred way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Parquet.
    Parquet,
    /// Comma-separated values.
    Csv,
    /// Comma-separated values in a zip file.
    Zip,
}

/// The coin and the format of a file of hourly candles; none for any other file.
///
/// `BTCUSDT_1h.csv`, `BTCUSDT-1h-2025-01.zip` and `btc.parquet` are candle files; `BTCUSDT-1m-2025-01.zip` (another
/// interval) and `BTCUSDT_funding_8h.csv` are not.
pub(super) fn describe(path: &Path) -> Option<(Symbol, Kind)> {
    let kind = match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "parquet" => Kind::Parquet,
        "csv" => Kind::Csv,
        "zip" => Kind::Zip,
        _ => return None,
    };
    let stem = path.file_stem()?.to_str()?;
    let mut words = stem.split(['_', '-']).filter(|word| !word.is_empty());
    let symbol = Symbol::parse(words.next()?).ok()?;
    words.all(is_harmless).then_some((symbol, kind))
}

/// Whether a word of a name may stand in the name of a file of hourly candles: the interval, the quote currency,
/// a date, a word for candles.
fn is_harmless(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "1h" | "60m" | "hourly" | "usdt" | "usd" | "spot" | "candles" | "klines" | "ohlcv")
        || word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<(&str, Kind)>) {
        let found = describe(Path::new(name)).map(|(symbol, kind)| (symbol.to_string(), kind));
        assert_eq!(found, expected.map(|(symbol, kind)| (symbol.to_owned(), kind)), "{name}");
    }

    #[test]
    fn the_coin_is_told_by_the_name() {
        check("BTCUSDT_1h.csv", Some(("BTCUSDT", Kind::Csv)));
        check("a/b/ETHUSDT-1h-2025-01.zip", Some(("ETHUSDT", Kind::Zip)));
        check("btc.parquet", Some(("BTCUSDT", Kind::Parquet)));
        check("sol-usdt_1h.CSV", Some(("SOLUSDT", Kind::Csv)));
        check("BTCUSDT-1m-2025-01.zip", None);
        check("BTCUSDT_funding_8h.csv", None);
        check("BTCUSDT_1h.txt", None);
        check("notes", None);
        check(".csv", None);
    }
}

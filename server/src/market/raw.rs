//! Candles as a source wrote them, before anyone has judged them.

/// One row of a source. Nothing about it is certain yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawRow {
    /// Its number in the file, counted from 1 without the header; none for an exchange.
    pub row: Option<u32>,
    /// When the hour began, epoch milliseconds.
    pub open_time_ms: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units of the base currency that changed hands.
    pub volume: f64,
}

impl RawRow {
    /// The row as text, for the quarantine.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { row: _, open_time_ms, open, high, low, close, volume } = self;
        format!("{open_time_ms},{open},{high},{low},{close},{volume}")
    }
}

/// What a source gave: rows to judge, and what could not even be read as a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawRows {
    /// The rows in the order of the source.
    pub rows: Vec<RawRow>,
    /// Text that is no row.
    pub unreadable: Vec<Unreadable>,
}

/// Text where a row should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its number in the file, counted from 1 without the header; none for an exchange.
    pub row: Option<u32>,
    /// The text, cut to [`Unreadable::MAX_CHARS`].
    pub raw: String,
}

impl Unreadable {
    /// The most characters that are kept.
    pub const MAX_CHARS: usize = 200;

    /// Keeps the beginning of the text.
    #[must_use]
    pub fn new(row: Option<u32>, raw: &str) -> Self {
        Self { row, raw: raw.chars().take(Self::MAX_CHARS).collect() }
    }
}

/// Epoch milliseconds from a time in an unknown unit, told by its size: seconds, milliseconds,
/// microseconds (Binance's files since 2025) or nanoseconds. Every unit is unambiguous from 1973 to 5138.
#[must_use]
pub const fn to_millis(time: i64) -> i64 {
    match time.unsigned_abs() {
        0..100_000_000_000 => time.saturating_mul(1_000),
        100_000_000_000..100_000_000_000_000 => time,
        100_000_000_000_000..100_000_000_000_000_000 => time.div_euclid(1_000),
        _ => time.div_euclid(1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_whatever_unit_it_was_written() {
        let millis = 1_735_689_600_000;
        for time in [millis / 1_000, millis, millis * 1_000, millis * 1_000_000] {
            assert_eq!(to_millis(time), millis, "{time}");
        }
    }

    #[test]
    fn an_unreadable_row_is_kept_short() {
        assert_eq!(Unreadable::new(Some(3), &"é".repeat(900)).raw.chars().count(), Unreadable::MAX_CHARS);
    }
}

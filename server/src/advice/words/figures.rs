//! Figures in sentences: the customs of the language, times in UTC.

use domain::language::Language;
use jiff::Timestamp;

/// The narrow no-break space that French puts before a percent sign.
const THIN: char = '\u{202f}';

/// A fraction as a percentage with some decimals: `3.2%`, `3,2 %`.
pub(super) fn percent(language: Language, fraction: f64, decimals: usize) -> String {
    let number = format!("{:.decimals$}", (fraction * 100.0).abs());
    match language {
        Language::English => format!("{number}%"),
        Language::French => format!("{}{THIN}%", number.replace('.', ",")),
    }
}

/// Realised volatility, a fraction per day: one decimal, or two where one would show next to nothing.
pub(super) fn volatility(language: Language, per_day: f64) -> String {
    percent(language, per_day, if per_day < 0.001 { 2 } else { 1 })
}

/// A day and a minute: `2025-07-01 00:00 UTC`.
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A day: `2025-07-01`.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

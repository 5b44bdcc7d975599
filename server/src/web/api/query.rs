//! Query parameters: each is known by name, given once, and says what it must hold where it does not.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use domain::error::Failure;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use jiff::Timestamp;

use crate::web::problem::Problem;

/// The parameters of a request, as they were given.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|_| Failure::invalid("query", "must be name=value pairs, percent-encoded and joined by &").into())
    }
}

/// The coin that a path names. Bytes that are not text name none.
pub(super) fn symbol_of(path: Result<Path<String>, PathRejection>) -> Result<Symbol, Failure> {
    let Path(symbol) = path.map_err(|_| Failure::unknown_symbol("of that name"))?;
    Symbol::parse(&symbol)
}

impl Parameters {
    /// Refuses parameters that are not in the list, and those given twice.
    pub(super) fn only(self, known: &[&str]) -> Result<Self, Failure> {
        for (position, (name, _)) in self.0.iter().enumerate() {
            let shown: String = name.chars().take(32).collect();
            if !known.contains(&name.as_str()) {
                let there_are = if known.is_empty() {
                    "there are none".to_owned()
                } else {
                    format!("there are: {}", known.join(", "))
                };
                return Err(Failure::invalid(shown, format!("is not a parameter here; {there_are}")));
            }
            if self.0[..position].iter().any(|(earlier, _)| earlier == name) {
                return Err(Failure::invalid(shown, "is given twice"));
            }
        }
        Ok(self)
    }

    /// A parameter as it was given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A coin that must be there.
    pub(super) fn symbol(&self, name: &str) -> Result<Symbol, Failure> {
        let text = self.get(name).ok_or_else(|| Failure::invalid(name, "is missing; name a coin, such as BTCUSDT"))?;
        Symbol::parse(text)
    }

    /// A coin, where one is named.
    pub(super) fn maybe_symbol(&self, name: &str) -> Result<Option<Symbol>, Failure> {
        self.get(name).map(Symbol::parse).transpose()
    }

    /// A horizon, 24 hours where none is given.
    pub(super) fn horizon(&self) -> Result<Horizon, Failure> {
        self.get("horizon").map_or(Ok(Horizon::default()), Horizon::parse)
    }

    /// A language, English where none is given.
    pub(super) fn language(&self) -> Result<Language, Failure> {
        match self.get("language") {
            None | Some("en") => Ok(Language::English),
            Some("fr") => Ok(Language::French),
            Some(_) => Err(Failure::invalid("language", "must be en or fr")),
        }
    }

    /// An instant as epoch seconds.
    pub(super) fn instant(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        instant_from_text(text).map(Some).ok_or_else(|| Failure::invalid(name, INSTANT_HINT))
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&self, name: &str, usual: u32, most: u32) -> Result<u32, Failure> {
        let Some(text) = self.get(name) else { return Ok(usual) };
        match text.parse::<u32>() {
            Ok(count) if (1..=most).contains(&count) => Ok(count),
            _ => Err(Failure::invalid(name, format!("must be a whole number from 1 to {most}"))),
        }
    }
}

/// What an instant must look like.
pub(super) const INSTANT_HINT: &str =
    "must be a time in RFC 3339 (2025-06-01T00:00:00Z), a date (2025-06-01) or whole epoch seconds";

/// Reads RFC 3339, a date (midnight UTC) or epoch seconds.
pub(super) fn instant_from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok().map(Timestamp::as_second);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_second());
    }
    let is_date = text.len() == "2025-06-01".len();
    is_date.then(|| format!("{text}T00:00:00Z").parse::<Timestamp>().ok()).flatten().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_three_ways() {
        for text in ["2025-06-01T00:00:00Z", "2025-06-01T02:00:00+02:00", "2025-06-01", "1748736000"] {
            assert_eq!(instant_from_text(text), Some(1_748_736_000), "{text}");
        }
        for text in ["", "yesterday", "2025-13-01", "1e9", "99999999999999999999", "9999999999999999", "NaN"] {
            assert_eq!(instant_from_text(text), None, "{text}");
        }
    }
}

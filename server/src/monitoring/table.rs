//! The tables as CSV.

use std::collections::BTreeMap;

use domain::clock::instant;
use domain::feedback::Seen;
use jiff::Timestamp;
use ml::dataset::INPUTS;

use super::MonitoringError;
use super::reference::ReferenceRow;
use crate::store::{KeptFeedback, PublishedForecast, SaidAbout};

/// From which chance on a forecast counts as a warning, as its track record counts.
const WARNING: f64 = 0.5;

/// What stands before the features.
const HEAD: [&str; 3] = ["timestamp", "symbol", "horizon"];

/// What follows the features of a published forecast.
const PRODUCED: [&str; 13] = [
    "prediction",
    "target",
    "prediction_proba",
    "model",
    "q10",
    "q50",
    "q90",
    "high_above",
    "feedback",
    "seen",
    "outcome",
    "confirmed",
    "denied",
];

/// What follows the features of a reference.
const REFERRED: [&str; 4] = ["target", "model", "high_above", "outcome"];

/// The columns of feedback.
pub const FEEDBACK_COLUMNS: [&str; 15] = [
    "given_at",
    "changed_at",
    "kind",
    "verdict",
    "seen",
    "words",
    "origin",
    "giver",
    "subject",
    "symbol",
    "horizon",
    "timestamp",
    "prediction_proba",
    "target",
    "writer",
];

/// The columns of production data: the instant that a forecast starts at, coin and horizon; the features that the
/// models read; `prediction` (1 for a chance of one half or more), `target` (1 where the period was one of high
/// volatility; empty while it runs) and `prediction_proba` (the chance); model, quantiles and bound; `feedback`
/// (confirmed, denied or mixed) and `seen` (what most saw); what was realised, and how many said what.
#[must_use]
pub fn production_columns() -> Vec<&'static str> {
    HEAD.into_iter().chain(features()).chain(PRODUCED).collect()
}

/// The columns of the reference: those of production data that a training has.
#[must_use]
pub fn reference_columns() -> Vec<&'static str> {
    HEAD.into_iter().chain(features()).chain(REFERRED).collect()
}

fn features() -> impl Iterator<Item = &'static str> {
    INPUTS.iter().map(|feature| feature.spec().name)
}

/// Rows of production data, below the names of the columns where these are the first.
pub(super) fn production(
    rows: &[PublishedForecast],
    said: &BTreeMap<String, SaidAbout>,
    is_first: bool,
) -> Result<Vec<u8>, MonitoringError> {
    let mut table = Table::new();
    if is_first {
        table.row(production_columns())?;
    }
    for PublishedForecast { id, forecast, features: known, outcome, .. } in rows {
        let said = said.get(id).copied().unwrap_or_default();
        let head = [at(forecast.origin), forecast.symbol.to_string(), forecast.horizon.to_string()];
        let features = features().map(|name| optional(known.get(name).copied()));
        let produced = [
            flag(forecast.high_volatility >= WARNING),
            outcome.map(|outcome| flag(outcome.is_high)).unwrap_or_default(),
            number(forecast.high_volatility),
            forecast.model.to_string(),
            number(forecast.quantiles.q10),
            number(forecast.quantiles.q50),
            number(forecast.quantiles.q90),
            number(forecast.usual.high),
            feedback_word(said).to_owned(),
            seen_word(said).to_owned(),
            optional(outcome.map(|outcome| outcome.realised)),
            said.right.to_string(),
            said.wrong.to_string(),
        ];
        table.row(head.into_iter().chain(features).chain(produced))?;
    }
    table.finish()
}

/// A whole reference.
pub(super) fn reference(rows: &[ReferenceRow]) -> Result<Vec<u8>, MonitoringError> {
    let mut table = Table::new();
    table.row(reference_columns())?;
    for row in rows {
        let head = [at(instant(row.origin_s)), row.symbol.to_string(), row.horizon.to_string()];
        let features =
            row.features.iter().map(|value| if value.is_finite() { value.to_string() } else { String::new() });
        let referred =
            [flag(row.outcome > row.high_above), row.model.clone(), number(row.high_above), number(row.outcome)];
        table.row(head.into_iter().chain(features).chain(referred))?;
    }
    table.finish()
}

/// Rows of feedback, below the names of the columns where these are the first.
pub(super) fn feedback(rows: &[KeptFeedback], is_first: bool) -> Result<Vec<u8>, MonitoringError> {
    let mut table = Table::new();
    if is_first {
        table.row(FEEDBACK_COLUMNS)?;
    }
    for row in rows {
        let forecast = row.forecast.as_ref();
        table.row([
            at(row.given_at),
            at(row.changed_at),
            row.kind.as_str().to_owned(),
            row.opinion.as_str().to_owned(),
            row.seen.map(Seen::as_str).unwrap_or_default().to_owned(),
            harmless(&row.words),
            row.origin.as_str().to_owned(),
            if row.by_member { "member" } else { "visitor" }.to_owned(),
            row.subject.clone(),
            forecast.map(|forecast| forecast.symbol.to_string()).unwrap_or_default(),
            forecast.map(|forecast| forecast.horizon.to_string()).unwrap_or_default(),
            forecast.map(|forecast| at(forecast.origin)).unwrap_or_default(),
            optional(forecast.map(|forecast| forecast.chance)),
            forecast.and_then(|forecast| forecast.outcome_high).map(flag).unwrap_or_default(),
            harmless(row.writer.as_deref().unwrap_or_default()),
        ])?;
    }
    table.finish()
}

struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    fn row<T: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = T>) -> Result<(), MonitoringError> {
        self.0.write_record(fields).map_err(|error| MonitoringError::Table(error.to_string()))
    }

    fn finish(self) -> Result<Vec<u8>, MonitoringError> {
        self.0.into_inner().map_err(|error| MonitoringError::Table(error.to_string()))
    }
}

/// What people typed, made harmless for spreadsheets, which run what begins like a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

fn at(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn flag(is_so: bool) -> String {
    u8::from(is_so).to_string()
}

/// A number as it is; empty where it is none.
fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

fn optional(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

fn feedback_word(said: SaidAbout) -> &'static str {
    match said.right.cmp(&said.wrong) {
        std::cmp::Ordering::Greater => "confirmed",
        std::cmp::Ordering::Less => "denied",
        std::cmp::Ordering::Equal if said.right > 0 => "mixed",
        std::cmp::Ordering::Equal => "",
    }
}

/// What most saw; nothing where nobody says so, or as many say something else.
fn seen_word(said: SaidAbout) -> &'static str {
    let counts = [(Seen::Calm, said.calm), (Seen::Usual, said.usual), (Seen::High, said.high)];
    let most = counts.iter().map(|&(_, count)| count).max().unwrap_or(0);
    let mut leading = counts.iter().filter(|&&(_, count)| most > 0 && count == most);
    match (leading.next(), leading.next()) {
        (Some((seen, _)), None) => seen.as_str(),
        (Some(_), Some(_)) => "mixed",
        (None, _) => "",
    }
}

#[cfg(test)]
mod tests {
    use domain::forecast::{Forecast, Horizon, Quantiles, RiskLevel, UsualRange};
    use domain::market::Symbol;
    use domain::model::Version;

    use super::*;
    use crate::store::Outcome;

    fn published() -> PublishedForecast {
        let origin = instant(1_751_324_400);
        let forecast = Forecast {
            symbol: Symbol::parse("BTC").expect("a coin"),
            horizon: Horizon::Day,
            origin,
            ends_at: instant(1_751_324_400 + 86_400),
            model: Version::parse("lstm-20250701-1a2b3c4d").expect("a version"),
            quantiles: Quantiles::from_array([0.0096, 0.0121, 0.0153, 0.0199, 0.026, 0.0334, 0.0448]),
            high_volatility: 0.5,
            level: RiskLevel::of(0.5),
            usual: UsualRange { low: 0.0125, middle: 0.0188, high: 0.0281 },
            rank: 0.63,
            just_realised: 0.0182,
            reasons: Vec::new(),
        };
        PublishedForecast {
            id: "p1".to_owned(),
            forecast,
            features: [("log_rv_1d".to_owned(), -3.5)].into(),
            published_at: origin,
            outcome: Some(Outcome { realised: 0.03, is_high: true, known_at: origin }),
        }
    }

    fn records(table: &[u8]) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
        reader.records().map(|row| row.expect("a row").iter().map(ToOwned::to_owned).collect()).collect()
    }

    #[test]
    fn a_row_of_production_has_a_value_under_every_name() {
        let said = SaidAbout { right: 1, wrong: 2, calm: 1, usual: 0, high: 2 };
        let said = [("p1".to_owned(), said)].into();
        let rows = records(&production(&[published()], &said, true).expect("a table"));
        let [names, values] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(*names, production_columns());
        let value = |name: &str| {
            let place = names.iter().position(|known| known == name).expect("a column");
            values[place].as_str()
        };
        for (name, expected) in [
            ("timestamp", "2025-06-30T23:00:00Z"),
            ("symbol", "BTCUSDT"),
            ("horizon", "24h"),
            ("prediction", "1"),
            ("target", "1"),
            ("prediction_proba", "0.5"),
            ("model", "lstm-20250701-1a2b3c4d"),
            ("log_rv_1d", "-3.5"),
            ("rsi_14", ""),
            ("q10", "0.0121"),
            ("high_above", "0.0281"),
            ("feedback", "denied"),
            ("seen", "high"),
            ("outcome", "0.03"),
            ("confirmed", "1"),
            ("denied", "2"),
        ] {
            assert_eq!(value(name), expected, "{name}");
        }
    }

    #[test]
    fn only_the_first_piece_names_the_columns() {
        assert!(production(&[], &BTreeMap::new(), false).expect("a table").is_empty());
        assert_eq!(records(&feedback(&[], true).expect("a table")), [FEEDBACK_COLUMNS.map(ToOwned::to_owned)]);
    }

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+33 1", "'+33 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("a = b", "a = b"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }

    #[test]
    fn a_draw_is_called_mixed_and_silence_nothing() {
        assert_eq!(feedback_word(SaidAbout::default()), "");
        assert_eq!(seen_word(SaidAbout::default()), "");
        let draw = SaidAbout { right: 1, wrong: 1, calm: 1, usual: 0, high: 1 };
        assert_eq!((feedback_word(draw), seen_word(draw)), ("mixed", "mixed"));
    }
}

//! Statements that run on every engine: the text, its values, and what comes back.
//!
//! The types of sqlx name the engine, so a query written with them runs on one engine only. Here a query is written
//! once, as data; [`Engine`](super::engine::Engine) says it to whichever engine the settings chose.

use std::borrow::Cow;

use sqlx::mysql::MySqlRow;
use sqlx::query::{Query, QueryAs};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Database, Encode, FromRow, Type};

/// A value that a statement carries.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

/// A statement with `?` for each value.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement without values yet. Only texts of this module's own making: values are bound, never written in.
pub(super) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

impl Statement {
    /// Gives the next `?` its value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Gives the next `?`s their values.
    pub(super) fn bind_all<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.values.extend(values.into_iter().map(Into::into));
        self
    }

    pub(super) fn as_query<'q, DB>(&self) -> Query<'q, DB, DB::Arguments>
    where
        DB: Database,
        for<'v> Option<i64>: Encode<'v, DB> + Type<DB>,
        for<'v> Option<f64>: Encode<'v, DB> + Type<DB>,
        for<'v> Option<String>: Encode<'v, DB> + Type<DB>,
        for<'v> Vec<u8>: Encode<'v, DB> + Type<DB>,
    {
        let mut query = match &self.text {
            Cow::Borrowed(text) => sqlx::query(*text),
            Cow::Owned(text) => sqlx::query(AssertSqlSafe(text.clone())),
        };
        for value in &self.values {
            query = match value.clone() {
                Value::Integer(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }

    pub(super) fn as_query_of<'q, DB, T>(&self) -> QueryAs<'q, DB, T, DB::Arguments>
    where
        DB: Database,
        T: for<'r> FromRow<'r, DB::Row>,
        for<'v> Option<i64>: Encode<'v, DB> + Type<DB>,
        for<'v> Option<f64>: Encode<'v, DB> + Type<DB>,
        for<'v> Option<String>: Encode<'v, DB> + Type<DB>,
        for<'v> Vec<u8>: Encode<'v, DB> + Type<DB>,
    {
        let mut query = match &self.text {
            Cow::Borrowed(text) => sqlx::query_as(*text),
            Cow::Owned(text) => sqlx::query_as(AssertSqlSafe(text.clone())),
        };
        for value in &self.values {
            query = match value.clone() {
                Value::Integer(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }
}

/// `(?, ?, ?)`, `rows` times, with commas between.
pub(super) fn placeholders(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; rows].join(", ")
}

/// A row that every engine can give: tuples of `i64`, `f64`, `String`, `Vec<u8>` and options of them.
pub(super) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin {}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(Some(value))
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(ToOwned::to_owned))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_as_many_as_rows_times_columns() {
        assert_eq!(placeholders(2, 3), "(?, ?, ?), (?, ?, ?)");
        assert_eq!(placeholders(1, 1), "(?)");
    }
}

//! What speaks for a training: forecasts that ended, what people said of them, and what was worked out last.

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::predictions::json;
use super::super::statement::sql;
use super::super::{Store, StoreError, damaged, time};
use super::version_of;
use crate::retraining::{Vote, Voter};

/// A forecast whose period is over, in the numbers that it is scored by.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedForecast {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon began, epoch seconds.
    pub origin_s: i64,
    /// The model that made it.
    pub model: Version,
    /// Its 10th, 50th and 90th percentile, fraction per day.
    pub quantiles: [f64; 3],
    /// Realised volatility, fraction per day.
    pub realised: f64,
}

/// Something that was worked out, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Check<T> {
    /// When (UTC).
    pub at: Timestamp,
    /// What came out.
    pub content: T,
}

/// Symbol, horizon, origin, model, three quantiles, outcome.
type FinishedRow = (String, String, i64, String, f64, f64, f64, f64);

/// Giver, verdict, prediction, symbol, origin, chance, whether the period was high, when, since when the account is
/// there.
type VoteRow = (String, String, String, String, i64, f64, Option<i64>, i64, Option<i64>);

impl Store {
    /// How many forecasts ended whose outcome became known after an instant (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn finished_since(&self, after: Timestamp) -> Result<u64, StoreError> {
        let counted = sql("select count(*) from predictions where outcome_at_ms > ? and outcome is not null");
        let found: Option<(i64,)> = self.engine.first(counted.bind(after.as_millisecond())).await?;
        Ok(found.map_or(0, |(count,)| count.unsigned_abs()))
    }

    /// Forecasts with an origin from `from` to before `to` (UTC) whose outcome is known, in order of origin.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn finished_forecasts(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<FinishedForecast>, StoreError> {
        let listed = sql("select symbol, horizon, origin_s, model, q10, q50, q90, outcome from predictions \
             where origin_s >= ? and origin_s < ? and outcome is not null order by origin_s, symbol, horizon, model");
        let rows: Vec<FinishedRow> = self.engine.all(listed.bind(from.as_second()).bind(to.as_second())).await?;
        rows.into_iter()
            .map(|(symbol, horizon, origin_s, model, q10, q50, q90, realised)| {
                Ok(FinishedForecast {
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?,
                    origin_s,
                    model: version_of("predictions", &model)?,
                    quantiles: [q10, q50, q90],
                    realised,
                })
            })
            .collect()
    }

    /// What people said of forecasts with an origin from `from` to before `to` (UTC), one vote a person and forecast,
    /// in order of the names of the forecasts.
    ///
    /// # Errors
    /// As [`Store::finished_forecasts`].
    pub async fn votes(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Vote>, StoreError> {
        // An account's name stands behind an "account:", which has eight letters.
        let listed = sql("select f.giver, f.verdict, p.id, p.symbol, p.origin_s, p.chance, p.outcome_high, \
             f.changed_at_ms, a.created_at_ms from feedback f join predictions p on p.id = f.subject \
             left join accounts a on a.id = substr(f.giver, 9) and f.giver like 'account:%' \
             where f.kind = 'forecast' and p.origin_s >= ? and p.origin_s < ? order by p.id, f.giver");
        let rows: Vec<VoteRow> = self.engine.all(listed.bind(from.as_second()).bind(to.as_second())).await?;
        rows.into_iter()
            // What an account said that is gone counts no more.
            .filter(|row| row.8.is_some() || !row.0.starts_with("account:"))
            .map(|(giver, verdict, prediction, symbol, origin_s, chance, outcome_high, at_ms, created_ms)| {
                let voter = match created_ms {
                    Some(created_ms) => Voter::Account { created_at: time("accounts", created_ms)? },
                    None => Voter::Stranger,
                };
                Ok(Vote {
                    by: giver,
                    voter,
                    prediction,
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
                    origin_s,
                    chance,
                    was_high: outcome_high.map(|high| high != 0),
                    is_denial: verdict == "wrong",
                    at: time("feedback", at_ms)?,
                })
            })
            .collect()
    }

    /// Keeps what was worked out under a name, in place of what was there.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_check<T: Serialize + Sync>(
        &self,
        name: &str,
        content: &T,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = format!(
            "insert into model_checks (name, at_ms, content) values (?, ?, ?){}",
            self.engine.or_update("name", &["at_ms", "content"]),
        );
        self.engine.execute(sql(insert).bind(name).bind(at.as_millisecond()).bind(json(content)?)).await?;
        Ok(())
    }

    /// What was worked out last under a name.
    ///
    /// # Errors
    /// As [`Store::finished_forecasts`].
    pub async fn check_of<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Check<T>>, StoreError> {
        let found = sql("select at_ms, content from model_checks where name = ?").bind(name);
        let Some((at_ms, content)) = self.engine.first::<(i64, String)>(found).await? else { return Ok(None) };
        let content = serde_json::from_str(&content).map_err(|_| damaged("model_checks", "content"))?;
        Ok(Some(Check { at: time("model_checks", at_ms)?, content }))
    }
}

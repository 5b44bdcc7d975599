//! Forecasts against outcomes in the store: beside their baselines, and summed up by week.

use std::collections::BTreeSet;

use domain::feedback::ForecastVerdict;
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::engine::again;
use super::super::predictions::json;
use super::super::statement::{placeholders, sql};
use super::super::{Store, StoreError, damaged};

/// Baselines or weeks in one insert.
const ROWS_PER_INSERT: usize = 400;

/// A published forecast whose outcome is known, beside its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedForecast {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// The model.
    pub model: String,
    /// Where the horizon began, epoch seconds.
    pub origin_s: i64,
    /// The chance of a high-volatility period that was given, 0 to 1.
    pub chance: f64,
    /// 10th, 50th and 90th percentile, fraction a day.
    pub quantiles: [f64; 3],
    /// What was realised, fraction a day.
    pub realised: f64,
    /// Whether that was a period of high volatility.
    pub was_high: bool,
    /// The same percentiles of the baseline, where it is known.
    pub baseline: Option<[f64; 3]>,
}

/// What the baseline would have said.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon begins, epoch seconds.
    pub origin_s: i64,
    /// 10th, 50th and 90th percentile, fraction a day.
    pub quantiles: [f64; 3],
}

/// Forecasts whose outcome is known, counted and summed. Logs are natural, volatilities fractions a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    /// How many.
    pub forecasts: u64,
    /// Their QLIKE.
    pub loss: f64,
    /// ln(median / realised).
    pub error: f64,
    /// |ln(median / realised)|.
    pub miss: f64,
    /// Outcomes between the 10th and the 90th percentile.
    pub inside: u64,
    /// Periods of high volatility.
    pub high: u64,
    /// Chances that were given.
    pub chance: f64,
    /// Logs of the 10th, 50th and 90th percentile.
    pub logs: [f64; 3],
    /// Logs of what was realised.
    pub realised_log: f64,
    /// Stretches as long as the horizon in which one of them began: about so many outcomes share no hour.
    pub apart: u64,
    /// How many have a baseline.
    pub compared: u64,
    /// QLIKE of those.
    pub compared_loss: f64,
    /// QLIKE of the baseline.
    pub baseline_loss: f64,
    /// |ln(median / realised)| of the baseline.
    pub baseline_miss: f64,
    /// Outcomes inside the baseline's interval.
    pub baseline_inside: u64,
    /// As [`Self::apart`], of those with a baseline.
    pub compared_apart: u64,
    /// How often people said that a forecast was right, with or without an outcome.
    pub confirmed: u64,
    /// How often they said that it was wrong.
    pub denied: u64,
    /// By tenth of the chance that was given.
    pub tenths: [Tenth; 10],
}

/// Forecasts whose chance lies in the same tenth, counted and summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tenth {
    /// How many.
    pub forecasts: u64,
    /// Chances that were given.
    pub chance: f64,
    /// Periods of high volatility.
    pub high: u64,
    /// As [`Sums::apart`].
    pub apart: u64,
}

/// What is known of the forecasts of one week, coin, horizon and model.
#[derive(Debug, Clone, PartialEq)]
pub struct PerformanceWeek {
    /// Monday, 00:00 UTC, epoch seconds.
    pub week_s: i64,
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// The model.
    pub model: String,
    /// Counted and summed.
    pub sums: Sums,
}

/// What people said about the forecasts of one coin, horizon and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidOf {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// The model.
    pub model: String,
    /// Right or wrong.
    pub verdict: ForecastVerdict,
    /// How often.
    pub count: u64,
}

/// Symbol, horizon, model, origin, chance, q10, q50, q90, realised, whether high; q10, q50, q90 of the baseline.
type JudgedRow =
    (String, String, String, i64, f64, f64, f64, f64, f64, Option<i64>, Option<f64>, Option<f64>, Option<f64>);

impl Store {
    /// Forecasts whose origins lie in `[from_s, to_s)` (epoch seconds) and whose outcome is known, beside their
    /// baselines, in order of time.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn judged_forecasts(&self, from_s: i64, to_s: i64) -> Result<Vec<JudgedForecast>, StoreError> {
        let found = sql("select p.symbol, p.horizon, p.model, p.origin_s, p.chance, p.q10, p.q50, p.q90, p.outcome, \
             p.outcome_high, b.q10, b.q50, b.q90 from predictions p left join baselines b on b.symbol = p.symbol \
             and b.horizon = p.horizon and b.origin_s = p.origin_s \
             where p.origin_s >= ? and p.origin_s < ? and p.outcome is not null order by p.origin_s, p.id");
        let rows: Vec<JudgedRow> = self.engine.all(found.bind(from_s).bind(to_s)).await?;
        rows.into_iter().map(judged_of).collect()
    }

    /// What people said about forecasts whose origins lie in `[from_s, to_s)` (epoch seconds).
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn said_of_origins(&self, from_s: i64, to_s: i64) -> Result<Vec<SaidOf>, StoreError> {
        let counted = sql("select p.symbol, p.horizon, p.model, f.verdict, count(*) from predictions p \
             join feedback f on f.kind = 'forecast' and f.subject = p.id where p.origin_s >= ? and p.origin_s < ? \
             group by p.symbol, p.horizon, p.model, f.verdict order by p.symbol, p.horizon, p.model, f.verdict");
        let rows: Vec<(String, String, String, String, i64)> = self.engine.all(counted.bind(from_s).bind(to_s)).await?;
        rows.into_iter()
            .map(|(symbol, horizon, model, verdict, count)| {
                Ok(SaidOf {
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?,
                    model,
                    verdict: ForecastVerdict::parse(&verdict).map_err(|_| damaged("feedback", "verdict"))?,
                    count: count.unsigned_abs(),
                })
            })
            .collect()
    }

    /// The oldest origin (epoch seconds) of the forecasts whose outcome was written down at `at` (UTC) or later.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn oldest_settled_since(&self, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let oldest = sql("select min(origin_s) from predictions where outcome_at_ms >= ? and outcome is not null");
        let oldest: Option<(Option<i64>,)> = self.engine.first(oldest.bind(at.as_millisecond())).await?;
        Ok(oldest.and_then(|(oldest,)| oldest))
    }

    /// Coins, horizons and origins (epoch seconds) in `[from_s, to_s)` of forecasts with an outcome and without a
    /// baseline.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn origins_without_baseline(
        &self,
        from_s: i64,
        to_s: i64,
    ) -> Result<BTreeSet<(Symbol, Horizon, i64)>, StoreError> {
        let found = sql("select distinct p.symbol, p.horizon, p.origin_s from predictions p \
             left join baselines b on b.symbol = p.symbol and b.horizon = p.horizon and b.origin_s = p.origin_s \
             where p.origin_s >= ? and p.origin_s < ? and p.outcome is not null and b.symbol is null");
        let rows: Vec<(String, String, i64)> = self.engine.all(found.bind(from_s).bind(to_s)).await?;
        rows.into_iter()
            .map(|(symbol, horizon, origin_s)| {
                let symbol = Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?;
                let horizon = Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?;
                Ok((symbol, horizon, origin_s))
            })
            .collect()
    }

    /// Keeps baselines that are not there yet.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing has changed then.
    pub async fn keep_baselines(&self, baselines: &[Baseline]) -> Result<(), StoreError> {
        again(|| self.keep_baselines_once(baselines)).await
    }

    async fn keep_baselines_once(&self, baselines: &[Baseline]) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        for chunk in baselines.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "{} baselines (symbol, horizon, origin_s, q10, q50, q90) values {}",
                self.engine.insert_new(),
                placeholders(chunk.len(), 6),
            ));
            for Baseline { symbol, horizon, origin_s, quantiles: [q10, q50, q90] } in chunk {
                insert = insert
                    .bind(symbol.as_str())
                    .bind(horizon.as_str())
                    .bind(*origin_s)
                    .bind(*q10)
                    .bind(*q50)
                    .bind(*q90);
            }
            write.execute(insert).await?;
        }
        write.commit().await
    }

    /// Makes `weeks` all that is known of the week that begins at `week_s` (epoch seconds).
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing has changed then.
    pub async fn keep_performance(&self, week_s: i64, weeks: &[PerformanceWeek]) -> Result<(), StoreError> {
        again(|| self.keep_performance_once(week_s, weeks)).await
    }

    async fn keep_performance_once(&self, week_s: i64, weeks: &[PerformanceWeek]) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        for horizon in Horizon::ALL {
            let delete = sql("delete from performance_weeks where horizon = ? and week_s = ?");
            write.execute(delete.bind(horizon.as_str()).bind(week_s)).await?;
        }
        for chunk in weeks.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "insert into performance_weeks (week_s, symbol, horizon, model, sums) values {}",
                placeholders(chunk.len(), 5),
            ));
            for week in chunk {
                insert = insert
                    .bind(week_s)
                    .bind(week.symbol.as_str())
                    .bind(week.horizon.as_str())
                    .bind(&week.model)
                    .bind(json(&week.sums)?);
            }
            write.execute(insert).await?;
        }
        write.commit().await
    }

    /// What is known of the forecasts of a horizon, week by week since `from_s` (epoch seconds), the oldest first.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn performance(&self, horizon: Horizon, from_s: i64) -> Result<Vec<PerformanceWeek>, StoreError> {
        let found = sql("select week_s, symbol, model, sums from performance_weeks \
             where horizon = ? and week_s >= ? order by week_s, symbol, model");
        let rows: Vec<(i64, String, String, String)> =
            self.engine.all(found.bind(horizon.as_str()).bind(from_s)).await?;
        rows.into_iter()
            .map(|(week_s, symbol, model, sums)| {
                Ok(PerformanceWeek {
                    week_s,
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("performance_weeks", "symbol"))?,
                    horizon,
                    model,
                    sums: serde_json::from_str(&sums).map_err(|_| damaged("performance_weeks", "sums"))?,
                })
            })
            .collect()
    }
}

fn judged_of(row: JudgedRow) -> Result<JudgedForecast, StoreError> {
    let (symbol, horizon, model, origin_s, chance, q10, q50, q90, realised, high, low, middle, upper) = row;
    let baseline = match (low, middle, upper) {
        (Some(low), Some(middle), Some(upper)) => Some([low, middle, upper]),
        _ => None,
    };
    Ok(JudgedForecast {
        symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
        horizon: Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?,
        model,
        origin_s,
        chance,
        quantiles: [q10, q50, q90],
        realised,
        was_high: high == Some(1),
        baseline,
    })
}

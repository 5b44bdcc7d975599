//! What the server measures about itself, in the store: drift, performance by week, baselines, sources that failed.

use std::collections::{BTreeMap, BTreeSet};

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::feedback::ForecastVerdict;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;
use ml::drift::{ColumnReport, Role, Rules, Verdict};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::engine::again;
use super::predictions::json;
use super::statement::{placeholders, sql};
use super::{Store, StoreError, damaged, time};

/// Columns of a comparison in one insert: their details are long.
const COLUMNS_PER_INSERT: usize = 20;
/// Baselines or weeks in one insert.
const ROWS_PER_INSERT: usize = 400;
/// The longest text of a failure, in characters.
const MOST_FAILURE_CHARS: usize = 200;

/// A comparison of what is seen with what was learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftCheck {
    /// Forecasts of this horizon.
    pub horizon: Horizon,
    /// Length of the current window, days.
    pub days: u32,
    /// End of the current window (UTC); whole seconds.
    pub ends_at: Timestamp,
    /// The champion, whose training is the reference.
    pub model: Version,
    /// What the window says on its own.
    pub verdict: Verdict,
    /// Features that drifted.
    pub drifted: u32,
    /// Features that could be judged.
    pub judged: u32,
    /// Features in all.
    pub features: u32,
    /// Drifted over judged ones, 0 to 1.
    pub share: f64,
    /// Begin of the reference (UTC); whole seconds.
    pub reference_from: Timestamp,
    /// End of the reference (UTC); whole seconds.
    pub reference_to: Timestamp,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows of the current window.
    pub current_rows: u64,
    /// The rules that were in force.
    pub rules: Rules,
    /// When it was worked out (UTC).
    pub made_at: Timestamp,
}

/// One column of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftColumn {
    /// Its name.
    pub name: String,
    /// What it is to the model.
    pub role: Role,
    /// What is said of it.
    pub verdict: Verdict,
    /// How far it is from its threshold: 1 is on it.
    pub score: f64,
    /// Everything about it; forgotten after a while.
    pub detail: Option<ColumnReport>,
}

/// What a column's comparison came to, without its detail.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftScore {
    /// End of the window (UTC).
    pub ends_at: Timestamp,
    /// The column.
    pub name: String,
    /// What was said of it.
    pub verdict: Verdict,
    /// How far it was from its threshold: 1 is on it.
    pub score: f64,
}

/// A published forecast as drift sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProducedRow {
    /// The coin.
    pub symbol: Symbol,
    /// Where the horizon began, epoch seconds.
    pub origin_s: i64,
    /// The model that made it.
    pub model: String,
    /// The chance of a high-volatility period that was given, 0 to 1.
    pub chance: f64,
    /// The features at its origin by name.
    pub features: BTreeMap<String, f64>,
    /// Realised volatility, fraction a day, and whether the period was one of high volatility; none while that is not
    /// known.
    pub outcome: Option<(f64, bool)>,
}

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

/// Refused rows of one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOf {
    /// The reason's code.
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// When the newest was refused (UTC).
    pub newest: Timestamp,
}

/// What a source has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredBy {
    /// The source.
    pub source: String,
    /// Of how many coins.
    pub coins: u64,
    /// When it did last (UTC).
    pub newest: Timestamp,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFailure {
    /// The source.
    pub source: String,
    /// What happened, in plain words.
    pub what: String,
    /// When (UTC).
    pub at: Timestamp,
}

/// Where the newest published forecast stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestPublished {
    /// Where its horizon begins (UTC).
    pub origin: Timestamp,
    /// When it was stored (UTC).
    pub published_at: Timestamp,
    /// The model that made it.
    pub model: String,
}

/// Days, end, model, verdict, drifted, judged, features, share, reference from, to and rows, current rows, rules, made.
type CheckRow = (i64, i64, String, String, i64, i64, i64, f64, i64, i64, i64, i64, String, i64);

/// Symbol, horizon, model, origin, chance, q10, q50, q90, realised, whether high; q10, q50, q90 of the baseline.
type JudgedRow =
    (String, String, String, i64, f64, f64, f64, f64, f64, Option<i64>, Option<f64>, Option<f64>, Option<f64>);

/// Symbol, origin, model, chance, features, outcome, whether high.
type ProducedRead = (String, i64, String, f64, String, Option<f64>, Option<i64>);

impl Store {
    /// Keeps a comparison with its columns in their order, in place of an earlier one of the same window.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing has changed then.
    pub async fn keep_drift(&self, check: &DriftCheck, columns: &[DriftColumn]) -> Result<(), StoreError> {
        again(|| self.keep_drift_once(check, columns)).await
    }

    async fn keep_drift_once(&self, check: &DriftCheck, columns: &[DriftColumn]) -> Result<(), StoreError> {
        let (horizon, ends_s) = (check.horizon.as_str(), check.ends_at.as_second());
        let mut write = self.engine.begin().await?;
        for table in ["drift_columns", "drift_checks"] {
            let delete = sql(format!("delete from {table} where horizon = ? and days = ? and ends_s = ?"));
            write.execute(delete.bind(horizon).bind(check.days).bind(ends_s)).await?;
        }
        let insert =
            sql("insert into drift_checks (horizon, days, ends_s, model, verdict, drifted, judged, features, \
             drifted_share, reference_from_s, reference_to_s, reference_rows, current_rows, rules, made_at_ms) \
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(horizon)
            .bind(check.days)
            .bind(ends_s)
            .bind(check.model.as_str())
            .bind(check.verdict.as_str())
            .bind(check.drifted)
            .bind(check.judged)
            .bind(check.features)
            .bind(check.share)
            .bind(check.reference_from.as_second())
            .bind(check.reference_to.as_second())
            .bind(whole(check.reference_rows))
            .bind(whole(check.current_rows))
            .bind(json(&check.rules)?)
            .bind(check.made_at.as_millisecond());
        write.execute(insert).await?;
        let placed: Vec<(i64, &DriftColumn)> = (0_i64..).zip(columns).collect();
        for chunk in placed.chunks(COLUMNS_PER_INSERT) {
            let mut insert = sql(format!(
                "insert into drift_columns (horizon, days, ends_s, name, position, role, verdict, score, detail) \
                 values {}",
                placeholders(chunk.len(), 9),
            ));
            for (position, column) in chunk {
                insert = insert
                    .bind(horizon)
                    .bind(check.days)
                    .bind(ends_s)
                    .bind(&column.name)
                    .bind(*position)
                    .bind(role_word(column.role))
                    .bind(column.verdict.as_str())
                    .bind(column.score)
                    .bind(column.detail.as_ref().map(json).transpose()?);
            }
            write.execute(insert).await?;
        }
        write.commit().await
    }

    /// The newest comparisons of a horizon and length of window, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn drift_checks(&self, horizon: Horizon, days: u32, most: u32) -> Result<Vec<DriftCheck>, StoreError> {
        let found = sql("select days, ends_s, model, verdict, drifted, judged, features, drifted_share, \
             reference_from_s, reference_to_s, reference_rows, current_rows, rules, made_at_ms from drift_checks \
             where horizon = ? and days = ? order by ends_s desc limit ?");
        let rows: Vec<CheckRow> = self.engine.all(found.bind(horizon.as_str()).bind(days).bind(most)).await?;
        rows.into_iter().map(|row| check_of(horizon, row)).collect()
    }

    /// The columns of a comparison, in their order.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn drift_columns(
        &self,
        horizon: Horizon,
        days: u32,
        ends_at: Timestamp,
    ) -> Result<Vec<DriftColumn>, StoreError> {
        let found = sql("select name, role, verdict, score, detail from drift_columns \
             where horizon = ? and days = ? and ends_s = ? order by position")
        .bind(horizon.as_str())
        .bind(days)
        .bind(ends_at.as_second());
        let rows: Vec<(String, String, String, f64, Option<String>)> = self.engine.all(found).await?;
        rows.into_iter()
            .map(|(name, role, verdict, score, detail)| {
                let detail = detail
                    .map(|detail| serde_json::from_str(&detail).map_err(|_| damaged("drift_columns", "detail")))
                    .transpose()?;
                Ok(DriftColumn {
                    name,
                    role: role_of(&role)?,
                    verdict: verdict_of("drift_columns", &verdict)?,
                    score,
                    detail,
                })
            })
            .collect()
    }

    /// What the comparisons since `from` (UTC) came to, column by column, the oldest window first.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn drift_scores(
        &self,
        horizon: Horizon,
        days: u32,
        from: Timestamp,
    ) -> Result<Vec<DriftScore>, StoreError> {
        let found = sql("select ends_s, name, verdict, score from drift_columns \
             where horizon = ? and days = ? and ends_s >= ? order by ends_s")
        .bind(horizon.as_str())
        .bind(days)
        .bind(from.as_second());
        let rows: Vec<(i64, String, String, f64)> = self.engine.all(found).await?;
        rows.into_iter()
            .map(|(ends_s, name, verdict, score)| {
                let verdict = verdict_of("drift_columns", &verdict)?;
                Ok(DriftScore { ends_at: instant(ends_s), name, verdict, score })
            })
            .collect()
    }

    /// Forgets the details of windows that ended before one instant, and all of those that ended before another (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_drift(&self, details_before: Timestamp, all_before: Timestamp) -> Result<(), StoreError> {
        let thin = sql("update drift_columns set detail = null where ends_s < ? and detail is not null");
        self.engine.execute(thin.bind(details_before.as_second())).await?;
        for table in ["drift_columns", "drift_checks"] {
            let forget = sql(format!("delete from {table} where ends_s < ?"));
            self.engine.execute(forget.bind(all_before.as_second())).await?;
        }
        Ok(())
    }

    /// What a watcher has found so far, as the JSON that it kept, and when it did (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn watch_state(&self, name: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let found = sql("select content, at_ms from watch_states where name = ?").bind(name);
        let found: Option<(String, i64)> = self.engine.first(found).await?;
        found.map(|(content, at_ms)| Ok((content, time("watch_states", at_ms)?))).transpose()
    }

    /// Keeps what a watcher has found so far, in place of what it kept before.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where it cannot be written as JSON.
    pub async fn keep_watch_state(
        &self,
        name: &str,
        content: &(impl Serialize + Sync),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let keep = format!(
            "insert into watch_states (name, content, at_ms) values (?, ?, ?){}",
            self.engine.or_update("name", &["content", "at_ms"]),
        );
        let keep = sql(keep).bind(name).bind(json(content)?).bind(at.as_millisecond());
        self.engine.execute(keep).await?;
        Ok(())
    }

    /// Published forecasts of a horizon whose origins lie in `[from_s, to_s)` (epoch seconds) and on a grid of so many
    /// hours since midnight UTC: one a coin and origin, the one published last, in order of time.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn produced_rows(
        &self,
        horizon: Horizon,
        from_s: i64,
        to_s: i64,
        every_hours: u32,
    ) -> Result<Vec<ProducedRow>, StoreError> {
        let found = sql("select symbol, origin_s, model, chance, features, outcome, outcome_high from predictions \
             where origin_s >= ? and origin_s < ? and horizon = ? and origin_s % ? = 0 \
             order by origin_s, symbol, published_at_ms desc, id")
        .bind(from_s)
        .bind(to_s)
        .bind(horizon.as_str())
        .bind(i64::from(every_hours.max(1)) * SECONDS_PER_HOUR);
        let rows: Vec<ProducedRead> = self.engine.all(found).await?;
        let mut produced: Vec<ProducedRow> = Vec::with_capacity(rows.len());
        for (symbol, origin_s, model, chance, features, outcome, outcome_high) in rows {
            let symbol = Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?;
            if produced.last().is_some_and(|last| last.origin_s == origin_s && last.symbol == symbol) {
                continue;
            }
            produced.push(ProducedRow {
                symbol,
                origin_s,
                model,
                chance,
                features: serde_json::from_str(&features).map_err(|_| damaged("predictions", "features"))?,
                outcome: outcome.map(|realised| (realised, outcome_high == Some(1))),
            });
        }
        Ok(produced)
    }

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

    /// How many rows of each coin were refused.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn refused_by_coin(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.engine.all(sql("select symbol, count(*) from quarantine group by symbol order by symbol")).await
    }

    /// Refused rows by reason, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn refused_by_reason(&self) -> Result<Vec<RefusedOf>, StoreError> {
        let counted = sql("select reason, count(*) as refused, max(refused_at_s) from quarantine \
             group by reason order by refused desc, reason");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted).await?;
        let of = |(reason, rows, newest_s): (String, i64, i64)| RefusedOf {
            reason,
            rows: rows.unsigned_abs(),
            newest: instant(newest_s),
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Which sources of candles have answered, by name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn answered_by_source(&self) -> Result<Vec<AnsweredBy>, StoreError> {
        let counted = sql("select source, count(distinct symbol), max(updated_at_s) from ingest_progress \
             group by source order by source");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted).await?;
        let of = |(source, coins, newest_s): (String, i64, i64)| AnsweredBy {
            source,
            coins: coins.unsigned_abs(),
            newest: instant(newest_s),
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Notes that a source could not be read. `what` is in plain words, without personal data.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn note_source_failure(&self, source: &str, what: &str, at: Timestamp) -> Result<(), StoreError> {
        let what: String = what.chars().take(MOST_FAILURE_CHARS).collect();
        let note = sql("insert into source_failures (id, source, what, at_ms) values (?, ?, ?, ?)")
            .bind(Uuid::now_v7().to_string())
            .bind(source)
            .bind(what)
            .bind(at.as_millisecond());
        self.engine.execute(note).await?;
        Ok(())
    }

    /// Failures of sources since `from` (UTC), the newest first.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn source_failures(&self, from: Timestamp, most: u32) -> Result<Vec<KeptFailure>, StoreError> {
        let found = sql(
            "select source, what, at_ms from source_failures where at_ms >= ? order by at_ms desc, id desc limit ?",
        );
        let rows: Vec<(String, String, i64)> = self.engine.all(found.bind(from.as_millisecond()).bind(most)).await?;
        rows.into_iter()
            .map(|(source, what, at_ms)| Ok(KeptFailure { source, what, at: time("source_failures", at_ms)? }))
            .collect()
    }

    /// How often each source failed since `from` (UTC), and when it did last; by name.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn failures_by_source(&self, from: Timestamp) -> Result<Vec<(String, u64, Timestamp)>, StoreError> {
        let counted = sql("select source, count(*), max(at_ms) from source_failures where at_ms >= ? \
             group by source order by source");
        let rows: Vec<(String, i64, i64)> = self.engine.all(counted.bind(from.as_millisecond())).await?;
        rows.into_iter()
            .map(|(source, count, at_ms)| Ok((source, count.unsigned_abs(), time("source_failures", at_ms)?)))
            .collect()
    }

    /// Forgets failures of sources before an instant (UTC).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_source_failures(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.engine.execute(sql("delete from source_failures where at_ms < ?").bind(before.as_millisecond())).await
    }

    /// The newest published forecast.
    ///
    /// # Errors
    /// As [`Store::drift_checks`].
    pub async fn newest_published(&self) -> Result<Option<NewestPublished>, StoreError> {
        let newest = sql("select origin_s, published_at_ms, model from predictions \
             order by origin_s desc, published_at_ms desc limit 1");
        let newest: Option<(i64, i64, String)> = self.engine.first(newest).await?;
        newest
            .map(|(origin_s, published_at_ms, model)| {
                let published_at = time("predictions", published_at_ms)?;
                Ok(NewestPublished { origin: instant(origin_s), published_at, model })
            })
            .transpose()
    }

    /// How many forecasts have no outcome although their horizon has passed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn overdue_outcomes(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ended = |horizon: Horizon| now.as_second() - i64::from(horizon.hours()) * SECONDS_PER_HOUR;
        let counted = sql("select count(*) from predictions where outcome_at_ms is null and origin_s <= ? \
             and (horizon = ? or origin_s <= ?)")
        .bind(ended(Horizon::Day))
        .bind(Horizon::Day.as_str())
        .bind(ended(Horizon::TwoDays));
        let counted: Option<(i64,)> = self.engine.first(counted).await?;
        Ok(counted.map_or(0, |(count,)| count.unsigned_abs()))
    }
}

fn check_of(horizon: Horizon, row: CheckRow) -> Result<DriftCheck, StoreError> {
    let (days, ends_s, model, verdict, drifted, judged, features, share, from_s, to_s, reference, current, rules, made) =
        row;
    let count = |number: i64| u32::try_from(number).map_err(|_| damaged("drift_checks", "features"));
    Ok(DriftCheck {
        horizon,
        days: count(days)?,
        ends_at: instant(ends_s),
        model: Version::parse(&model).map_err(|_| damaged("drift_checks", "model"))?,
        verdict: verdict_of("drift_checks", &verdict)?,
        drifted: count(drifted)?,
        judged: count(judged)?,
        features: count(features)?,
        share,
        reference_from: instant(from_s),
        reference_to: instant(to_s),
        reference_rows: reference.unsigned_abs(),
        current_rows: current.unsigned_abs(),
        rules: serde_json::from_str(&rules).map_err(|_| damaged("drift_checks", "rules"))?,
        made_at: time("drift_checks", made)?,
    })
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

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Feature => "feature",
        Role::Target => "target",
        Role::Forecast => "forecast",
    }
}

fn role_of(text: &str) -> Result<Role, StoreError> {
    [Role::Feature, Role::Target, Role::Forecast]
        .into_iter()
        .find(|role| role_word(*role) == text)
        .ok_or_else(|| damaged("drift_columns", "role"))
}

fn verdict_of(table: &str, text: &str) -> Result<Verdict, StoreError> {
    [Verdict::Stable, Verdict::Drifted, Verdict::TooFewRows]
        .into_iter()
        .find(|verdict| verdict.as_str() == text)
        .ok_or_else(|| damaged(table, "verdict"))
}

/// A count as the store keeps it; no table has 2^63 rows.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

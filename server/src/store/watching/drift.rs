//! Drift in the store: comparisons of what is seen with what was learnt from.

use std::collections::BTreeMap;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;
use ml::drift::{ColumnReport, Role, Rules, Verdict};

use super::super::engine::again;
use super::super::predictions::json;
use super::super::statement::{placeholders, sql};
use super::super::{Store, StoreError, damaged, time};

/// Columns of a comparison in one insert: their details are long.
const COLUMNS_PER_INSERT: usize = 20;

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

/// Days, end, model, verdict, drifted, judged, features, share, reference from, to and rows, current rows, rules, made.
type CheckRow = (i64, i64, String, String, i64, i64, i64, f64, i64, i64, i64, i64, String, i64);

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
}

fn check_of(horizon: Horizon, row: CheckRow) -> Result<DriftCheck, StoreError> {
    let (days, ends_s, model, verdict, drifted, judged, features, share, from_s, to_s, learnt, seen, rules, made) = row;
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
        reference_rows: learnt.unsigned_abs(),
        current_rows: seen.unsigned_abs(),
        rules: serde_json::from_str(&rules).map_err(|_| damaged("drift_checks", "rules"))?,
        made_at: time("drift_checks", made)?,
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

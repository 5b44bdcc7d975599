//! Forecasts against outcomes, week by week: a job counts and sums, a page reads a few hundred rows.

use std::collections::BTreeMap;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::feedback::ForecastVerdict;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::boards::{PerformanceBoard, PerformanceQuery, Scores};
use super::scores::{Counted, add, reliability, scores};
use super::{WatchError, Watching};
use crate::store::{JudgedForecast, PerformanceWeek, SaidOf, Sums};

const WEEK_S: i64 = 7 * 24 * SECONDS_PER_HOUR;
/// 1970-01-05, the first Monday, 00:00 UTC.
const FIRST_MONDAY_S: i64 = 4 * 24 * SECONDS_PER_HOUR;
/// Weeks that a page shows: a year and the week that runs.
const SHOWN_WEEKS: i64 = 53;
/// Weeks that are counted anew each time: feedback on them may still come in.
const OPEN_WEEKS: i64 = 4;
/// How far back outcomes are looked for that were written down while the last run went on, here or elsewhere.
const OVERLAP_S: i64 = SECONDS_PER_HOUR;

const STATE: &str = "performance";

/// How far the outcomes are counted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Done {
    /// When the last whole run began (UTC).
    at: Timestamp,
}

impl Watching {
    /// Counts every week in which something became known since the last run.
    ///
    /// # Errors
    /// [`WatchError`]; weeks that were counted stay so.
    pub async fn count_outcomes(&self, now: Timestamp) -> Result<(), WatchError> {
        let done: Option<Done> = self.kept(STATE).await?;
        let since = done.map_or(Timestamp::MIN, |done| instant(done.at.as_second() - OVERLAP_S));
        let newest_s = week_of(now.as_second());
        let oldest_s = newest_s - (SHOWN_WEEKS - 1) * WEEK_S;
        let open_s = newest_s - (OPEN_WEEKS - 1) * WEEK_S;
        let settled_s = self.parts.store.oldest_settled_since(since).await?.map(week_of);
        let first_s = match (settled_s, done) {
            (Some(settled_s), _) => settled_s.min(open_s),
            (None, Some(_)) => open_s,
            // Nothing is known yet.
            (None, None) => return Ok(()),
        };
        let weeks: Vec<i64> =
            (0..SHOWN_WEEKS).map(|week| oldest_s + week * WEEK_S).filter(|&week_s| week_s >= first_s).collect();
        self.add_baselines(&weeks).await?;
        for &week_s in &weeks {
            if self.parts.stop.is_cancelled() {
                return Ok(());
            }
            let store = &self.parts.store;
            let judged = store.judged_forecasts(week_s, week_s + WEEK_S).await?;
            let said = store.said_of_origins(week_s, week_s + WEEK_S).await?;
            store.keep_performance(week_s, &count(week_s, &judged, &said)).await?;
        }
        debug!(weeks = weeks.len(), "Counted outcomes");
        self.parts.store.keep_watch_state(STATE, &Done { at: now }, now).await?;
        Ok(())
    }

    /// Forecasts against what happened over the last year, for a page.
    ///
    /// # Errors
    /// [`WatchError::Store`].
    pub async fn performance_board(&self, query: &PerformanceQuery) -> Result<PerformanceBoard, WatchError> {
        let from_s = week_of(self.parts.clock.now().as_second()) - (SHOWN_WEEKS - 1) * WEEK_S;
        let done: Option<Done> = self.kept(STATE).await?;
        let rows = self.parts.store.performance(query.horizon, from_s).await?;
        Ok(board(query, done.map(|done| done.at), &rows))
    }
}

fn board(query: &PerformanceQuery, updated_at: Option<Timestamp>, rows: &[PerformanceWeek]) -> PerformanceBoard {
    let is_symbol = |row: &&PerformanceWeek| query.symbol.as_ref().is_none_or(|symbol| *symbol == row.symbol);
    let is_model = |row: &&PerformanceWeek| query.model.as_ref().is_none_or(|model| model.as_str() == row.model);
    let mut total = Sums::default();
    let mut weeks: BTreeMap<i64, Sums> = BTreeMap::new();
    for row in rows.iter().filter(is_symbol).filter(is_model) {
        add(&mut total, &row.sums);
        add(weeks.entry(row.week_s).or_default(), &row.sums);
    }
    let mut coins: BTreeMap<&Symbol, Sums> = BTreeMap::new();
    for row in rows.iter().filter(is_model) {
        add(coins.entry(&row.symbol).or_default(), &row.sums);
    }
    let mut models: BTreeMap<&str, Sums> = BTreeMap::new();
    for row in rows.iter().filter(is_symbol) {
        add(models.entry(&row.model).or_default(), &row.sums);
    }
    let mut coins: Vec<(Symbol, Scores)> =
        coins.into_iter().map(|(symbol, sums)| (symbol.clone(), scores(&sums))).collect();
    coins.sort_by_key(|(symbol, _)| symbol.place());
    PerformanceBoard {
        horizon: query.horizon,
        symbol: query.symbol.clone(),
        model: query.model.clone(),
        updated_at,
        total: scores(&total),
        weeks: weeks.into_iter().map(|(week_s, sums)| (instant(week_s), scores(&sums))).collect(),
        coins,
        models: models
            .into_iter()
            .filter_map(|(model, sums)| Some((Version::parse(model).ok()?, scores(&sums))))
            .collect(),
        reliability: reliability(&total),
    }
}

/// The Monday (00:00 UTC, epoch seconds) of the week of an instant.
pub(super) const fn week_of(at_s: i64) -> i64 {
    at_s - (at_s - FIRST_MONDAY_S).rem_euclid(WEEK_S)
}

fn count(week_s: i64, judged: &[JudgedForecast], said: &[SaidOf]) -> Vec<PerformanceWeek> {
    type Key<'a> = (&'a Symbol, Horizon, &'a str);
    let mut counted: BTreeMap<Key<'_>, Counted> = BTreeMap::new();
    for forecast in judged {
        counted.entry((&forecast.symbol, forecast.horizon, &forecast.model)).or_default().add(forecast);
    }
    for said in said {
        let sums = &mut counted.entry((&said.symbol, said.horizon, &said.model)).or_default().sums;
        match said.verdict {
            ForecastVerdict::Right => sums.confirmed += said.count,
            ForecastVerdict::Wrong => sums.denied += said.count,
        }
    }
    counted
        .into_iter()
        .map(|((symbol, horizon, model), counted)| PerformanceWeek {
            week_s,
            symbol: symbol.clone(),
            horizon,
            model: model.to_owned(),
            sums: counted.finish(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        for (at, monday) in [
            ("2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z"),
            ("2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z"),
            ("1969-12-31T12:00:00Z", "1969-12-29T00:00:00Z"),
        ] {
            let second = |text: &str| text.parse::<Timestamp>().expect("an instant").as_second();
            assert_eq!(week_of(second(at)), second(monday), "{at}");
        }
    }

    #[test]
    fn what_people_said_counts_without_an_outcome() {
        let symbol = Symbol::parse("BTC").expect("a coin");
        let said = |verdict, count| SaidOf {
            symbol: symbol.clone(),
            horizon: Horizon::Day,
            model: "lstm-1".to_owned(),
            verdict,
            count,
        };
        let weeks = count(0, &[], &[said(ForecastVerdict::Right, 3), said(ForecastVerdict::Wrong, 1)]);
        let query = PerformanceQuery::default();
        let board = board(&query, None, &weeks);
        assert_eq!((board.total.confirmed, board.total.denied, board.total.forecasts), (3, 1, 0));
        assert_eq!(board.total.confirmed_share.map(|share| share.share), Some(0.75));
        assert_eq!((board.coins.len(), board.models.len(), board.weeks.len()), (1, 1, 1));
        let other = PerformanceQuery { symbol: Symbol::parse("ETH").ok(), ..query };
        let board = super::board(&other, None, &weeks);
        assert_eq!((board.total.confirmed, board.coins.len(), board.models.len()), (0, 1, 0));
    }
}

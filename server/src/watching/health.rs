//! How the data stand: candles, refused rows, sources, forecasts, the model.

use std::collections::{BTreeMap, BTreeSet};

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::market::Symbol;
use jiff::{SignedDuration, Timestamp};

use super::boards::{
    ChampionAge, CoinHealth, ForecastAge, HealthBoard, RefusedRows, SourceFailure, SourceHealth, shown_gaps,
};
use super::{WatchError, Watching};
use crate::market::gaps;
use crate::store::StoreError;

/// Candles older than this are stale, as in `market::book`.
const STALE_AFTER_S: i64 = 2 * SECONDS_PER_HOUR;
/// Gaps of a coin that are shown.
const SHOWN_GAPS: usize = 5;
/// Failures that are shown.
const SHOWN_FAILURES: u32 = 20;
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Watching {
    /// How the data stand, for a page.
    ///
    /// # Errors
    /// [`WatchError::Store`], [`WatchError::Registry`].
    pub async fn health_board(&self) -> Result<HealthBoard, WatchError> {
        let (now, store) = (self.parts.clock.now(), &self.parts.store);
        let market = (self.parts.market)();
        let refused: BTreeMap<String, i64> = store.refused_by_coin().await?.into_iter().collect();
        let mut symbols: BTreeSet<Symbol> = market.series.keys().cloned().collect();
        symbols.extend(Symbol::followed());
        let mut coins = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            let series = market.series.get(&symbol).cloned().unwrap_or_default();
            let holes = gaps::find(&series);
            let newest_s = series.closes_at_s();
            let age_s = newest_s.map(|newest_s| now.as_second() - newest_s);
            coins.push(CoinHealth {
                newest: newest_s.map(instant),
                age_s,
                is_stale: age_s.is_none_or(|age_s| age_s > STALE_AFTER_S),
                source: store.newest_candle(&symbol).await?.map(|(_, source)| source),
                candles: series.len() as u64,
                missing_hours: u64::from(gaps::missing_hours(&holes)),
                gaps: shown_gaps(&holes, SHOWN_GAPS),
                quarantined: refused.get(symbol.as_str()).map_or(0, |rows| rows.unsigned_abs()),
                symbol,
            });
        }
        coins.sort_by_key(|coin| coin.symbol.place());
        let quarantined = store
            .refused_by_reason()
            .await?
            .into_iter()
            .map(|of| RefusedRows { reason: of.reason, rows: of.rows, newest: Some(of.newest) })
            .collect();
        let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let failures = store.source_failures(before(MONTH), SHOWN_FAILURES).await?;
        let newest = store.newest_published().await?;
        let champion = self.parts.learnt.champion().await?;
        Ok(HealthBoard {
            at: now,
            market: market.state.clone(),
            coins,
            quarantined,
            sources: self.sources(before(DAY), before(MONTH)).await?,
            failures: failures
                .into_iter()
                .map(|failure| SourceFailure { source: failure.source, what: failure.what, at: failure.at })
                .collect(),
            newest_forecast: newest.map(|newest| ForecastAge {
                origin: newest.origin,
                published_at: newest.published_at,
                age_s: now.as_second() - newest.origin.as_second(),
                model: newest.model,
            }),
            without_outcome: store.overdue_outcomes(now).await?,
            champion: champion.map(|champion| ChampionAge {
                age_days: (now.as_second() - champion.trained_to.as_second()) / (24 * SECONDS_PER_HOUR),
                version: champion.version,
                trained_at: champion.trained_at,
                trained_to: champion.trained_to,
            }),
        })
    }

    /// Sources that answered or failed, by name.
    async fn sources(&self, day: Timestamp, month: Timestamp) -> Result<Vec<SourceHealth>, StoreError> {
        let store = &self.parts.store;
        let mut sources: BTreeMap<String, SourceHealth> = BTreeMap::new();
        let new = |source: &str| SourceHealth {
            source: source.to_owned(),
            answered_at: None,
            coins: 0,
            failures_in_a_day: 0,
            failed_at: None,
        };
        for of in store.answered_by_source().await? {
            let health = sources.entry(of.source.clone()).or_insert_with(|| new(&of.source));
            (health.answered_at, health.coins) = (Some(of.newest), of.coins);
        }
        for (source, _, failed_at) in store.failures_by_source(month).await? {
            sources.entry(source.clone()).or_insert_with(|| new(&source)).failed_at = Some(failed_at);
        }
        for (source, count, _) in store.failures_by_source(day).await? {
            sources.entry(source.clone()).or_insert_with(|| new(&source)).failures_in_a_day = count;
        }
        Ok(sources.into_values().collect())
    }
}

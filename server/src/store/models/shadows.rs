//! Models that forecast beside the serving one, and what they said.

use domain::clock::instant;
use domain::forecast::{Forecast, Horizon};
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;

use super::super::engine::{Write, again};
use super::super::statement::{placeholders, sql};
use super::super::{Store, StoreError, damaged, time};
use super::version_of;
use crate::retraining::{Part, Shadow};

/// Rows in one insert.
const ROWS_PER_INSERT: usize = 500;
/// Columns of a shadow forecast.
const COLUMNS: usize = 10;

/// A forecast that nobody was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowForecast {
    /// The model that made it.
    pub version: Version,
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon begins (UTC).
    pub origin: Timestamp,
    /// The chance of a high-volatility period, 0 to 1.
    pub chance: f64,
    /// Volatility above which a period counts as high, fraction per day.
    pub high_above: f64,
    /// The 10th, 50th and 90th percentile of realised volatility, fraction per day.
    pub quantiles: [f64; 3],
}

impl From<&Forecast> for ShadowForecast {
    fn from(forecast: &Forecast) -> Self {
        Self {
            version: forecast.model.clone(),
            symbol: forecast.symbol.clone(),
            horizon: forecast.horizon,
            origin: forecast.origin,
            chance: forecast.high_volatility,
            high_above: forecast.usual.high,
            quantiles: [forecast.quantiles.q10, forecast.quantiles.q50, forecast.quantiles.q90],
        }
    }
}

/// What two models said of the same period, with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon began, epoch seconds.
    pub origin_s: i64,
    /// Realised volatility, fraction per day.
    pub realised: f64,
    /// The 10th, 50th and 90th percentile that the serving model gave, fraction per day.
    pub served: [f64; 3],
    /// The same of the model in the shadow.
    pub shadow: [f64; 3],
}

/// Symbol, horizon, origin, outcome, then three quantiles of each.
type PairRow = (String, String, i64, f64, f64, f64, f64, f64, f64, f64);

/// Symbol, horizon, origin, chance, where high begins, three quantiles.
type ForecastRow = (String, String, i64, f64, f64, f64, f64, f64);

/// Version, part, beside, since, until.
type ShadowRow = (String, String, String, i64, i64);

impl Store {
    /// Lets a model forecast in the shadow; where it did so before it begins anew.
    pub(super) async fn add_shadow(&self, write: &mut Write, shadow: &Shadow) -> Result<(), StoreError> {
        let insert = format!(
            "insert into shadows (version, part, beside, since_ms, until_ms, is_over) values (?, ?, ?, ?, ?, 0){}",
            self.engine.or_update("version", &["part", "beside", "since_ms", "until_ms", "is_over"]),
        );
        let insert = sql(insert)
            .bind(shadow.version.as_str())
            .bind(shadow.part.as_str())
            .bind(shadow.beside.as_str())
            .bind(shadow.since.as_millisecond())
            .bind(shadow.until.as_millisecond());
        write.execute(insert).await?;
        Ok(())
    }

    /// Models that forecast in the shadow.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn shadows(&self) -> Result<Vec<Shadow>, StoreError> {
        let listed =
            sql("select version, part, beside, since_ms, until_ms from shadows where is_over = 0 order by version");
        let rows: Vec<ShadowRow> = self.engine.all(listed).await?;
        rows.into_iter()
            .map(|(version, part, beside, since_ms, until_ms)| {
                Ok(Shadow {
                    version: version_of("shadows", &version)?,
                    part: Part::parse(&part).ok_or_else(|| damaged("shadows", "part"))?,
                    beside: version_of("shadows", &beside)?,
                    since: time("shadows", since_ms)?,
                    until: time("shadows", until_ms)?,
                })
            })
            .collect()
    }

    /// Stores forecasts of the shadow that are not stored yet; how many those were.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing is stored then.
    pub async fn keep_shadow_forecasts(&self, made: &[ShadowForecast], at: Timestamp) -> Result<u64, StoreError> {
        again(|| self.keep_shadow_forecasts_once(made, at)).await
    }

    async fn keep_shadow_forecasts_once(&self, made: &[ShadowForecast], at: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.engine.begin().await?;
        let mut added = 0;
        for chunk in made.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "{} shadow_forecasts (version, symbol, horizon, origin_s, made_at_ms, chance, high_above, q10, q50, \
                 q90) values {}",
                self.engine.insert_new(),
                placeholders(chunk.len(), COLUMNS),
            ));
            for forecast in chunk {
                let [q10, q50, q90] = forecast.quantiles;
                insert = insert
                    .bind(forecast.version.as_str())
                    .bind(forecast.symbol.as_str())
                    .bind(forecast.horizon.as_str())
                    .bind(forecast.origin.as_second())
                    .bind(at.as_millisecond())
                    .bind(forecast.chance)
                    .bind(forecast.high_above)
                    .bind(q10)
                    .bind(q50)
                    .bind(q90);
            }
            added += write.execute(insert).await?;
        }
        write.commit().await?;
        Ok(added)
    }

    /// The newest forecasts that a model made in the shadow, the newest origin first.
    ///
    /// # Errors
    /// As [`Store::shadows`].
    pub async fn shadow_forecasts(&self, version: &Version, most: u32) -> Result<Vec<ShadowForecast>, StoreError> {
        let listed = sql("select symbol, horizon, origin_s, chance, high_above, q10, q50, q90 from shadow_forecasts \
             where version = ? order by origin_s desc, symbol, horizon limit ?");
        let rows: Vec<ForecastRow> = self.engine.all(listed.bind(version.as_str()).bind(most)).await?;
        rows.into_iter()
            .map(|(symbol, horizon, origin_s, chance, high_above, q10, q50, q90)| {
                Ok(ShadowForecast {
                    version: version.clone(),
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("shadow_forecasts", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("shadow_forecasts", "horizon"))?,
                    origin: instant(origin_s),
                    chance,
                    high_above,
                    quantiles: [q10, q50, q90],
                })
            })
            .collect()
    }

    /// What a serving model and one in its shadow said of the same periods from an origin (UTC) on, where it is known
    /// what came of them; in order of time.
    ///
    /// # Errors
    /// As [`Store::shadows`].
    pub async fn pairs(&self, served: &Version, shadow: &Version, from: Timestamp) -> Result<Vec<Pair>, StoreError> {
        let listed =
            sql("select p.symbol, p.horizon, p.origin_s, p.outcome, p.q10, p.q50, p.q90, s.q10, s.q50, s.q90 \
             from shadow_forecasts s join predictions p on p.symbol = s.symbol and p.horizon = s.horizon \
             and p.origin_s = s.origin_s and p.model = ? \
             where s.version = ? and s.origin_s >= ? and p.outcome is not null \
             order by p.origin_s, p.symbol, p.horizon");
        let listed = listed.bind(served.as_str()).bind(shadow.as_str()).bind(from.as_second());
        let rows: Vec<PairRow> = self.engine.all(listed).await?;
        rows.into_iter()
            .map(|(symbol, horizon, origin_s, realised, p10, p50, p90, s10, s50, s90)| {
                Ok(Pair {
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?,
                    origin_s,
                    realised,
                    served: [p10, p50, p90],
                    shadow: [s10, s50, s90],
                })
            })
            .collect()
    }

    /// Forgets forecasts of the shadow with an origin before an instant (UTC); how many those were.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_shadow_forecasts(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.engine.execute(sql("delete from shadow_forecasts where origin_s < ?").bind(before.as_second())).await
    }
}

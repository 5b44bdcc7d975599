//! Published forecasts in the store: what was said, from what, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::{Forecast, Horizon};
use domain::market::Symbol;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::engine::again;
use super::statement::{placeholders, sql};
use super::{Store, StoreError, damaged, time};
use crate::hex::hex;
use crate::outbox::Parcel;

/// Rows in one insert: their forecasts are long.
const ROWS_PER_INSERT: usize = 100;
/// Columns of a prediction's insert.
const COLUMNS: usize = 14;
/// Rows in one page of the production data.
const ROWS_PER_PAGE: u32 = 500;

/// What is read of a row: see [`PredictionRow`].
const READ: &str = "id, forecast, features, published_at_ms, outcome, outcome_high, outcome_at_ms";

/// Id, forecast, features, published, outcome, whether it was high, when that became known.
type PredictionRow = (String, String, String, i64, Option<f64>, Option<i64>, Option<i64>);

/// A forecast with the features that it was made from, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeForecast {
    /// The forecast.
    pub forecast: Forecast,
    /// The features at its origin by name, each in its own unit.
    pub features: BTreeMap<String, f64>,
}

/// A forecast as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedForecast {
    /// Its name; see [`prediction_id`].
    pub id: String,
    /// The forecast as it was shown.
    pub forecast: Forecast,
    /// The features at its origin by name, each in its own unit.
    pub features: BTreeMap<String, f64>,
    /// When it was stored (UTC).
    pub published_at: Timestamp,
    /// What came of it; none while the horizon runs, or where the candles have too many holes to say.
    pub outcome: Option<Outcome>,
}

/// What came of a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Realised volatility over the horizon, fraction per day.
    pub realised: f64,
    /// Whether that was a high-volatility period.
    pub is_high: bool,
    /// When we worked it out (UTC).
    pub known_at: Timestamp,
}

/// A forecast whose horizon has passed and whose outcome is not written down yet.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenForecast {
    /// Its name.
    pub id: String,
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon began, epoch seconds.
    pub origin_s: i64,
    /// Volatility above which the period counts as high, fraction per day.
    pub high_above: f64,
}

/// The outcome of a forecast, to be written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The forecast's name.
    pub id: String,
    /// Realised volatility, fraction per day, and whether that was high; none where it will never be known.
    pub outcome: Option<(f64, bool)>,
}

/// Where a page ends: the origin (epoch seconds) and name of its last row.
pub type PageEnd = (i64, String);

/// The name of a published forecast: the same for the same coin, horizon, origin and model, whoever asks and however
/// often. 32 hexadecimal digits.
#[must_use]
pub fn prediction_id(forecast: &Forecast) -> String {
    let Forecast { symbol, horizon, origin, model, .. } = forecast;
    named(&["prediction", symbol.as_str(), horizon.as_str(), &origin.as_second().to_string(), model.as_str()])
}

/// A name made from what it stands for: 128 bits of SHA-256 as hexadecimal digits.
pub(super) fn named(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("|"))[..16])
}

impl Store {
    /// Stores forecasts that are not stored yet; how many those were. Those that are there stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing is stored then.
    pub async fn publish(&self, made: &[MadeForecast], at: Timestamp) -> Result<u64, StoreError> {
        again(|| self.publish_once(made, at)).await
    }

    async fn publish_once(&self, made: &[MadeForecast], at: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.engine.begin().await?;
        let mut added = 0;
        for chunk in made.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "{} predictions (id, symbol, horizon, origin_s, model, published_at_ms, chance, high_above, q10, q50, \
                 q90, rank_in_year, forecast, features) values {}",
                self.engine.insert_new(),
                placeholders(chunk.len(), COLUMNS),
            ));
            for MadeForecast { forecast, features } in chunk {
                insert = insert
                    .bind(prediction_id(forecast))
                    .bind(forecast.symbol.as_str())
                    .bind(forecast.horizon.as_str())
                    .bind(forecast.origin.as_second())
                    .bind(forecast.model.as_str())
                    .bind(at.as_millisecond())
                    .bind(forecast.high_volatility)
                    .bind(forecast.usual.high)
                    .bind(forecast.quantiles.q10)
                    .bind(forecast.quantiles.q50)
                    .bind(forecast.quantiles.q90)
                    .bind(forecast.rank)
                    .bind(json(forecast)?)
                    .bind(json(features)?);
            }
            added += write.execute(insert).await?;
        }
        write.commit().await?;
        Ok(added)
    }

    /// Which of these forecasts are stored.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn known_predictions(&self, ids: &[String]) -> Result<BTreeSet<String>, StoreError> {
        let mut known = BTreeSet::new();
        for chunk in ids.chunks(super::candles::ROWS_PER_INSERT) {
            let found = sql(format!("select id from predictions where id in {}", placeholders(1, chunk.len())));
            let rows: Vec<(String,)> = self.engine.all(found.bind_all(chunk)).await?;
            known.extend(rows.into_iter().map(|(id,)| id));
        }
        Ok(known)
    }

    /// A stored forecast.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn prediction(&self, id: &str) -> Result<Option<PublishedForecast>, StoreError> {
        let found = sql(format!("select {READ} from predictions where id = ?")).bind(id);
        self.engine.first(found).await?.map(prediction_of).transpose()
    }

    /// Forecasts on which the rules have not been tried yet, the oldest origin first.
    ///
    /// # Errors
    /// As [`Store::prediction`].
    pub async fn predictions_to_alert(&self, limit: u32) -> Result<Vec<PublishedForecast>, StoreError> {
        let found = sql(format!(
            "select {READ} from predictions where alerted_at_ms is null order by origin_s, symbol, horizon, id limit ?"
        ));
        let rows: Vec<PredictionRow> = self.engine.all(found.bind(limit)).await?;
        rows.into_iter().map(prediction_of).collect()
    }

    /// Notes that the rules have been tried on a forecast, and puts parcels into the outbox with it, each under a name
    /// of its own, so that none is there twice.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing has changed then.
    pub async fn note_alerted(&self, id: &str, parcels: &[(String, Parcel)], at: Timestamp) -> Result<(), StoreError> {
        again(|| self.note_alerted_once(id, parcels, at)).await
    }

    async fn note_alerted_once(&self, id: &str, parcels: &[(String, Parcel)], at: Timestamp) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        let note = sql("update predictions set alerted_at_ms = ? where id = ? and alerted_at_ms is null");
        if write.execute(note.bind(at.as_millisecond()).bind(id)).await? == 0 {
            return Ok(());
        }
        self.post_named(&mut write, parcels, at).await?;
        write.commit().await
    }

    /// Forecasts whose horizon has passed and whose outcome is not written down, in order of origin, after a page's
    /// end.
    ///
    /// # Errors
    /// As [`Store::prediction`].
    pub async fn open_forecasts(
        &self,
        now: Timestamp,
        after: Option<&PageEnd>,
        limit: u32,
    ) -> Result<Vec<OpenForecast>, StoreError> {
        let (after_s, after_id) = after.map_or((i64::MIN, ""), |(origin_s, id)| (*origin_s, id.as_str()));
        let ended = |horizon: Horizon| now.as_second() - i64::from(horizon.hours()) * SECONDS_PER_HOUR;
        let found = sql("select id, symbol, horizon, origin_s, high_above from predictions \
             where outcome_at_ms is null and origin_s <= ? and (horizon = ? or origin_s <= ?) \
             and (origin_s > ? or (origin_s = ? and id > ?)) order by origin_s, id limit ?")
        .bind(ended(Horizon::Day))
        .bind(Horizon::Day.as_str())
        .bind(ended(Horizon::TwoDays))
        .bind(after_s)
        .bind(after_s)
        .bind(after_id)
        .bind(limit);
        let rows: Vec<(String, String, String, i64, f64)> = self.engine.all(found).await?;
        rows.into_iter()
            .map(|(id, symbol, horizon, origin_s, high_above)| {
                Ok(OpenForecast {
                    id,
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("predictions", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?,
                    origin_s,
                    high_above,
                })
            })
            .collect()
    }

    /// Writes outcomes down; one that is written stays.
    ///
    /// # Errors
    /// [`StoreError::Query`]; none is written then.
    pub async fn settle(&self, settled: &[Settled], at: Timestamp) -> Result<(), StoreError> {
        again(|| self.settle_once(settled, at)).await
    }

    async fn settle_once(&self, settled: &[Settled], at: Timestamp) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        for Settled { id, outcome } in settled {
            let update = sql("update predictions set outcome = ?, outcome_high = ?, outcome_at_ms = ? \
                 where id = ? and outcome_at_ms is null")
            .bind(outcome.map(|(realised, _)| realised))
            .bind(outcome.map(|(_, is_high)| i64::from(is_high)))
            .bind(at.as_millisecond())
            .bind(id);
            write.execute(update).await?;
        }
        write.commit().await
    }

    /// Every stored forecast in order of origin, page by page: the production data.
    #[must_use]
    pub fn production_data(&self) -> ProductionData {
        ProductionData { store: self.clone(), after: None, is_over: false }
    }
}

/// Every stored forecast in order of origin.
#[derive(Debug)]
pub struct ProductionData {
    store: Store,
    after: Option<PageEnd>,
    is_over: bool,
}

impl ProductionData {
    /// The next page; none after the last one.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn next_page(&mut self) -> Result<Option<Vec<PublishedForecast>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let (after_s, after_id) = self.after.clone().unwrap_or((i64::MIN, String::new()));
        let found = sql(format!(
            "select {READ} from predictions where origin_s > ? or (origin_s = ? and id > ?) \
             order by origin_s, id limit ?"
        ));
        let found = found.bind(after_s).bind(after_s).bind(after_id).bind(ROWS_PER_PAGE);
        let rows: Vec<PredictionRow> = self.store.engine.all(found).await?;
        let page: Vec<PublishedForecast> = rows.into_iter().map(prediction_of).collect::<Result<_, _>>()?;
        self.is_over = page.len() < ROWS_PER_PAGE as usize;
        self.after = page.last().map(|last| (last.forecast.origin.as_second(), last.id.clone()));
        Ok((!page.is_empty()).then_some(page))
    }
}

fn prediction_of(row: PredictionRow) -> Result<PublishedForecast, StoreError> {
    let (id, forecast, features, published_at_ms, outcome, outcome_high, outcome_at_ms) = row;
    let outcome = match (outcome, outcome_at_ms) {
        (Some(realised), Some(at_ms)) => {
            Some(Outcome { realised, is_high: outcome_high == Some(1), known_at: time("predictions", at_ms)? })
        }
        _ => None,
    };
    Ok(PublishedForecast {
        id,
        forecast: serde_json::from_str(&forecast).map_err(|_| damaged("predictions", "forecast"))?,
        features: serde_json::from_str(&features).map_err(|_| damaged("predictions", "features"))?,
        published_at: time("predictions", published_at_ms)?,
        outcome,
    })
}

/// What the store keeps as JSON always serialises: texts, times and numbers.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// The end of a horizon (UTC).
pub(super) fn ends_at(origin_s: i64, horizon: Horizon) -> Timestamp {
    instant(origin_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR)
}

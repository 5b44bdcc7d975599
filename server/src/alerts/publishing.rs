//! New forecasts into the store, with the features that they were made from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use domain::forecast::Forecast;
use domain::market::{CandleSeries, Symbol};
use jiff::Timestamp;
use ml::features::{FEATURES, FeatureError, FeatureTable, compute_between};
use tracing::info;

use super::Alerts;
use crate::jobs::JobError;
use crate::store::{MadeForecast, prediction_id};

impl Alerts {
    /// Stores every newest forecast that is not stored yet.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn publish(&self, now: Timestamp) -> Result<(), JobError> {
        let Some(newest) = self.parts.forecasts.newest() else { return Ok(()) };
        if newest.is_simulated && !self.parts.settings.simulated_too {
            return Ok(());
        }
        let ids: Vec<String> = newest.forecasts.iter().map(prediction_id).collect();
        let known = self.parts.store.known_predictions(&ids).await?;
        let new: Vec<Forecast> =
            newest.forecasts.into_iter().zip(ids).filter(|(_, id)| !known.contains(id)).map(|(new, _)| new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let market = newest.market;
        let made = tokio::task::spawn_blocking(move || with_features(new, &market))
            .await
            .map_err(|_| JobError::Failed("Working out features broke off; the log says where.".to_owned()))?
            .map_err(|cause| JobError::Failed(cause.to_string()))?;
        let added = self.parts.store.publish(&made, now).await?;
        info!(added, "Published forecasts");
        Ok(())
    }
}

/// Forecasts with the features at their origins: the rows that the model read last. What is not known is left out.
fn with_features(
    forecasts: Vec<Forecast>,
    market: &BTreeMap<Symbol, Arc<CandleSeries>>,
) -> Result<Vec<MadeForecast>, FeatureError> {
    let market: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series.as_ref())).collect();
    let mut tables: BTreeMap<i64, Vec<FeatureTable>> = BTreeMap::new();
    let mut made = Vec::with_capacity(forecasts.len());
    for forecast in forecasts {
        let origin_s = forecast.origin.as_second();
        let there = match tables.entry(origin_s) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(compute_between(&market, origin_s, origin_s)?),
        };
        let table = there.iter().find(|table| table.symbol == forecast.symbol);
        let row = table.and_then(|table| Some((table, table.row_at(origin_s)?)));
        let features = row.map_or_else(BTreeMap::new, |(table, row)| {
            FEATURES
                .iter()
                .map(|spec| (spec.name.to_owned(), table.column(spec.feature)[row]))
                .filter(|(_, value)| value.is_finite())
                .collect()
        });
        made.push(MadeForecast { forecast, features });
    }
    Ok(made)
}

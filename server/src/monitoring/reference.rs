//! The end of what a champion was trained on.

use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::Horizon;
use domain::market::{CandleSeries, Symbol};
use ml::artefact::Manifest;
use ml::dataset::{FEATURE_COUNT, NEWEST_HOURS, Panel};
use ml::features;
use ml::split::EMBARGO_HOURS;

use super::{MOST_REFERENCE_ROWS, MonitoringError};

/// Hours between two rows of a coin: one a day, at 00:00 UTC, as models are judged.
const EVERY_HOURS: i64 = 24;

/// One origin of the training with its outcome.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReferenceRow {
    pub(super) origin_s: i64,
    pub(super) symbol: Symbol,
    pub(super) horizon: Horizon,
    /// In the order of [`ml::dataset::INPUTS`].
    pub(super) features: [f32; FEATURE_COUNT],
    /// Realised volatility above which a period counts as high, fraction a day.
    pub(super) high_above: f64,
    /// Realised volatility, fraction a day.
    pub(super) outcome: f64,
    pub(super) model: String,
}

/// The newest rows of the training span, the oldest first.
pub(super) fn rows(
    manifest: &Manifest,
    market: &[(Symbol, CandleSeries)],
) -> Result<Vec<ReferenceRow>, MonitoringError> {
    let coins = market.len().max(1);
    let days = MOST_REFERENCE_ROWS.div_ceil(coins * Horizon::ALL.len());
    let hours = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(EVERY_HOURS);
    // No outcome reaches into what the training did not see.
    let to_s = manifest.trained_to.as_second() - EMBARGO_HOURS * SECONDS_PER_HOUR;
    let from_s = manifest.trained_from.as_second().max(to_s.saturating_sub(hours * SECONDS_PER_HOUR));
    // What is usual needs the year before, an outcome the horizon after.
    let needed_from_s = from_s - i64::from(NEWEST_HOURS) * SECONDS_PER_HOUR;
    let borrowed: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let tables = features::compute_between(&borrowed, needed_from_s, manifest.trained_to.as_second())?;
    let panel = Panel::new(&tables);
    let mut rows = Vec::new();
    for origin in panel.origins(from_s, to_s, EVERY_HOURS) {
        let Ok(known) = <[f32; FEATURE_COUNT]>::try_from(panel.features(origin)) else { continue };
        for horizon in Horizon::ALL {
            let outcome = panel.target(origin, horizon).exp();
            let Some(usual) = panel.usual(origin, horizon).filter(|_| outcome.is_finite()) else { continue };
            rows.push(ReferenceRow {
                origin_s: panel.origin_s(origin),
                symbol: panel.coins()[origin.coin as usize].symbol.clone(),
                horizon,
                features: known,
                high_above: usual.high,
                outcome,
                model: manifest.version.to_string(),
            });
        }
    }
    rows.sort_by_key(|row| (row.origin_s, row.symbol.place(), row.horizon));
    let surplus = rows.len().saturating_sub(MOST_REFERENCE_ROWS);
    rows.drain(..surplus);
    Ok(rows)
}

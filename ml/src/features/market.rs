//! What all coins do together.

use domain::clock::SECONDS_PER_HOUR;

use super::FeatureTable;
use super::schema::Feature;

/// Which own feature each market-wide feature averages.
const AVERAGES: [(Feature, Feature); 2] =
    [(Feature::MarketLogRv1d, Feature::LogRv1d), (Feature::MarketLogRv7d, Feature::LogRv7d)];

/// Writes the market-wide volatility into every table: the mean over coins of log realised volatility at the same
/// hour, over the coins whose own value is known at that hour (the row's own coin among them).
///
/// Source: commonality in volatility, Bollerslev, Hood, Huss and Pedersen (2018), Review of Financial Studies
/// 31(7). Look-back: that of the feature that is averaged.
pub(super) fn fill(tables: &mut [FeatureTable]) {
    let Some(first_s) = tables.iter().filter_map(|table| table.closes_at_s.first()).min().copied() else { return };
    let last_s = tables.iter().filter_map(|table| table.closes_at_s.last()).max().copied().unwrap_or(first_s);
    let hours = usize::try_from((last_s - first_s) / SECONDS_PER_HOUR + 1).unwrap_or(0);
    let offset = |table: &FeatureTable| {
        table.closes_at_s.first().map_or(0, |&at| usize::try_from((at - first_s) / SECONDS_PER_HOUR).unwrap_or(0))
    };

    for (market, own) in AVERAGES {
        let mut means = vec![Mean::default(); hours];
        for table in &*tables {
            for (mean, &value) in means[offset(table)..].iter_mut().zip(table.column(own)) {
                mean.add(value);
            }
        }
        for table in tables.iter_mut() {
            let start = offset(table);
            table.columns[market.index()] = means[start..start + table.len()].iter().map(|mean| mean.get()).collect();
        }
    }
}

/// A mean over the values that are known.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.sum += value;
            self.count += 1.0;
        }
    }

    /// The mean; NaN where nothing is known.
    fn get(self) -> f64 {
        self.sum / self.count
    }
}

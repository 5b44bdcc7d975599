//! The list of features: names, units, look-backs, formulas and sources, in the order of a table's columns.

use domain::forecast::Driver;
use sha2::{Digest, Sha256};

/// One feature, named by its column. The discriminant is the column's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Feature {
    /// Hourly log return.
    LogReturn,
    /// Realised volatility of the last 6 hours.
    Rv6h,
    /// Realised volatility of the last day.
    Rv1d,
    /// Realised volatility of the last 2 days.
    Rv2d,
    /// Realised volatility of the last 5 days.
    Rv5d,
    /// Realised volatility of the last 7 days.
    Rv7d,
    /// Realised volatility of the last 22 days.
    Rv22d,
    /// Realised volatility of the last 30 days.
    Rv30d,
    /// Log realised volatility of the last 6 hours.
    LogRv6h,
    /// Log realised volatility of the last day.
    LogRv1d,
    /// Log realised volatility of the last 2 days.
    LogRv2d,
    /// Log realised volatility of the last 5 days.
    LogRv5d,
    /// Log realised volatility of the last 7 days.
    LogRv7d,
    /// Log realised volatility of the last 22 days.
    LogRv22d,
    /// Log realised volatility of the last 30 days.
    LogRv30d,
    /// Share of the last day's movement that was downwards.
    DownsideShare1d,
    /// Share of the last 7 days' movement that was downwards.
    DownsideShare7d,
    /// Log range volatility of the last day.
    LogParkinson1d,
    /// Log range volatility of the last 7 days.
    LogParkinson7d,
    /// Log fourth root of the last day's realised quarticity.
    LogQuarticity1d,
    /// Relative strength index over hourly bars.
    Rsi14,
    /// Log average true range over hourly bars, as a fraction of the close.
    LogAtr14,
    /// The close against its 20-day mean.
    LogCloseToSma20d,
    /// The close against its 50-day exponential mean.
    LogCloseToEma50d,
    /// The last day's volume against the last 30 days'.
    LogVolume1dTo30d,
    /// The last day's volume against the day before.
    LogVolumeChange1d,
    /// Mean over all coins of the log realised volatility of the last day.
    MarketLogRv1d,
    /// Mean over all coins of the log realised volatility of the last 7 days.
    MarketLogRv7d,
    /// Share of the next 24 hours that falls on a Monday (UTC).
    ShareMonday,
    /// Share of the next 24 hours that falls on a Tuesday (UTC).
    ShareTuesday,
    /// Share of the next 24 hours that falls on a Wednesday (UTC).
    ShareWednesday,
    /// Share of the next 24 hours that falls on a Thursday (UTC).
    ShareThursday,
    /// Share of the next 24 hours that falls on a Friday (UTC).
    ShareFriday,
    /// Share of the next 24 hours that falls on a Saturday (UTC).
    ShareSaturday,
    /// Share of the next 24 hours that falls on a Sunday (UTC).
    ShareSunday,
    /// Share of the next 24 hours that falls on a weekend (UTC).
    WeekendShare24h,
    /// Share of the next 48 hours that falls on a weekend (UTC).
    WeekendShare48h,
}

impl Feature {
    /// The position of the feature's column, and of its entry in [`FEATURES`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// What is known about the feature.
    #[must_use]
    pub fn spec(self) -> &'static FeatureSpec {
        &FEATURES[self.index()]
    }

    /// The feature of a column's name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FEATURES.iter().find(|spec| spec.name == name).map(|spec| spec.feature)
    }
}

/// What is known about a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureSpec {
    /// The feature.
    pub feature: Feature,
    /// Its name in tables, files and manifests.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How many consecutive hourly candles, the row's own included, settle its value; 0 where none does.
    pub look_back_hours: u32,
    /// What a reader is told it is about.
    pub driver: Driver,
    /// How it is computed; `r` are hourly log returns.
    pub formula: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// Raised whenever a feature is computed differently under the same name, so that older artefacts are refused.
const SCHEMA_VERSION: u32 = 1;

/// The longest look-back of any feature: a row is settled by this many hourly candles, the row's own included.
pub const LONGEST_LOOK_BACK_HOURS: u32 = longest_look_back();

const fn longest_look_back() -> u32 {
    let mut longest = 0;
    let mut index = 0;
    while index < FEATURES.len() {
        if FEATURES[index].look_back_hours > longest {
            longest = FEATURES[index].look_back_hours;
        }
        index += 1;
    }
    longest
}

/// SHA-256, in hex, of every name and look-back in order and of the way they are computed. A model may only read
/// rows of the schema it was trained on.
#[must_use]
pub fn schema_hash() -> String {
    let mut hash = Sha256::new();
    hash.update(format!("features v{SCHEMA_VERSION}\n"));
    for spec in FEATURES {
        hash.update(format!("{} {}\n", spec.name, spec.look_back_hours));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

const ABDL: &str = "Andersen, Bollerslev, Diebold and Labys (2003), Econometrica 71(2)";
const BNKS: &str = "Barndorff-Nielsen, Kinnebrock and Shephard (2010)";
const PARK: &str = "Parkinson (1980), Journal of Business 53(1)";
const BNS: &str = "Barndorff-Nielsen and Shephard (2002), JRSS B 64(2)";
const WILDER: &str = "Wilder (1978), New Concepts in Technical Trading Systems";
const BLL: &str = "Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5)";
const ROB: &str = "Roberts (1959), Technometrics 1(3)";
const GKM: &str = "Gervais, Kaniel and Mingelgrin (2001), Journal of Finance 56(3)";
const KAR: &str = "Karpoff (1987), JFQA 22(1)";
const BHHP: &str = "Bollerslev, Hood, Huss and Pedersen (2018), Review of Financial Studies 31(7)";
const CAL: &str = "Aharon and Qadan (2019), Finance Research Letters 31";

/// Every feature, in the order of a table's columns.
pub const FEATURES: &[FeatureSpec] = &[
    spec(
        Feature::LogReturn,
        "log_return",
        "fraction (log)",
        2,
        Driver::Trend,
        "ln(close / close an hour earlier)",
        "Campbell, Lo and MacKinlay (1997), The Econometrics of Financial Markets",
    ),
    spec(Feature::Rv6h, "rv_6h", "fraction per day", 7, Driver::RecentVolatility, "sqrt(24/6 · Σ r²)", ABDL),
    spec(Feature::Rv1d, "rv_1d", "fraction per day", 25, Driver::RecentVolatility, "sqrt(24/24 · Σ r²)", ABDL),
    spec(Feature::Rv2d, "rv_2d", "fraction per day", 49, Driver::RecentVolatility, "sqrt(24/48 · Σ r²)", ABDL),
    spec(Feature::Rv5d, "rv_5d", "fraction per day", 121, Driver::LongerVolatility, "sqrt(24/120 · Σ r²)", ABDL),
    spec(Feature::Rv7d, "rv_7d", "fraction per day", 169, Driver::LongerVolatility, "sqrt(24/168 · Σ r²)", ABDL),
    spec(Feature::Rv22d, "rv_22d", "fraction per day", 529, Driver::LongerVolatility, "sqrt(24/528 · Σ r²)", ABDL),
    spec(Feature::Rv30d, "rv_30d", "fraction per day", 721, Driver::LongerVolatility, "sqrt(24/720 · Σ r²)", ABDL),
    spec(
        Feature::LogRv6h,
        "log_rv_6h",
        "ln(fraction per day)",
        7,
        Driver::RecentVolatility,
        "ln(sqrt(24/6 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv1d,
        "log_rv_1d",
        "ln(fraction per day)",
        25,
        Driver::RecentVolatility,
        "ln(sqrt(24/24 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv2d,
        "log_rv_2d",
        "ln(fraction per day)",
        49,
        Driver::RecentVolatility,
        "ln(sqrt(24/48 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv5d,
        "log_rv_5d",
        "ln(fraction per day)",
        121,
        Driver::LongerVolatility,
        "ln(sqrt(24/120 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv7d,
        "log_rv_7d",
        "ln(fraction per day)",
        169,
        Driver::LongerVolatility,
        "ln(sqrt(24/168 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv22d,
        "log_rv_22d",
        "ln(fraction per day)",
        529,
        Driver::LongerVolatility,
        "ln(sqrt(24/528 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::LogRv30d,
        "log_rv_30d",
        "ln(fraction per day)",
        721,
        Driver::LongerVolatility,
        "ln(sqrt(24/720 · Σ r²))",
        ABDL,
    ),
    spec(
        Feature::DownsideShare1d,
        "downside_share_1d",
        "share, 0 to 1",
        25,
        Driver::DownsideMoves,
        "Σ r²·[r < 0] / Σ r²",
        BNKS,
    ),
    spec(
        Feature::DownsideShare7d,
        "downside_share_7d",
        "share, 0 to 1",
        169,
        Driver::DownsideMoves,
        "Σ r²·[r < 0] / Σ r²",
        BNKS,
    ),
    spec(
        Feature::LogParkinson1d,
        "log_parkinson_1d",
        "ln(fraction per day)",
        24,
        Driver::PriceRange,
        "ln(sqrt(24/24 · Σ ln(high/low)² / (4 ln 2)))",
        PARK,
    ),
    spec(
        Feature::LogParkinson7d,
        "log_parkinson_7d",
        "ln(fraction per day)",
        168,
        Driver::PriceRange,
        "ln(sqrt(24/168 · Σ ln(high/low)² / (4 ln 2)))",
        PARK,
    ),
    spec(
        Feature::LogQuarticity1d,
        "log_quarticity_1d",
        "ln(fraction per day)",
        25,
        Driver::RecentVolatility,
        "ln((24/3 · Σ r⁴)^(1/4))",
        BNS,
    ),
    spec(
        Feature::Rsi14,
        "rsi_14",
        "0 to 100",
        337,
        Driver::Trend,
        "100 · gains / (gains + losses), Wilder's mean of 14 hourly log returns",
        WILDER,
    ),
    spec(
        Feature::LogAtr14,
        "log_atr_14",
        "ln(fraction per hour)",
        337,
        Driver::PriceRange,
        "ln(ATR / close), Wilder's mean of 14 hourly true ranges",
        WILDER,
    ),
    spec(
        Feature::LogCloseToSma20d,
        "log_close_to_sma_20d",
        "ln(ratio)",
        480,
        Driver::Trend,
        "ln(close / mean of 480 closes)",
        BLL,
    ),
    spec(
        Feature::LogCloseToEma50d,
        "log_close_to_ema_50d",
        "ln(ratio)",
        1200,
        Driver::Trend,
        "ln(close / exponential mean of 1200 closes, span 1200)",
        ROB,
    ),
    spec(
        Feature::LogVolume1dTo30d,
        "log_volume_1d_to_30d",
        "ln(ratio)",
        720,
        Driver::TradingVolume,
        "ln(mean volume of 24 hours / of 720 hours)",
        GKM,
    ),
    spec(
        Feature::LogVolumeChange1d,
        "log_volume_change_1d",
        "ln(ratio)",
        48,
        Driver::TradingVolume,
        "ln(volume of 24 hours / of the 24 hours before)",
        KAR,
    ),
    spec(
        Feature::MarketLogRv1d,
        "market_log_rv_1d",
        "ln(fraction per day)",
        25,
        Driver::WholeMarket,
        "mean over coins of log_rv_1d",
        BHHP,
    ),
    spec(
        Feature::MarketLogRv7d,
        "market_log_rv_7d",
        "ln(fraction per day)",
        169,
        Driver::WholeMarket,
        "mean over coins of log_rv_7d",
        BHHP,
    ),
    spec(
        Feature::ShareMonday,
        "share_monday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Monday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareTuesday,
        "share_tuesday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Tuesday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareWednesday,
        "share_wednesday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Wednesday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareThursday,
        "share_thursday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Thursday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareFriday,
        "share_friday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Friday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareSaturday,
        "share_saturday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Saturday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::ShareSunday,
        "share_sunday",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on a Sunday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::WeekendShare24h,
        "weekend_share_24h",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 24 that fall on Saturday or Sunday (UTC) / 24",
        CAL,
    ),
    spec(
        Feature::WeekendShare48h,
        "weekend_share_48h",
        "share, 0 to 1",
        0,
        Driver::DayOfWeek,
        "hours of the next 48 that fall on Saturday or Sunday (UTC) / 48",
        CAL,
    ),
];

const fn spec(
    feature: Feature,
    name: &'static str,
    unit: &'static str,
    look_back_hours: u32,
    driver: Driver,
    formula: &'static str,
    source: &'static str,
) -> FeatureSpec {
    FeatureSpec { feature, name, unit, look_back_hours, driver, formula, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_stands_where_its_number_says() {
        for (index, spec) in FEATURES.iter().enumerate() {
            assert_eq!(spec.feature.index(), index, "{}", spec.name);
            assert_eq!(Feature::named(spec.name), Some(spec.feature));
        }
    }

    #[test]
    fn the_schema_hash_is_stable() {
        assert_eq!(schema_hash(), "64af2eb55760b9082e2a9cf1f60c344f9cd78de708823efe2d89d9166d064165");
    }
}

//! From feature tables to what models read: a panel of coins, origins in it, sequences, targets and what is usual.

mod scaler;

use domain::clock::{SECONDS_PER_HOUR, weekday};
use domain::forecast::{Horizon, UsualRange};
use domain::market::Symbol;

use crate::calibration::interpolate;
use crate::features::{Feature, FeatureTable};
use crate::seed::{generator, permutation};

pub use self::scaler::Scaler;

/// What the models read of each hour. Raw realised volatilities are left out: their logarithms say the same with
/// tame tails. So are the single hour's return, which is noise, and the weekend shares, which the days add up to.
pub const INPUTS: [Feature; FEATURE_COUNT] = [
    Feature::LogRv6h,
    Feature::LogRv1d,
    Feature::LogRv2d,
    Feature::LogRv5d,
    Feature::LogRv7d,
    Feature::LogRv22d,
    Feature::LogRv30d,
    Feature::DownsideShare1d,
    Feature::DownsideShare7d,
    Feature::LogParkinson1d,
    Feature::LogParkinson7d,
    Feature::LogQuarticity1d,
    Feature::Rsi14,
    Feature::LogAtr14,
    Feature::LogCloseToSma20d,
    Feature::LogCloseToEma50d,
    Feature::LogVolume1dTo30d,
    Feature::LogVolumeChange1d,
    Feature::MarketLogRv1d,
    Feature::MarketLogRv7d,
    Feature::ShareMonday,
    Feature::ShareTuesday,
    Feature::ShareWednesday,
    Feature::ShareThursday,
    Feature::ShareFriday,
    Feature::ShareSaturday,
    Feature::ShareSunday,
];

/// How many features the models read of each hour.
pub const FEATURE_COUNT: usize = 27;

/// Where one day, one week and one month of log realised volatility stand in [`INPUTS`].
const HAR_INPUTS: [usize; 3] = [1, 4, 6];

/// The position in [`INPUTS`] of the level that a coin's volatility stands at: that of the last week.
pub(crate) const LEVEL_INPUT: usize = 4;

/// Which of [`INPUTS`] are logarithms of volatility, and so move with the level.
const MOVES_WITH_LEVEL: [bool; FEATURE_COUNT] = {
    let mut moves = [false; FEATURE_COUNT];
    let mut index = 0;
    while index < FEATURE_COUNT {
        moves[index] = matches!(
            INPUTS[index],
            Feature::LogRv6h
                | Feature::LogRv1d
                | Feature::LogRv2d
                | Feature::LogRv5d
                | Feature::LogRv7d
                | Feature::LogRv22d
                | Feature::LogRv30d
                | Feature::LogParkinson1d
                | Feature::LogParkinson7d
                | Feature::LogQuarticity1d
                | Feature::LogAtr14
                | Feature::MarketLogRv1d
                | Feature::MarketLogRv7d
        );
        index += 1;
    }
    moves
};

/// The level of volatility in a row of [`INPUTS`]: its logarithm over the last week, natural log of a fraction per day.
#[must_use]
pub fn level(features: &[f32]) -> f32 {
    features[LEVEL_INPUT]
}

/// Reads a row of [`INPUTS`] against a level: what moves with it is written as the distance from it. A calm coin and
/// a wild one look alike then, and so do calm years and wild ones. Both slices have [`FEATURE_COUNT`] values.
pub fn relative(features: &[f32], level: f32, out: &mut [f32]) {
    for ((slot, &value), &moves) in out.iter_mut().zip(features).zip(&MOVES_WITH_LEVEL) {
        *slot = if moves { value - level } else { value };
    }
}

/// The position of a feature in [`INPUTS`], where the models read it.
#[must_use]
pub fn input(feature: Feature) -> Option<usize> {
    INPUTS.iter().position(|&read| read == feature)
}

/// How many days a sequence reaches back.
pub const SEQUENCE_DAYS: usize = 30;

/// Hours between two steps of a sequence.
const STEP_HOURS: usize = 24;

/// Share of a window's hours that must be there for its realised volatility to count.
const MIN_SHARE: f64 = 0.9;

/// Days that say what is usual.
const USUAL_DAYS: usize = 365;

/// Hours of features that the newest forecasts read: a year that says what is usual, and some room.
pub const NEWEST_HOURS: u32 = (USUAL_DAYS as u32 + 3) * STEP_HOURS as u32;

/// Fewest days from which "usual" is taken; a coin's first months have none.
const MIN_USUAL_DAYS: usize = 30;

/// Names the random streams of [`Panel::shuffle_targets`], apart from those of models.
const SHUFFLE: u64 = 0x5348_5546_464c_4500;

/// A moment at which a forecast is made: a coin of the panel and an hour of its grid. The hour's candle has
/// just closed and is the newest thing known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Position in [`Panel::coins`].
    pub coin: u32,
    /// Position in [`CoinPanel::closes_at_s`].
    pub row: u32,
}

/// One coin's features and realised volatility on a contiguous hourly grid.
#[derive(Debug, Clone)]
pub struct CoinPanel {
    /// The coin.
    pub symbol: Symbol,
    /// The end of each hour, epoch seconds, without a hole.
    pub closes_at_s: Vec<i64>,
    features: Vec<f32>,
    trailing: [Vec<f64>; 2],
    /// Where the outcomes of each row are taken from, where they are shuffled.
    shuffled: Option<Vec<usize>>,
    daily_return: Vec<f64>,
}

/// The coins that a model is fitted on or asked about.
#[derive(Debug, Clone)]
pub struct Panel {
    coins: Vec<CoinPanel>,
}

impl CoinPanel {
    /// Row-major copy of a feature table, with the realised volatility and the return of the day that ended at each
    /// hour.
    #[must_use]
    pub fn new(table: &FeatureTable) -> Self {
        let rows = table.closes_at_s.len();
        let mut features = vec![f32::NAN; rows * FEATURE_COUNT];
        for (index, &feature) in INPUTS.iter().enumerate() {
            for (row, &value) in table.column(feature).iter().enumerate() {
                features[row * FEATURE_COUNT + index] = value as f32;
            }
        }
        let trailing = Horizon::ALL.map(|horizon| trailing_log_rv(table.log_return(), horizon));
        let daily_return = trailing_daily_return(table.log_return());
        Self {
            symbol: table.symbol.clone(),
            closes_at_s: table.closes_at_s.clone(),
            features,
            trailing,
            shuffled: None,
            daily_return,
        }
    }

    /// The features at a row, in the order of [`INPUTS`]; NaN where not known.
    #[must_use]
    pub fn features(&self, row: usize) -> &[f32] {
        &self.features[row * FEATURE_COUNT..(row + 1) * FEATURE_COUNT]
    }

    /// The row whose hour ended at an instant.
    #[must_use]
    pub fn row_at(&self, closes_at_s: i64) -> Option<usize> {
        let first = *self.closes_at_s.first()?;
        let row = usize::try_from((closes_at_s - first).div_euclid(SECONDS_PER_HOUR)).ok()?;
        (self.closes_at_s.get(row) == Some(&closes_at_s)).then_some(row)
    }
}

/// Natural log of the realised volatility of the horizon that ended at each row, scaled to one day:
/// `0.5 ln(24 / h * sum r^2)`, scaled up by the share of hours that are there; NaN under 90 % of them.
fn trailing_log_rv(log_return: &[f64], horizon: Horizon) -> Vec<f64> {
    let hours = horizon.hours() as usize;
    let mut trailing = vec![f64::NAN; log_return.len()];
    for end in hours..=log_return.len() {
        let window = &log_return[end - hours..end];
        let (sum, known) =
            window.iter().filter(|r| r.is_finite()).fold((0.0, 0_usize), |(sum, known), r| (sum + r * r, known + 1));
        if known as f64 >= MIN_SHARE * hours as f64 {
            let per_day = sum / known as f64 * 24.0;
            trailing[end - 1] = 0.5 * per_day.max(f64::MIN_POSITIVE.sqrt()).ln();
        }
    }
    trailing
}

/// The sum of the known log returns of the 24 hours that ended at each row; NaN where fewer than 90 % of them are
/// known. What a price did across a hole is not known and not counted.
fn trailing_daily_return(log_return: &[f64]) -> Vec<f64> {
    let mut trailing = vec![f64::NAN; log_return.len()];
    for (slot, window) in trailing.iter_mut().skip(STEP_HOURS - 1).zip(log_return.windows(STEP_HOURS)) {
        let (sum, known) =
            window.iter().filter(|r| r.is_finite()).fold((0.0, 0_usize), |(sum, known), r| (sum + r, known + 1));
        if known as f64 >= MIN_SHARE * STEP_HOURS as f64 {
            *slot = sum;
        }
    }
    trailing
}

impl Panel {
    /// A panel of the given tables, in their order.
    #[must_use]
    pub fn new(tables: &[FeatureTable]) -> Self {
        Self { coins: tables.iter().map(CoinPanel::new).collect() }
    }

    /// The coins, in the order in which origins count them.
    #[must_use]
    pub fn coins(&self) -> &[CoinPanel] {
        &self.coins
    }

    /// When the forecast is made, epoch seconds.
    #[must_use]
    pub fn origin_s(&self, origin: Origin) -> i64 {
        self.coins[origin.coin as usize].closes_at_s[origin.row as usize]
    }

    /// The features that are known at the origin.
    #[must_use]
    pub fn features(&self, origin: Origin) -> &[f32] {
        self.coins[origin.coin as usize].features(origin.row as usize)
    }

    /// The features `days` before the origin; none before the coin's first hour.
    #[must_use]
    pub fn features_before(&self, origin: Origin, days: usize) -> Option<&[f32]> {
        let row = (origin.row as usize).checked_sub(days * STEP_HOURS)?;
        Some(self.coins[origin.coin as usize].features(row))
    }

    /// Log realised volatility of the horizon that ends at the origin; NaN where not known.
    #[must_use]
    pub fn trailing(&self, origin: Origin, horizon: Horizon) -> f64 {
        self.coins[origin.coin as usize].trailing[horizon.index()][origin.row as usize]
    }

    /// Log realised volatility of the horizon that begins at the origin, which is what a forecast is about;
    /// NaN while it is not known.
    #[must_use]
    pub fn target(&self, origin: Origin, horizon: Horizon) -> f64 {
        let coin = &self.coins[origin.coin as usize];
        let own = origin.row as usize;
        let row = coin.shuffled.as_ref().map_or(own, |rows| rows[own]) + horizon.hours() as usize;
        coin.trailing[horizon.index()].get(row).copied().unwrap_or(f64::NAN)
    }

    /// Gives every origin the outcome of another one of its coin: a test of honesty, in which nothing can have skill.
    pub fn shuffle_targets(&mut self, seed: u64) {
        for (purpose, coin) in (1..).zip(&mut self.coins) {
            coin.shuffled = Some(permutation(&mut generator(seed, SHUFFLE ^ purpose), coin.closes_at_s.len()));
        }
    }

    /// Hands over everything that the panel is made of, for a fingerprint.
    pub fn write_to(&self, sink: &mut dyn FnMut(&[u8])) {
        for coin in &self.coins {
            sink(coin.symbol.as_str().as_bytes());
            coin.closes_at_s.iter().for_each(|at| sink(&at.to_le_bytes()));
            coin.features.iter().for_each(|value| sink(&value.to_le_bytes()));
            coin.trailing.iter().flatten().for_each(|value| sink(&value.to_le_bytes()));
            coin.shuffled.iter().flatten().for_each(|row| sink(&row.to_le_bytes()));
        }
    }

    /// Log realised volatility of each of the last `days` days, the newest first; NaN where not known.
    pub fn daily_log_rv(&self, origin: Origin, days: usize) -> impl Iterator<Item = f64> + '_ {
        let trailing = &self.coins[origin.coin as usize].trailing[0];
        (0..days)
            .map(move |day| (origin.row as usize).checked_sub(day * STEP_HOURS).map_or(f64::NAN, |row| trailing[row]))
    }

    /// The log return of each of the last `days` days, the newest first: days end at the origin's hour. NaN where not
    /// known.
    pub fn daily_log_returns(&self, origin: Origin, days: usize) -> impl Iterator<Item = f64> + '_ {
        let daily = &self.coins[origin.coin as usize].daily_return;
        (0..days).map(move |day| (origin.row as usize).checked_sub(day * STEP_HOURS).map_or(f64::NAN, |row| daily[row]))
    }

    /// What is usual for the coin at the origin; none in a coin's first month.
    #[must_use]
    pub fn usual(&self, origin: Origin, horizon: Horizon) -> Option<UsualRange> {
        Some(usual_range(&self.usual_sorted(origin, horizon)?))
    }

    /// Log realised volatility of the same horizon over the trailing 365 days, one window a day, the last one ending
    /// at the origin, in order of size. None in a coin's first month.
    #[must_use]
    pub fn usual_sorted(&self, origin: Origin, horizon: Horizon) -> Option<Vec<f64>> {
        let trailing = &self.coins[origin.coin as usize].trailing[horizon.index()];
        let mut values: Vec<f64> = (0..USUAL_DAYS)
            .map_while(|day| (origin.row as usize).checked_sub(day * STEP_HOURS))
            .map(|row| trailing[row])
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        (values.len() >= MIN_USUAL_DAYS).then_some(values)
    }

    /// The regressors of the heterogeneous autoregression: log realised volatility of 1, 7 and 30 days.
    #[must_use]
    pub fn har_terms(&self, origin: Origin) -> [f64; 3] {
        let features = self.features(origin);
        HAR_INPUTS.map(|index| f64::from(features[index]))
    }

    /// Whether a model can be asked at this origin: every feature is known, and so is what is usual.
    #[must_use]
    pub fn is_complete(&self, origin: Origin) -> bool {
        self.features(origin).iter().all(|value| value.is_finite())
            && Horizon::ALL.iter().all(|&horizon| self.trailing(origin, horizon).is_finite())
    }

    /// Every complete origin in `[from_s, to_s)` on the grid of `every_hours` hours since midnight UTC, coin by
    /// coin and in order of time.
    #[must_use]
    pub fn origins(&self, from_s: i64, to_s: i64, every_hours: i64) -> Vec<Origin> {
        let step = every_hours * SECONDS_PER_HOUR;
        let mut origins = Vec::new();
        for (coin, panel) in self.coins.iter().enumerate() {
            for (row, &at) in panel.closes_at_s.iter().enumerate() {
                let origin = Origin { coin: coin as u32, row: row as u32 };
                if at >= from_s && at < to_s && at.rem_euclid(step) == 0 && self.is_complete(origin) {
                    origins.push(origin);
                }
            }
        }
        origins
    }

    /// The newest complete origin of a coin, if it is the coin's last hour.
    #[must_use]
    pub fn newest(&self, symbol: &Symbol) -> Option<Origin> {
        let coin = self.coins.iter().position(|coin| coin.symbol == *symbol)?;
        let row = self.coins[coin].closes_at_s.len().checked_sub(1)?;
        let origin = Origin { coin: coin as u32, row: row as u32 };
        self.is_complete(origin).then_some(origin)
    }

    /// First and last instant of any coin, epoch seconds; none where the panel is empty.
    #[must_use]
    pub fn span_s(&self) -> Option<(i64, i64)> {
        let first = self.coins.iter().filter_map(|coin| coin.closes_at_s.first()).min()?;
        let last = self.coins.iter().filter_map(|coin| coin.closes_at_s.last()).max()?;
        Some((*first, *last))
    }
}

/// Percentiles of what [`Panel::usual_sorted`] gives, fraction per day.
#[must_use]
pub fn usual_range(sorted: &[f64]) -> UsualRange {
    let at = |level: f64| interpolate(sorted, level * (sorted.len() - 1) as f64).exp();
    UsualRange { low: at(0.2), middle: at(0.5), high: at(0.8) }
}

/// The share of a horizon's hours that falls on each day of the week in UTC, Monday first. They sum to one.
#[must_use]
pub fn weekday_shares(origin_s: i64, horizon: Horizon) -> [f64; 7] {
    let mut shares = [0.0; 7];
    for hour in 0..i64::from(horizon.hours()) {
        shares[weekday(origin_s + hour * SECONDS_PER_HOUR) as usize] += 1.0 / f64::from(horizon.hours());
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realised_volatility_of_constant_returns_is_the_return_times_the_root_of_a_day() {
        let trailing = trailing_log_rv(&[0.01; 60], Horizon::TwoDays);
        assert!(trailing[46].is_nan());
        assert!((trailing[47].exp() - 0.01 * 24.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_window_with_more_than_a_tenth_missing_is_not_known() {
        let mut returns = [0.01; 24];
        returns[..2].fill(f64::NAN);
        assert!((trailing_log_rv(&returns, Horizon::Day)[23].exp() - 0.01 * 24.0_f64.sqrt()).abs() < 1e-12);
        returns[2] = f64::NAN;
        assert!(trailing_log_rv(&returns, Horizon::Day)[23].is_nan());
    }

    #[test]
    fn the_level_is_that_of_a_week() {
        assert_eq!(INPUTS[LEVEL_INPUT], Feature::LogRv7d);
    }

    #[test]
    fn the_autoregression_reads_a_day_a_week_and_a_month() {
        assert_eq!(HAR_INPUTS.map(|index| INPUTS[index]), [Feature::LogRv1d, Feature::LogRv7d, Feature::LogRv30d]);
    }

    #[test]
    fn a_daily_return_is_the_sum_of_its_hours_while_nine_tenths_of_them_are_known() {
        let mut returns: Vec<f64> = (0..50).map(f64::from).collect();
        returns[30] = f64::NAN;
        let daily = trailing_daily_return(&returns);
        assert!(daily[22].is_nan());
        assert_eq!(daily[23], f64::from((0..24).sum::<i32>()));
        assert_eq!(daily[40], f64::from((17..=40).sum::<i32>() - 30));
        returns[31..33].fill(f64::NAN);
        assert!(trailing_daily_return(&returns)[40].is_nan());
    }

    #[test]
    fn a_saturday_noon_day_is_half_saturday_and_half_sunday() {
        // 1970-01-03 was a Saturday.
        let shares = weekday_shares(2 * 86_400 + 12 * 3_600, Horizon::Day);
        assert!((shares[5] - 0.5).abs() < 1e-12 && (shares[6] - 0.5).abs() < 1e-12, "{shares:?}");
    }
}

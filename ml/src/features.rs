//! What a forecast reads: numbers made from the candles of all coins, one row an hour.
//!
//! Every coin has a contiguous hourly grid. A missing hour stays missing: it is never filled, and what needs it is
//! NaN ("not known"). A row at the hour's end `t` reads only candles that closed at or before `t`, and at most
//! [`LONGEST_LOOK_BACK_HOURS`] of them; given those, it has the same bits however much history there is. So
//! [`compute`] for training and [`compute_tail`] for serving cannot disagree.
//!
//! Why the sums are our own and not polars': `docs/decisions/0001-features.md`.

mod calendar;
mod grid;
mod market;
mod oscillators;
mod rolling;
mod schema;
mod trend;
mod volatility;
mod volume;

use domain::clock::{SECONDS_PER_HOUR, floor_to_hour};
use domain::market::{CandleSeries, Symbol};
use rayon::prelude::*;

use self::grid::Grid;

pub use self::rolling::LEAST_KNOWN_SHARE;
pub use self::schema::{FEATURES, Feature, FeatureSpec, LONGEST_LOOK_BACK_HOURS, schema_hash};
pub use self::volatility::VOLATILITY_FLOOR;
pub use self::volume::LOG_RATIO_LIMIT;

/// The most hours from the first row to the last one: 40 years. Two stray candles must not ask for gigabytes.
pub const MAX_HOURS: i64 = 40 * 366 * 24;

/// With fewer hours than this over all coins, waking other threads costs more than they save.
const PARALLEL_FROM_HOURS: i64 = 50_000;

/// Why there are no features.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// A candle cannot be true.
    #[error(
        "The candle of {symbol} that opens at epoch second {opens_at_s} cannot be true (prices must be finite and \
         above 0, high at least low, volume finite and not negative). Quarantine it and leave its hour missing."
    )]
    Candle {
        /// The coin.
        symbol: Symbol,
        /// When the candle opens, epoch seconds.
        opens_at_s: i64,
    },
    /// Candles are out of order, doubled, or not on the hour.
    #[error(
        "The candle of {symbol} that opens at epoch second {opens_at_s} is not on the hour or not later than the one \
         before. Sort the candles and keep one an hour."
    )]
    Time {
        /// The coin.
        symbol: Symbol,
        /// When the candle opens, epoch seconds.
        opens_at_s: i64,
    },
    /// The columns of a series have different lengths.
    #[error("The columns of {symbol} have different lengths. Every candle needs all its fields.")]
    Ragged {
        /// The coin.
        symbol: Symbol,
    },
    /// First and last hour are too far apart.
    #[error("The candles span {hours} hours, more than the {MAX_HOURS} that fit. Check the first and the last time.")]
    TooLong {
        /// How many hours they span.
        hours: i64,
    },
}

/// The features of one coin, one row an hour without exception: a missing candle has a row too.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    /// The coin.
    pub symbol: Symbol,
    /// When each row's hour ends and the row is known, epoch seconds; consecutive hours.
    pub closes_at_s: Vec<i64>,
    /// One column an entry of [`FEATURES`], each as long as the table; NaN where not known.
    pub columns: Vec<Vec<f64>>,
}

impl FeatureTable {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.closes_at_s.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.closes_at_s.is_empty()
    }

    /// A feature's values, oldest first; NaN where not known.
    #[must_use]
    pub fn column(&self, feature: Feature) -> &[f64] {
        &self.columns[feature.index()]
    }

    /// Hourly log returns, NaN over gaps.
    #[must_use]
    pub fn log_return(&self) -> &[f64] {
        self.column(Feature::LogReturn)
    }

    /// The row of the hour that ends at an epoch second.
    #[must_use]
    pub fn row_at(&self, closes_at_s: i64) -> Option<usize> {
        let offset = closes_at_s.checked_sub(*self.closes_at_s.first()?)?;
        let row = usize::try_from(offset / SECONDS_PER_HOUR).ok()?;
        (offset >= 0 && offset % SECONDS_PER_HOUR == 0 && row < self.len()).then_some(row)
    }
}

/// The features of every coin over its whole history, in the order of `market`. The market-wide features average
/// over exactly the coins that are given.
///
/// # Errors
/// [`FeatureError`] where candles cannot be true or are not in order.
pub fn compute(market: &[(Symbol, &CandleSeries)]) -> Result<Vec<FeatureTable>, FeatureError> {
    compute_between(market, i64::MIN, i64::MAX)
}

/// The rows of [`compute`] for the last `rows` hours of the market, bit for bit, at the price of those rows. The
/// last hour is that of the coin with the newest candle; a coin that ends earlier has fewer rows, down to none.
///
/// # Errors
/// As [`compute`], for the candles that are read.
pub fn compute_tail(market: &[(Symbol, &CandleSeries)], rows: u32) -> Result<Vec<FeatureTable>, FeatureError> {
    let newest_s = market.iter().filter_map(|(_, series)| series.closes_at_s()).max().unwrap_or(0);
    // No rows: the span begins after its own end.
    let from_s = newest_s.saturating_sub((i64::from(rows) - 1) * SECONDS_PER_HOUR);
    compute_between(market, from_s, newest_s)
}

/// The rows of [`compute`] whose hours end in `[from_s, to_s]`, epoch seconds, bit for bit.
///
/// # Errors
/// As [`compute`], for the candles that are read.
pub fn compute_between(
    market: &[(Symbol, &CandleSeries)],
    from_s: i64,
    to_s: i64,
) -> Result<Vec<FeatureTable>, FeatureError> {
    let spans =
        market.iter().map(|(symbol, series)| span(symbol, series, from_s, to_s)).collect::<Result<Vec<_>, _>>()?;
    let hours = check_length(&spans)?;

    let one = |((symbol, series), span): (&(Symbol, &CandleSeries), &Span)| own(symbol, series, *span);
    let tables: Result<Vec<_>, _> = if hours < PARALLEL_FROM_HOURS {
        market.iter().zip(&spans).map(one).collect()
    } else {
        market.par_iter().zip(&spans).map(one).collect()
    };
    let mut tables = tables?;
    market::fill(&mut tables);
    Ok(tables)
}

/// Ends of a coin's first and last hour that are wanted; none where there is none.
type Span = Option<(i64, i64)>;

fn span(symbol: &Symbol, series: &CandleSeries, from_s: i64, to_s: i64) -> Result<Span, FeatureError> {
    let columns = [&series.open, &series.high, &series.low, &series.close, &series.volume];
    if columns.iter().any(|column| column.len() != series.len()) {
        return Err(FeatureError::Ragged { symbol: symbol.clone() });
    }
    let (Some(&first_s), Some(&last_s)) = (series.opens_at_s.first(), series.opens_at_s.last()) else {
        return Ok(None);
    };
    if last_s < first_s {
        return Err(FeatureError::Time { symbol: symbol.clone(), opens_at_s: last_s });
    }
    let from_s = ceil_to_hour(closes_at_s(first_s).max(from_s));
    let to_s = floor_to_hour(closes_at_s(last_s).min(to_s.max(i64::MIN + SECONDS_PER_HOUR)));
    Ok((from_s <= to_s).then_some((from_s, to_s)))
}

/// When a candle that opens at an epoch second is known.
const fn closes_at_s(opens_at_s: i64) -> i64 {
    opens_at_s.saturating_add(SECONDS_PER_HOUR)
}

const fn ceil_to_hour(at_s: i64) -> i64 {
    floor_to_hour(at_s.saturating_add(SECONDS_PER_HOUR - 1))
}

/// How many rows there will be over all coins, where the grid from the first to the last is not too long.
fn check_length(spans: &[Span]) -> Result<i64, FeatureError> {
    let first_s = spans.iter().flatten().map(|span| span.0).min().unwrap_or(0);
    let last_s = spans.iter().flatten().map(|span| span.1).max().unwrap_or(0);
    let hours = last_s.saturating_sub(first_s) / SECONDS_PER_HOUR;
    if hours > MAX_HOURS {
        return Err(FeatureError::TooLong { hours });
    }
    Ok(spans.iter().flatten().map(|(from_s, to_s)| (to_s - from_s) / SECONDS_PER_HOUR + 1).sum())
}

/// A coin's table without what needs the other coins.
fn own(symbol: &Symbol, series: &CandleSeries, span: Span) -> Result<FeatureTable, FeatureError> {
    let Some((from_s, to_s)) = span else {
        let columns = vec![Vec::new(); FEATURES.len()];
        return Ok(FeatureTable { symbol: symbol.clone(), closes_at_s: Vec::new(), columns });
    };
    let grid = Grid::new(symbol, series, from_s, to_s)?;
    let closes_at_s: Vec<i64> = grid.rows().map(|position| grid.closes_at_s(position)).collect();
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(FEATURES.len());
    for spec in FEATURES {
        let column = column(spec.feature, &grid, &closes_at_s, &columns);
        columns.push(column);
    }
    Ok(FeatureTable { symbol: symbol.clone(), closes_at_s, columns })
}

/// One feature's column; `built` are the columns before it.
fn column(feature: Feature, grid: &Grid, closes_at_s: &[i64], built: &[Vec<f64>]) -> Vec<f64> {
    let built = |feature: Feature| built[feature.index()].as_slice();
    let calendar = |share: &dyn Fn(i64) -> f64| closes_at_s.iter().map(|&at_s| share(at_s)).collect();
    match feature {
        Feature::LogReturn => volatility::log_return(grid),
        Feature::Rv6h => volatility::realised(grid, 6),
        Feature::Rv1d => volatility::realised(grid, 24),
        Feature::Rv2d => volatility::realised(grid, 48),
        Feature::Rv5d => volatility::realised(grid, 120),
        Feature::Rv7d => volatility::realised(grid, 168),
        Feature::Rv22d => volatility::realised(grid, 528),
        Feature::Rv30d => volatility::realised(grid, 720),
        Feature::LogRv6h => volatility::logs(built(Feature::Rv6h)),
        Feature::LogRv1d => volatility::logs(built(Feature::Rv1d)),
        Feature::LogRv2d => volatility::logs(built(Feature::Rv2d)),
        Feature::LogRv5d => volatility::logs(built(Feature::Rv5d)),
        Feature::LogRv7d => volatility::logs(built(Feature::Rv7d)),
        Feature::LogRv22d => volatility::logs(built(Feature::Rv22d)),
        Feature::LogRv30d => volatility::logs(built(Feature::Rv30d)),
        Feature::DownsideShare1d => volatility::downside_share(grid, 24),
        Feature::DownsideShare7d => volatility::downside_share(grid, 168),
        Feature::LogParkinson1d => volatility::log_parkinson(grid, 24),
        Feature::LogParkinson7d => volatility::log_parkinson(grid, 168),
        Feature::LogQuarticity1d => volatility::log_quarticity(grid, 24),
        Feature::Rsi14 => oscillators::rsi(grid),
        Feature::LogAtr14 => oscillators::log_atr(grid),
        Feature::LogCloseToSma20d => trend::log_close_to_sma(grid, 480),
        Feature::LogCloseToEma50d => trend::log_close_to_ema(grid, 1_200),
        Feature::LogVolume1dTo30d => volume::log_day_to_usual(grid, 720),
        Feature::LogVolumeChange1d => volume::log_change(grid),
        // Needs the other coins: `market::fill` writes it when all have their own columns.
        Feature::MarketLogRv1d | Feature::MarketLogRv7d => Vec::new(),
        Feature::ShareMonday => calendar(&|at_s| calendar::weekday_share(at_s, 0)),
        Feature::ShareTuesday => calendar(&|at_s| calendar::weekday_share(at_s, 1)),
        Feature::ShareWednesday => calendar(&|at_s| calendar::weekday_share(at_s, 2)),
        Feature::ShareThursday => calendar(&|at_s| calendar::weekday_share(at_s, 3)),
        Feature::ShareFriday => calendar(&|at_s| calendar::weekday_share(at_s, 4)),
        Feature::ShareSaturday => calendar(&|at_s| calendar::weekday_share(at_s, 5)),
        Feature::ShareSunday => calendar(&|at_s| calendar::weekday_share(at_s, 6)),
        Feature::WeekendShare24h => calendar(&|at_s| calendar::weekend_share(at_s, 1)),
        Feature::WeekendShare48h => calendar(&|at_s| calendar::weekend_share(at_s, 2)),
    }
}

//! One coin's hours on a contiguous grid, with everything that more than one feature reads.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};

use super::{FeatureError, LONGEST_LOOK_BACK_HOURS};

/// The rows before the first row that is asked for: enough history for every feature, so that no feature has
/// to think about the start of the grid.
const LEAD: usize = LONGEST_LOOK_BACK_HOURS as usize;

/// A contiguous hourly grid: [`LEAD`] hours of history and then the hours that are asked for. Position 0 is the
/// oldest hour. A quantity that is not known in an hour is 0 there, and [`Presence`] says so: sums need no branch.
#[derive(Debug)]
pub(super) struct Grid {
    /// Hours since the epoch at which the hour of position 0 ends. Windows are cut on this absolute clock, so
    /// that a row does not depend on where the history begins.
    pub(super) first_hour: i64,
    /// Last price of each hour.
    pub(super) close: Vec<f64>,
    /// Units of the base currency that changed hands in each hour.
    pub(super) volume: Vec<f64>,
    /// `ln(close / close of the hour before)`; needs both hours.
    pub(super) log_return: Vec<f64>,
    /// `ln(high / low)` of each hour.
    pub(super) log_range: Vec<f64>,
    /// Wilder's true range in price units; needs the hour before as well.
    pub(super) true_range: Vec<f64>,
    /// Hours that have a candle: `close`, `volume`, `log_range`.
    pub(super) candles: Presence,
    /// Hours that have a candle right after another one: `log_return`, `true_range`.
    pub(super) pairs: Presence,
}

impl Grid {
    /// The grid whose rows are the hours that end in `[from_s, to_s]` (both on the hour), read from the candles
    /// that such rows may read and no others.
    ///
    /// # Errors
    /// A candle that cannot be true, naming the coin and the hour.
    pub(super) fn new(symbol: &Symbol, series: &CandleSeries, from_s: i64, to_s: i64) -> Result<Self, FeatureError> {
        let first_hour = from_s.div_euclid(SECONDS_PER_HOUR) - LEAD as i64;
        let hours = usize::try_from(to_s.div_euclid(SECONDS_PER_HOUR) - first_hour + 1).unwrap_or(LEAD);
        let start = series.opens_at_s.partition_point(|&at| at < (first_hour - 1).saturating_mul(SECONDS_PER_HOUR));
        let end = series.opens_at_s.partition_point(|&at| at < to_s).max(start);

        let mut grid = Self {
            first_hour,
            close: vec![0.0; hours],
            volume: vec![0.0; hours],
            log_return: vec![0.0; hours],
            log_range: vec![0.0; hours],
            true_range: vec![0.0; hours],
            candles: Presence::none(hours),
            pairs: Presence::none(hours),
        };
        let mut previous: Option<usize> = None;
        for index in start..end {
            let position = grid.position_of(symbol, series, index)?;
            if previous.is_some_and(|earlier| earlier >= position) {
                return Err(FeatureError::Time { symbol: symbol.clone(), opens_at_s: series.opens_at_s[index] });
            }
            grid.put(series, index, position, previous);
            previous = Some(position);
        }
        grid.candles.count();
        grid.pairs.count();
        Ok(grid)
    }

    /// Where a candle stands; refuses what the sums could not survive.
    fn position_of(&self, symbol: &Symbol, series: &CandleSeries, index: usize) -> Result<usize, FeatureError> {
        let opens_at_s = series.opens_at_s[index];
        let (high, low, close) = (series.high[index], series.low[index], series.close[index]);
        let volume = series.volume[index];
        let is_possible = [high, low, close].iter().all(|price| price.is_finite() && *price > 0.0)
            && low <= high
            && volume.is_finite()
            && volume >= 0.0;
        if !is_possible {
            return Err(FeatureError::Candle { symbol: symbol.clone(), opens_at_s });
        }
        // A candle is known when its hour ends, so it stands in the row of that end.
        usize::try_from(opens_at_s.div_euclid(SECONDS_PER_HOUR) + 1 - self.first_hour)
            .ok()
            .filter(|&position| position < self.close.len() && opens_at_s.rem_euclid(SECONDS_PER_HOUR) == 0)
            .ok_or_else(|| FeatureError::Time { symbol: symbol.clone(), opens_at_s })
    }

    fn put(&mut self, series: &CandleSeries, index: usize, position: usize, previous: Option<usize>) {
        let (high, low, close) = (series.high[index], series.low[index], series.close[index]);
        self.close[position] = close;
        self.volume[position] = series.volume[index];
        self.log_range[position] = (high / low).ln();
        self.candles.mark(position);
        if previous.is_some_and(|previous| previous + 1 == position) {
            let before = self.close[position - 1];
            self.log_return[position] = (close / before).ln();
            self.true_range[position] = (high - low).max((high - before).abs()).max((low - before).abs());
            self.pairs.mark(position);
        }
    }

    /// The positions of the rows that are asked for.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        LEAD..self.close.len()
    }

    /// When the hour of a position ends, epoch seconds.
    pub(super) fn closes_at_s(&self, position: usize) -> i64 {
        (self.first_hour + position as i64) * SECONDS_PER_HOUR
    }
}

/// Which hours are known. Counts over windows are differences of whole numbers, hence exact.
#[derive(Debug)]
pub(super) struct Presence {
    /// After [`Presence::count`]: how many of the positions before `i` are known, at `i`.
    before: Vec<u32>,
}

impl Presence {
    fn none(hours: usize) -> Self {
        Self { before: vec![0; hours + 1] }
    }

    fn mark(&mut self, position: usize) {
        self.before[position + 1] = 1;
    }

    fn count(&mut self) {
        let mut known = 0;
        for slot in &mut self.before {
            known += *slot;
            *slot = known;
        }
    }

    /// How many of the `window` positions that end with `last` are known.
    pub(super) fn in_window(&self, last: usize, window: usize) -> u32 {
        self.before[last + 1] - self.before[last + 1 - window]
    }

    /// Whether a position is known.
    pub(super) fn at(&self, position: usize) -> bool {
        self.in_window(position, 1) == 1
    }
}

//! A seeded market for machines that reach neither archive nor exchange. It is marked as simulated wherever it is
//! shown, and never stored.
//!
//! Hourly log returns follow GARCH(1,1) (Bollerslev 1986) with a market factor common to all coins, a weekly and a
//! daily rhythm, and rare jumps (Merton 1976). The same seed gives the same market.

use std::collections::BTreeMap;

use domain::clock::{SECONDS_PER_HOUR, floor_to_hour, weekday};
use domain::market::{CandleSeries, Symbol};
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::Offset;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// How strongly last hour's surprise moves this hour's variance.
const ALPHA: f64 = 0.08;
/// How much of last hour's variance stays. α + β = 0.985: a shock halves within two days.
const BETA: f64 = 0.905;
/// Share of a coin's variance that is the market's.
const MARKET_SHARE: f64 = 0.55;
/// Chance of a jump in one hour: about one in three weeks.
const JUMP_CHANCE: f64 = 0.002;
/// Standard deviation of a jump, in standard deviations of an ordinary hour.
const JUMP_SIZE: f64 = 6.0;
/// An hour never moves further than this, in log price: no overflow on any seed.
const LARGEST_MOVE: f64 = 0.35;
/// Volatility by day of the week, Monday first: weekends are quiet.
const BY_WEEKDAY: [f64; 7] = [1.06, 1.04, 1.07, 1.08, 1.05, 0.86, 0.84];
/// The years of history before the present calendar year.
const WHOLE_YEARS: i16 = 3;

/// What makes one coin unlike another: first price in USDT, volatility of an ordinary hour, coins traded an hour.
struct Character {
    price: f64,
    hourly_volatility: f64,
    volume: f64,
}

/// Simulates hourly candles of every coin from 1 January, three years before `until`, to the last hour that has
/// ended at `until`. Within one calendar year a later `until` only adds candles.
#[must_use]
pub fn simulate(seed: u64, symbols: &[Symbol], until: Timestamp) -> BTreeMap<Symbol, CandleSeries> {
    let start_s = start_s(until);
    let hours = usize::try_from((floor_to_hour(until.as_second()) - start_s) / SECONDS_PER_HOUR).unwrap_or(0);
    let mut market = random(seed, 0);
    let factor: Vec<f64> = (0..hours).map(|_| market.sample(StandardNormal)).collect();
    symbols.iter().map(|symbol| (symbol.clone(), simulate_coin(seed, symbol, start_s, &factor))).collect()
}

fn start_s(until: Timestamp) -> i64 {
    let year = Offset::UTC.to_datetime(until).year() - WHOLE_YEARS;
    Offset::UTC.to_timestamp(date(year, 1, 1).at(0, 0, 0, 0)).map_or(0, Timestamp::as_second)
}

fn simulate_coin(seed: u64, symbol: &Symbol, start_s: i64, factor: &[f64]) -> CandleSeries {
    let character = character(symbol);
    let mut random = random(seed, stream_of(symbol));
    let ordinary = character.hourly_volatility * character.hourly_volatility;
    let mut variance = ordinary;
    let mut price = character.price;
    let mut series = CandleSeries::default();
    for (hour, &market) in (0i64..).zip(factor) {
        let opens_at_s = start_s + hour * SECONDS_PER_HOUR;
        let own: f64 = random.sample(StandardNormal);
        let shock = MARKET_SHARE.sqrt() * market + (1.0 - MARKET_SHARE).sqrt() * own;
        let surprise = variance.sqrt() * shock;
        let volatility = variance.sqrt() * rhythm(opens_at_s);
        let jump = if random.random_bool(JUMP_CHANCE) {
            JUMP_SIZE * character.hourly_volatility * random.sample::<f64, _>(StandardNormal)
        } else {
            0.0
        };
        let change = (volatility * shock + jump).clamp(-LARGEST_MOVE, LARGEST_MOVE);
        let (rise, fall) = extremes(&mut random, change, volatility);
        let busy =
            (variance / ordinary).sqrt() * rhythm(opens_at_s) * (0.3 * random.sample::<f64, _>(StandardNormal)).exp();
        let close = price * change.exp();
        series.opens_at_s.push(opens_at_s);
        series.open.push(price);
        // Rounding must not put the ends outside the range.
        series.high.push((price * rise.exp()).max(price).max(close));
        series.low.push((price * fall.exp()).min(price).min(close));
        series.close.push(close);
        series.volume.push(character.volume * busy);
        variance = (1.0 - ALPHA - BETA) * ordinary + ALPHA * surprise * surprise + BETA * variance;
        price = close;
    }
    series
}

/// The highest and lowest point of a Brownian path that ends at `change`: the exact law of each
/// (reflection principle), drawn independently of each other.
fn extremes(random: &mut ChaCha8Rng, change: f64, volatility: f64) -> (f64, f64) {
    let mut reach = || {
        let uniform: f64 = 1.0 - random.random::<f64>();
        (change * change - 2.0 * volatility * volatility * uniform.ln()).sqrt()
    };
    ((change + reach()) / 2.0, (change - reach()) / 2.0)
}

/// How lively an hour is: the day of the week, and a wave with its crest at 15:00 UTC, when New York opens.
fn rhythm(opens_at_s: i64) -> f64 {
    let hour = (opens_at_s.rem_euclid(86_400) / SECONDS_PER_HOUR) as f64;
    let wave = 1.0 + 0.2 * ((hour - 15.0) / 24.0 * std::f64::consts::TAU).cos();
    BY_WEEKDAY[usize::from(weekday(opens_at_s))] * wave
}

fn character(symbol: &Symbol) -> Character {
    let (price, hourly_volatility, volume) = match symbol.ticker() {
        "BTC" => (40_000.0, 0.0050, 1_500.0),
        "ETH" => (2_500.0, 0.0063, 15_000.0),
        "BNB" => (350.0, 0.0062, 20_000.0),
        "SOL" => (80.0, 0.0095, 200_000.0),
        "XRP" => (0.6, 0.0082, 15_000_000.0),
        "ADA" => (0.7, 0.0085, 8_000_000.0),
        "DOGE" => (0.12, 0.0100, 40_000_000.0),
        "AVAX" => (35.0, 0.0096, 120_000.0),
        "LINK" => (15.0, 0.0088, 250_000.0),
        _ => (1.0, 0.0090, 1_000_000.0),
    };
    Character { price, hourly_volatility, volume }
}

/// A stream of random numbers of its own for each coin, so that following one coin more changes no other.
fn random(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// A number for each symbol (FNV-1a); zero is the market's.
fn stream_of(symbol: &Symbol) -> u64 {
    let hash = symbol
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::quarantine::judge;
    use crate::market::raw::{RawRow, RawRows};

    fn until(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_same_seed_gives_the_same_market_and_another_seed_another() {
        let at = until("2026-03-01T12:34:56Z");
        let market = simulate(7, &Symbol::followed(), at);
        assert_eq!(market, simulate(7, &Symbol::followed(), at));
        assert_ne!(market, simulate(8, &Symbol::followed(), at));
    }

    #[test]
    fn an_hour_later_there_is_one_candle_more_and_nothing_else_has_changed() {
        let symbols = &Symbol::followed()[..2];
        let before = simulate(7, symbols, until("2026-03-01T12:59:59Z"));
        let after = simulate(7, symbols, until("2026-03-01T13:00:00Z"));
        for (symbol, series) in &before {
            let later = &after[symbol];
            assert_eq!(later.len(), series.len() + 1);
            assert_eq!(later.between(i64::MIN, series.closes_at_s().expect("has candles")), *series);
            assert_eq!(later.closes_at_s(), Some(until("2026-03-01T13:00:00Z").as_second()));
        }
    }

    #[test]
    fn a_coin_is_the_same_whoever_else_is_followed() {
        let at = until("2025-02-01T00:00:00Z");
        let all = simulate(7, &Symbol::followed(), at);
        let eth = Symbol::parse("ETH").expect("a symbol");
        assert_eq!(simulate(7, std::slice::from_ref(&eth), at)[&eth], all[&eth]);
    }

    #[test]
    fn the_quarantine_believes_every_simulated_candle_of_many_seeds() {
        let at = until("2026-12-31T23:00:00Z");
        for seed in 0..8 {
            for series in simulate(seed, &Symbol::followed()[..3], at).values() {
                assert!(series.len() > 3 * 365 * 24);
                let rows = series.iter().map(|candle| RawRow {
                    row: None,
                    open_time_ms: candle.opens_at.as_millisecond(),
                    open: candle.open,
                    high: candle.high,
                    low: candle.low,
                    close: candle.close,
                    volume: candle.volume,
                });
                let rows = RawRows { rows: rows.collect(), unreadable: Vec::new() };
                assert_eq!(judge(&rows, None, at.as_second()).refused, []);
            }
        }
    }

    #[test]
    fn volatility_clusters_and_weekends_are_quieter() {
        let btc = Symbol::parse("BTC").expect("a symbol");
        let market = simulate(7, std::slice::from_ref(&btc), until("2026-06-01T00:00:00Z"));
        let series = &market[&btc];
        let squares: Vec<f64> =
            series.open.iter().zip(&series.close).map(|(open, close)| (close / open).ln().powi(2)).collect();
        let mean = squares.iter().sum::<f64>() / squares.len() as f64;
        let covariance =
            |lag: usize| squares.windows(lag + 1).map(|pair| (pair[0] - mean) * (pair[lag] - mean)).sum::<f64>();
        assert!(covariance(1) > 0.05 * covariance(0), "today's surprise says something about tomorrow's");
        let average = |is_weekend: bool| {
            let days = series.opens_at_s.iter().zip(&squares).filter(|(at, _)| (weekday(**at) >= 5) == is_weekend);
            let (count, sum) = days.fold((0.0, 0.0), |(count, sum), (_, square)| (count + 1.0, sum + square));
            sum / count
        };
        assert!(average(true) < average(false));
    }
}

//! The form of a feature table, gaps, and what is refused.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::CandleSeries;
use ml::features::{
    FEATURES, Feature, FeatureError, FeatureTable, LOG_RATIO_LIMIT, LONGEST_LOOK_BACK_HOURS, VOLATILITY_FLOOR, compute,
    compute_tail,
};
use proptest::prelude::*;

use crate::support::{START_S, assert_close, candles, symbol, without};

fn table(series: &CandleSeries) -> FeatureTable {
    compute(&[(symbol("BTC"), series)]).unwrap().remove(0)
}

#[test]
fn every_hour_has_a_row_and_every_row_every_feature() {
    let series = without(&candles(1, 2_000), |index| (700..710).contains(&index));
    let table = table(&series);

    assert_eq!(table.len(), 2_000);
    assert_eq!(table.closes_at_s[0], START_S + SECONDS_PER_HOUR);
    assert!(table.closes_at_s.windows(2).all(|pair| pair[1] - pair[0] == SECONDS_PER_HOUR));
    assert_eq!(table.columns.len(), FEATURES.len());
    for (spec, column) in FEATURES.iter().zip(&table.columns) {
        assert_eq!(column.len(), 2_000, "{}", spec.name);
        assert!(column.last().unwrap().is_finite(), "{} is not known at the end", spec.name);
    }
    assert_eq!(table.row_at(START_S + SECONDS_PER_HOUR), Some(0));
    assert_eq!(table.row_at(START_S + 2_000 * SECONDS_PER_HOUR), Some(1_999));
    for outside in [i64::MIN, START_S, START_S + 5_000, START_S + 2_001 * SECONDS_PER_HOUR, i64::MAX] {
        assert_eq!(table.row_at(outside), None, "{outside}");
    }
}

#[test]
fn a_row_with_its_whole_look_back_knows_every_feature() {
    let table = table(&candles(2, LONGEST_LOOK_BACK_HOURS as usize));
    for (spec, column) in FEATURES.iter().zip(&table.columns) {
        let settled = spec.look_back_hours.saturating_sub(1) as usize;
        assert!(column[settled..].iter().all(|value| value.is_finite()), "{} is not known in time", spec.name);
    }
}

#[test]
fn a_gap_is_never_filled() {
    let gap = 1_000..1_004;
    let table = table(&without(&candles(3, 1_400), |index| gap.contains(&index)));

    let returns = table.log_return();
    assert!(gap.clone().all(|row| returns[row].is_nan()), "a missing hour has no return");
    assert!(returns[1_004].is_nan(), "the first hour after a gap has no return");
    assert!(returns[999].is_finite() && returns[1_005].is_finite());

    // Five of 24 returns are missing: under 90 %. Five of 168: over.
    assert!(table.column(Feature::Rv1d)[1_010].is_nan());
    assert!(table.column(Feature::Rv7d)[1_010].is_finite());
    assert!(table.column(Feature::Rv6h)[1_009].is_nan());
    assert!(table.column(Feature::Rv6h)[1_010].is_finite());
    assert!(table.column(Feature::LogCloseToSma20d)[1_002].is_nan(), "without a close there is no ratio to it");
}

#[test]
fn missing_hours_count_as_average_ones() {
    let series = candles(4, 100);
    let (whole, holed) = (table(&series), table(&without(&series, |index| index == 90)));

    let returns = whole.log_return();
    let known: f64 = (76..100).filter(|row| ![90, 91].contains(row)).map(|row| returns[row].powi(2)).sum();
    assert_close("rv_1d", holed.column(Feature::Rv1d)[99], (known * 24.0 / 22.0).sqrt(), 1e-12);
}

#[test]
fn a_market_that_stands_still_has_floors_and_neutral_values_but_no_infinity() {
    let mut series = candles(5, 1_300);
    for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
        column.fill(7.0);
    }
    let still = table(&series);
    let last = |feature| *still.column(feature).last().unwrap();
    assert_eq!(last(Feature::Rv1d), 0.0);
    assert_eq!(last(Feature::LogRv1d), VOLATILITY_FLOOR.ln());
    assert_eq!(last(Feature::LogParkinson1d), VOLATILITY_FLOOR.ln());
    assert_eq!(last(Feature::LogAtr14), VOLATILITY_FLOOR.ln());
    assert_eq!(last(Feature::LogQuarticity1d), VOLATILITY_FLOOR.ln());
    assert_eq!(last(Feature::DownsideShare1d), 0.5);
    assert_eq!(last(Feature::Rsi14), 50.0);

    series.volume[1_276..].fill(0.0);
    assert_eq!(*table(&series).column(Feature::LogVolumeChange1d).last().unwrap(), -LOG_RATIO_LIMIT);
    series.volume.fill(0.0);
    assert!(table(&series).column(Feature::LogVolume1dTo30d).last().unwrap().is_nan());
}

#[test]
fn the_market_is_the_mean_over_the_coins_that_are_known_at_the_hour() {
    let (long, short) = (candles(6, 300), candles(7, 300).between(START_S + 200 * SECONDS_PER_HOUR, i64::MAX));
    let tables = compute(&[(symbol("BTC"), &long), (symbol("ETH"), &short)]).unwrap();
    let own = |coin: usize, row: usize| tables[coin].column(Feature::LogRv1d)[row];
    let market = |coin: usize, row: usize| tables[coin].column(Feature::MarketLogRv1d)[row];

    assert_eq!(market(0, 150), own(0, 150));
    assert_close("both", market(0, 299), (own(0, 299) + own(1, 99)) / 2.0, 1e-14);
    assert_eq!(market(0, 299), market(1, 99));
}

#[test]
fn candles_that_cannot_be_true_are_refused_by_coin_and_hour() {
    let refused = |change: fn(&mut CandleSeries)| {
        let mut series = candles(8, 50);
        change(&mut series);
        compute(&[(symbol("BTC"), &series)]).unwrap_err()
    };
    let opens_at_s = START_S + 20 * SECONDS_PER_HOUR;
    let candle = FeatureError::Candle { symbol: symbol("BTC"), opens_at_s };
    assert_eq!(refused(|series| series.close[20] = f64::NAN), candle);
    assert_eq!(refused(|series| series.low[20] = 0.0), candle);
    assert_eq!(refused(|series| series.high[20] = f64::INFINITY), candle);
    assert_eq!(refused(|series| series.volume[20] = -1.0), candle);
    assert_eq!(refused(|series| series.low[20] = series.high[20] * 1.01), candle);

    let time = |opens_at_s| FeatureError::Time { symbol: symbol("BTC"), opens_at_s };
    assert_eq!(refused(|series| series.opens_at_s[20] += 60), time(opens_at_s + 60));
    assert_eq!(refused(|series| series.opens_at_s[21] = series.opens_at_s[20]), time(opens_at_s));
    assert_eq!(refused(|series| series.opens_at_s.reverse()), time(START_S));
    assert_eq!(refused(|series| series.open.truncate(49)), FeatureError::Ragged { symbol: symbol("BTC") });
    assert!(matches!(refused(|series| series.opens_at_s[0] = -(1 << 60)), FeatureError::TooLong { .. }));
}

#[test]
fn no_candle_gives_no_row_and_one_candle_gives_one() {
    assert!(compute(&[]).unwrap().is_empty());
    assert!(table(&CandleSeries::default()).is_empty());
    assert_eq!(table(&candles(9, 1)).len(), 1);
    assert!(compute_tail(&[(symbol("BTC"), &candles(9, 10))], 0).unwrap()[0].is_empty());
    assert!(compute_tail(&[(symbol("BTC"), &CandleSeries::default())], 5).unwrap()[0].is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn features_do_not_depend_on_the_unit_of_price_or_volume(seed in 0_u64..1_000, price in 1e-6..1e6_f64, volume in 1e-6..1e6_f64) {
        let series = candles(seed, 400);
        let mut scaled = series.clone();
        for column in [&mut scaled.open, &mut scaled.high, &mut scaled.low, &mut scaled.close] {
            column.iter_mut().for_each(|value| *value *= price);
        }
        scaled.volume.iter_mut().for_each(|value| *value *= volume);
        let (one, other) = (table(&series), table(&scaled));
        for (spec, (one, other)) in FEATURES.iter().zip(one.columns.iter().zip(&other.columns)) {
            for (one, other) in one.iter().zip(other) {
                assert_close(spec.name, *one, *other, 1e-8);
            }
        }
    }

    #[test]
    fn known_values_stay_in_their_ranges(seed in 0_u64..1_000, missing_every in 20_usize..400) {
        let table = table(&without(&candles(seed, 1_500), |index| index % missing_every == 1));
        let within = |feature: Feature, low: f64, high: f64| {
            table.column(feature).iter().all(|value| value.is_nan() || (low..=high).contains(value))
        };
        prop_assert!(within(Feature::Rsi14, 0.0, 100.0));
        prop_assert!(within(Feature::DownsideShare7d, 0.0, 1.0));
        prop_assert!(within(Feature::WeekendShare48h, 0.0, 1.0));
        prop_assert!(within(Feature::LogRv6h, VOLATILITY_FLOOR.ln(), 0.0));
        prop_assert!(within(Feature::LogVolume1dTo30d, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT));
    }
}

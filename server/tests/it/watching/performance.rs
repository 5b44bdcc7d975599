//! Forecasts against what happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::feedback::{FeedbackOrigin, ForecastFeedback, ForecastVerdict};
use domain::forecast::{Forecast, Horizon};
use domain::market::{Candle, CandleSeries};
use domain::model::Version;
use domain::user::AccountId;
use jiff::Timestamp;
use server::alerts::realised_volatility;
use server::store::{Baseline, Giver, MadeForecast, Settled, prediction_id};
use server::watching::{PerformanceBoard, PerformanceQuery};

use super::{COINS, DAY_S, START_S, World, coin, forecast, locked, noise, snapshot};

on_both!(
    the_numbers_are_those_of_a_hand_made_example,
    a_second_run_takes_in_what_came_since,
    a_year_of_forecasts_answers_at_once,
    the_baseline_is_asked_at_the_same_origins,
);

fn version() -> Version {
    Version::parse("lstm-20250701-1a2b3c4d").expect("a version")
}

/// Publishes a forecast and what came of it; its name.
async fn tell(world: &World, forecast: Forecast, realised: f64, is_high: bool) -> String {
    let id = prediction_id(&forecast);
    let made = MadeForecast { forecast, features: BTreeMap::new() };
    world.store.publish(&[made], world.now()).await.expect("published");
    let settled = Settled { id: id.clone(), outcome: Some((realised, is_high)) };
    world.store.settle(&[settled], world.now()).await.expect("settled");
    id
}

async fn board(world: &World, query: &PerformanceQuery) -> PerformanceBoard {
    world.watching.performance_board(query).await.expect("a board")
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a number");
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

/// QLIKE where the 10th and 90th percentile are half and twice the median.
fn loss(median: f64, realised: f64) -> f64 {
    let spread = 2.0 * std::f64::consts::LN_2 / (2.0 * 1.281_551_565_544_600_4);
    let ratio = realised * realised / (median * median * (2.0 * spread * spread).exp());
    ratio - ratio.ln() - 1.0
}

async fn the_numbers_are_those_of_a_hand_made_example(world: World) {
    let chance = |forecast: Forecast, chance: f64| Forecast { high_volatility: chance, ..forecast };
    let made = |ticker: &str, days_ago: i64, median: f64| {
        forecast(ticker, Horizon::Day, START_S - days_ago * DAY_S, &version(), median)
    };
    // The Monday before, and the week before that.
    let first = tell(&world, chance(made("BTC", 2, 0.02), 0.15), 0.02, false).await;
    let second = tell(&world, chance(made("ETH", 2, 0.02), 0.85), 0.05, true).await;
    tell(&world, chance(made("BTC", 9, 0.04), 0.18), 0.02, true).await;
    let other = Version::parse("lstm-20240101-00000000").expect("a version");
    tell(&world, forecast("BTC", Horizon::Day, START_S - 9 * DAY_S, &other, 0.02), 0.02, true).await;
    tell(&world, forecast("BTC", Horizon::TwoDays, START_S - 9 * DAY_S, &version(), 0.02), 0.02, true).await;
    // One that nobody knows the outcome of yet.
    let open = made("BTC", 0, 0.02);
    let made_open = MadeForecast { forecast: open, features: BTreeMap::new() };
    world.store.publish(&[made_open], world.now()).await.expect("published");
    let origin_s = START_S - 2 * DAY_S;
    let baseline = Baseline { symbol: coin("BTC"), horizon: Horizon::Day, origin_s, quantiles: [0.02, 0.04, 0.08] };
    world.store.keep_baselines(&[baseline]).await.expect("kept");
    for (giver, id, verdict) in [
        ("ann", &first, ForecastVerdict::Right),
        ("bob", &first, ForecastVerdict::Right),
        ("ann", &second, ForecastVerdict::Wrong),
    ] {
        let giver = Giver::Account(AccountId::parse(giver).expect("a name"));
        let said = ForecastFeedback::new(verdict, None, "").expect("short");
        let given = world.store.give_feedback(id, &giver, &said, FeedbackOrigin::Letter, world.now()).await;
        given.expect("stored");
    }
    world.watching.count_outcomes(world.now()).await.expect("counted");

    let all = board(&world, &PerformanceQuery { model: Some(version()), ..PerformanceQuery::default() }).await;
    assert_eq!((all.total.forecasts, all.total.compared), (3, 1));
    assert_eq!(all.updated_at, Some(world.now()));
    near(all.total.qlike, (loss(0.02, 0.02) + loss(0.02, 0.05) + loss(0.04, 0.02)) / 3.0);
    near(all.total.compared_qlike, loss(0.02, 0.02));
    near(all.total.baseline_qlike, loss(0.04, 0.02));
    near(all.total.error, ((0.02_f64 / 0.05).ln() + 2.0_f64.ln()) / 3.0);
    near(all.total.absolute_error, ((0.05_f64 / 0.02).ln() + 2.0_f64.ln()) / 3.0);
    near(all.total.baseline_absolute_error, 2.0_f64.ln());
    near(all.total.chance, (0.15 + 0.85 + 0.18) / 3.0);
    near(all.total.coverage80.map(|share| share.share), 2.0 / 3.0);
    near(all.total.baseline_coverage80.map(|share| share.share), 1.0);
    near(all.total.high.map(|share| share.share), 2.0 / 3.0);
    near(all.total.confirmed_share.map(|share| share.share), 2.0 / 3.0);
    assert_eq!((all.total.confirmed, all.total.denied), (2, 1));
    let coverage = all.total.coverage80.expect("a share");
    assert!(coverage.low < coverage.share && coverage.share < coverage.high && coverage.cases == 3);
    let weeks: Vec<(i64, u64)> = all.weeks.iter().map(|(week, scores)| (week.as_second(), scores.forecasts)).collect();
    let monday_s = "2026-05-25T00:00:00Z".parse::<Timestamp>().expect("an instant").as_second();
    assert_eq!(weeks, [(monday_s - 7 * DAY_S, 1), (monday_s, 2)]);
    let bins: Vec<(f64, u64, f64)> =
        all.reliability.iter().map(|bin| (bin.from, bin.forecasts, bin.happened.share)).collect();
    assert_eq!(bins, [(0.1, 2, 0.5), (0.8, 1, 1.0)]);
    assert!(all.reliability[0].happened.low < 0.5 && all.reliability[0].happened.high > 0.5);
    let coins: Vec<(&str, u64)> =
        all.coins.iter().map(|(symbol, scores)| (symbol.ticker(), scores.forecasts)).collect();
    assert_eq!(coins, [("BTC", 2), ("ETH", 1)]);
    let models: Vec<u64> = all.models.iter().map(|(_, scores)| scores.forecasts).collect();
    assert_eq!(models, [1, 3], "the older one by name, then the one that was asked about");

    let bitcoin = PerformanceQuery { symbol: Some(coin("BTC")), ..PerformanceQuery::default() };
    let bitcoin = board(&world, &bitcoin).await;
    assert_eq!((bitcoin.total.forecasts, bitcoin.total.confirmed, bitcoin.total.denied), (3, 2, 0));
    let two_days = PerformanceQuery { horizon: Horizon::TwoDays, ..PerformanceQuery::default() };
    let two_days = board(&world, &two_days).await;
    assert_eq!((two_days.total.forecasts, two_days.total.compared, two_days.total.baseline_qlike), (1, 0, None));
}

async fn a_second_run_takes_in_what_came_since(world: World) {
    world.watching.count_outcomes(world.now()).await.expect("counted");
    let query = PerformanceQuery::default();
    let nothing = board(&world, &query).await;
    assert_eq!((nothing.total.forecasts, nothing.total.qlike, nothing.updated_at), (0, None, None));

    let old = forecast("BTC", Horizon::Day, START_S - 100 * DAY_S, &version(), 0.02);
    let late = forecast("ETH", Horizon::Day, START_S - 90 * DAY_S, &version(), 0.02);
    tell(&world, old, 0.02, false).await;
    world.watching.count_outcomes(world.now()).await.expect("counted");
    assert_eq!(board(&world, &query).await.total.forecasts, 1);
    world.wait_s(DAY_S);
    // Its candles came three months late.
    tell(&world, late, 0.02, false).await;
    for _ in 0..2 {
        world.watching.count_outcomes(world.now()).await.expect("counted");
        let found = board(&world, &query).await;
        assert_eq!((found.total.forecasts, found.weeks.len()), (2, 2), "counted once, however often");
    }
}

async fn a_year_of_forecasts_answers_at_once(world: World) {
    for days in (1..=360_i64).collect::<Vec<_>>().chunks(60) {
        let mut made = Vec::new();
        let mut settled = Vec::new();
        for &day in days {
            for ticker in COINS {
                for horizon in Horizon::ALL {
                    let forecast = forecast(ticker, horizon, START_S - (day + 2) * DAY_S, &version(), 0.02);
                    settled.push(Settled { id: prediction_id(&forecast), outcome: Some((0.03, day % 5 == 0)) });
                    made.push(MadeForecast { forecast, features: BTreeMap::new() });
                }
            }
        }
        world.store.publish(&made, world.now()).await.expect("published");
        world.store.settle(&settled, world.now()).await.expect("settled");
    }
    world.watching.count_outcomes(world.now()).await.expect("counted");
    let query = PerformanceQuery::default();
    let began = Instant::now();
    let found = board(&world, &query).await;
    let took = began.elapsed();
    assert_eq!((found.total.forecasts, found.coins.len(), found.models.len()), (360 * 9, 9, 1));
    assert!((52..=53).contains(&found.weeks.len()), "{}", found.weeks.len());
    assert_eq!(found.weeks.iter().map(|(_, scores)| scores.forecasts).sum::<u64>(), 360 * 9);
    near(found.total.high.map(|share| share.share), 0.2);
    near(found.total.qlike, loss(0.02, 0.03));
    // On an idle machine it takes a few milliseconds.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

/// Candles whose volatility goes up and down over the weeks, up to an instant.
fn candles(seed: u64, days: i64, to_s: i64) -> CandleSeries {
    let mut close = 100.0;
    (0..days * 24)
        .map(|hour| {
            let opens_at = instant(to_s - (days * 24 - hour) * SECONDS_PER_HOUR);
            let size = 0.006 * (1.0 + 0.6 * (hour as f64 / 150.0).sin());
            let open = close;
            close *= (size * (2.0 * noise(seed, hour.unsigned_abs()) - 1.0)).exp();
            let (high, low) = (open.max(close) * 1.001, open.min(close) * 0.999);
            Candle { opens_at, open, high, low, close, volume: 5.0 + noise(seed + 1, hour.unsigned_abs()) }
        })
        .collect()
}

async fn the_baseline_is_asked_at_the_same_origins(world: World) {
    let mut series = BTreeMap::new();
    for (seed, ticker) in [(300, "BTC"), (310, "ETH")] {
        series.insert(coin(ticker), Arc::new(candles(seed, 500, START_S)));
    }
    let mut asked = 0;
    for hour in 0..30_i64 {
        for (symbol, candles) in &series {
            for horizon in Horizon::ALL {
                let ends_s = START_S - hour * 5 * SECONDS_PER_HOUR;
                let origin_s = ends_s - i64::from(horizon.hours()) * SECONDS_PER_HOUR;
                let realised = realised_volatility(candles, ends_s, horizon).expect("known");
                tell(&world, forecast(symbol.ticker(), horizon, origin_s, &version(), 0.02), realised, false).await;
                asked += 1;
            }
        }
    }
    *locked(&world.market) = Arc::new(snapshot(series));
    world.watching.count_outcomes(world.now()).await.expect("counted");
    let mut compared = 0;
    for horizon in Horizon::ALL {
        let found = board(&world, &PerformanceQuery { horizon, ..PerformanceQuery::default() }).await;
        compared += found.total.compared;
        assert_eq!(found.total.compared, found.total.forecasts);
        let qlike = found.total.baseline_qlike.expect("a number");
        assert!(qlike > 0.0 && qlike < 0.3, "it knows how volatility goes: {qlike}");
        let coverage = found.total.baseline_coverage80.expect("a share").share;
        assert!(coverage > 0.2, "{coverage}");
    }
    assert_eq!(compared, asked);
    let week_s = START_S - 30 * DAY_S;
    let lacking = world.store.origins_without_baseline(week_s, START_S).await.expect("read");
    assert!(lacking.is_empty(), "{lacking:?}");
}

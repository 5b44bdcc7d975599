//! How long an epoch of training takes with networks side by side: our half of `docs/parity/epoch`.
//!
//! `cargo bench -p ml --bench epoch -- NETWORKS EPOCHS` fits that many networks at once on a seeded random walk of
//! nine coins and prints one line of JSON: the shape of the work, and the seconds that each epoch of each network
//! took. An epoch's time is all that a training does in it: gathering the batches, both passes and the optimiser.

use std::sync::Mutex;
use std::time::Instant;

use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use ml::dataset::{FEATURE_COUNT, Panel, SEQUENCE_DAYS};
use ml::features;
use ml::model::lstm::{Lstm, Plan, Progress};
use ml::split::Fold;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Enough for 64,500 training origins, six hours apart, after the features' look-back.
const HOURS: usize = 48_400;
const START_S: i64 = 1_500_001_200;

fn main() {
    let mut counts = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (networks, epochs) = (counts.next().unwrap_or(2), counts.next().unwrap_or(2));

    let market: Vec<_> = Symbol::followed().into_iter().zip(1..).map(|(symbol, seed)| (symbol, walk(seed))).collect();
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let panel = Panel::new(&features::compute(&borrowed).expect("candles without gaps"));
    let end_s = START_S + HOURS as i64 * SECONDS_PER_HOUR;
    let fold = Fold { train_from_s: 0, test_from_s: end_s, test_to_s: end_s };
    // One more than is timed: an epoch has ended when the next has begun.
    let plan = Plan { members: networks, epochs: epochs + 1, ..Plan::default() };
    let training = fold.training(&panel, plan.every_hours);

    let starts = Mutex::new(vec![Vec::new(); networks]);
    let watch = |Progress { member, step, .. }: Progress| {
        if step == 0 {
            starts.lock().expect("no panic while held")[member].push(Instant::now());
        }
        true
    };
    Lstm::fit(&panel, &training, &plan, 7, &watch).expect("networks");

    let starts = starts.into_inner().expect("no panic while held");
    let seconds: Vec<Vec<f64>> =
        starts.iter().map(|starts| starts.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()).collect();
    let report = serde_json::json!({
        "seconds": seconds,
        "steps": training.len() / plan.batch,
        "batch": plan.batch,
        "days": SEQUENCE_DAYS,
        "features": FEATURE_COUNT,
        "hidden": plan.hidden,
    });
    println!("{report}");
}

/// A seeded random walk without gaps.
fn walk(seed: u64) -> CandleSeries {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut series = CandleSeries::default();
    let mut price = 100.0_f64;
    for hour in 0..HOURS as i64 {
        let open = price;
        price *= random.random_range(-0.01..0.01_f64).exp();
        series.opens_at_s.push(START_S + hour * SECONDS_PER_HOUR);
        series.open.push(open);
        series.high.push(open.max(price) * 1.002);
        series.low.push(open.min(price) * 0.998);
        series.close.push(price);
        series.volume.push(random.random_range(100.0..1_000.0_f64));
    }
    series
}

//! What one forecast costs, and one epoch of training.
//!
//! The epoch is a real one where an archive of candles is at hand (`INVESTBUDDY_ARCHIVE`, else
//! `../shared/data/market`): nine coins, an origin every six hours, one network.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use domain::market::{COINS, CandleSeries, Symbol};
use ml::artefact;
use ml::dataset::Panel;
use ml::features;
use ml::forecaster::{Forecaster, Shapes};
use ml::model::lstm::{Lstm, Plan};
use ml::split::Fold;

/// The shipped champion.
fn champion() -> Option<Forecaster> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/models");
    let version = std::fs::read_dir(models).ok()?.flatten().map(|entry| entry.path()).find(|path| path.is_dir())?;
    artefact::load(&version).ok()
}

fn archive() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/market");
    std::env::var_os("INVESTBUDDY_ARCHIVE")
        .map(PathBuf::from)
        .into_iter()
        .chain([beside])
        .find(|folder| folder.is_dir())
}

fn market() -> Option<Vec<(Symbol, CandleSeries)>> {
    let folder = archive()?;
    COINS
        .iter()
        .map(|coin| {
            let raw = ml::frame::read_parquet(&folder.join(format!("{}_1h.parquet", coin.symbol))).ok()?;
            let opens_at_s = raw.open_time_ms.iter().map(|at| at / 1_000).collect();
            let (open, high, low, close, volume) = (raw.open, raw.high, raw.low, raw.close, raw.volume);
            Some((Symbol::parse(coin.symbol).ok()?, CandleSeries { opens_at_s, open, high, low, close, volume }))
        })
        .collect()
}

fn forecasts(criterion: &mut Criterion) {
    let (Some(forecaster), Some(market)) = (champion(), market()) else {
        return;
    };
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let panel = Panel::new(&features::compute_tail(&borrowed, 368 * 24).expect("real candles"));
    let origin = panel.newest(&borrowed[0].0).expect("a complete last hour");
    criterion.bench_function("one prediction, both horizons", |bencher| {
        bencher.iter(|| forecaster.model().predict(black_box(&panel), &[origin]).expect("a prediction"));
    });
    criterion.bench_function("one forecast with reasons, both horizons", |bencher| {
        bencher.iter(|| forecaster.forecast(black_box(&panel), origin, &Shapes::default()).expect("a forecast"));
    });
}

fn epoch(criterion: &mut Criterion) {
    let Some(market) = market() else {
        return;
    };
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let panel = Panel::new(&features::compute(&borrowed).expect("real candles"));
    // 2024-07-01, as for the shipped model.
    let fold = Fold { train_from_s: 0, test_from_s: 1_719_792_000, test_to_s: i64::MAX };
    let plan = Plan { members: 1, epochs: 1, ..Plan::default() };
    let training = fold.training(&panel, plan.every_hours);
    let mut group = criterion.benchmark_group("training");
    group.sample_size(10);
    group.bench_function("one epoch of one network", |bencher| {
        bencher.iter(|| Lstm::fit(&panel, &training, &plan, 7, &|_| true).expect("a network"));
    });
    group.finish();
}

criterion_group!(benches, forecasts, epoch);
criterion_main!(benches);

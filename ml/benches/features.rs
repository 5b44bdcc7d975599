//! What features cost: nine coins over eight years (mark: 300 ms on 2 cores), and the newest rows alone (mark:
//! well under 1 ms a coin). Real candles as well where an archive is found.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::clock::SECONDS_PER_HOUR;
use domain::market::{COINS, CandleSeries, Symbol};
use ml::features::{LONGEST_LOOK_BACK_HOURS, compute, compute_tail};
use ml::frame::{RawCandles, read_parquet};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EIGHT_YEARS_HOURS: usize = 8 * 8_766;

fn features(criterion: &mut Criterion) {
    let owned: Vec<_> = Symbol::followed().into_iter().zip(1..).map(|(symbol, seed)| (symbol, walk(seed))).collect();
    let market = borrowed(&owned);

    let mut group = criterion.benchmark_group("features");
    group.sample_size(10);
    group.bench_function("nine coins, eight years", |bencher| bencher.iter(|| compute(black_box(&market))));
    group.bench_function("one coin, newest row", |bencher| bencher.iter(|| compute_tail(black_box(&market[..1]), 1)));
    group.bench_function("one coin, newest week", |bencher| {
        bencher.iter(|| compute_tail(black_box(&market[..1]), 168));
    });
    let own = owned[0].1.between(owned[0].1.opens_at_s[EIGHT_YEARS_HOURS - 1_500], i64::MAX);
    let own = [(owned[0].0.clone(), &own)];
    group.bench_function("a caller's own 1,500 candles, every row that is settled", |bencher| {
        bencher.iter(|| compute_tail(black_box(&own), 1_500 - LONGEST_LOOK_BACK_HOURS));
    });
    group.bench_function("nine coins, newest row", |bencher| bencher.iter(|| compute_tail(black_box(&market), 1)));
    group.finish();
}

fn archive(criterion: &mut Criterion) {
    let folder = std::env::var_os("INVESTBUDDY_ARCHIVE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/market"), PathBuf::from);
    let paths: Vec<_> = COINS.iter().map(|coin| folder.join(format!("{}_1h.parquet", coin.symbol))).collect();
    if !paths.iter().all(|path| path.is_file()) {
        return;
    }
    let read = || paths.iter().map(|path| read_parquet(path)).collect::<Result<Vec<_>, _>>();
    let Ok(files) = read() else { return };
    let owned: Vec<_> = Symbol::followed().into_iter().zip(files.into_iter().map(series)).collect();
    let market = borrowed(&owned);

    let mut group = criterion.benchmark_group("archive");
    group.sample_size(10);
    group.bench_function("read nine files", |bencher| bencher.iter(read));
    group.bench_function("features of nine coins", |bencher| bencher.iter(|| compute(black_box(&market))));
    group.finish();
}

fn borrowed(market: &[(Symbol, CandleSeries)]) -> Vec<(Symbol, &CandleSeries)> {
    market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect()
}

fn series(raw: RawCandles) -> CandleSeries {
    CandleSeries {
        opens_at_s: raw.open_time_ms.iter().map(|time| time / 1_000).collect(),
        open: raw.open,
        high: raw.high,
        low: raw.low,
        close: raw.close,
        volume: raw.volume,
    }
}

/// A seeded random walk without gaps.
fn walk(seed: u64) -> CandleSeries {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut series = CandleSeries::default();
    let mut price = 100.0_f64;
    for hour in 0..EIGHT_YEARS_HOURS as i64 {
        let open = price;
        price *= random.random_range(-0.01..0.01_f64).exp();
        series.opens_at_s.push(1_500_000_400 / SECONDS_PER_HOUR * SECONDS_PER_HOUR + hour * SECONDS_PER_HOUR);
        series.open.push(open);
        series.high.push(open.max(price) * 1.002);
        series.low.push(open.min(price) * 0.998);
        series.close.push(price);
        series.volume.push(random.random_range(100.0..1_000.0_f64));
    }
    series
}

criterion_group!(benches, features, archive);
criterion_main!(benches);

//! What a drift report costs: twelve features over 10,000 and 10,000 rows (mark: 150 ms on 2 cores), and over a
//! million rows each (mark: 8 s and 1 GB).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ml::drift::{Column, Pair, Role, Rules, compare};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FEATURES: u64 = 12;

fn drift(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("drift");
    group.sample_size(10);
    for (name, reference_rows, current_rows) in [
        ("12 features, 10,000 and 10,000 rows", 10_000, 10_000),
        ("12 features, 10,000 and 9,990 rows", 10_000, 9_990),
        ("12 features, a million rows each", 1_000_000, 1_000_000),
    ] {
        let columns: Vec<(Vec<f64>, Vec<f64>)> = (0..FEATURES)
            .map(|feature| (walk(feature, reference_rows, 0.0), walk(100 + feature, current_rows, 0.1)))
            .collect();
        let pairs: Vec<Pair<'_>> = columns
            .iter()
            .map(|(reference, current)| Pair {
                name: "feature",
                role: Role::Feature,
                reference: Column::Numbers(reference),
                current: Column::Numbers(current),
            })
            .collect();
        let rules = Rules::default();
        group.bench_function(name, |bencher| bencher.iter(|| compare(black_box(&pairs), &rules)));
    }
    group.finish();
}

/// A seeded series whose values remember the ones before, as features of a market do.
fn walk(seed: u64, rows: usize, shift: f64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut value = 0.0;
    (0..rows)
        .map(|_| {
            value = 0.9 * value + random.random_range(-1.0..1.0_f64);
            value + shift
        })
        .collect()
}

criterion_group!(benches, drift);
criterion_main!(benches);

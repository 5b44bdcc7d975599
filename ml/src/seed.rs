//! Random choices that can be repeated: every generator is a ChaCha stream named by a seed and a purpose.

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// A generator for one purpose under a seed. Two purposes never share a stream.
#[must_use]
pub fn generator(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(purpose);
    generator
}

/// Values drawn evenly from `[-bound, bound)`. Candle's own CPU initialisation cannot be seeded.
#[must_use]
pub fn uniform(generator: &mut ChaCha8Rng, count: usize, bound: f32) -> Vec<f32> {
    (0..count).map(|_| generator.random_range(-bound..bound)).collect()
}

/// The numbers `0..count` in a random order.
#[must_use]
pub fn permutation(generator: &mut ChaCha8Rng, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(generator);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_draws() {
        let draw = |seed, purpose| uniform(&mut generator(seed, purpose), 8, 0.5);
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }
}

//! Which token is taken.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Of the likeliest tokens, as many as together have this chance (Holtzman et al. 2020,
/// <https://arxiv.org/abs/1904.09751>).
const TOP_P: f64 = 0.95;
/// So much below the largest logit, at temperature 1, a token is never taken.
const NEVER: f32 = 20.0;
/// Where answers begin to differ from each other.
const SEED: u64 = 2_024;

/// Takes tokens.
pub(super) struct Sampler {
    temperature: f32,
    random: ChaCha8Rng,
}

impl Sampler {
    /// The same number, temperature and logits always take the same tokens.
    pub(super) fn new(temperature: f32, number: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        random.set_stream(number);
        Self { temperature, random }
    }

    /// The token that is taken; the likeliest one at temperature 0.
    pub(super) fn take(&mut self, logits: &[f32]) -> u32 {
        let best = likeliest(logits);
        if self.temperature <= 0.0 || !self.temperature.is_finite() {
            return best;
        }
        let largest = logits[best as usize];
        let floor = NEVER * self.temperature;
        let mut likely: Vec<(u32, f64)> = (0..)
            .zip(logits)
            .filter(|(_, logit)| largest - **logit < floor)
            .map(|(token, logit)| (token, f64::from((logit - largest) / self.temperature).exp()))
            .collect();
        likely.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let sum: f64 = likely.iter().map(|(_, weight)| weight).sum();
        let mut reached = 0.0;
        let kept = likely.iter().take_while(|(_, weight)| {
            let is_kept = reached < TOP_P * sum;
            reached += weight;
            is_kept
        });
        let kept = kept.count();
        let sum: f64 = likely[..kept].iter().map(|(_, weight)| weight).sum();
        let mut left = self.random.random::<f64>() * sum;
        for (token, weight) in &likely[..kept] {
            left -= weight;
            if left < 0.0 {
                return *token;
            }
        }
        best
    }
}

/// The first of the largest; numbers that are none count as smallest.
fn likeliest(logits: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (token, &logit) in (0..).zip(logits) {
        if logit > best.1 {
            best = (token, logit);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_temperature_the_likeliest_token_is_taken() {
        let mut sampler = Sampler::new(0.0, 1);
        assert_eq!(sampler.take(&[0.0, f32::NAN, 3.0, 3.0, -1.0]), 2);
        assert_eq!(sampler.take(&[f32::NAN, f32::NAN]), 0);
    }

    #[test]
    fn with_temperature_tokens_come_as_often_as_they_are_likely_and_the_unlikely_never() {
        let logits = [2.0_f32.ln(), 1.0_f32.ln(), 0.01_f32.ln(), -50.0];
        let mut sampler = Sampler::new(1.0, 7);
        let mut taken = [0_u32; 4];
        for _ in 0..3_000 {
            taken[sampler.take(&logits) as usize] += 1;
        }
        assert_eq!(taken[2] + taken[3], 0, "{taken:?}");
        assert!((1_850..2_150).contains(&taken[0]), "{taken:?}");
    }

    #[test]
    fn the_same_number_takes_the_same_tokens_and_another_takes_others() {
        let logits: Vec<f32> = (0..50).map(|token| (token as f32).sin()).collect();
        let taken = |number| {
            let mut sampler = Sampler::new(0.8, number);
            (0..20).map(|_| sampler.take(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(taken(3), taken(3));
        assert_ne!(taken(3), taken(4));
    }
}

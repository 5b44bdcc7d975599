//! Positions as angles (Su et al. 2021, <https://arxiv.org/abs/2104.09864>), and attention over what was kept, with
//! queries that share keys and values (Ainslie et al. 2023, <https://arxiv.org/abs/2305.13245>).

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::decoder::Kept;
use super::header::{Pairs, RopeShape, Shape};
use super::kernels::{add_shares, dots, softmax};

/// Heads that one thread attends with at least; fewer are not worth it.
const HEADS_AT_ONCE: usize = 3;
/// Positions that are looked at together: numbers stay in registers meanwhile.
const MANY: usize = 4;

/// Turns queries and keys by their positions.
pub(super) struct Rope {
    /// Radians a position, of each pair.
    frequencies: Vec<f32>,
    pairs: Pairs,
}

impl Rope {
    /// `factors` divide the frequencies (`rope_freqs` of Llama 3).
    pub(super) fn new(shape: &RopeShape, factors: Option<&[f32]>) -> Self {
        let frequency = |pair: usize| {
            let frequency = f64::from(shape.base).powf(-(2.0 * pair as f64) / shape.turned as f64);
            let factor = factors.and_then(|factors| factors.get(pair)).copied().unwrap_or(1.0);
            (frequency / f64::from(factor) / f64::from(shape.factor)) as f32
        };
        Self { frequencies: (0..shape.turned / 2).map(frequency).collect(), pairs: shape.pairs }
    }

    /// Cosine and sine of every pair at each of some positions.
    pub(super) fn turns(&self, from: usize, positions: usize) -> Vec<(f32, f32)> {
        let at = |position: usize| {
            self.frequencies.iter().map(move |frequency| {
                let (sine, cosine) = (position as f32 * frequency).sin_cos();
                (cosine, sine)
            })
        };
        (from..from + positions).flat_map(at).collect()
    }

    /// Turns rows of heads, each row by the turns of its position.
    pub(super) fn turn(&self, rows: &mut [f32], heads: usize, head_width: usize, turns: &[(f32, f32)]) {
        let pairs = self.frequencies.len();
        if pairs == 0 {
            return;
        }
        for (row, turns) in rows.chunks_exact_mut(heads * head_width).zip(turns.chunks_exact(pairs)) {
            for head in row.chunks_exact_mut(head_width) {
                match self.pairs {
                    Pairs::Neighbours => {
                        for (pair, turn) in head.as_chunks_mut::<2>().0.iter_mut().zip(turns) {
                            (pair[0], pair[1]) = turned(pair[0], pair[1], *turn);
                        }
                    }
                    Pairs::Halves => {
                        let (low, high) = head.split_at_mut(pairs);
                        for ((low, high), turn) in low.iter_mut().zip(high).zip(turns) {
                            (*low, *high) = turned(*low, *high, *turn);
                        }
                    }
                }
            }
        }
    }
}

fn turned(x: f32, y: f32, (cosine, sine): (f32, f32)) -> (f32, f32) {
    (x * cosine - y * sine, x * sine + y * cosine)
}

/// softmax(q · Kᵀ / √d) · V for the newest rows; each attends to itself and to what came before.
pub(super) fn attend(shape: &Shape, queries: &[f32], kept: &Kept) -> Vec<f32> {
    let Shape { heads, kv_heads, head_width, .. } = *shape;
    let kv_width = kv_heads * head_width;
    let rows = queries.len() / (heads * head_width);
    let before = kept.keys.len() / kv_width - rows;
    let arch = pulp::Arch::new();
    let mut attended = vec![0.0_f32; queries.len()];
    let each = attended.par_chunks_mut(head_width).zip(queries.par_chunks(head_width)).enumerate();
    each.with_min_len(HEADS_AT_ONCE).for_each_init(Vec::new, |scores, (index, (out, query))| {
        let (row, head) = (index / heads, index % heads);
        scores.resize(before + row + 1, 0.0);
        arch.dispatch(Head { query, kept, kv_width, from: head / (heads / kv_heads) * head_width, scores, out });
    });
    attended
}

/// One head of one row.
struct Head<'a> {
    query: &'a [f32],
    kept: &'a Kept,
    /// From one position's keys to the next one's.
    kv_width: usize,
    /// Where the head's keys begin in a position's.
    from: usize,
    /// One for each position that is seen.
    scores: &'a mut [f32],
    out: &'a mut [f32],
}

/// A type and no closure: that would not be compiled for the machine's own instructions.
impl WithSimd for Head<'_> {
    type Output = ();

    #[expect(clippy::needless_range_loop, reason = "see `kernels`")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { query, kept, kv_width, from, scores, out } = self;
        let scale = (query.len() as f32).sqrt().recip();
        let many = scores.len() - scores.len() % MANY;
        let mut position = 0;
        while position < many {
            let mut keys: [&[f32]; MANY] = [&[]; MANY];
            for more in 0..MANY {
                keys[more] = &kept.keys[(position + more) * kv_width + from..][..query.len()];
            }
            let found = dots(simd, query, keys);
            for more in 0..MANY {
                scores[position + more] = scale * found[more];
            }
            position += MANY;
        }
        for position in many..scores.len() {
            let [found] = dots(simd, query, [&kept.keys[position * kv_width + from..][..query.len()]]);
            scores[position] = scale * found;
        }
        softmax(simd, scores);
        position = 0;
        while position < many {
            let (mut shares, mut values): ([f32; MANY], [&[f32]; MANY]) = ([0.0; MANY], [&[]; MANY]);
            for more in 0..MANY {
                shares[more] = scores[position + more];
                values[more] = &kept.values[(position + more) * kv_width + from..][..query.len()];
            }
            add_shares(simd, out, shares, values);
            position += MANY;
        }
        for position in many..scores.len() {
            add_shares(simd, out, [scores[position]], [&kept.values[position * kv_width + from..][..query.len()]]);
        }
    }
}

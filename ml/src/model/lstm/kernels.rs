//! The arithmetic of a long short-term memory layer (Hochreiter and Schmidhuber 1997) over a whole sequence, forward
//! and backward through time, in vector instructions of whatever width the machine has.
//!
//! A *panel* holds the weights in the order in which the loops read them: `[V, K, 4, lanes]`, `V` vectors of hidden
//! units, `K = F + H + 1` values that a step has seen (inputs, the old hidden state, a one for the bias), and the
//! gates input, forget, cell, output (PyTorch's order). So one tile of a matrix product is all that the gates of a
//! vector of units need, and the squashing follows while it is still in registers. Rows of a batch are independent:
//! they go through all steps in blocks that stay in the cache.
//!
//! The inner loops go by index, and tiles are copied value by value: an adapter that is not inlined, or a slice of a
//! tile, would keep the sums in memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy, reason = "see above")]

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Rows of a batch that go through the steps together.
const BLOCK: usize = 32;

const GATES: usize = 4;

/// Sizes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) steps: usize,
    pub(super) features: usize,
    pub(super) hidden: usize,
}

impl Sizes {
    /// Values that a step sees of a row.
    const fn seen(self) -> usize {
        self.features + self.hidden + 1
    }

    /// Hidden units, filled up to whole vectors.
    const fn padded<S: Simd>(self) -> usize {
        self.hidden.next_multiple_of(S::F32_LANES)
    }

    /// Rows that there is room for in a block: a single row asks for no more than its own.
    fn tall(self) -> usize {
        self.batch.clamp(1, BLOCK)
    }

    fn blocks(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.batch).step_by(BLOCK).map(move |from| (from, BLOCK.min(self.batch - from)))
    }
}

/// What the backward pass needs of the forward pass, block by block and step by step.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Inputs, old hidden state and one, `[blocks, L + 1, tall, K]`; the last step's slot takes the last state.
    seen: Vec<f32>,
    /// Squashed gates, `[blocks, L, tall, V, 4, lanes]`; the backward pass puts their gradients in their place.
    gates: Vec<f32>,
    /// Cell states before each step, `[blocks, L + 1, tall, V, lanes]`.
    cells: Vec<f32>,
    /// Hyperbolic tangents of the cell states after each step, `[blocks, L, tall, V, lanes]`.
    squashed: Vec<f32>,
}

impl Trace {
    fn fit(&mut self, sizes: Sizes, padded: usize, blocks: usize) {
        let rows = blocks * sizes.tall();
        self.seen.resize(rows * (sizes.steps + 1) * sizes.seen(), 0.0);
        self.gates.resize(rows * sizes.steps * GATES * padded, 0.0);
        self.cells.resize(rows * (sizes.steps + 1) * padded, 0.0);
        self.squashed.resize(rows * sizes.steps * padded, 0.0);
    }
}

/// The hidden states `[B, H]` after the last step of `sequence` `[L, B, F]`, for `weights` `[F + H, 4H]` and `bias`
/// `[4H]`. With `keep` the trace holds what [`backward`] needs, else only the last block's.
pub(super) fn forward(
    sizes: Sizes,
    sequence: &[f32],
    weights: &[f32],
    bias: &[f32],
    trace: &mut Trace,
    keep: bool,
) -> Vec<f32> {
    Arch::new().dispatch(Forward { sizes, sequence, weights, bias, trace, keep })
}

/// Gradients for the weights `[F + H, 4H]` and the bias `[4H]`, from those for the last hidden states `[B, H]` and
/// the trace of the forward pass, which it uses up.
pub(super) fn backward(sizes: Sizes, weights: &[f32], gradient: &[f32], trace: &mut Trace) -> (Vec<f32>, Vec<f32>) {
    Arch::new().dispatch(Backward { sizes, weights, gradient, trace })
}

/// Hyperbolic tangent as a ratio of polynomials, within 3e-7 of the true value. Coefficients as in Eigen's float
/// kernel.
#[inline(always)]
fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let number = |value: f32| simd.splat_f32s(value);
    // In this order x86 passes a NaN on, so that a training that diverges shows it.
    let x = simd.min_f32s(number(7.905_311), simd.max_f32s(number(-7.905_311), x));
    let square = simd.mul_f32s(x, x);
    let mut odd = number(-2.760_768_5e-16);
    for coefficient in [2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619_3e-4, 4.893_524_6e-3] {
        odd = simd.mul_add_e_f32s(odd, square, number(coefficient));
    }
    let mut even = number(1.198_258_4e-6);
    for coefficient in [1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3] {
        even = simd.mul_add_e_f32s(even, square, number(coefficient));
    }
    simd.div_f32s(simd.mul_f32s(odd, x), even)
}

#[inline(always)]
fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let half = simd.splat_f32s(0.5);
    simd.mul_add_e_f32s(tanh(simd, simd.mul_f32s(x, half)), half, half)
}

/// The weights with the bias below them as a panel.
fn pack(sizes: Sizes, lanes: usize, padded: usize, weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut panel = vec![0.0_f32; padded * GATES * sizes.seen()];
    for (seen, row) in weights.chunks_exact(GATES * sizes.hidden).chain([bias]).enumerate() {
        for (gate, units) in row.chunks_exact(sizes.hidden).enumerate() {
            for (vector, units) in units.chunks(lanes).enumerate() {
                let start = ((vector * sizes.seen() + seen) * GATES + gate) * lanes;
                panel[start..start + units.len()].copy_from_slice(units);
            }
        }
    }
    panel
}

/// The inverse of [`pack`].
fn unpack(sizes: Sizes, lanes: usize, panel: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut weights = vec![0.0_f32; (sizes.seen() - 1) * GATES * sizes.hidden];
    let mut bias = vec![0.0_f32; GATES * sizes.hidden];
    for (seen, row) in weights.chunks_exact_mut(GATES * sizes.hidden).chain([&mut bias[..]]).enumerate() {
        for (gate, units) in row.chunks_exact_mut(sizes.hidden).enumerate() {
            for (vector, units) in units.chunks_mut(lanes).enumerate() {
                let start = ((vector * sizes.seen() + seen) * GATES + gate) * lanes;
                units.copy_from_slice(&panel[start..start + units.len()]);
            }
        }
    }
    (weights, bias)
}

/// The recurrent weights the other way round, `[V, 4, lanes, V, lanes]`: from the gates of each unit, in a panel's
/// order, to the old hidden units.
fn transpose(sizes: Sizes, lanes: usize, padded: usize, weights: &[f32]) -> Vec<f32> {
    let mut transposed = vec![0.0_f32; GATES * padded * padded];
    for (old, row) in weights.chunks_exact(GATES * sizes.hidden).skip(sizes.features).enumerate() {
        for (gate, units) in row.chunks_exact(sizes.hidden).enumerate() {
            for (unit, &weight) in units.iter().enumerate() {
                transposed[((unit / lanes * GATES + gate) * lanes + unit % lanes) * padded + old] = weight;
            }
        }
    }
    transposed
}

struct Forward<'a> {
    sizes: Sizes,
    sequence: &'a [f32],
    weights: &'a [f32],
    bias: &'a [f32],
    trace: &'a mut Trace,
    keep: bool,
}

impl WithSimd for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { sizes, sequence, weights, bias, trace, keep } = self;
        let Sizes { batch, steps, features, hidden } = sizes;
        let (width, padded, tall) = (sizes.seen(), sizes.padded::<S>(), sizes.tall());
        let state = features..features + hidden;
        let panel = pack(sizes, S::F32_LANES, padded, weights, bias);
        let panel = S::as_simd_f32s(&panel).0.as_chunks::<GATES>().0;
        trace.fit(sizes, padded, if keep { batch.div_ceil(tall) } else { 1 });

        let mut last = Vec::with_capacity(batch * hidden);
        for (block, (from, rows)) in sizes.blocks().enumerate() {
            let block = if keep { block } else { 0 };
            let seen = part(&mut trace.seen, block, tall * (steps + 1) * width);
            let gates = part(&mut trace.gates, block, tall * steps * GATES * padded);
            let cells = part(&mut trace.cells, block, tall * (steps + 1) * padded);
            let squashed = part(&mut trace.squashed, block, tall * steps * padded);
            for step in 0..steps {
                let inputs = &sequence[(step * batch + from) * features..][..rows * features];
                for row in 0..rows {
                    let seen = &mut seen[(step * tall + row) * width..][..width];
                    seen[..features].copy_from_slice(&inputs[row * features..][..features]);
                    seen[width - 1] = 1.0;
                }
            }
            for row in 0..rows {
                seen[row * width..][state.clone()].fill(0.0);
            }
            cells[..rows * padded].fill(0.0);

            for step in 0..steps {
                let (seen, next_seen) = seen[step * tall * width..].split_at_mut(tall * width);
                let (cells, next_cells) = cells[step * tall * padded..].split_at_mut(tall * padded);
                Step {
                    seen,
                    next_seen,
                    state: state.clone(),
                    gates: S::as_mut_simd_f32s(part(gates, step, tall * GATES * padded)).0.as_chunks_mut::<GATES>().0,
                    cells: S::as_simd_f32s(cells).0,
                    next_cells: S::as_mut_simd_f32s(next_cells).0,
                    squashed: S::as_mut_simd_f32s(part(squashed, step, tall * padded)).0,
                }
                .advance(simd, panel, width, rows);
            }
            for row in 0..rows {
                last.extend_from_slice(&seen[(steps * tall + row) * width..][state.clone()]);
            }
        }
        last
    }
}

/// The part with a number, of parts that hold `size` values.
fn part(values: &mut [f32], number: usize, size: usize) -> &mut [f32] {
    &mut values[number * size..][..size]
}

/// One step of one block.
struct Step<'a, V> {
    seen: &'a [f32],
    next_seen: &'a mut [f32],
    /// Where the hidden state stands among the values seen.
    state: Range<usize>,
    gates: &'a mut [[V; GATES]],
    cells: &'a [V],
    next_cells: &'a mut [V],
    squashed: &'a mut [V],
}

impl<V: Copy> Step<'_, V> {
    #[inline(always)]
    fn advance<S: Simd<f32s = V>>(&mut self, simd: S, panel: &[[V; GATES]], width: usize, rows: usize) {
        let vectors = panel.len() / width;
        for (vector, panel) in panel.chunks_exact(width).enumerate() {
            let mut row = 0;
            while row < rows {
                // As many rows a tile as leave its sums in registers.
                if S::REGISTER_COUNT >= 32 && row + 4 <= rows {
                    self.advance_rows::<S, 4>(simd, panel, row, vector, vectors);
                    row += 4;
                } else if row + 2 <= rows {
                    self.advance_rows::<S, 2>(simd, panel, row, vector, vectors);
                    row += 2;
                } else {
                    self.advance_rows::<S, 1>(simd, panel, row, vector, vectors);
                    row += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn advance_rows<S: Simd<f32s = V>, const ROWS: usize>(
        &mut self,
        simd: S,
        panel: &[[V; GATES]],
        from: usize,
        vector: usize,
        vectors: usize,
    ) {
        let width = panel.len();
        let mut seen = [&self.seen[..0]; ROWS];
        for row in 0..ROWS {
            seen[row] = &self.seen[(from + row) * width..][..width];
        }
        let mut sums = [[simd.splat_f32s(0.0); GATES]; ROWS];
        for k in 0..width {
            let weights = panel[k];
            for row in 0..ROWS {
                let value = simd.splat_f32s(seen[row][k]);
                for gate in 0..GATES {
                    sums[row][gate] = simd.mul_add_e_f32s(value, weights[gate], sums[row][gate]);
                }
            }
        }
        for row in 0..ROWS {
            let [input, forget, candidate, output] = sums[row];
            let at = (from + row) * vectors + vector;
            let (input, forget) = (sigmoid(simd, input), sigmoid(simd, forget));
            let (candidate, output) = (tanh(simd, candidate), sigmoid(simd, output));
            let cell = simd.mul_add_e_f32s(forget, self.cells[at], simd.mul_f32s(input, candidate));
            let squashed = tanh(simd, cell);
            self.gates[at] = [input, forget, candidate, output];
            self.next_cells[at] = cell;
            self.squashed[at] = squashed;
            let state = &mut self.next_seen[(from + row) * width..][self.state.clone()];
            let unit = vector * S::F32_LANES;
            let lanes = S::F32_LANES.min(state.len() - unit);
            simd.partial_store_f32s(&mut state[unit..unit + lanes], simd.mul_f32s(output, squashed));
        }
    }
}

struct Backward<'a> {
    sizes: Sizes,
    weights: &'a [f32],
    gradient: &'a [f32],
    trace: &'a mut Trace,
}

impl WithSimd for Backward<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { sizes, weights, gradient, trace } = self;
        let Sizes { steps, hidden, .. } = sizes;
        let (width, padded, tall) = (sizes.seen(), sizes.padded::<S>(), sizes.tall());
        let transposed = transpose(sizes, S::F32_LANES, padded, weights);
        let transposed = S::as_simd_f32s(&transposed).0;
        let mut sums = vec![0.0_f32; padded * GATES * width];
        // Gradients of the state after the step at hand, `[tall, V, lanes]`.
        let mut to_hidden = vec![0.0_f32; tall * padded];
        let mut to_cell = vec![0.0_f32; tall * padded];

        for (block, (from, rows)) in sizes.blocks().enumerate() {
            let seen = part(&mut trace.seen, block, tall * (steps + 1) * width);
            let gates = part(&mut trace.gates, block, tall * steps * GATES * padded);
            let cells = part(&mut trace.cells, block, tall * (steps + 1) * padded);
            let squashed = part(&mut trace.squashed, block, tall * steps * padded);
            let rows_of_gradient = gradient[from * hidden..].chunks_exact(hidden);
            for (to_hidden, gradient) in to_hidden.chunks_exact_mut(padded).zip(rows_of_gradient.take(rows)) {
                to_hidden[..hidden].copy_from_slice(gradient);
                to_hidden[hidden..].fill(0.0);
            }
            to_cell.fill(0.0);

            for step in (0..steps).rev() {
                let seen = &part(seen, step, tall * width)[..rows * width];
                let gates = &mut part(gates, step, tall * GATES * padded)[..rows * GATES * padded];
                through_cell(
                    simd,
                    S::as_mut_simd_f32s(gates).0.as_chunks_mut::<GATES>().0,
                    S::as_simd_f32s(part(squashed, step, tall * padded)).0,
                    S::as_simd_f32s(part(cells, step, tall * padded)).0,
                    S::as_simd_f32s(&to_hidden).0,
                    S::as_mut_simd_f32s(&mut to_cell).0,
                );
                if step > 0 {
                    let to_hidden = S::as_mut_simd_f32s(&mut to_hidden).0;
                    through_product(simd, gates, transposed, to_hidden, rows);
                }
                let sums = S::as_mut_simd_f32s(&mut sums).0.as_chunks_mut::<GATES>().0;
                add_outer(simd, seen, S::as_simd_f32s(gates).0.as_chunks::<GATES>().0, sums, width);
            }
        }
        unpack(sizes, S::F32_LANES, &sums)
    }
}

/// Puts the gradients of the gates before their squashing in the place of the squashed gates, and those of the old
/// cell state in the place of those of the new.
#[inline(always)]
fn through_cell<S: Simd>(
    simd: S,
    gates: &mut [[S::f32s; GATES]],
    squashed: &[S::f32s],
    cells: &[S::f32s],
    to_hidden: &[S::f32s],
    to_cell: &mut [S::f32s],
) {
    let one = simd.splat_f32s(1.0);
    for at in 0..gates.len() {
        let [input, forget, candidate, output] = gates[at];
        let (squashed, to_hidden) = (squashed[at], to_hidden[at]);
        let through = simd.mul_f32s(output, simd.sub_f32s(one, simd.mul_f32s(squashed, squashed)));
        let gradient = simd.mul_add_e_f32s(to_hidden, through, to_cell[at]);
        let with_input = simd.mul_f32s(gradient, input);
        let with_forget = simd.mul_f32s(gradient, forget);
        let with_output = simd.mul_f32s(simd.mul_f32s(to_hidden, squashed), output);
        gates[at] = [
            simd.mul_f32s(simd.mul_f32s(with_input, candidate), simd.sub_f32s(one, input)),
            simd.mul_f32s(simd.mul_f32s(with_forget, cells[at]), simd.sub_f32s(one, forget)),
            simd.mul_f32s(with_input, simd.sub_f32s(one, simd.mul_f32s(candidate, candidate))),
            simd.mul_f32s(with_output, simd.sub_f32s(one, output)),
        ];
        to_cell[at] = with_forget;
    }
}

/// Gradients of the old hidden state from those of the gates: a product with the recurrent weights.
#[inline(always)]
fn through_product<S: Simd>(simd: S, gates: &[f32], transposed: &[S::f32s], to_hidden: &mut [S::f32s], rows: usize) {
    let width = gates.len() / rows;
    let vectors = transposed.len() / width;
    let mut row = 0;
    while row < rows {
        let tall = if S::REGISTER_COUNT >= 32 && row + 8 <= rows {
            8
        } else if row + 4 <= rows {
            4
        } else {
            1
        };
        let mut vector = 0;
        while vector < vectors {
            let wide = if vector + 2 <= vectors { 2 } else { 1 };
            match (tall, wide) {
                (8, 2) => product_tile::<S, 8, 2>(simd, gates, transposed, to_hidden, row, vector, width),
                (8, _) => product_tile::<S, 8, 1>(simd, gates, transposed, to_hidden, row, vector, width),
                (4, 2) => product_tile::<S, 4, 2>(simd, gates, transposed, to_hidden, row, vector, width),
                (4, _) => product_tile::<S, 4, 1>(simd, gates, transposed, to_hidden, row, vector, width),
                (_, 2) => product_tile::<S, 1, 2>(simd, gates, transposed, to_hidden, row, vector, width),
                (_, _) => product_tile::<S, 1, 1>(simd, gates, transposed, to_hidden, row, vector, width),
            }
            vector += wide;
        }
        row += tall;
    }
}

#[inline(always)]
fn product_tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    gates: &[f32],
    transposed: &[S::f32s],
    to_hidden: &mut [S::f32s],
    from: usize,
    vector: usize,
    width: usize,
) {
    let vectors = transposed.len() / width;
    let mut rows = [&gates[..0]; ROWS];
    for row in 0..ROWS {
        rows[row] = &gates[(from + row) * width..][..width];
    }
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for k in 0..width {
        let weights = &transposed[k * vectors + vector..][..VECTORS];
        for row in 0..ROWS {
            let value = simd.splat_f32s(rows[row][k]);
            for column in 0..VECTORS {
                sums[row][column] = simd.mul_add_e_f32s(value, weights[column], sums[row][column]);
            }
        }
    }
    for row in 0..ROWS {
        for column in 0..VECTORS {
            to_hidden[(from + row) * vectors + vector + column] = sums[row][column];
        }
    }
}

/// Adds what a step brings to the gradients of the weights: values seen times gradients of the gates, over the rows.
#[inline(always)]
fn add_outer<S: Simd>(simd: S, seen: &[f32], gates: &[[S::f32s; GATES]], sums: &mut [[S::f32s; GATES]], width: usize) {
    let vectors = sums.len() / width;
    for (vector, sums) in sums.chunks_exact_mut(width).enumerate() {
        let mut k = 0;
        while k < width {
            if S::REGISTER_COUNT >= 32 && k + 6 <= width {
                outer_tile::<S, 6>(simd, seen, gates, sums, k, vector, vectors);
                k += 6;
            } else if k + 2 <= width {
                outer_tile::<S, 2>(simd, seen, gates, sums, k, vector, vectors);
                k += 2;
            } else {
                outer_tile::<S, 1>(simd, seen, gates, sums, k, vector, vectors);
                k += 1;
            }
        }
    }
}

#[inline(always)]
fn outer_tile<S: Simd, const VALUES: usize>(
    simd: S,
    seen: &[f32],
    gates: &[[S::f32s; GATES]],
    sums: &mut [[S::f32s; GATES]],
    from: usize,
    vector: usize,
    vectors: usize,
) {
    let width = sums.len();
    let mut tile = [[simd.splat_f32s(0.0); GATES]; VALUES];
    for value in 0..VALUES {
        tile[value] = sums[from + value];
    }
    for row in 0..gates.len() / vectors {
        let seen = &seen[row * width + from..][..VALUES];
        let gates = gates[row * vectors + vector];
        for value in 0..VALUES {
            let factor = simd.splat_f32s(seen[value]);
            for gate in 0..GATES {
                tile[value][gate] = simd.mul_add_e_f32s(factor, gates[gate], tile[value][gate]);
            }
        }
    }
    for value in 0..VALUES {
        sums[from + value] = tile[value];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tanh<'a>(&'a mut [f32]);

    impl WithSimd for Tanh<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for x in S::as_mut_simd_f32s(self.0).0 {
                *x = tanh(simd, *x);
            }
        }
    }

    #[test]
    fn the_quick_tangent_stays_within_a_millionth_of_the_true_one() {
        let xs: Vec<f32> = (-2_000..2_000_i16).map(|k| f32::from(k) / 150.0).collect();
        let mut quick = xs.clone();
        Arch::new().dispatch(Tanh(&mut quick));
        for (x, quick) in xs.iter().zip(&quick) {
            assert!((quick - x.tanh()).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn a_batch_is_its_rows_one_by_one() {
        let sizes = Sizes { batch: 2 * BLOCK + 7, steps: 9, features: 3, hidden: 11 };
        let mut generator = crate::seed::generator(5, 0);
        let mut draw = |count| crate::seed::uniform(&mut generator, count, 1.0);
        let sequence = draw(sizes.batch * sizes.steps * sizes.features);
        let (weights, bias) = (draw(14 * 44), draw(44));
        let gradient = draw(sizes.batch * sizes.hidden);
        let mut trace = Trace::default();
        let together = forward(sizes, &sequence, &weights, &bias, &mut trace, true);
        let (to_weights, to_bias) = backward(sizes, &weights, &gradient, &mut trace);

        let one = Sizes { batch: 1, ..sizes };
        let mut sums = vec![0.0_f32; to_weights.len() + to_bias.len()];
        for row in 0..sizes.batch {
            let sequence: Vec<f32> = sequence
                .chunks_exact(sizes.batch * sizes.features)
                .flat_map(|step| &step[row * sizes.features..(row + 1) * sizes.features])
                .copied()
                .collect();
            let states = row * sizes.hidden..(row + 1) * sizes.hidden;
            let alone = forward(one, &sequence, &weights, &bias, &mut trace, true);
            assert_eq!(alone, together[states.clone()]);
            let (to_weights, to_bias) = backward(one, &weights, &gradient[states], &mut trace);
            for (sum, value) in sums.iter_mut().zip(to_weights.iter().chain(&to_bias)) {
                *sum += value;
            }
        }
        for (sum, value) in sums.iter().zip(to_weights.iter().chain(&to_bias)) {
            assert!((sum - value).abs() < 1e-3, "{sum} and {value}");
        }
    }

    #[test]
    fn the_same_pass_twice_gives_the_same_bits() {
        let sizes = Sizes { batch: 40, steps: 5, features: 4, hidden: 16 };
        let mut generator = crate::seed::generator(6, 0);
        let mut draw = |count| crate::seed::uniform(&mut generator, count, 1.0);
        let sequence = draw(sizes.batch * sizes.steps * sizes.features);
        let (weights, bias, gradient) = (draw(20 * 64), draw(64), draw(40 * 16));
        let pass = |trace: &mut Trace| {
            let hidden = forward(sizes, &sequence, &weights, &bias, trace, true);
            (hidden, backward(sizes, &weights, &gradient, trace))
        };
        let mut used = Trace::default();
        let first = pass(&mut used);
        assert_eq!(first, pass(&mut used), "what a trace held before has no say");
        assert_eq!(first, pass(&mut Trace::default()));
    }
}

//! Weights in blocks of 32 numbers with a scale (ggml's Q4_0 and Q8_0), multiplied with rows that are rounded to blocks
//! of eight bits first, as llama.cpp does. candle 0.11 has slow loops for Q4_0, and threads that it shares with every
//! other model of the process and that cannot be told how many they are; these run in the caller's thread pool.
#![expect(clippy::needless_range_loop, reason = "see `kernels`")]

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Result, bail};
use rayon::prelude::*;

/// Numbers in a block.
pub(super) const BLOCK: usize = 32;
/// Rows that are multiplied with a row of weights while that is at hand.
const TILE: usize = 8;
/// Rows that one thread takes at once, of many.
const ROWS_AT_ONCE: usize = 16;
/// Products that are worth another thread.
const WORTH_A_THREAD: usize = 1 << 17;

/// A matrix of weights, row by row.
pub(super) struct Blocks {
    rows: usize,
    /// Blocks in a row.
    per_row: usize,
    numbers: Numbers,
    scales: Vec<f32>,
}

enum Numbers {
    /// Less 8; the lower halves of the bytes are the first sixteen numbers of a block.
    FourBit(Vec<[u8; BLOCK / 2]>),
    EightBit(Vec<[i8; BLOCK]>),
}

/// Rows of numbers, rounded to blocks of eight bits.
pub(super) struct Rounded {
    /// Blocks in a row.
    per_row: usize,
    numbers: Vec<[i8; BLOCK]>,
    scales: Vec<f32>,
}

/// A row of weights.
#[derive(Clone, Copy)]
struct Weights<'a, N> {
    numbers: &'a [N],
    scales: &'a [f32],
}

impl Blocks {
    /// Takes a tensor's blocks.
    ///
    /// # Errors
    /// Where it is no matrix of Q4_0 or Q8_0.
    pub(super) fn new(tensor: &QTensor) -> Result<Self> {
        let (rows, width) = tensor.shape().dims2()?;
        let data = tensor.data()?;
        let mut scales = Vec::with_capacity(rows * width / BLOCK);
        let numbers = match tensor.dtype() {
            GgmlDType::Q4_0 => {
                let (blocks, _) = data.as_chunks::<{ 2 + BLOCK / 2 }>();
                let split = |&[low, high, ref numbers @ ..]: &[u8; 2 + BLOCK / 2]| {
                    scales.push(half(u16::from_le_bytes([low, high])));
                    *numbers
                };
                Numbers::FourBit(blocks.iter().map(split).collect())
            }
            GgmlDType::Q8_0 => {
                let (blocks, _) = data.as_chunks::<{ 2 + BLOCK }>();
                let split = |&[low, high, ref numbers @ ..]: &[u8; 2 + BLOCK]| {
                    scales.push(half(u16::from_le_bytes([low, high])));
                    numbers.map(u8::cast_signed)
                };
                Numbers::EightBit(blocks.iter().map(split).collect())
            }
            other => bail!("{other:?} has other blocks"),
        };
        if scales.len() * BLOCK != rows * width || !width.is_multiple_of(BLOCK) {
            bail!("{rows} rows of {width} numbers are not {} blocks", scales.len())
        }
        Ok(Self { rows, per_row: width / BLOCK, numbers, scales })
    }

    /// One row as numbers; for embeddings.
    pub(super) fn row(&self, row: usize, out: &mut [f32]) {
        let blocks = row * self.per_row..(row + 1) * self.per_row;
        for (index, out) in blocks.zip(out.chunks_exact_mut(BLOCK)) {
            let numbers = match &self.numbers {
                Numbers::FourBit(numbers) => four_bit(&numbers[index]),
                Numbers::EightBit(numbers) => numbers[index],
            };
            for (out, number) in out.iter_mut().zip(numbers) {
                *out = self.scales[index] * f32::from(number);
            }
        }
    }

    /// Every row of `rounded` times every row of weights; in the pool of threads that calls.
    pub(super) fn multiply(&self, rounded: &Rounded, out: &mut [f32]) {
        match &self.numbers {
            Numbers::FourBit(numbers) => self.multiply_with(numbers, rounded, out),
            Numbers::EightBit(numbers) => self.multiply_with(numbers, rounded, out),
        }
    }

    fn multiply_with<N: Block>(&self, numbers: &[N], rounded: &Rounded, out: &mut [f32]) {
        let weights = Weights { numbers, scales: &self.scales };
        if rounded.rows() == 1 {
            let at_once = (WORTH_A_THREAD / (self.per_row * BLOCK)).max(16);
            out.par_chunks_mut(at_once).enumerate().for_each(|(chunk, out)| {
                let weights = weights.rows(chunk * at_once..chunk * at_once + out.len(), self.per_row);
                product(weights, rounded, 0..1, out);
            });
        } else {
            out.par_chunks_mut(ROWS_AT_ONCE * self.rows).enumerate().for_each(|(chunk, out)| {
                let from = chunk * ROWS_AT_ONCE;
                product(weights, rounded, from..from + out.len() / self.rows, out);
            });
        }
    }
}

impl Rounded {
    /// Rounds rows of a width, as ggml's `quantize_row_q8_0` does.
    pub(super) fn new(values: &[f32], width: usize) -> Self {
        let per_row = width / BLOCK;
        let mut numbers = vec![[0; BLOCK]; values.len() / BLOCK];
        let mut scales = vec![0.0; values.len() / BLOCK];
        let (values, _) = values.as_chunks::<BLOCK>();
        pulp::Arch::new().dispatch(Rounding { values, numbers: &mut numbers, scales: &mut scales });
        Self { per_row, numbers, scales }
    }

    fn rows(&self) -> usize {
        self.scales.len() / self.per_row.max(1)
    }

    #[inline(always)]
    fn row(&self, row: usize) -> Weights<'_, [i8; BLOCK]> {
        Weights { numbers: &self.numbers, scales: &self.scales }.row(row, self.per_row)
    }
}

impl<'a, N> Weights<'a, N> {
    #[inline(always)]
    fn row(self, row: usize, per_row: usize) -> Self {
        self.rows(row..row + 1, per_row)
    }

    #[inline(always)]
    fn rows(self, rows: std::ops::Range<usize>, per_row: usize) -> Self {
        let range = rows.start * per_row..rows.end * per_row;
        Weights { numbers: &self.numbers[range.clone()], scales: &self.scales[range] }
    }
}

struct Rounding<'a> {
    values: &'a [[f32; BLOCK]],
    numbers: &'a mut [[i8; BLOCK]],
    scales: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Rounding<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { values, numbers, scales } = self;
        for block in 0..values.len() {
            let values = &values[block];
            let mut largest = 0.0_f32;
            for value in values {
                largest = largest.max(value.abs());
            }
            scales[block] = largest / 127.0;
            let per_step = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            for index in 0..BLOCK {
                numbers[block][index] = (values[index] * per_step).round_ties_even() as i8;
            }
        }
    }
}

/// Some rows times some rows of weights, by the best instructions of this machine.
fn product<N: Block>(weights: Weights<'_, N>, rounded: &Rounded, rows: std::ops::Range<usize>, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(v3) = pulp::x86::V3::try_new() {
        return v3.vectorize(Avx2Product { v3, weights, rounded, rows, out });
    }
    let width = weights.scales.len() / rounded.per_row;
    for (row, out) in rows.zip(out.chunks_exact_mut(width)) {
        let row = rounded.row(row);
        for (index, out) in out.iter_mut().enumerate() {
            *out = plain_dot(weights.row(index, rounded.per_row), row);
        }
    }
}

/// A block of weights.
trait Block: Copy + Send + Sync {
    /// Its numbers, without the scale.
    fn numbers(&self) -> [i8; BLOCK];

    /// The same, in a register.
    #[cfg(target_arch = "x86_64")]
    fn register(&self, v3: pulp::x86::V3) -> std::arch::x86_64::__m256i;
}

impl Block for [u8; BLOCK / 2] {
    fn numbers(&self) -> [i8; BLOCK] {
        four_bit(self)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn register(&self, v3: pulp::x86::V3) -> std::arch::x86_64::__m256i {
        let low: std::arch::x86_64::__m128i = pulp::cast(*self);
        let high = v3.sse2._mm_srli_epi16::<4>(low);
        let both = v3.avx2._mm256_inserti128_si256::<1>(v3.avx._mm256_castsi128_si256(low), high);
        let both = v3.avx2._mm256_and_si256(both, v3.avx._mm256_set1_epi8(15));
        v3.avx2._mm256_sub_epi8(both, v3.avx._mm256_set1_epi8(8))
    }
}

impl Block for [i8; BLOCK] {
    fn numbers(&self) -> [i8; BLOCK] {
        *self
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn register(&self, _: pulp::x86::V3) -> std::arch::x86_64::__m256i {
        pulp::cast(*self)
    }
}

#[cfg(target_arch = "x86_64")]
struct Avx2Product<'a, N> {
    v3: pulp::x86::V3,
    weights: Weights<'a, N>,
    rounded: &'a Rounded,
    rows: std::ops::Range<usize>,
    out: &'a mut [f32],
}

#[cfg(target_arch = "x86_64")]
impl<N: Block> pulp::NullaryFnOnce for Avx2Product<'_, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let per_row = self.rounded.per_row;
        let width = self.weights.scales.len() / per_row;
        let mut row = self.rows.start;
        let mut out = self.out;
        while row + TILE <= self.rows.end {
            let mut rows = [self.rounded.row(row); TILE];
            for place in 1..TILE {
                rows[place] = self.rounded.row(row + place);
            }
            for index in 0..width {
                let sums = avx2_dots(self.v3, self.weights.row(index, per_row), rows);
                for place in 0..TILE {
                    out[place * width + index] = sums[place];
                }
            }
            row += TILE;
            out = &mut out[TILE * width..];
        }
        while row < self.rows.end {
            let rows = [self.rounded.row(row)];
            for index in 0..width {
                [out[index]] = avx2_dots(self.v3, self.weights.row(index, per_row), rows);
            }
            row += 1;
            out = &mut out[width..];
        }
    }
}

/// A row of weights times some rows. `maddubs` wants one side without signs, so the weights' signs move to the rows.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn avx2_dots<N: Block, const ROWS: usize>(
    v3: pulp::x86::V3,
    weights: Weights<'_, N>,
    rows: [Weights<'_, [i8; BLOCK]>; ROWS],
) -> [f32; ROWS] {
    let blocks = weights.scales.len();
    let numbers = &weights.numbers[..blocks];
    let ones = v3.avx._mm256_set1_epi16(1);
    let mut sums = [v3.avx._mm256_setzero_ps(); ROWS];
    for block in 0..blocks {
        let weight = numbers[block].register(v3);
        let size = v3.avx2._mm256_abs_epi8(weight);
        for row in 0..ROWS {
            let signed = v3.avx2._mm256_sign_epi8(pulp::cast(rows[row].numbers[block]), weight);
            let products = v3.avx2._mm256_madd_epi16(v3.avx2._mm256_maddubs_epi16(size, signed), ones);
            let scale = v3.avx._mm256_set1_ps(weights.scales[block] * rows[row].scales[block]);
            sums[row] = v3.fma._mm256_fmadd_ps(v3.avx._mm256_cvtepi32_ps(products), scale, sums[row]);
        }
    }
    let mut out = [0.0; ROWS];
    for row in 0..ROWS {
        let lanes: [f32; 8] = pulp::cast(sums[row]);
        let low = (lanes[0] + lanes[4]) + (lanes[1] + lanes[5]);
        out[row] = low + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    }
    out
}

/// A row of weights times a row, on a machine of which nothing is known.
fn plain_dot<N: Block>(weights: Weights<'_, N>, row: Weights<'_, [i8; BLOCK]>) -> f32 {
    let scales = weights.scales.iter().zip(row.scales).map(|(a, b)| a * b);
    let products = weights.numbers.iter().zip(row.numbers).map(|(weight, numbers)| {
        let products = weight.numbers().into_iter().zip(numbers).map(|(a, &b)| i32::from(a) * i32::from(b));
        products.sum::<i32>() as f32
    });
    scales.zip(products).map(|(scale, product)| scale * product).sum()
}

fn four_bit(block: &[u8; BLOCK / 2]) -> [i8; BLOCK] {
    std::array::from_fn(|index| {
        let byte = block[index % (BLOCK / 2)];
        let number = if index < BLOCK / 2 { byte & 15 } else { byte >> 4 };
        number.cast_signed() - 8
    })
}

/// An IEEE 754 number of 16 bits.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1_023));
    let size = match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (fraction / 1_024.0 + 1.0) * 2.0_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    /// Numbers that look random and are always the same.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as u16) / 32_768.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn products_are_those_of_the_numbers_that_the_blocks_stand_for() {
        let (rows, width) = (37, 160);
        let weights = Tensor::from_vec(numbers(rows * width, 1), (rows, width), &Device::Cpu).expect("a tensor");
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q8_0] {
            let tensor = QTensor::quantize(&weights, dtype).expect("blocks");
            let meant = tensor.dequantize(&Device::Cpu).and_then(|tensor| tensor.to_vec2::<f32>()).expect("numbers");
            let blocks = Blocks::new(&tensor).expect("blocks");
            for count in [1, 3, 4, 9, 21] {
                let values = numbers(count * width, 7);
                let mut out = vec![0.0; count * rows];
                blocks.multiply(&Rounded::new(&values, width), &mut out);
                for (values, out) in values.chunks_exact(width).zip(out.chunks_exact(rows)) {
                    for (weights, &out) in meant.iter().zip(out) {
                        let expected: f32 = weights.iter().zip(values).map(|(a, b)| a * b).sum();
                        // Rounding to 1/127 of the largest of a block, 160 times, of numbers up to 1.
                        assert!((out - expected).abs() < 0.06, "{dtype:?}: {out} for {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_alone_and_among_others_and_without_the_machines_instructions() {
        let (rows, width) = (5, 96);
        let weights = Tensor::from_vec(numbers(rows * width, 3), (rows, width), &Device::Cpu).expect("a tensor");
        let blocks = Blocks::new(&QTensor::quantize(&weights, GgmlDType::Q4_0).expect("blocks")).expect("blocks");
        let values = numbers(6 * width, 5);
        let mut together = vec![0.0; 6 * rows];
        blocks.multiply(&Rounded::new(&values, width), &mut together);
        let Numbers::FourBit(numbers) = &blocks.numbers else { panic!("four bits") };
        for (values, together) in values.chunks_exact(width).zip(together.chunks_exact(rows)) {
            let rounded = Rounded::new(values, width);
            let mut alone = vec![0.0; rows];
            blocks.multiply(&rounded, &mut alone);
            assert_eq!(alone, together);
            for (index, alone) in alone.into_iter().enumerate() {
                let weights = Weights { numbers, scales: &blocks.scales }.row(index, width / BLOCK);
                assert!((plain_dot(weights, rounded.row(0)) - alone).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_row_of_weights_is_what_candle_reads() {
        let weights = Tensor::from_vec(numbers(4 * 64, 9), (4, 64), &Device::Cpu).expect("a tensor");
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q8_0] {
            let tensor = QTensor::quantize(&weights, dtype).expect("blocks");
            let meant = tensor.dequantize(&Device::Cpu).and_then(|tensor| tensor.to_vec2::<f32>()).expect("numbers");
            let blocks = Blocks::new(&tensor).expect("blocks");
            for (row, meant) in meant.iter().enumerate() {
                let mut out = vec![0.0; 64];
                blocks.row(row, &mut out);
                assert_eq!(&out, meant);
            }
        }
        assert_eq!([0x0001, 0x3c00, 0xc000, 0x7bff].map(half), [5.960_464_5e-8, 1.0, -2.0, 65_504.0]);
    }
}

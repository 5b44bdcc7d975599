//! A matrix of weights as the file keeps it, whatever its blocks.

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

use super::blocks::{Blocks, Rounded};

/// A matrix of weights, with what is added to its products.
pub(super) struct Linear {
    rows: usize,
    width: usize,
    weights: Weights,
    bias: Option<Vec<f32>>,
}

enum Weights {
    /// By our own loops.
    Blocks(Blocks),
    /// By candle's, which are good for K-quants and for plain numbers.
    Candle(QMatMul),
}

impl Linear {
    /// Takes a tensor's weights. Blocks that are slow in candle are rounded to eight bits, which loses next to nothing.
    ///
    /// # Errors
    /// Where it is no matrix.
    pub(super) fn new(tensor: QTensor, bias: Option<Vec<f32>>) -> Result<Self> {
        let (rows, width) = tensor.shape().dims2()?;
        let weights = match tensor.dtype() {
            GgmlDType::Q4_0 | GgmlDType::Q8_0 => Weights::Blocks(Blocks::new(&tensor)?),
            GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 => {
                let numbers = tensor.dequantize(&Device::Cpu)?;
                Weights::Blocks(Blocks::new(&QTensor::quantize(&numbers, GgmlDType::Q8_0)?)?)
            }
            _ => Weights::Candle(QMatMul::from_qtensor(tensor)?),
        };
        Ok(Self { rows, width, weights, bias })
    }

    /// Rows of numbers times all weights.
    ///
    /// # Errors
    /// Where candle fails.
    pub(super) fn forward(&self, values: &[f32]) -> Result<Vec<f32>> {
        let rows = values.len() / self.width;
        let mut out = match &self.weights {
            Weights::Blocks(blocks) => {
                let mut out = vec![0.0; rows * self.rows];
                blocks.multiply(&Rounded::new(values, self.width), &mut out);
                out
            }
            Weights::Candle(weights) => {
                let values = Tensor::from_slice(values, (rows, self.width), &Device::Cpu)?;
                weights.forward(&values)?.flatten_all()?.to_vec1()?
            }
        };
        for out in out.chunks_exact_mut(self.rows) {
            for (out, bias) in out.iter_mut().zip(self.bias.iter().flatten()) {
                *out += bias;
            }
        }
        Ok(out)
    }

    /// Some rows of weights, one after the other; for embeddings.
    ///
    /// # Errors
    /// Where candle fails.
    pub(super) fn rows(&self, rows: &[u32]) -> Result<Vec<f32>> {
        match &self.weights {
            Weights::Blocks(blocks) => {
                let mut out = vec![0.0; rows.len() * self.width];
                for (&row, out) in rows.iter().zip(out.chunks_exact_mut(self.width)) {
                    blocks.row(row as usize, out);
                }
                Ok(out)
            }
            Weights::Candle(weights) => {
                let rows = Tensor::from_slice(rows, rows.len(), &Device::Cpu)?;
                weights.embedding(&rows)?.flatten_all()?.to_vec1()
            }
        }
    }
}

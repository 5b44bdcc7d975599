//! The recurrent layer as a single operation of candle's graph, with a backward pass of its own. A graph of separate
//! operations for thirty steps spends most of its time on bookkeeping.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Storage, Tensor, bail};

use super::kernels::{Sizes, Trace, backward, forward};

/// `(sequence [L, B, F], weights [F + H, 4H], bias [4H]) -> hidden [B, H]` after the last step. The sequence is data:
/// no gradient leads back to it.
#[derive(Debug, Default)]
pub(super) struct Recurrence {
    traced: Option<Traced>,
}

/// A trace that waits for its backward pass, and where it goes afterwards.
#[derive(Debug)]
struct Traced {
    trace: Mutex<Option<Trace>>,
    spare: Spare,
}

/// Room for a trace, kept from one batch to the next: megabytes that need not be found and cleared again.
#[derive(Debug, Clone, Default)]
pub(super) struct Spare(Arc<Mutex<Trace>>);

impl Recurrence {
    /// An operation that a gradient can come back through, once.
    pub(super) fn with_trace(spare: &Spare) -> Self {
        Self { traced: Some(Traced { trace: Mutex::default(), spare: spare.clone() }) }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The values of a contiguous f32 tensor.
fn plain<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("the recurrent layer reads contiguous f32 tensors"),
    }
}

fn sizes(sequence: &Shape, bias: &Shape) -> Result<Sizes> {
    let (steps, batch, features) = sequence.dims3()?;
    Ok(Sizes { batch, steps, features, hidden: bias.dims1()? / 4 })
}

impl CustomOp3 for Recurrence {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn cpu_fwd(
        &self,
        sequence: &CpuStorage,
        sequence_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let sizes = sizes(sequence_layout.shape(), bias_layout.shape())?;
        if weights_layout.shape().dims2()? != (sizes.features + sizes.hidden, 4 * sizes.hidden) {
            bail!("weights of another shape than the sequence and the bias ask for");
        }
        let (sequence, weights, bias) =
            (plain(sequence, sequence_layout)?, plain(weights, weights_layout)?, plain(bias, bias_layout)?);
        let last = match &self.traced {
            Some(Traced { trace, spare }) => {
                let mut kept = std::mem::take(&mut *held(&spare.0));
                let last = forward(sizes, sequence, weights, bias, &mut kept, true);
                *held(trace) = Some(kept);
                last
            }
            None => forward(sizes, sequence, weights, bias, &mut Trace::default(), false),
        };
        Ok((CpuStorage::F32(last), Shape::from((sizes.batch, sizes.hidden))))
    }

    fn bwd(
        &self,
        sequence: &Tensor,
        weights: &Tensor,
        bias: &Tensor,
        _hidden: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some((mut trace, spare)) =
            self.traced.as_ref().and_then(|traced| Some((held(&traced.trace).take()?, &traced.spare)))
        else {
            bail!("the recurrent layer has no trace, or has used it");
        };
        let sizes = sizes(sequence.shape(), bias.shape())?;
        let gradient = gradient.contiguous()?;
        let (to_weights, to_bias) = {
            let ((weights, weights_layout), (gradient, gradient_layout)) =
                (weights.storage_and_layout(), gradient.storage_and_layout());
            let (Storage::Cpu(weights), Storage::Cpu(gradient)) = (&*weights, &*gradient) else {
                bail!("the recurrent layer runs on the CPU");
            };
            let (weights, gradient) = (plain(weights, weights_layout)?, plain(gradient, gradient_layout)?);
            backward(sizes, weights, gradient, &mut trace)
        };
        *held(&spare.0) = trace;
        Ok((
            None,
            Some(Tensor::from_vec(to_weights, weights.shape(), &Device::Cpu)?),
            Some(Tensor::from_vec(to_bias, bias.shape(), &Device::Cpu)?),
        ))
    }
}

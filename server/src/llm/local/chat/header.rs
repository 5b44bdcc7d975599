//! What a GGUF file says about its model, judged before any weight is read: afterwards no size can surprise.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};

use super::Unusable;

/// The most positions whose keys and values are kept, whatever the file could read: they take memory.
const MOST_CONTEXT: usize = 16_384;
/// More layers, longer rows or more tokens than any model of these architectures has.
const MOST_LAYERS: usize = 1_024;
const WIDEST: usize = 1 << 20;
const MOST_TOKENS: usize = 1 << 24;

/// A GGUF file that was found to be in order.
pub(super) struct Header {
    file: BufReader<File>,
    content: Content,
    pub(super) shape: Shape,
}

/// The sizes of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) layers: usize,
    /// Numbers that stand for a token between layers.
    pub(super) width: usize,
    pub(super) heads: usize,
    /// Heads of keys and values; each serves as many heads of queries.
    pub(super) kv_heads: usize,
    pub(super) head_width: usize,
    /// Numbers inside a feed-forward step.
    pub(super) hidden: usize,
    pub(super) vocabulary: usize,
    /// Positions that the model can tell apart, or that we are ready to keep.
    pub(super) context: usize,
    /// Keeps the root of a mean square from 0.
    pub(super) epsilon: f32,
    pub(super) rope: RopeShape,
    /// All weights.
    pub(super) parameters: usize,
}

/// How positions are turned into angles.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RopeShape {
    /// Numbers of a head that are turned.
    pub(super) turned: usize,
    pub(super) base: f32,
    /// Positions are divided by it.
    pub(super) factor: f32,
    pub(super) pairs: Pairs,
}

/// Which numbers of a head are turned together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairs {
    /// Neighbours: llama.cpp lays out the rows of Llama's weights like that.
    Neighbours,
    /// The first half with the second.
    Halves,
}

impl Header {
    /// Reads all but the weights.
    ///
    /// # Errors
    /// [`Unusable`] where this is no whole GGUF file of a model that runs here.
    pub(super) fn read(path: &Path) -> Result<Self, Unusable> {
        let mut file = BufReader::new(File::open(path)?);
        let bytes = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        // candle divides by an alignment that the file states.
        let content = catch_unwind(AssertUnwindSafe(|| Content::read(&mut file)));
        let content = content.map_err(|_| Unusable::new("it is no whole GGUF file"))?;
        let content = content.map_err(|error| Unusable::new(format!("it is no whole GGUF file ({error})")))?;
        let shape = Shape::read(&content)?;
        let header = Self { file, content, shape };
        header.check_tensors(bytes)?;
        Ok(header)
    }

    /// A tensor that [`Header::read`] has seen.
    pub(super) fn tensor(&mut self, name: &str) -> Result<QTensor, Unusable> {
        Ok(self.content.tensor(&mut self.file, name, &Device::Cpu)?)
    }

    /// A tensor of one row, as numbers; none where there is none.
    pub(super) fn numbers(&mut self, name: &str) -> Result<Option<Vec<f32>>, Unusable> {
        if !self.has(name) {
            return Ok(None);
        }
        Ok(Some(self.tensor(name)?.dequantize(&Device::Cpu)?.to_vec1()?))
    }

    /// Whether there is such a tensor.
    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        text(&self.content, key)
    }

    /// A number without sign.
    pub(super) fn number(&self, key: &str) -> Option<usize> {
        number(&self.content, key)
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key).and_then(|value| value.to_bool().ok())
    }

    /// A list.
    pub(super) fn list(&self, key: &str) -> Result<&[Value], Unusable> {
        match self.content.metadata.get(key) {
            Some(Value::Array(values)) => Ok(values),
            _ => Err(Unusable::new(format!("it has no {key}"))),
        }
    }

    /// Every tensor that a decoder reads has the size that the others expect, and its bytes are in the file.
    fn check_tensors(&self, bytes: u64) -> Result<(), Unusable> {
        let Shape { width, heads, kv_heads, head_width, hidden, vocabulary, .. } = self.shape;
        let (queries, keys) = (heads * head_width, kv_heads * head_width);
        self.check("token_embd.weight", &[vocabulary, width], true)?;
        self.check("output_norm.weight", &[width], true)?;
        self.check("output.weight", &[vocabulary, width], false)?;
        self.check("rope_freqs.weight", &[self.shape.rope.turned / 2], false)?;
        for layer in 0..self.shape.layers {
            let of_layer: [(&str, &[usize], bool); 12] = [
                ("attn_norm.weight", &[width], true),
                ("attn_q.weight", &[queries, width], true),
                ("attn_k.weight", &[keys, width], true),
                ("attn_v.weight", &[keys, width], true),
                ("attn_output.weight", &[width, queries], true),
                ("attn_q.bias", &[queries], false),
                ("attn_k.bias", &[keys], false),
                ("attn_v.bias", &[keys], false),
                ("ffn_norm.weight", &[width], true),
                ("ffn_gate.weight", &[hidden, width], true),
                ("ffn_up.weight", &[hidden, width], true),
                ("ffn_down.weight", &[width, hidden], true),
            ];
            for (name, dims, is_needed) in of_layer {
                self.check(&format!("blk.{layer}.{name}"), dims, is_needed)?;
            }
        }
        for (name, info) in &self.content.tensor_infos {
            let blocks = info.shape.elem_count() as u64 / info.ggml_dtype.block_size() as u64;
            let end = blocks
                .checked_mul(info.ggml_dtype.type_size() as u64)
                .and_then(|size| size.checked_add(info.offset)?.checked_add(self.content.tensor_data_offset));
            if end.is_none_or(|end| end > bytes) {
                return Err(Unusable::new(format!("it ends before {name} does; it was not copied whole")));
            }
        }
        Ok(())
    }

    fn check(&self, name: &str, dims: &[usize], is_needed: bool) -> Result<(), Unusable> {
        match self.content.tensor_infos.get(name) {
            None if is_needed => Err(Unusable::new(format!("it has no {name}"))),
            Some(info) if info.shape.dims() != dims => {
                Err(Unusable::new(format!("{name} has the shape {:?} and not {dims:?}", info.shape.dims())))
            }
            _ => Ok(()),
        }
    }
}

impl Shape {
    fn read(content: &Content) -> Result<Self, Unusable> {
        let architecture = text(content, "general.architecture").unwrap_or("none");
        let pairs = match architecture {
            "llama" => Pairs::Neighbours,
            "qwen2" => Pairs::Halves,
            other => {
                return Err(Unusable::new(format!("its architecture is {other}; only llama and qwen2 are run here")));
            }
        };
        let key = |name: &str| format!("{architecture}.{name}");
        let optional = |name: &str| number(content, &key(name));
        let size = |name: &str, most: usize| match optional(name) {
            Some(size) if (1..=most).contains(&size) => Ok(size),
            Some(size) => Err(Unusable::new(format!("its {} is {size}", key(name)))),
            None => Err(Unusable::new(format!("it has no {}", key(name)))),
        };
        if optional("expert_count").is_some_and(|experts| experts > 0) {
            return Err(Unusable::new("it is a mixture of experts, which is not run here"));
        }
        let factor = match text(content, &key("rope.scaling.type")).unwrap_or("none") {
            "none" => 1.0,
            "linear" => float(content, &key("rope.scaling.factor")).unwrap_or(1.0),
            other => return Err(Unusable::new(format!("it stretches positions by {other}, which is not run here"))),
        };
        let (width, heads) = (size("embedding_length", WIDEST)?, size("attention.head_count", WIDEST)?);
        let kv_heads = optional("attention.head_count_kv").unwrap_or(heads);
        let head_width = optional("attention.key_length").unwrap_or(width / heads);
        let turned = optional("rope.dimension_count").unwrap_or(head_width);
        let fits = (1..=heads).contains(&kv_heads)
            && heads.is_multiple_of(kv_heads)
            && (1..=WIDEST).contains(&head_width)
            && optional("attention.value_length").is_none_or(|values| values == head_width)
            && turned <= head_width
            && turned.is_multiple_of(2);
        let base = float(content, &key("rope.freq_base")).unwrap_or(10_000.0);
        let epsilon = float(content, &key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-5);
        if !fits || !base.is_normal() || !factor.is_normal() || !epsilon.is_finite() {
            return Err(Unusable::new("its sizes contradict each other"));
        }
        let embeddings = content.tensor_infos.get("token_embd.weight").map(|info| info.shape.dims());
        let vocabulary = match embeddings {
            Some(&[vocabulary, _]) if (1..=MOST_TOKENS).contains(&vocabulary) => vocabulary,
            _ => return Err(Unusable::new("it has no token_embd.weight")),
        };
        Ok(Self {
            layers: size("block_count", MOST_LAYERS)?,
            width,
            heads,
            kv_heads,
            head_width,
            hidden: size("feed_forward_length", WIDEST)?,
            vocabulary,
            context: size("context_length", usize::MAX)?.min(MOST_CONTEXT),
            epsilon,
            rope: RopeShape { turned, base, factor, pairs },
            parameters: content.tensor_infos.values().map(|info| info.shape.elem_count()).sum(),
        })
    }
}

fn text<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    content.metadata.get(key).and_then(|value| value.to_string().ok()).map(String::as_str)
}

fn number(content: &Content, key: &str) -> Option<usize> {
    let value = content.metadata.get(key)?;
    let number = value.to_u64().ok().or_else(|| match value {
        Value::I32(number) => u64::try_from(*number).ok(),
        Value::I64(number) => u64::try_from(*number).ok(),
        _ => None,
    });
    number.and_then(|number| usize::try_from(number).ok())
}

fn float(content: &Content, key: &str) -> Option<f32> {
    match content.metadata.get(key)? {
        Value::F32(number) => Some(*number),
        Value::F64(number) => Some(*number as f32),
        _ => None,
    }
}

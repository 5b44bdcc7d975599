//! The decoder against plain loops over the same random weights, written from the papers and not from the decoder.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::header::Header;
use super::{Decoder, Memory};

const WIDTH: usize = 64;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = WIDTH / HEADS;
const HIDDEN: usize = 96;
const VOCABULARY: usize = 40;
const LAYERS: usize = 2;
const BASE: f32 = 1_000.0;
const EPSILON: f32 = 1e-5;
const TOKENS: [u32; 9] = [3, 39, 0, 17, 17, 5, 22, 1, 30];

/// A model by its weights' names.
struct Tiny {
    is_qwen: bool,
    weights: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Tiny {
    fn new(is_qwen: bool, has_head: bool) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut weights = BTreeMap::new();
        let mut put = |name: String, dims: &[usize], around: f32| {
            let size = if dims.len() == 2 { 0.3 } else { 0.5 };
            let numbers = (0..dims.iter().product()).map(|_| around + size * (random.random::<f32>() - 0.5)).collect();
            weights.insert(name, (dims.to_vec(), numbers));
        };
        put("token_embd.weight".to_owned(), &[VOCABULARY, WIDTH], 0.0);
        put("output_norm.weight".to_owned(), &[WIDTH], 1.0);
        if has_head {
            put("output.weight".to_owned(), &[VOCABULARY, WIDTH], 0.0);
        }
        for layer in 0..LAYERS {
            let mut put = |name: &str, dims: &[usize], around| put(format!("blk.{layer}.{name}"), dims, around);
            put("attn_norm.weight", &[WIDTH], 1.0);
            put("ffn_norm.weight", &[WIDTH], 1.0);
            for (name, width) in [("attn_q", WIDTH), ("attn_k", KV_HEADS * HEAD), ("attn_v", KV_HEADS * HEAD)] {
                put(&format!("{name}.weight"), &[width, WIDTH], 0.0);
                if is_qwen {
                    put(&format!("{name}.bias"), &[width], 0.0);
                }
            }
            put("attn_output.weight", &[WIDTH, WIDTH], 0.0);
            put("ffn_gate.weight", &[HIDDEN, WIDTH], 0.0);
            put("ffn_up.weight", &[HIDDEN, WIDTH], 0.0);
            put("ffn_down.weight", &[WIDTH, HIDDEN], 0.0);
        }
        Self { is_qwen, weights }
    }

    /// Writes the file; matrices get the blocks, and the numbers become what the blocks stand for.
    fn write(&mut self, path: &Path, blocks: GgmlDType) {
        let architecture = if self.is_qwen { "qwen2" } else { "llama" };
        let mut metadata = vec![("general.architecture".to_owned(), Value::String(architecture.to_owned()))];
        for (key, value) in [
            ("block_count", LAYERS),
            ("embedding_length", WIDTH),
            ("feed_forward_length", HIDDEN),
            ("attention.head_count", HEADS),
            ("attention.head_count_kv", KV_HEADS),
            ("context_length", 64),
        ] {
            metadata.push((format!("{architecture}.{key}"), Value::U32(value as u32)));
        }
        metadata.push((format!("{architecture}.rope.freq_base"), Value::F32(BASE)));
        metadata.push((format!("{architecture}.attention.layer_norm_rms_epsilon"), Value::F32(EPSILON)));
        let mut tensors = Vec::new();
        for (name, (dims, numbers)) in &mut self.weights {
            let tensor = Tensor::from_vec(numbers.clone(), dims.as_slice(), &Device::Cpu).expect("a tensor");
            let blocks = if dims.len() == 2 { blocks } else { GgmlDType::F32 };
            let tensor = QTensor::quantize(&tensor, blocks).expect("blocks");
            let meant = tensor.dequantize(&Device::Cpu).and_then(|tensor| tensor.flatten_all());
            *numbers = meant.and_then(|tensor| tensor.to_vec1()).expect("numbers");
            tensors.push((name.as_str(), tensor));
        }
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
        write(&mut File::create(path).expect("a file"), &metadata, &tensors).expect("it is written");
    }

    fn numbers(&self, name: &str) -> &[f32] {
        &self.weights[name].1
    }

    fn product(&self, name: &str, values: &[f32]) -> Vec<f32> {
        let rows = self.numbers(&format!("{name}.weight")).chunks(values.len());
        let bias = self.weights.get(&format!("{name}.bias"));
        rows.enumerate()
            .map(|(row, weights)| {
                let sum: f32 = weights.iter().zip(values).map(|(a, b)| a * b).sum();
                sum + bias.map_or(0.0, |(_, bias)| bias[row])
            })
            .collect()
    }

    fn norm(&self, name: &str, values: &[f32]) -> Vec<f32> {
        let mean: f32 = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        values.iter().zip(self.numbers(name)).map(|(value, gain)| value / (mean + EPSILON).sqrt() * gain).collect()
    }

    /// Numbers i and j of a head are the parts of a complex number, which is turned.
    fn turned(&self, heads: &[f32], position: usize) -> Vec<f32> {
        let mut out = heads.to_vec();
        for head in 0..heads.len() / HEAD {
            for pair in 0..HEAD / 2 {
                let (i, j) = if self.is_qwen { (pair, pair + HEAD / 2) } else { (2 * pair, 2 * pair + 1) };
                let (i, j) = (head * HEAD + i, head * HEAD + j);
                let angle = position as f32 / BASE.powf(2.0 * pair as f32 / HEAD as f32);
                out[i] = heads[i] * angle.cos() - heads[j] * angle.sin();
                out[j] = heads[i] * angle.sin() + heads[j] * angle.cos();
            }
        }
        out
    }

    /// What follows the last of some tokens, with everything computed anew.
    fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let embeddings = self.numbers("token_embd.weight");
        let embed = |&token: &u32| embeddings[token as usize * WIDTH..][..WIDTH].to_vec();
        let mut states: Vec<Vec<f32>> = tokens.iter().map(embed).collect();
        for layer in 0..LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let normed: Vec<_> = states.iter().map(|state| self.norm(&name("attn_norm.weight"), state)).collect();
            let of = |part: &str| normed.iter().map(|state| self.product(&name(part), state)).collect::<Vec<_>>();
            let turn = |rows: Vec<Vec<f32>>| -> Vec<Vec<f32>> {
                rows.iter().enumerate().map(|(position, row)| self.turned(row, position)).collect()
            };
            let (queries, keys, values) = (turn(of("attn_q")), turn(of("attn_k")), of("attn_v"));
            for (position, state) in states.iter_mut().enumerate() {
                let mut attended = vec![0.0; WIDTH];
                for head in 0..HEADS {
                    let kv = head / (HEADS / KV_HEADS);
                    let part = |row: &[f32], head: usize| row[head * HEAD..(head + 1) * HEAD].to_vec();
                    let query = part(&queries[position], head);
                    let score = |key: &Vec<f32>| -> f32 {
                        query.iter().zip(part(key, kv)).map(|(a, b)| a * b).sum::<f32>() / (HEAD as f32).sqrt()
                    };
                    let weights: Vec<f32> = keys[..=position].iter().map(|key| score(key).exp()).collect();
                    let sum: f32 = weights.iter().sum();
                    for (weight, value) in weights.iter().zip(&values) {
                        for (out, value) in attended[head * HEAD..].iter_mut().zip(part(value, kv)) {
                            *out += weight / sum * value;
                        }
                    }
                }
                for (state, more) in state.iter_mut().zip(self.product(&name("attn_output"), &attended)) {
                    *state += more;
                }
                let normed = self.norm(&name("ffn_norm.weight"), state);
                let (gate, up) = (self.product(&name("ffn_gate"), &normed), self.product(&name("ffn_up"), &normed));
                let inner: Vec<f32> = gate.iter().zip(up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
                for (state, more) in state.iter_mut().zip(self.product(&name("ffn_down"), &inner)) {
                    *state += more;
                }
            }
        }
        let last = self.norm("output_norm.weight", &states[states.len() - 1]);
        let head = if self.weights.contains_key("output.weight") { "output" } else { "token_embd" };
        self.product(head, &last)
    }
}

fn decoder(path: &Path) -> Decoder {
    Header::read(path).and_then(|mut header| Decoder::read_from(&mut header)).expect("a decoder")
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn read(decoder: &Decoder, memory: &mut Memory, tokens: &[u32]) -> Vec<f32> {
    let state = decoder.read(memory, tokens, &|| true).expect("it computes").expect("it is wanted");
    decoder.logits(&state).expect("it computes")
}

#[test]
fn both_architectures_compute_what_plain_loops_do() {
    let dir = tempfile::tempdir().expect("a folder");
    for (is_qwen, has_head) in [(false, false), (false, true), (true, false), (true, true)] {
        // Plain numbers are computed exactly; Q8_0 rounds what it multiplies to 1/127 of the largest of a block.
        for (blocks, most) in [(GgmlDType::F32, 1e-4), (GgmlDType::Q8_0, 0.05), (GgmlDType::Q5_0, 0.05)] {
            let path = dir.path().join("tiny.gguf");
            let mut tiny = Tiny::new(is_qwen, has_head);
            tiny.write(&path, blocks);
            let decoder = decoder(&path);
            let logits = read(&decoder, &mut Memory::default(), &TOKENS);
            let off = furthest(&logits, &tiny.logits(&TOKENS));
            assert!(off < most, "qwen2 {is_qwen}, head {has_head}, {blocks:?}: {off} off");
        }
    }
}

#[test]
fn tokens_read_in_parts_or_after_others_were_forgotten_give_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("tiny.gguf");
    Tiny::new(true, false).write(&path, GgmlDType::Q4_0);
    let decoder = decoder(&path);
    let at_once = read(&decoder, &mut Memory::default(), &TOKENS);

    let mut memory = Memory::default();
    let mut last = Vec::new();
    for part in [&TOKENS[..4], &TOKENS[4..5], &TOKENS[5..]] {
        last = read(&decoder, &mut memory, part);
    }
    assert_eq!(last, at_once);

    let others = [TOKENS[0], TOKENS[1], 9, 9, 9, 9];
    let mut memory = Memory::default();
    read(&decoder, &mut memory, &others);
    assert!(decoder.read(&mut memory, &[1, 2, 3], &|| false).expect("it computes").is_none());
    let left = memory.keep_shared(&TOKENS, decoder.shape());
    assert_eq!(left, TOKENS.len() - 2);
    assert_eq!(read(&decoder, &mut memory, &TOKENS[2..]), at_once);
    assert_eq!(memory.keep_shared(&TOKENS, decoder.shape()), 1);
    assert_eq!(read(&decoder, &mut memory, &TOKENS[TOKENS.len() - 1..]), at_once);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_damaged_file_is_refused_or_read_and_nothing_breaks(
        cut in prop::option::of(0.0..1.0_f64),
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..4),
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("tiny.gguf");
        Tiny::new(true, true).write(&path, GgmlDType::Q4_0);
        let mut bytes = std::fs::read(&path).expect("the file");
        // The head of the file is small and decides everything.
        let head = 3_000.min(bytes.len());
        for (place, byte) in changes {
            bytes[(place * head as f64) as usize] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate((cut * bytes.len() as f64) as usize);
        }
        std::fs::write(&path, bytes).expect("written");
        if let Ok(mut header) = Header::read(&path)
            && let Ok(decoder) = Decoder::read_from(&mut header)
        {
            let tokens: Vec<u32> = TOKENS.iter().map(|&token| token % decoder.shape().vocabulary as u32).collect();
            let state = decoder.read(&mut Memory::default(), &tokens, &|| true).expect("it computes");
            decoder.logits(&state.expect("it is wanted")).expect("it computes");
        }
    }
}

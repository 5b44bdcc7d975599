//! `investbuddy bench`: how fast the language models are that run on this machine.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::{VerbError, print};
use crate::config::Settings;
use crate::llm::choose::off_thread;
use crate::llm::local::LocalEmbedder;
use crate::llm::{Embedder, LlmError, TextKind};

mod llm;

/// What to measure.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    what: What,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The model that makes vectors of texts
    Embeddings(EmbeddingsArgs),
    /// The model that writes, from a GGUF file
    Llm(llm::LlmArgs),
}

/// How the embedder is measured.
#[derive(Debug, Args)]
struct EmbeddingsArgs {
    /// Passages that are embedded in one go
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    passages: u32,
}

/// Measures and prints.
///
/// # Errors
/// [`VerbError`] where the model's files are not there.
pub async fn run(args: BenchArgs, settings: &Settings) -> Result<(), VerbError> {
    match args.what {
        What::Embeddings(embeddings) => embedding(&embeddings, args.json, settings).await.map_err(VerbError::because),
        What::Llm(llm) => llm::run(&llm, args.json, settings).await.map_err(VerbError::because),
    }
}

const QUESTIONS: [&str; 4] = [
    "c'est quoi la volatilité réalisée ?",
    "why is ETH risky tomorrow?",
    "should I reduce my BTC position?",
    "Comment diversifier mon portefeuille de cryptomonnaies ?",
];
const PASSAGE: &str = "Realised volatility is the square root of the sum of squared returns over a period. It is measured \
from prices that have been seen, unlike implied volatility, which is read from the prices of options.";

async fn embedding(args: &EmbeddingsArgs, json: bool, settings: &Settings) -> Result<(), LlmError> {
    let (dir, threads) = (settings.lm.dir.clone(), settings.lm.threads as usize);
    let started = Instant::now();
    let embedder = off_thread(move || LocalEmbedder::load(&dir, threads)).await?;
    let load = started.elapsed();

    let mut questions = Vec::new();
    for question in QUESTIONS.iter().cycle().take(40) {
        let started = Instant::now();
        embedder.embed(TextKind::Query, vec![(*question).to_owned()]).await?;
        questions.push(started.elapsed());
    }
    questions.sort_unstable();
    let started = Instant::now();
    let passages = (0..args.passages).map(|number| format!("{PASSAGE} ({number})")).collect();
    embedder.embed(TextKind::Passage, passages).await?;
    let passage = started.elapsed() / args.passages;

    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (p50, p95) = (questions[questions.len() / 2], questions[questions.len() * 95 / 100]);
    print(&if json {
        serde_json::json!({
            "threads": settings.lm.threads, "load_ms": ms(load), "question_p50_ms": ms(p50),
            "question_p95_ms": ms(p95), "passage_ms": ms(passage),
        })
        .to_string()
    } else {
        format!(
            "multilingual-e5-small on {} threads: loaded in {:.0} ms; a question {:.1} ms (p50), {:.1} ms (p95); \
             a passage of 45 tokens {:.1} ms, {} at once",
            settings.lm.threads,
            ms(load),
            ms(p50),
            ms(p95),
            ms(passage),
            args.passages
        )
    });
    Ok(())
}

//! How well the right passages are found: questions with the terms that answer them, and what a search made of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::language::Language;
use serde::{Deserialize, Serialize};

use super::names::ways_of_writing;
use super::words::key;
use super::{Hit, Knowledge, Passage, RagError, files_error};

/// How many passages count as found.
pub const DEPTH: usize = 10;

/// A question with the terms that answer it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Case {
    /// The question.
    pub question: String,
    /// The language of whoever asks.
    pub lang: Language,
    /// Terms whose passages answer it: an entry's id, a name or another name.
    pub terms: Vec<String>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The rank of the first right passage, from 1; none where none was found.
    pub rank: Option<usize>,
    /// What was found.
    pub hits: Vec<Hit>,
    /// What the whole search took.
    pub took: Duration,
}

/// Marks over some questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Marks {
    /// How many questions.
    pub questions: usize,
    /// The share whose first passage is right.
    pub hit_at_1: f64,
    /// The share with a right passage among the first three.
    pub hit_at_3: f64,
    /// The mean of one over the rank of the first right passage.
    pub mrr: f64,
    /// Half of the searches took less, in milliseconds.
    pub p50_ms: f64,
    /// Nineteen of twenty searches took less, in milliseconds.
    pub p95_ms: f64,
}

/// Reads a file of questions, one JSON object a line.
///
/// # Errors
/// [`RagError::Files`], which names the line.
pub fn read(file: &Path) -> Result<Vec<Case>, RagError> {
    let text = std::fs::read_to_string(file).map_err(|error| files_error(file, error))?;
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let cases = lines.map(|(line, number)| {
        serde_json::from_str(line).map_err(|error| files_error(file, format!("line {number} is no question: {error}")))
    });
    let cases = cases.collect::<Result<Vec<Case>, _>>()?;
    if cases.is_empty() { Err(files_error(file, "there are no questions in it")) } else { Ok(cases) }
}

/// Asks every question.
///
/// # Errors
/// [`RagError`] where a search fails.
pub async fn ask(knowledge: &dyn Knowledge, cases: &[Case]) -> Result<Vec<Outcome>, RagError> {
    let mut outcomes = Vec::with_capacity(cases.len());
    for case in cases {
        let started = Instant::now();
        let hits = knowledge.search(&case.question, case.lang, DEPTH).await?;
        let took = started.elapsed();
        let rank = hits.iter().position(|hit| answers(&hit.passage, &case.terms)).map(|place| place + 1);
        outcomes.push(Outcome { rank, hits, took });
    }
    Ok(outcomes)
}

/// Whether a passage is one of these terms, whatever the case, accents, hyphens and abbreviations in parentheses.
#[must_use]
pub fn answers(passage: &Passage, terms: &[String]) -> bool {
    let names = std::iter::once(&passage.title).chain(&passage.term).chain(&passage.names);
    let known: Vec<String> = names.flat_map(|name| keys(name)).collect();
    terms.iter().flat_map(|term| keys(term)).any(|wanted| known.contains(&wanted))
}

fn keys(name: &str) -> Vec<String> {
    ways_of_writing(name).iter().map(|way| key(way)).collect()
}

/// Marks by language, and of all questions as "all".
#[must_use]
pub fn marks(cases: &[Case], outcomes: &[Outcome]) -> BTreeMap<&'static str, Marks> {
    let of = |language: Option<Language>| -> Option<Marks> {
        let chosen =
            cases.iter().zip(outcomes).filter(|(case, _)| language.is_none_or(|language| case.lang == language));
        let chosen: Vec<&Outcome> = chosen.map(|(_, outcome)| outcome).collect();
        (!chosen.is_empty()).then(|| marks_of(&chosen))
    };
    let all = [("all", None), ("en", Some(Language::English)), ("fr", Some(Language::French))];
    all.into_iter().filter_map(|(name, language)| Some((name, of(language)?))).collect()
}

fn marks_of(outcomes: &[&Outcome]) -> Marks {
    let count = outcomes.len() as f64;
    let within = |most: usize| outcomes.iter().filter(|outcome| outcome.rank.is_some_and(|rank| rank <= most)).count();
    let mut took: Vec<f64> = outcomes.iter().map(|outcome| outcome.took.as_secs_f64() * 1e3).collect();
    took.sort_by(f64::total_cmp);
    Marks {
        questions: outcomes.len(),
        hit_at_1: within(1) as f64 / count,
        hit_at_3: within(3) as f64 / count,
        mrr: outcomes.iter().map(|outcome| outcome.rank.map_or(0.0, |rank| 1.0 / rank as f64)).sum::<f64>() / count,
        p50_ms: share_below(&took, 0.5),
        p95_ms: share_below(&took, 0.95),
    }
}

/// The smallest of some sorted numbers that is not below a share of them.
fn share_below(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(title: &str, names: &[&str]) -> Passage {
        Passage {
            id: String::new(),
            term: Some("average-true-range".to_owned()),
            title: title.to_owned(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            asked: Vec::new(),
            text: String::new(),
            language: Language::English,
            source: String::new(),
            licence: String::new(),
        }
    }

    #[test]
    fn a_term_is_met_by_id_name_and_abbreviation_however_it_is_written() {
        let passage = passage("Average True Range (ATR)", &["Amplitude moyenne réelle"]);
        for term in
            ["average-true-range", "AVERAGE TRUE RANGE", "atr", "average true range (atr)", "amplitude moyenne reelle"]
        {
            assert!(answers(&passage, &[term.to_owned()]), "{term}");
        }
        assert!(!answers(&passage, &["true range".to_owned()]));
    }

    #[test]
    fn marks_count_ranks_and_time() {
        let outcome = |rank, ms| Outcome { rank, hits: Vec::new(), took: Duration::from_millis(ms) };
        let outcomes = [outcome(Some(1), 10), outcome(Some(3), 20), outcome(Some(5), 30), outcome(None, 40)];
        let case = Case { question: String::new(), lang: Language::English, terms: Vec::new() };
        let marks = marks(&vec![case; 4], &outcomes);
        let all = marks["all"];
        assert_eq!((all.hit_at_1, all.hit_at_3, all.p50_ms, all.p95_ms), (0.25, 0.5, 20.0, 40.0));
        assert!((all.mrr - (1.0 + 1.0 / 3.0 + 0.2) / 4.0).abs() < 1e-12);
        assert!(!marks.contains_key("fr"));
    }
}

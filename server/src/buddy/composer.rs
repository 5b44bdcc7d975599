//! Puts an answer together from passages, forecasts and findings, without a language model.
//!
//! It is what most first visitors read, so it must read well; and since every sentence comes from the evidence or from
//! [`super::phrases`], it cannot state what nobody knows.

use domain::advice::Advice;
use domain::forecast::Forecast;
use domain::language::Language;

use super::evidence::{Evidence, Found, Known};
use super::phrases;
use super::tools::Finding;
use super::understanding::Understanding;
use crate::events::Headline;
use crate::rag::glossary::Glossary;

/// Entries that are named below an explanation.
const MOST_RELATED: usize = 4;

/// A second passage is shown where it is at least this sure, against the first.
const NEARLY_AS_SURE: f32 = 0.5;

/// The answer, Markdown.
pub(super) fn compose(understood: &Understanding, evidence: &Evidence, glossary: &Glossary) -> String {
    let language = understood.language;
    let mut parts = explanations(understood, evidence, glossary);
    parts.extend(figures(language, evidence));
    if parts.is_empty() {
        return (if understood.wants.courtesy {
            phrases::courtesy(language)
        } else if understood.wants.figures() && !evidence.unavailable.is_empty() {
            phrases::not_ready(language)
        } else {
            phrases::unknown(language)
        })
        .to_owned();
    }
    if !evidence.unavailable.is_empty() {
        parts.push(phrases::unavailable(language).to_owned());
    }
    if understood.wants.advice || understood.wants.outlook {
        parts.push(phrases::not_advice(language).to_owned());
    }
    parts.join("\n\n")
}

/// What terms mean: the best passage, and the second where the question is about two.
fn explanations(understood: &Understanding, evidence: &Evidence, glossary: &Glossary) -> Vec<String> {
    let scores: Vec<f32> = evidence.known.iter().map(|known| known.hit.score).collect();
    let shown = evidence.known.iter().take(passages_shown(&scores, &understood.library_question));
    shown.flat_map(|known| explanation(understood.language, known, glossary)).collect()
}

/// How many passages of some scores, best first, an answer shows.
pub(super) fn passages_shown(scores: &[f32], question: &str) -> usize {
    match scores {
        [first, second, ..] if *second >= first * NEARLY_AS_SURE && compares(question) => 2,
        _ => scores.len().min(1),
    }
}

/// Whether a question is about two things at once.
fn compares(question: &str) -> bool {
    let words = super::vocabulary::Words::of(question);
    ["difference", "compare", "versus", "vs", "between", "entre", "comparer", "ou"].iter().any(|word| words.has(word))
}

fn explanation(language: Language, known: &Known, glossary: &Glossary) -> Vec<String> {
    let number = known.number;
    let Some(entry) = &known.entry else {
        let passage = &known.hit.passage;
        let quote = passage.text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
        let head = format!("**{}** [{number}]", passage.title);
        return if passage.language == language {
            vec![head, quote]
        } else {
            vec![format!("{head} – {}", phrases::foreign_source(language)), quote]
        };
    };
    let text = entry.text(language);
    let mut parts = vec![
        format!("**{}.** {} [{number}]", text.name, text.definition),
        format!("*{}.* {} [{number}]", phrases::example(language), text.example),
    ];
    let related: Vec<&str> = entry
        .related
        .iter()
        .filter_map(|id| glossary.entry(id))
        .map(|entry| entry.text(language).name.as_str())
        .take(MOST_RELATED)
        .collect();
    if !related.is_empty() {
        let colon = phrases::colon(language);
        parts.push(format!("{}{colon} {}.", phrases::see_also(language), related.join(", ")));
    }
    parts
}

fn figures(language: Language, evidence: &Evidence) -> Vec<String> {
    let forecasts: Vec<(&Forecast, u32)> = evidence
        .found
        .iter()
        .filter_map(|found| match (&found.finding, found.number) {
            (Finding::Forecast(forecast), Some(number)) => Some((forecast, number)),
            _ => None,
        })
        .collect();
    let advice = evidence.found.iter().find_map(|found| match &found.finding {
        Finding::Advice(advice) => Some(advice.as_ref()),
        _ => None,
    });
    let mut parts = match (forecasts.as_slice(), advice) {
        ([], _) => Vec::new(),
        ([(forecast, number)], Some(advice)) => outlook(language, forecast, *number, advice, evidence),
        ([(forecast, number)], None) => vec![format!("{} [{number}]", phrases::forecast_line(language, forecast))],
        (several, _) => table(language, several),
    };
    parts.extend(evidence.found.iter().filter_map(|found| other(language, found)));
    parts
}

fn outlook(language: Language, forecast: &Forecast, number: u32, advice: &Advice, evidence: &Evidence) -> Vec<String> {
    let colon = phrases::colon(language);
    let grounds: Vec<String> = advice
        .grounds
        .iter()
        .map(|ground| match evidence.number_of(&ground.fact) {
            Some(number) => format!("- {} [{number}]", ground.words),
            None => format!("- {} ({})", ground.words, ground.source),
        })
        .collect();
    let mut parts = vec![
        format!(
            "**{} {}{colon} {}.** {} [{number}]",
            forecast.symbol.name(),
            phrases::over(language, forecast.horizon),
            phrases::level(language, advice.level),
            advice.summary
        ),
        format!("**{}**\n\n{}", phrases::why(language), grounds.join("\n")),
    ];
    let drivers = phrases::drivers(language, &forecast.reasons);
    if !drivers.is_empty() {
        parts.push(format!("{drivers} [{number}]"));
    }
    parts.push(format!("**{}{colon}** {}", phrases::what_to_do(language), advice.action_words));
    parts
}

fn table(language: Language, forecasts: &[(&Forecast, u32)]) -> Vec<String> {
    let rows: Vec<String> =
        forecasts.iter().map(|(forecast, number)| phrases::table_row(language, forecast, *number)).collect();
    let horizon = forecasts.first().map(|(forecast, _)| forecast.horizon).unwrap_or_default();
    vec![phrases::table_note(language, horizon), format!("{}\n{}", phrases::table_head(language), rows.join("\n"))]
}

/// A finding that is neither forecast nor advice.
fn other(language: Language, found: &Found) -> Option<String> {
    let number = found.number?;
    match &found.finding {
        Finding::Forecast(_) | Finding::Advice(_) => None,
        Finding::Headlines(headlines) => Some(titles(headlines, number)),
        finding => Some(format!("{} [{number}]", finding.summary(language))),
    }
}

/// Titles as a list. They are other people's words: whatever would be markup is escaped.
fn titles(headlines: &[Headline], number: u32) -> String {
    let line = |headline: &Headline| format!("- {} ({}) [{number}]", escape(&headline.title), escape(&headline.source));
    headlines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Escapes what Markdown would read as markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}

//! What to make of a forecast: a rule engine without language model, network or clock.
//!
//! [`advise`] decides level, stance, confidence, reasons and action by the rules in [`rules`] and says them with the
//! templates in [`words`]. A language model may only word the summary ([`reworded`]), and what it writes goes through
//! the same guard as the chat. `docs/decisions/0003-advice.md` says why the rules are what they are.
//!
//! Invariant: no advice says to buy or to sell.

mod rules;
#[cfg(test)]
mod tests;
mod words;

use domain::advice::{Advice, Fact, Ground};
use domain::forecast::Forecast;
use domain::language::Language;
use jiff::Timestamp;

use crate::events::{FearAndGreed, FundingRate};
use crate::grounding::{Evidence, Guard};

pub use rules::{CRITICAL_FROM, HIGH_FROM, MODERATE_FROM, level_of};

/// Who worded an advice that no language model has touched.
pub const RULES: &str = "rules";

/// What to make of a forecast, in the reader's language. Events that are unavailable are simply not weighed.
#[must_use]
pub fn advise(
    forecast: &Forecast,
    fear_and_greed: Option<&FearAndGreed>,
    funding: Option<&FundingRate>,
    now: Timestamp,
    language: Language,
) -> Advice {
    let verdict = rules::judge(forecast, fear_and_greed, funding, now);
    let grounds = verdict
        .facts
        .into_iter()
        .map(|fact| Ground {
            words: words::fact(language, &fact, forecast.horizon),
            source: words::source(language, &fact, forecast),
            fact,
        })
        .collect();
    Advice {
        symbol: forecast.symbol.clone(),
        horizon: forecast.horizon,
        as_of: forecast.origin,
        ends_at: forecast.ends_at,
        level: verdict.level,
        stance: verdict.stance,
        confidence: verdict.confidence,
        grounds,
        action: verdict.action,
        summary: words::summary(language, forecast, verdict.level, verdict.doubt),
        action_words: words::action(language, verdict.action, forecast),
        worded_by: RULES.to_owned(),
        dropped_sentences: 0,
    }
}

/// The advice with a language model's wording of the summary, as far as the advice's own figures hold it. Sentences that
/// they do not hold are dropped and counted; where nothing is left, the template stays.
#[must_use]
pub fn reworded(advice: Advice, text: &str, worded_by: &str) -> Advice {
    let evidence = evidence(&advice);
    let mut guard = Guard::new(Evidence::new(evidence.iter().map(String::as_str)), 0);
    let mut released = guard.push(text);
    released.push_str(&guard.finish());
    let dropped_sentences = guard.dropped();
    match released.trim() {
        "" => Advice { dropped_sentences, ..advice },
        summary => Advice { summary: summary.to_owned(), worded_by: worded_by.to_owned(), dropped_sentences, ..advice },
    }
}

/// Everything that a wording may state: what the templates say, the exact figures, the horizon and its times.
fn evidence(advice: &Advice) -> Vec<String> {
    let mut texts = vec![
        advice.summary.clone(),
        advice.action_words.clone(),
        format!("{} h, {} to {}", advice.horizon.hours(), advice.as_of, advice.ends_at),
    ];
    for ground in &advice.grounds {
        texts.push(ground.words.clone());
        texts.extend(figures(&ground.fact).iter().map(|figure| format!("{figure:.9}")));
    }
    texts
}

/// The figures of a fact, as they are.
fn figures(fact: &Fact) -> Vec<f64> {
    match *fact {
        Fact::ForecastRank { rank, median, low, high } => vec![rank, median, low, high],
        Fact::Chance { probability, above } => vec![probability, above],
        Fact::JustRealised { volatility, usual } => vec![volatility, usual],
        // An index is no fraction, and the words have it.
        Fact::FearAndGreed { .. } => Vec::new(),
        Fact::FundingRate { rate, .. } => vec![rate],
    }
}

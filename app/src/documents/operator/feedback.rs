//! What people say, listed and filtered.

use domain::feedback::{FeedbackOrigin, Seen};
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use jiff::Timestamp;
use leptos::prelude::*;

use super::{pages, question_mark, table, up, whole};
use crate::components::moment::Moment;
use crate::documents::field::select;
use crate::documents::{Form, Page, address, say};
use crate::format;

/// What feedback is about.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// A published forecast.
    Forecast {
        /// The coin.
        symbol: Symbol,
        /// The horizon.
        horizon: Horizon,
        /// Where the horizon starts (UTC).
        origin: Timestamp,
        /// The chance that was given, 0 to 1.
        chance: f64,
        /// Whether the period was one of high volatility; none while that is not known.
        was_high: Option<bool>,
    },
    /// An answer of the Buddy, with who wrote it.
    Answer {
        /// A model's name or `composer`; none where the answer is gone.
        writer: Option<String>,
    },
}

/// Feedback in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackEntry {
    /// When it was given last (UTC).
    pub at: Timestamp,
    /// About what.
    pub about: About,
    /// What was said, as it is stored: right, wrong, helpful or `not_helpful`.
    pub opinion: &'static str,
    /// What was really seen.
    pub seen: Option<Seen>,
    /// In the giver's own words; may be empty.
    pub words: String,
    /// Where it was given.
    pub origin: FeedbackOrigin,
    /// Whether the giver has an account.
    pub by_member: bool,
}

/// The list of feedback.
#[derive(Debug, Clone, Default)]
pub struct FeedbackList {
    /// The filter as it was typed: kind, verdict, symbol, origin, from, to.
    pub filter: Form,
    /// The fields of the filter that hold no day.
    pub no_days: Vec<&'static str>,
    /// How often what was said, as it is stored.
    pub counts: Vec<(&'static str, u64)>,
    /// The entries of this page, the newest first.
    pub entries: Vec<FeedbackEntry>,
    /// Which page this is, from 1.
    pub page: u32,
    /// Whether there is another one.
    pub has_more: bool,
    /// The filter as a query, without the page.
    pub query: String,
}

/// What people say, with a filter and a way to take it along.
pub fn feedback(language: Language, shown: &FeedbackList) -> Page {
    let title = say(language, "Feedback", "Réponses");
    let counts: Vec<String> = shown
        .counts
        .iter()
        .map(|(opinion, count)| {
            let colon = say(language, ":", "\u{202f}:");
            format!("{}{colon} {}", opinion_words(language, opinion), whole(language, *count))
        })
        .collect();
    let counts = if counts.is_empty() {
        say(language, "Nobody has said anything yet.", "Personne n’a encore rien dit.").to_owned()
    } else {
        counts.join(" · ")
    };
    let csv = format!("/operator/feedback.csv{}", question_mark(&shown.query));
    let table = (!shown.entries.is_empty()).then(|| feedback_table(language, &shown.entries));
    let body = view! {
        {up(language)}
        <h1>{title}</h1>
        <p class="lead">{counts}</p>
        {filter_form(language, shown)}
        {table}
        {pages(language, "/operator/feedback", &shown.query, shown.page, shown.has_more)}
        <p>
            <a class="button button--quiet" href=address(language, &csv) download="feedback.csv">
                {say(language, "Download this list (CSV)", "Télécharger cette liste (CSV)")}
            </a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn filter_form(language: Language, shown: &FeedbackList) -> AnyView {
    let any = || (String::new(), say(language, "all", "tout").to_owned());
    let with_any = |choices: Vec<(String, String)>| std::iter::once(any()).chain(choices).collect::<Vec<_>>();
    let coded = |code: &str, words: &str| (code.to_owned(), words.to_owned());
    let kinds = with_any(vec![
        coded("forecast", say(language, "forecasts", "prévisions")),
        coded("answer", say(language, "answers", "réponses du Buddy")),
    ]);
    let opinions = with_any(
        ["right", "wrong", "helpful", "not_helpful"].map(|code| coded(code, opinion_words(language, code))).into(),
    );
    let coins = with_any(
        Symbol::followed().iter().map(|symbol| (symbol.ticker().to_owned(), symbol.name().to_owned())).collect(),
    );
    let origins = with_any(
        [FeedbackOrigin::Letter, FeedbackOrigin::Card, FeedbackOrigin::Chat, FeedbackOrigin::Api]
            .map(|origin| coded(origin.as_str(), origin_words(language, origin)))
            .into(),
    );
    let form = &shown.filter;
    view! {
        <form class="form form--wide" method="get" action=address(language, "/operator/feedback")>
            <div class="form__row">
                {select(language, form, "kind", say(language, "About", "À propos de"), kinds)}
                {select(language, form, "verdict", say(language, "Saying", "Disant"), opinions)}
                {select(language, form, "symbol", say(language, "Coin", "Crypto"), coins)}
                {select(language, form, "origin", say(language, "Given in", "Donné dans"), origins)}
                {day(language, shown, "from", say(language, "From (UTC)", "Du (UTC)"))}
                {day(language, shown, "to", say(language, "To (UTC)", "Au (UTC)"))}
            </div>
            <button class="button button--quiet" type="submit">
                {say(language, "Filter", "Filtrer")}
            </button>
        </form>
    }
    .into_any()
}

fn day(language: Language, shown: &FeedbackList, name: &'static str, label: &'static str) -> AnyView {
    let is_wrong = shown.no_days.contains(&name);
    let wrong = is_wrong.then(|| {
        let text = say(language, "A day such as 2026-03-31, please.", "Un jour comme 2026-03-31, s’il vous plaît.");
        view! { <p class="field__wrong">{text}</p> }
    });
    view! {
        <div class="field" class:field--wrong=is_wrong>
            <label class="field__label" for=name>
                {label}
            </label>
            <input class="field__input" id=name name=name type="date" value=shown.filter.typed(name) />
            {wrong}
        </div>
    }
    .into_any()
}

fn feedback_table(language: Language, entries: &[FeedbackEntry]) -> AnyView {
    let heads = [
        say(language, "When", "Quand"),
        say(language, "About", "À propos de"),
        say(language, "Said", "Dit"),
        say(language, "Seen", "Vu"),
        say(language, "Words", "Mots"),
        say(language, "Where", "Où"),
    ];
    let row = |entry: &FeedbackEntry| {
        let who =
            if entry.by_member { say(language, "member", "membre") } else { say(language, "visitor", "visiteur") };
        let place = format!("{}, {who}", origin_words(language, entry.origin));
        let seen = entry.seen.map_or("–", |seen| seen_words(language, seen));
        view! {
            <tr>
                <th scope="row">
                    <Moment at=entry.at />
                </th>
                <td>{about_words(language, &entry.about)}</td>
                <td>{opinion_words(language, entry.opinion)}</td>
                <td>{seen}</td>
                <td>{entry.words.clone()}</td>
                <td>{place}</td>
            </tr>
        }
    };
    table(say(language, "Feedback", "Réponses"), &heads, entries.iter().map(row).collect_view().into_any())
}

fn about_words(language: Language, about: &About) -> String {
    match about {
        About::Forecast { symbol, horizon, origin, chance, was_high } => {
            let chance = format::chance(language, *chance);
            let came = match was_high {
                Some(true) => say(language, "it was rough", "c’était agité"),
                Some(false) => say(language, "it was not rough", "ce n’était pas agité"),
                None => say(language, "not over or not measured", "en cours ou pas encore mesuré"),
            };
            let colon = say(language, ":", "\u{202f}:");
            format!("{} {horizon}, {}{colon} {chance}; {came}", symbol.ticker(), format::minute(*origin))
        }
        About::Answer { writer } => {
            let what = say(language, "answer by", "réponse de");
            format!("{what} {}", writer.as_deref().unwrap_or("–"))
        }
    }
}

/// What is stored, in words; what nobody knows stands as it is.
fn opinion_words(language: Language, opinion: &str) -> &'static str {
    match opinion {
        "right" => say(language, "right", "juste"),
        "wrong" => say(language, "wrong", "faux"),
        "helpful" => say(language, "helpful", "utile"),
        "not_helpful" => say(language, "not helpful", "pas utile"),
        _ => "–",
    }
}

const fn seen_words(language: Language, seen: Seen) -> &'static str {
    match seen {
        Seen::Calm => say(language, "calm", "calme"),
        Seen::Usual => say(language, "usual", "habituel"),
        Seen::High => say(language, "rough", "agité"),
    }
}

const fn origin_words(language: Language, origin: FeedbackOrigin) -> &'static str {
    match origin {
        FeedbackOrigin::Letter => say(language, "letter", "lettre"),
        FeedbackOrigin::Card => say(language, "page", "page"),
        FeedbackOrigin::Chat => say(language, "chat", "conversation"),
        FeedbackOrigin::Api => say(language, "program", "programme"),
    }
}

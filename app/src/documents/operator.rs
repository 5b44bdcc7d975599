//! What whoever looks after this server sees: feedback, what goes out, what runs by itself.

use domain::feedback::{FeedbackOrigin, Seen};
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use domain::user::EmailAddress;
use jiff::Timestamp;
use leptos::prelude::*;

use super::account::tile;
use super::field::{done, select};
use super::{Form, Page, address, say};
use crate::components::moment::Moment;
use crate::format;

/// What the overview counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OperatorOverview {
    /// How often something was said.
    pub feedback: u64,
    /// Letters and webhooks that wait.
    pub waiting: u64,
    /// Letters and webhooks that were given up.
    pub dead: u64,
    /// Jobs whose last run failed.
    pub failing_jobs: u64,
}

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

/// A letter or webhook in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its name.
    pub id: String,
    /// What it says, as it is stored: `alert`, `reset_password` and so on.
    pub what: String,
    /// letter or webhook.
    pub channel: String,
    /// To whom, masked; empty where nobody knows.
    pub to: String,
    /// waiting, sent or dead.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was put there (UTC).
    pub created_at: Timestamp,
    /// When it is tried next, where it waits (UTC).
    pub due_at: Option<Timestamp>,
    /// When it was sent or given up (UTC).
    pub ended_at: Option<Timestamp>,
    /// Why the last try failed; empty where none did.
    pub failure: String,
}

/// What goes out.
#[derive(Debug, Clone, Default)]
pub struct OutboxList {
    /// Which state is listed; empty for all.
    pub state: String,
    /// How many are in which state.
    pub counts: Vec<(&'static str, u64)>,
    /// The entries of this page, the newest first.
    pub entries: Vec<OutboxEntry>,
    /// Which page this is, from 1.
    pub page: u32,
    /// Whether there is another one.
    pub has_more: bool,
    /// Whether one was just put back.
    pub was_replayed: bool,
}

/// A job in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEntry {
    /// Its name.
    pub name: String,
    /// Whether somebody runs it now.
    pub is_running: bool,
    /// When the last run began (UTC).
    pub started_at: Option<Timestamp>,
    /// When the last run ended (UTC).
    pub ended_at: Option<Timestamp>,
    /// When the next run is due (UTC); none where that is not known.
    pub next_at: Option<Timestamp>,
    /// Why the last run failed; none where it went well.
    pub failure: Option<String>,
    /// How many runs have ended.
    pub runs: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// An address as an operator may see it: `a…@example.org`.
#[must_use]
pub fn masked(address: &EmailAddress) -> String {
    let (local, domain) = address.as_str().split_once('@').unwrap_or((address.as_str(), ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// The way to everything else.
pub fn overview(language: Language, counts: &OperatorOverview) -> Page {
    let title = say(language, "Operator", "Opérateur");
    let here = move |path: &str| address(language, path);
    let number = |count: u64| whole(language, count);
    let OperatorOverview { feedback, waiting, dead, failing_jobs } = *counts;
    let summary = match language {
        Language::English => format!(
            "{} answers from people · {} letters and webhooks waiting, {} given up · {} jobs failing",
            number(feedback),
            number(waiting),
            number(dead),
            number(failing_jobs),
        ),
        Language::French => format!(
            "{} réponses reçues · {} lettres et webhooks en attente, {} abandonnés · {} tâches en échec",
            number(feedback),
            number(waiting),
            number(dead),
            number(failing_jobs),
        ),
    };
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">{summary}</p>
        <ul class="tiles" role="list">
            {tile(
                here("/operator/feedback"),
                say(language, "Feedback", "Réponses"),
                say(
                    language,
                    "What people say about forecasts and answers.",
                    "Ce que l’on dit des prévisions et des réponses du Buddy.",
                ),
            )}
            {tile(
                here("/operator/outbox"),
                say(language, "Outbox", "Boîte d’envoi"),
                say(
                    language,
                    "Letters and webhooks: waiting, sent, given up.",
                    "Lettres et webhooks\u{202f}: en attente, envoyés, abandonnés.",
                ),
            )}
            {tile(
                here("/operator/jobs"),
                say(language, "Jobs", "Tâches"),
                say(language, "What runs by itself, and how it went.", "Ce qui tourne tout seul, et comment."),
            )}
            {tile(
                here("/models"),
                say(language, "Models", "Modèles"),
                say(language, "Which model serves, and how good it is.", "Quel modèle sert, et ce qu’il vaut."),
            )}
        </ul>
        <section class="document__section">
            <h2>{say(language, "Data for monitoring", "Données de suivi")}</h2>
            <p>
                {say(
                    language,
                    "Every published forecast with its features, outcome and feedback; and the end of what the model was trained on, to compare with.",
                    "Chaque prévision publiée avec ses variables, son issue et les réponses\u{202f}; et la fin de ce sur quoi le modèle a été entraîné, pour comparer.",
                )}
            </p>
            <p class="form__actions">
                <a class="button button--quiet" href="/api/v1/monitoring/prod_data.csv" download="prod_data.csv">
                    "prod_data.csv"
                </a>
                <a class="button button--quiet" href="/api/v1/monitoring/ref_data.csv" download="ref_data.csv">
                    "ref_data.csv"
                </a>
            </p>
        </section>
    }
    .into_any();
    Page { title: title.to_owned(), body }
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

/// What goes out, with what failed and a way to try again.
pub fn outbox(language: Language, shown: &OutboxList) -> Page {
    let title = say(language, "Outbox", "Boîte d’envoi");
    let link = |state: &'static str, text: String| {
        let is_current = shown.state == state;
        let path =
            if state.is_empty() { "/operator/outbox".to_owned() } else { format!("/operator/outbox?state={state}") };
        view! {
            <a
                class="button button--quiet button--small"
                href=address(language, &path)
                aria-current=is_current.then_some("page")
            >
                {text}
            </a>
        }
    };
    let all: u64 = shown.counts.iter().map(|(_, count)| count).sum();
    let every = link("", format!("{} ({})", say(language, "all", "tout"), whole(language, all)));
    let states = shown
        .counts
        .iter()
        .map(|&(state, count)| link(state, format!("{} ({})", state_words(language, state), whole(language, count))))
        .collect_view();
    let replayed = shown
        .was_replayed
        .then(|| say(language, "It is tried again within a minute.", "Nouvel essai dans la minute.").to_owned());
    let list = if shown.entries.is_empty() {
        view! { <p class="document__aside">{say(language, "Nothing here.", "Rien ici.")}</p> }.into_any()
    } else {
        outbox_table(language, &shown.entries)
    };
    let query = if shown.state.is_empty() { String::new() } else { format!("state={}", shown.state) };
    let body = view! {
        {up(language)}
        <h1>{title}</h1>
        {done(replayed)}
        <p class="form__actions">{every} {states}</p>
        {list}
        {pages(language, "/operator/outbox", &query, shown.page, shown.has_more)}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn outbox_table(language: Language, entries: &[OutboxEntry]) -> AnyView {
    let heads = [
        say(language, "Since", "Depuis"),
        say(language, "What", "Quoi"),
        say(language, "To", "À"),
        say(language, "State", "État"),
        say(language, "Tries", "Essais"),
        say(language, "What failed", "Échec"),
        say(language, "Action", "Action"),
    ];
    let row = |entry: &OutboxEntry| {
        let at = entry.ended_at.or(entry.due_at).map(|at| view! { <Moment at /> });
        let replay = (entry.state == "dead").then(|| {
            let label = format!("{} {}", say(language, "Try again:", "Réessayer\u{202f}:"), entry.what);
            view! {
                <form method="post" action=address(language, "/operator/outbox/replay")>
                    <input type="hidden" name="id" value=entry.id.clone() />
                    <button class="button button--quiet button--small" type="submit" aria-label=label>
                        {say(language, "Try again", "Réessayer")}
                    </button>
                </form>
            }
        });
        view! {
            <tr>
                <th scope="row">
                    <Moment at=entry.created_at />
                </th>
                <td>{format!("{} ({})", entry.what, entry.channel)}</td>
                <td>{entry.to.clone()}</td>
                <td>{state_words(language, &entry.state)} " " {at}</td>
                <td class="table__number">{entry.attempts.to_string()}</td>
                <td>{entry.failure.clone()}</td>
                <td>{replay}</td>
            </tr>
        }
    };
    table(say(language, "Outbox", "Boîte d’envoi"), &heads, entries.iter().map(row).collect_view().into_any())
}

/// What runs by itself.
pub fn jobs(language: Language, entries: &[JobEntry]) -> Page {
    let title = say(language, "Jobs", "Tâches");
    let heads = [
        say(language, "Job", "Tâche"),
        say(language, "Last run", "Dernière exécution"),
        say(language, "Next run", "Prochaine"),
        say(language, "Runs", "Exécutions"),
        say(language, "Failures", "Échecs"),
        say(language, "What failed last", "Dernier échec"),
    ];
    let row = |job: &JobEntry| {
        let last =
            job.ended_at.or(job.started_at).map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
        let next = if job.is_running {
            say(language, "running now", "en cours").into_any()
        } else {
            job.next_at.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any())
        };
        view! {
            <tr>
                <th scope="row">{job.name.clone()}</th>
                <td>{last}</td>
                <td>{next}</td>
                <td class="table__number">{whole(language, job.runs)}</td>
                <td class="table__number">{whole(language, job.failures)}</td>
                <td>{job.failure.clone().unwrap_or_default()}</td>
            </tr>
        }
    };
    let list = if entries.is_empty() {
        let text = say(language, "No job has run yet.", "Aucune tâche n’a encore tourné.");
        view! { <p class="document__aside">{text}</p> }.into_any()
    } else {
        table(title, &heads, entries.iter().map(row).collect_view().into_any())
    };
    let body = view! {
        {up(language)}
        <h1>{title}</h1>
        {list}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn up(language: Language) -> AnyView {
    view! {
        <p class="document__aside">
            <a href=address(language, "/operator")>{say(language, "Operator", "Opérateur")}</a>
        </p>
    }
    .into_any()
}

fn table(label: &'static str, heads: &[&'static str], rows: AnyView) -> AnyView {
    let heads = heads.iter().map(|&head| view! { <th scope="col">{head}</th> }).collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=label>
            <table class="table">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn pages(language: Language, path: &str, query: &str, page: u32, has_more: bool) -> AnyView {
    let link = |page: u32, text: &'static str| {
        let joined = if query.is_empty() { format!("page={page}") } else { format!("{query}&page={page}") };
        let href = address(language, &format!("{path}?{joined}"));
        view! {
            <a class="button button--quiet button--small" href=href>
                {text}
            </a>
        }
    };
    let before = (page > 1).then(|| link(page - 1, say(language, "Newer", "Plus récentes")));
    let after = has_more.then(|| link(page + 1, say(language, "Older", "Plus anciennes")));
    view! { <p class="form__actions">{before} {after}</p> }.into_any()
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

fn state_words(language: Language, state: &str) -> &'static str {
    match state {
        "waiting" => say(language, "waiting", "en attente"),
        "sent" => say(language, "sent", "envoyé"),
        "dead" => say(language, "given up", "abandonné"),
        _ => "–",
    }
}

fn question_mark(query: &str) -> String {
    if query.is_empty() { String::new() } else { format!("?{query}") }
}

/// A count; exact below 2^53, which no count reaches.
fn whole(language: Language, count: u64) -> String {
    format::number(language, count as f64, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_never_shown_whole() {
        let address = EmailAddress::parse("ann.lee@example.org").expect("an address");
        assert_eq!(masked(&address), "a…@example.org");
    }
}

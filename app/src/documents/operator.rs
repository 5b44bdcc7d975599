//! What whoever looks after this server sees: feedback, what goes out, what runs by itself.

use domain::language::Language;
use domain::user::EmailAddress;
use leptos::prelude::*;

use super::account::tile;
use super::{Page, address, say};
use crate::format;

mod drift;
mod feedback;
mod graph;
mod health;
mod jobs;
mod models;
mod outbox;
mod performance;
mod training;

pub use drift::{
    ColumnRole, ColumnStanding, DriftBoard, DriftColumn, DriftDetail, DriftStanding, DriftTest, ErrorWatch, Span,
    WindowChoice, WindowNumbers, drift, drift_detail,
};
pub use feedback::{About, FeedbackEntry, FeedbackList, feedback};
pub use graph::{Bins, Reliable};
pub use health::{CoinData, HealthBoard, NewestForecast, RefusedRows, ServingModel, SourceData, SourceTrouble, health};
pub use jobs::{JobEntry, JobList, jobs};
pub use models::{
    Actor, ComparedModels, FeatureLine, Intent, LONGEST_REASON, LONGEST_SHADOW_DAYS, ModelBoard, ModelDeed, ModelDone,
    ModelEvent, ModelLine, ModelPage, ModelStanding, ModelTrouble, NextTraining, ShadowLine, compare_models, intend,
    model, models,
};
pub use outbox::{OutboxEntry, OutboxList, outbox};
pub use performance::{Expected, Outcome, PerformanceBoard, Ranged, performance};
pub use training::{
    Duel, DuelRow, DuelSide, TrainingCause, TrainingLine, TrainingOrder, TrainingPage, TrainingPhase, TrainingStanding,
    TrainingStep, TrainingVotes, start_training, stop_training, training,
};

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
                here("/operator/drift"),
                say(language, "Drift", "Dérive"),
                say(
                    language,
                    "Whether the market is still what the model learned from.",
                    "Si le marché est encore celui que le modèle a appris.",
                ),
            )}
            {tile(
                here("/operator/performance"),
                say(language, "Performance", "Performance"),
                say(language, "Forecasts against what happened.", "Les prévisions face à ce qui est arrivé."),
            )}
            {tile(
                here("/operator/models"),
                say(language, "Models", "Modèles"),
                say(
                    language,
                    "Cards, trainings, promotion and the audit log.",
                    "Fiches, entraînements, mise en service et journal.",
                ),
            )}
            {tile(
                here("/operator/health"),
                say(language, "Data health", "Santé des données"),
                say(
                    language,
                    "Freshness, gaps, refused rows, sources.",
                    "Fraîcheur, trous, lignes refusées, sources.",
                ),
            )}
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

//! The audit log: who did what to which model, when and why.

use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::super::graph::encoded;
use super::super::table;
use super::super::training::version_link;
use super::Actor;
use crate::components::moment::Moment;
use crate::documents::{address, say};

/// What happened to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelDeed {
    /// It was made.
    Trained,
    /// It serves from then on.
    Promoted,
    /// It served no more; the one before did.
    RolledBack,
    /// It did not prove better.
    Refused,
    /// Its training was stopped.
    Stopped,
    /// Its training failed, or what was asked for could not be done.
    Failed,
    /// It began or ended to forecast in the shadow.
    Shadowed,
    /// It kept its place after its time of probation.
    Settled,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEvent {
    /// When (UTC).
    pub at: Timestamp,
    /// What happened.
    pub deed: ModelDeed,
    /// Who did it.
    pub actor: Actor,
    /// The version that served, or was left.
    pub from: Option<String>,
    /// The version that it is about.
    pub to: Option<String>,
    /// The training that it came of.
    pub training: Option<String>,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// The numbers that it rests on, as JSON.
    pub evidence: Option<String>,
}

pub(super) fn history(language: Language, events: &[ModelEvent]) -> AnyView {
    if events.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="document__section">
            <h2>{say(language, "What happened to it", "Ce qui lui est arrivé")}</h2>
            {event_table(language, events)}
        </section>
    }
    .into_any()
}

pub(super) fn event_table(language: Language, events: &[ModelEvent]) -> AnyView {
    let heads = [
        say(language, "When", "Quand"),
        say(language, "What", "Quoi"),
        say(language, "Version", "Version"),
        say(language, "Before it", "Avant"),
        say(language, "By", "Par"),
        say(language, "Why", "Pourquoi"),
        say(language, "Numbers", "Nombres"),
    ];
    let row = |event: &ModelEvent| {
        let at = event.at;
        let training = event.training.as_ref().map(|id| {
            let href = address(language, &format!("/operator/models/training/{}", encoded(id)));
            view! {
                " "
                <a href=href>{say(language, "training", "entraînement")}</a>
            }
        });
        let evidence = event.evidence.clone().map(|evidence| {
            view! {
                <details>
                    <summary>{say(language, "show", "voir")}</summary>
                    <pre class="board__pre" tabindex="0">
                        {evidence}
                    </pre>
                </details>
            }
        });
        view! {
            <tr>
                <th scope="row">
                    <Moment at />
                </th>
                <td>{deed_words(language, event.deed)} {training}</td>
                <td>{version_link(language, event.to.as_deref())}</td>
                <td>{version_link(language, event.from.as_deref())}</td>
                <td>{event.actor.words(language)}</td>
                <td class="board__words">{event.reason.clone()}</td>
                <td>{evidence}</td>
            </tr>
        }
    };
    table(say(language, "Audit log", "Journal des décisions"), &heads, events.iter().map(row).collect_view().into_any())
}

const fn deed_words(language: Language, deed: ModelDeed) -> &'static str {
    match deed {
        ModelDeed::Trained => say(language, "trained", "entraîné"),
        ModelDeed::Promoted => say(language, "promoted", "mis en service"),
        ModelDeed::RolledBack => say(language, "rolled back", "retour au précédent"),
        ModelDeed::Refused => say(language, "not better, kept", "pas meilleur, conservé"),
        ModelDeed::Stopped => say(language, "training stopped", "entraînement arrêté"),
        ModelDeed::Failed => say(language, "failed", "échec"),
        ModelDeed::Shadowed => say(language, "shadow", "ombre"),
        ModelDeed::Settled => say(language, "kept its place", "a gardé sa place"),
    }
}

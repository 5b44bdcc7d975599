//! Two models side by side.

use domain::forecast::Horizon;
use domain::language::Language;
use domain::model::ModelCard;
use leptos::prelude::*;

use super::super::graph::aligned;
use super::super::training::{Duel, duel_section, version_link};
use super::super::whole;
use super::back;
use super::card::{measures, of_horizon};
use crate::documents::field::select;
use crate::documents::{Form, Page, address, say};
use crate::format;
use crate::words::Words;

/// Two models side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComparedModels {
    /// The versions that can be chosen.
    pub versions: Vec<String>,
    /// The first one.
    pub a: Option<ModelCard>,
    /// The second one.
    pub b: Option<ModelCard>,
    /// Both on the same days, where one was made while the other served.
    pub duel: Option<Duel>,
}

/// Two models side by side.
pub fn compare_models(language: Language, shown: &ComparedModels) -> Page {
    let title = say(language, "Compare two models", "Comparer deux modèles");
    let content = match (&shown.a, &shown.b) {
        (Some(a), Some(b)) => view! {
            {side_by_side(language, a, b)}
            {shown.duel.as_ref().map(|duel| duel_section(language, duel))}
        }
        .into_any(),
        _ => {
            let text = say(language, "Choose two versions.", "Choisissez deux versions.");
            view! { <p class="empty">{text}</p> }.into_any()
        }
    };
    let name = |card: &Option<ModelCard>| card.as_ref().map(|card| card.version.to_string()).unwrap_or_default();
    let form = Form::default().with("a", name(&shown.a)).with("b", name(&shown.b));
    let body = view! {
        <div class="board">
            {back(language)}
            <h1>{title}</h1>
            {choose_two(language, &form, &shown.versions)}
            {content}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

pub(super) fn choose_two(language: Language, form: &Form, versions: &[String]) -> AnyView {
    let choices = || versions.iter().map(|version| (version.clone(), version.clone())).collect::<Vec<_>>();
    view! {
        <form class="form form--wide" method="get" action=address(language, "/operator/models/compare")>
            <div class="form__row">
                {select(language, form, "a", say(language, "First version", "Première version"), choices())}
                {select(language, form, "b", say(language, "Second version", "Seconde version"), choices())}
            </div>
            <button class="button button--quiet" type="submit">
                {say(language, "Compare", "Comparer")}
            </button>
        </form>
    }
    .into_any()
}

fn side_by_side(language: Language, a: &ModelCard, b: &ModelCard) -> AnyView {
    let title = say(language, "Side by side", "Côte à côte");
    let heads = [
        say(language, "What", "Quoi"),
        say(language, "First version", "Première version"),
        say(language, "Second version", "Seconde version"),
    ];
    let fact = |name: &'static str, of: &dyn Fn(&ModelCard) -> AnyView| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="table__number">{of(a)}</td>
                <td class="table__number">{of(b)}</td>
            </tr>
        }
        .into_any()
    };
    let mut rows = vec![
        fact(say(language, "Version", "Version"), &|card| version_link(language, Some(card.version.as_str()))),
        fact(say(language, "Family", "Famille"), &|card| (Words::of(language).models.family)(card.family).into_any()),
        fact(say(language, "Trained", "Entraîné"), &|card| format::minute(card.trained_at).into_any()),
        fact(say(language, "Learned from", "A appris de"), &|card| {
            format!("{} – {}", format::day(card.trained_from), format::day(card.trained_to)).into_any()
        }),
        fact(say(language, "Parameters", "Paramètres"), &|card| {
            whole(language, u64::from(card.parameters)).into_any()
        }),
    ];
    for horizon in Horizon::ALL {
        let (ours, theirs) = (of_horizon(&a.scores, horizon), of_horizon(&b.scores, horizon));
        if ours.is_none() && theirs.is_none() {
            continue;
        }
        for measure in measures(language) {
            let (first, second) = measure.better(ours, theirs);
            let row = view! {
                <tr>
                    <th scope="row">{format!("{}, {horizon}", measure.name)}</th>
                    <td class="table__number">{mark(language, first)} {measure.shown(language, ours)}</td>
                    <td class="table__number">{mark(language, second)} {measure.shown(language, theirs)}</td>
                </tr>
            };
            rows.push(row.into_any());
        }
    }
    let note = say(
        language,
        "Each was scored on the days after its own training, so that these numbers are of different days; the comparison on the same days is the one to trust.",
        "Chacun a été noté sur les jours suivant son propre entraînement, donc sur des jours différents\u{202f}; la comparaison sur les mêmes jours est la plus fiable.",
    );
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{note}</p>
            {aligned(title, &heads, &[1, 2], rows.into_iter().collect_view().into_any())}
        </section>
    }
    .into_any()
}

/// The mark of the better one, with its word for whoever cannot see it.
fn mark(language: Language, mark: &'static str) -> AnyView {
    if mark.is_empty() {
        return ().into_any();
    }
    view! {
        <span class="state state--good" aria-hidden="true">
            {mark}
        </span>
        <span class="visually-hidden">{say(language, "better:", "meilleur\u{202f}:")}</span>
    }
    .into_any()
}

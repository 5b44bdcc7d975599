//! Every model with its card, which of them serves, who decided so and why.

mod card;
mod compare;
mod deeds;
mod log;

use domain::language::Language;
use domain::model::{Family, Score};
use jiff::Timestamp;
use leptos::prelude::*;

use self::compare::choose_two;
use self::log::event_table;
use super::graph::aligned;
use super::training::{TrainingCause, TrainingLine, cause_words, training_table, version_link};
use super::{pages, up, whole};
use crate::components::moment::{Day, Moment};
use crate::documents::field::done;
use crate::documents::{Form, Page, address, say};
use crate::format;

pub use self::card::{FeatureLine, ModelPage, model};
pub use self::compare::{ComparedModels, compare_models};
pub use self::deeds::{Intent, LONGEST_REASON, LONGEST_SHADOW_DAYS, ModelTrouble, intend};
pub(super) use self::deeds::{reason_field, trouble};
pub use self::log::{ModelDeed, ModelEvent};

/// Who did something to models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The server, by its rules.
    Server,
    /// An operator, by his masked address.
    Operator(String),
    /// An operator whose account is gone.
    Gone,
}

impl Actor {
    /// In words.
    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::Server => say(language, "the server", "le serveur").to_owned(),
            Self::Operator(masked) => masked.clone(),
            Self::Gone => say(language, "an operator who is gone", "un opérateur parti").to_owned(),
        }
    }
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelDone {
    /// Another model serves.
    Promoted,
    /// The model before serves again.
    RolledBack,
    /// A training begins.
    Asked,
    /// A training stops.
    Stopping,
    /// A model forecasts in the shadow.
    Shadowed,
    /// It does so no more.
    Unshadowed,
}

/// How a model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStanding {
    /// It serves.
    Serves,
    /// It forecasts in the shadow and did not serve yet.
    Challenger,
    /// It served before the present one, which is held against it.
    Former,
    /// It is kept.
    Kept,
}

/// A model in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelLine {
    /// Its version.
    pub version: String,
    /// Its family.
    pub family: Family,
    /// How it stands.
    pub standing: ModelStanding,
    /// When it was trained (UTC).
    pub trained_at: Timestamp,
    /// First candle that it learned from (UTC).
    pub trained_from: Timestamp,
    /// End of what it learned from (UTC).
    pub trained_to: Timestamp,
    /// Its score for the next 24 hours; none where it was not scored.
    pub score: Option<Score>,
    /// The same of the baseline.
    pub baseline: Option<Score>,
    /// Why it was trained; none where nobody wrote that down.
    pub cause: Option<TrainingCause>,
}

/// A model that forecasts beside the one that serves, and how both did on the same periods.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowLine {
    /// Its version.
    pub version: String,
    /// Whether it served before the present one.
    pub is_former: bool,
    /// The version beside which it began.
    pub beside: String,
    /// Since when (UTC).
    pub since: Timestamp,
    /// Until when (UTC).
    pub until: Timestamp,
    /// Days with an outcome.
    pub days: u32,
    /// Forecasts of each.
    pub forecasts: u32,
    /// Mean QLIKE of the serving model and of the one in the shadow.
    pub qlike: [f64; 2],
    /// Share of outcomes in the 80 % interval of both.
    pub coverage80: [f64; 2],
}

/// Whether a training begins by itself, as it was decided last.
#[derive(Debug, Clone, PartialEq)]
pub enum NextTraining {
    /// One was asked for.
    Asked(TrainingCause, String),
    /// One waits or runs.
    Runs,
    /// None before this time (UTC): the last one is too near.
    NotBefore(Timestamp),
    /// There were enough in the last seven days.
    WeekIsFull,
    /// Nothing calls for one.
    Nothing,
}

/// The list of models.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelBoard {
    /// The version that serves.
    pub serving: Option<String>,
    /// Every model whose card can be read, the serving one first.
    pub models: Vec<ModelLine>,
    /// Models that cannot be read, with the reason.
    pub damaged: Vec<(String, String)>,
    /// Those in the shadow.
    pub shadows: Vec<ShadowLine>,
    /// The newest trainings, the newest first.
    pub trainings: Vec<TrainingLine>,
    /// Trainings of the last seven days, and how many begin by themselves at most.
    pub week: (u32, u32),
    /// What was decided last about a training, and when (UTC).
    pub next: Option<(Timestamp, NextTraining)>,
    /// The audit log, the newest entry first.
    pub events: Vec<ModelEvent>,
    /// Which page of the log this is, from 1.
    pub page: u32,
    /// Whether there is another one.
    pub has_more: bool,
    /// What was just done.
    pub done: Option<ModelDone>,
}

/// Every model, trainings and the audit log.
pub fn models(language: Language, board: &ModelBoard) -> Page {
    let title = say(language, "Models", "Modèles");
    let list = if board.models.is_empty() {
        let text = say(language, "There is no model in the registry yet.", "Il n’y a pas encore de modèle.");
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        model_table(language, &board.models)
    };
    let serving = board.serving.as_deref().map_or_else(
        || say(language, "No model serves.", "Aucun modèle ne sert.").into_any(),
        |version| {
            let before = say(language, "Serves: ", "En service\u{202f}: ");
            view! { {before} {version_link(language, Some(version))} }.into_any()
        },
    );
    let is_open = board.trainings.first().is_some_and(|line| line.standing.is_open());
    let body = view! {
        <div class="board">
            {up(language)}
            <h1>{title}</h1>
            {done(board.done.map(|done| done_words(language, done).to_owned()))}
            <p class="lead">{serving}</p>
            {deeds(language, is_open)}
            {list}
            {damaged(language, &board.damaged)}
            {compare_form(language, board)}
            {shadows(language, &board.shadows)}
            {trainings(language, board)}
            {audit(language, board)}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The way back to the list.
pub(super) fn back(language: Language) -> AnyView {
    view! {
        <p class="document__aside">
            <a href=address(language, "/operator")>{say(language, "Operator", "Opérateur")}</a>
            " › "
            <a href=address(language, "/operator/models")>{say(language, "Models", "Modèles")}</a>
        </p>
    }
    .into_any()
}

const fn done_words(language: Language, done: ModelDone) -> &'static str {
    match done {
        ModelDone::Promoted => say(
            language,
            "The model serves within a minute. No request is dropped.",
            "Le modèle sert d’ici une minute. Aucune requête n’est perdue.",
        ),
        ModelDone::RolledBack => say(
            language,
            "The model before serves again within a minute.",
            "Le modèle précédent sert de nouveau d’ici une minute.",
        ),
        ModelDone::Asked => {
            say(language, "The training begins within seconds.", "L’entraînement commence dans quelques secondes.")
        }
        ModelDone::Stopping => {
            say(language, "The training stops within seconds.", "L’entraînement s’arrête dans quelques secondes.")
        }
        ModelDone::Shadowed => say(language, "The model forecasts in the shadow.", "Le modèle prévoit dans l’ombre."),
        ModelDone::Unshadowed => say(
            language,
            "The model does not forecast in the shadow any more.",
            "Le modèle ne prévoit plus dans l’ombre.",
        ),
    }
}

fn deeds(language: Language, is_open: bool) -> AnyView {
    let train = (!is_open).then(|| {
        view! {
            <a class="button" href=address(language, "/operator/models/train")>
                {say(language, "Start a training", "Lancer un entraînement")}
            </a>
        }
    });
    view! {
        <p class="form__actions">
            {train}
            <a class="button button--quiet" href=address(language, "/operator/models/roll-back")>
                {say(language, "Go back to the model before", "Revenir au modèle précédent")}
            </a>
        </p>
    }
    .into_any()
}

fn standing_mark(language: Language, standing: ModelStanding) -> AnyView {
    let (class, text) = match standing {
        ModelStanding::Serves => ("state state--good", say(language, "serves", "en service")),
        ModelStanding::Challenger => ("state state--watch", say(language, "in the shadow", "dans l’ombre")),
        ModelStanding::Former => {
            ("state state--watch", say(language, "served before, in the shadow", "précédent, dans l’ombre"))
        }
        ModelStanding::Kept => ("state", say(language, "kept", "conservé")),
    };
    view! { <span class=class>{text}</span> }.into_any()
}

fn model_table(language: Language, lines: &[ModelLine]) -> AnyView {
    let heads = [
        say(language, "Version", "Version"),
        say(language, "State", "État"),
        say(language, "Trained", "Entraîné"),
        say(language, "Learned from", "A appris de"),
        say(language, "QLIKE, 24h", "QLIKE, 24h"),
        say(language, "Simple method", "Méthode simple"),
        say(language, "Inside 80%", "Dans les 80\u{202f}%"),
        say(language, "Why", "Pourquoi"),
    ];
    let row = |line: &ModelLine| {
        let (at, from, to) = (line.trained_at, line.trained_from, line.trained_to);
        let error = |score: Option<Score>| {
            score.map_or_else(|| "–".to_owned(), |score| format::number(language, score.qlike, 3))
        };
        let covers = line.score.map_or_else(|| "–".to_owned(), |score| format::percent(language, score.coverage80, 1));
        let cause = line.cause.map_or("–", |cause| cause_words(language, cause));
        view! {
            <tr>
                <th scope="row">{version_link(language, Some(&line.version))}</th>
                <td>{standing_mark(language, line.standing)}</td>
                <td>
                    <Moment at />
                </td>
                <td>
                    <Day at=from />
                    " – "
                    <Day at=to />
                </td>
                <td class="table__number">{error(line.score)}</td>
                <td class="table__number">{error(line.baseline)}</td>
                <td class="table__number">{covers}</td>
                <td>{cause}</td>
            </tr>
        }
    };
    aligned(say(language, "Models", "Modèles"), &heads, &[4, 5, 6], lines.iter().map(row).collect_view().into_any())
}

fn damaged(language: Language, damaged: &[(String, String)]) -> AnyView {
    if damaged.is_empty() {
        return ().into_any();
    }
    let rows = damaged
        .iter()
        .map(|(version, reason)| {
            view! {
                <li>
                    <code>{version.clone()}</code>
                    ": "
                    {reason.clone()}
                </li>
            }
        })
        .collect_view();
    let text = say(language, "These cannot be read and never serve:", "Illisibles, ils ne servent jamais\u{202f}:");
    view! {
        <div class="notice">
            <p>{text}</p>
            <ul>{rows}</ul>
        </div>
    }
    .into_any()
}

fn compare_form(language: Language, board: &ModelBoard) -> AnyView {
    if board.models.len() < 2 {
        return ().into_any();
    }
    let versions: Vec<String> = board.models.iter().map(|line| line.version.clone()).collect();
    let form = Form::default().with("a", versions[0].clone()).with("b", versions[1].clone());
    view! {
        <section class="document__section">
            <h2>{say(language, "Compare two", "En comparer deux")}</h2>
            {choose_two(language, &form, &versions)}
        </section>
    }
    .into_any()
}

fn shadows(language: Language, lines: &[ShadowLine]) -> AnyView {
    if lines.is_empty() {
        return ().into_any();
    }
    let title = say(language, "In the shadow", "Dans l’ombre");
    let heads = [
        say(language, "Version", "Version"),
        say(language, "Why", "Pourquoi"),
        say(language, "Beside", "À côté de"),
        say(language, "From – until", "Du – au"),
        say(language, "Days", "Jours"),
        say(language, "Forecasts", "Prévisions"),
        say(language, "QLIKE, shadow : serving", "QLIKE, ombre : service"),
        say(language, "Inside 80%, shadow : serving", "Dans les 80\u{202f}%, ombre : service"),
    ];
    let row = |line: &ShadowLine| {
        let (since, until) = (line.since, line.until);
        let why = if line.is_former {
            say(language, "it served before", "il servait auparavant")
        } else {
            say(language, "it did not serve yet", "il n’a pas encore servi")
        };
        let [served, shadow] = line.qlike.map(|value| format::number(language, value, 3));
        let [served80, shadow80] = line.coverage80.map(|value| format::percent(language, value, 1));
        let (errors, covers) = if line.forecasts == 0 {
            ("–".to_owned(), "–".to_owned())
        } else {
            (format!("{shadow} : {served}"), format!("{shadow80} : {served80}"))
        };
        view! {
            <tr>
                <th scope="row">{version_link(language, Some(&line.version))}</th>
                <td>{why}</td>
                <td>{version_link(language, Some(&line.beside))}</td>
                <td>
                    <Day at=since />
                    " – "
                    <Day at=until />
                </td>
                <td class="table__number">{line.days.to_string()}</td>
                <td class="table__number">{whole(language, u64::from(line.forecasts))}</td>
                <td class="table__number">{errors}</td>
                <td class="table__number">{covers}</td>
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {aligned(title, &heads, &[4, 5, 6, 7], lines.iter().map(row).collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn trainings(language: Language, board: &ModelBoard) -> AnyView {
    let title = say(language, "Trainings", "Entraînements");
    let (this_week, most) = board.week;
    let week = match language {
        Language::English => format!("{this_week} in the last seven days; at most {most} begin by themselves."),
        Language::French => {
            format!("{this_week} ces sept derniers jours\u{202f}; {most} au plus commencent d’eux-mêmes.")
        }
    };
    let next = board.next.as_ref().map(|(at, next)| {
        let (at, words) = (*at, next_words(language, next));
        let before = say(language, "Decided ", "Décidé le ");
        view! { <p>{before} <Moment at /> ": " {words}</p> }
    });
    let list = if board.trainings.is_empty() {
        let text = say(language, "No training has taken place yet.", "Aucun entraînement n’a encore eu lieu.");
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        training_table(language, &board.trainings)
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{week}</p>
            {next}
            {list}
        </section>
    }
    .into_any()
}

fn next_words(language: Language, next: &NextTraining) -> String {
    match next {
        NextTraining::Asked(cause, reason) => {
            let asked = say(language, "a training was asked for", "un entraînement a été demandé");
            format!("{asked} ({}): {reason}", cause_words(language, *cause))
        }
        NextTraining::Runs => say(language, "one waits or runs.", "un entraînement attend ou tourne.").to_owned(),
        NextTraining::NotBefore(until) => {
            let before = say(language, "none before", "aucun avant le");
            format!("{before} {}.", format::minute(*until))
        }
        NextTraining::WeekIsFull => {
            say(language, "there were enough this week.", "il y en a eu assez cette semaine.").to_owned()
        }
        NextTraining::Nothing => say(language, "nothing calls for one.", "rien n’en demande.").to_owned(),
    }
}

fn audit(language: Language, board: &ModelBoard) -> AnyView {
    let title = say(language, "Audit log", "Journal des décisions");
    let list = if board.events.is_empty() {
        let text = say(language, "Nothing has happened yet.", "Rien ne s’est encore passé.");
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        event_table(language, &board.events)
    };
    view! {
        <section class="document__section" id="log">
            <h2>{title}</h2>
            <p>
                {say(
                    language,
                    "Who let which model serve, when and why. Nothing is ever taken out of it.",
                    "Qui a mis quel modèle en service, quand et pourquoi. Rien n’en est jamais retiré.",
                )}
            </p>
            {list}
            {pages(language, "/operator/models", "", board.page.max(1), board.has_more)}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::clock::instant;
    use domain::model::{ModelCard, Version};

    use super::*;
    use crate::documents::Wrong;

    const AT: i64 = 1_751_324_400;

    fn card(name: &str) -> ModelCard {
        ModelCard {
            version: Version::parse(name).expect("a version"),
            family: Family::Lstm,
            is_champion: false,
            trained_at: instant(AT),
            trained_from: instant(AT - 86_400 * 900),
            trained_to: instant(AT - 86_400),
            seed: 7,
            revision: "abc".to_owned(),
            parameters: 1_234,
            scores: Vec::new(),
            baseline: Vec::new(),
            by_symbol: BTreeMap::new(),
        }
    }

    fn event(reason: &str) -> ModelEvent {
        ModelEvent {
            at: instant(AT),
            deed: ModelDeed::Promoted,
            actor: Actor::Operator("o…@example.org".to_owned()),
            from: Some("lstm-1".to_owned()),
            to: Some("lstm-2".to_owned()),
            training: None,
            reason: reason.to_owned(),
            evidence: None,
        }
    }

    #[test]
    fn the_audit_log_says_who_what_when_and_why_and_none_of_it_is_markup() {
        let board = ModelBoard { events: vec![event("<b>it was better</b>")], page: 1, ..ModelBoard::default() };
        let page = models(Language::English, &board).body.to_html();
        for text in ["o…@example.org", "promoted", "2025-06-30 23:00 UTC", "&lt;b&gt;it was better&lt;/b&gt;"] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        assert!(!page.contains("<b>it"), "{page}");
    }

    #[test]
    fn a_promotion_needs_a_reason_and_keeps_what_was_typed() {
        let intent = Intent::Promote { version: "lstm-2".to_owned(), serving: Some("lstm-1".to_owned()), duel: None };
        let form = Form::default().with("reason", "\"><script>").but("reason", Wrong::TooLong(LONGEST_REASON));
        let page = intend(Language::French, &intent, &form, None).body.to_html();
        assert!(page.contains("id=\"reason-wrong\"") && page.contains("Au plus 500 caractères"), "{page}");
        assert!(page.contains("value=\"lstm-2\"") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn where_nothing_served_before_there_is_no_form_to_go_back() {
        let intent = Intent::RollBack { serving: Some("lstm-1".to_owned()), to: None };
        let page = intend(Language::English, &intent, &Form::default(), None).body.to_html();
        assert!(page.contains("There is no earlier model to go back to.") && !page.contains("<form"), "{page}");
    }

    #[test]
    fn two_models_stand_side_by_side() {
        let shown = ComparedModels {
            versions: vec!["lstm-1".to_owned(), "lstm-2".to_owned()],
            a: Some(card("lstm-1")),
            b: Some(card("lstm-2")),
            duel: None,
        };
        let page = compare_models(Language::English, &shown).body.to_html();
        assert!(page.contains("/operator/models/version/lstm-1") && page.contains("/operator/models/version/lstm-2"));
        assert!(page.contains("1,234"), "{page}");
    }

    #[test]
    fn a_model_that_serves_cannot_be_promoted_once_more() {
        let shown = |standing| {
            let page = ModelPage {
                card: card("lstm-1"),
                standing,
                judged: Vec::new(),
                features: Vec::new(),
                training: None,
                log: Vec::new(),
                duel: None,
                events: Vec::new(),
            };
            model(Language::English, &page).body.to_html()
        };
        assert!(!shown(ModelStanding::Serves).contains("/operator/models/promote"));
        assert!(shown(ModelStanding::Kept).contains("/operator/models/promote?version=lstm-1"));
    }
}

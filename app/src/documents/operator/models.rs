//! Every model with its card, which of them serves, who decided so and why.

use domain::evaluation::Row;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::model::{Family, ModelCard, Score};
use jiff::Timestamp;
use leptos::prelude::*;

use super::graph::{encoded, facts};
use super::training::{
    Duel, TrainingCause, TrainingLine, TrainingStep, cause_words, coin_name, duel_section, training_table, version_link,
};
use super::{pages, table, up, whole};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::{Day, Moment};
use crate::documents::field::{Kind, done, field, select, summary};
use crate::documents::{Form, Page, address, say};
use crate::format;
use crate::words::Words;

/// The longest reason that is taken, in characters.
pub const LONGEST_REASON: u32 = 500;

/// The longest time in the shadow that can be asked for, in days.
pub const LONGEST_SHADOW_DAYS: u32 = 365;

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

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelTrouble {
    /// A training waits or runs already.
    OneRuns,
    /// No training waits or runs.
    NothingRuns,
    /// The version serves already.
    Serves,
    /// Models of this family never serve.
    OtherFamily,
    /// There is no earlier model to go back to.
    NothingBefore,
    /// No model serves.
    NothingServes,
    /// There is no such version.
    UnknownVersion,
    /// The version cannot be loaded; nothing was changed.
    Damaged,
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

/// A feature that a model reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureLine {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// How it is computed.
    pub formula: String,
    /// Where it comes from.
    pub source: String,
}

/// Everything about a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPage {
    /// Its card.
    pub card: ModelCard,
    /// How it stands.
    pub standing: ModelStanding,
    /// Its rows of a stored evaluation, with intervals: all coins together.
    pub judged: Vec<Row>,
    /// What it reads.
    pub features: Vec<FeatureLine>,
    /// The training that made it; none for models that shipped or were trained by hand.
    pub training: Option<TrainingLine>,
    /// The end of each pass over the data of that training.
    pub log: Vec<TrainingStep>,
    /// How it compared with the one that served.
    pub duel: Option<Duel>,
    /// What the audit log says of it, the oldest entry first.
    pub events: Vec<ModelEvent>,
}

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

/// What an operator can do to models.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Let a version serve.
    Promote {
        /// The version.
        version: String,
        /// The one that serves so far.
        serving: Option<String>,
        /// How they compare, where that is known.
        duel: Option<Duel>,
    },
    /// Go back to the model that served before.
    RollBack {
        /// The one that serves so far.
        serving: Option<String>,
        /// The one before it; none where there is none.
        to: Option<String>,
    },
    /// Let a version forecast in the shadow.
    Shadow {
        /// The version.
        version: String,
    },
    /// Let it do so no more.
    EndShadow {
        /// The version.
        version: String,
    },
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

/// One model's card.
pub fn model(language: Language, shown: &ModelPage) -> Page {
    let card = &shown.card;
    let version = card.version.to_string();
    let name = encoded(&version);
    let link = |path: String, text: &'static str, class: &'static str| {
        view! {
            <a class=class href=address(language, &path)>
                {text}
            </a>
        }
        .into_any()
    };
    let quiet = "button button--quiet";
    let promote = (shown.standing != ModelStanding::Serves).then(|| {
        link(
            format!("/operator/models/promote?version={name}"),
            say(language, "Let it serve", "Le mettre en service"),
            "button",
        )
    });
    let shadow = match shown.standing {
        ModelStanding::Serves => None,
        ModelStanding::Kept => Some(link(
            format!("/operator/models/shadow?version={name}"),
            say(language, "Let it forecast in the shadow", "Le faire prévoir dans l’ombre"),
            quiet,
        )),
        ModelStanding::Challenger | ModelStanding::Former => Some(link(
            format!("/operator/models/end-shadow?version={name}"),
            say(language, "End its time in the shadow", "Terminer son temps dans l’ombre"),
            quiet,
        )),
    };
    let compare = link(
        format!("/operator/models/compare?a={name}"),
        say(language, "Compare with another one", "Comparer à un autre"),
        quiet,
    );
    let body = view! {
        <div class="board">
            {back(language)}
            <h1>
                <code>{version.clone()}</code>
            </h1>
            <p class="lead">
                {(Words::of(language).models.family)(card.family)} " " {standing_mark(language, shown.standing)}
            </p>
            <p class="form__actions">{promote} {shadow} {compare}</p>
            {card_facts(language, card)}
            {why(language, shown.training.as_ref())}
            {judged(language, &shown.judged)}
            {scores(language, card)}
            {by_coin(language, card)}
            {shown.duel.as_ref().map(|duel| duel_section(language, duel))}
            {features(language, &shown.features)}
            {super::training::log(language, &shown.log)}
            {history(language, &shown.events)}
        </div>
    }
    .into_any();
    Page { title: version, body }
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

/// The form of something that is done to models, with its reason.
pub fn intend(language: Language, intent: &Intent, form: &Form, refused: Option<ModelTrouble>) -> Page {
    let (title, path, about) = match intent {
        Intent::Promote { .. } => (
            say(language, "Let a model serve", "Mettre un modèle en service"),
            "/operator/models/promote",
            say(
                language,
                "It forecasts for everybody from now on, whatever the rules say of it. The one so far is held against it for some days, and comes back by itself where it was better.",
                "Il prévoit désormais pour tout le monde, quoi qu’en disent les règles. Le précédent lui est comparé pendant quelques jours et revient de lui-même s’il était meilleur.",
            ),
        ),
        Intent::RollBack { .. } => (
            say(language, "Go back to the model before", "Revenir au modèle précédent"),
            "/operator/models/roll-back",
            say(
                language,
                "The model that served before serves again, at once.",
                "Le modèle qui servait auparavant sert de nouveau, immédiatement.",
            ),
        ),
        Intent::Shadow { .. } => (
            say(language, "Let a model forecast in the shadow", "Faire prévoir un modèle dans l’ombre"),
            "/operator/models/shadow",
            say(
                language,
                "It forecasts beside the serving one and nobody is shown what it says; afterwards both can be compared.",
                "Il prévoit à côté de celui en service, sans être montré à personne\u{202f}; ensuite, on peut comparer les deux.",
            ),
        ),
        Intent::EndShadow { .. } => (
            say(language, "End a model’s time in the shadow", "Terminer le temps d’un modèle dans l’ombre"),
            "/operator/models/end-shadow",
            say(
                language,
                "It forecasts no more. What it said is kept.",
                "Il ne prévoit plus. Ce qu’il a dit est conservé.",
            ),
        ),
    };
    let (version, is_dangerous) = match intent {
        Intent::Promote { version, .. } | Intent::Shadow { version } | Intent::EndShadow { version } => {
            (version.clone(), false)
        }
        Intent::RollBack { .. } => (String::new(), true),
    };
    let serving = |serving: &Option<String>, after: &str| {
        let (before, then) = (
            say(language, "Serves so far: ", "En service jusqu’ici\u{202f}: "),
            say(language, ". From now on: ", ". Désormais\u{202f}: "),
        );
        view! {
            <p>
                {before} {version_link(language, serving.as_deref())} {then} {version_link(language, Some(after))}
            </p>
        }
        .into_any()
    };
    let (standing, duel, can_be_done) = match intent {
        Intent::Promote { version, serving: so_far, duel } => {
            let duel = duel.as_ref().map(|duel| duel_section(language, duel));
            (serving(so_far, version), duel, true)
        }
        Intent::RollBack { serving: so_far, to: Some(to) } => (serving(so_far, to), None, true),
        Intent::RollBack { to: None, .. } => (trouble(language, Some(ModelTrouble::NothingBefore)), None, false),
        Intent::Shadow { version } | Intent::EndShadow { version } => {
            (view! { <p>{version_link(language, Some(version))}</p> }.into_any(), None, true)
        }
    };
    let days = matches!(intent, Intent::Shadow { .. }).then(|| {
        field(
            language,
            form,
            "days",
            say(language, "For so many days", "Pendant tant de jours"),
            Kind::Number { least: 1, most: LONGEST_SHADOW_DAYS },
            "",
        )
    });
    let class = if is_dangerous { "button button--danger" } else { "button" };
    let sent = can_be_done.then(|| {
        view! {
            <form class="form" method="post" action=address(language, path) novalidate>
                {summary(language, form)}
                {trouble(language, refused)}
                <input type="hidden" name="version" value=version />
                {days}
                {reason_field(language, form)}
                <button class=class type="submit">
                    {title}
                </button>
            </form>
        }
    });
    let body = view! {
        {back(language)}
        <h1>{title}</h1>
        <p class="lead">{about}</p>
        {standing}
        {sent}
        {duel}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The field of a reason, which every deed needs.
pub(super) fn reason_field(language: Language, form: &Form) -> AnyView {
    let wrong = form.wrong("reason").map(|wrong| wrong.words(language));
    let is_wrong = wrong.is_some();
    view! {
        <div class="field" class:field--wrong=is_wrong>
            <label class="field__label" for="reason">
                {say(language, "Reason", "Raison")}
            </label>
            <p class="field__hint" id="reason-hint">
                {say(
                    language,
                    "It stays in the audit log with your name. At most 500 characters.",
                    "Elle reste dans le journal avec votre nom. Au plus 500 caractères.",
                )}
            </p>
            <input
                class="field__input"
                id="reason"
                name="reason"
                type="text"
                autocomplete="off"
                required=true
                maxlength=LONGEST_REASON.to_string()
                value=form.typed("reason")
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=if is_wrong { "reason-hint reason-wrong" } else { "reason-hint" }
            />
            {wrong.map(|wrong| view! { <p class="field__wrong" id="reason-wrong">{wrong}</p> })}
        </div>
    }
    .into_any()
}

/// Why something was not done, read out when the page arrives.
pub(super) fn trouble(language: Language, trouble: Option<ModelTrouble>) -> AnyView {
    let Some(trouble) = trouble else { return ().into_any() };
    let text = match trouble {
        ModelTrouble::OneRuns => say(
            language,
            "A training waits or runs already. Stop it first, or wait for its end.",
            "Un entraînement attend ou tourne déjà. Arrêtez-le d’abord, ou attendez sa fin.",
        ),
        ModelTrouble::NothingRuns => {
            say(language, "No training waits or runs.", "Aucun entraînement n’attend ni ne tourne.")
        }
        ModelTrouble::Serves => say(language, "This model serves already.", "Ce modèle est déjà en service."),
        ModelTrouble::OtherFamily => say(
            language,
            "Models of this family do not serve here.",
            "Les modèles de cette famille ne servent pas ici.",
        ),
        ModelTrouble::NothingBefore => say(
            language,
            "There is no earlier model to go back to.",
            "Il n’y a pas de modèle précédent auquel revenir.",
        ),
        ModelTrouble::NothingServes => say(language, "No model serves.", "Aucun modèle ne sert."),
        ModelTrouble::UnknownVersion => {
            say(language, "There is no such version in the registry.", "Cette version n’est pas dans le registre.")
        }
        ModelTrouble::Damaged => say(
            language,
            "This model cannot be loaded. Nothing was changed; the log of the server says more.",
            "Ce modèle ne peut pas être chargé. Rien n’a changé\u{202f}; le journal du serveur en dit plus.",
        ),
    };
    view! {
        <p class="notice notice--wrong" role="alert">
            {text}
        </p>
    }
    .into_any()
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
    table(say(language, "Models", "Modèles"), &heads, lines.iter().map(row).collect_view().into_any())
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

fn choose_two(language: Language, form: &Form, versions: &[String]) -> AnyView {
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
            {table(title, &heads, lines.iter().map(row).collect_view().into_any())}
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

fn history(language: Language, events: &[ModelEvent]) -> AnyView {
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

fn event_table(language: Language, events: &[ModelEvent]) -> AnyView {
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

fn card_facts(language: Language, card: &ModelCard) -> AnyView {
    let (at, from, to) = (card.trained_at, card.trained_from, card.trained_to);
    facts(vec![
        (say(language, "Trained", "Entraîné"), view! { <Moment at /> }.into_any()),
        (say(language, "Learned from", "A appris de"), view! { <Day at=from /> " – " <Day at=to /> }.into_any()),
        (say(language, "Parameters", "Paramètres"), whole(language, u64::from(card.parameters)).into_any()),
        (say(language, "Seed", "Graine"), card.seed.to_string().into_any()),
        (say(language, "Program", "Programme"), view! { <code>{card.revision.clone()}</code> }.into_any()),
    ])
}

fn why(language: Language, training: Option<&TrainingLine>) -> AnyView {
    let title = say(language, "Why it was trained", "Pourquoi il a été entraîné");
    let content = match training {
        Some(line) => training_table(language, std::slice::from_ref(line)),
        None => {
            let text = say(
                language,
                "It came with the product or was trained by hand; nobody wrote a reason down.",
                "Il est livré avec le produit ou a été entraîné à la main\u{202f}; aucune raison n’est notée.",
            );
            view! { <p>{text}</p> }.into_any()
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// One way to score a model.
struct Measure {
    name: &'static str,
    value: fn(&Score) -> f64,
    is_share: bool,
    /// Where a perfect forecaster stands.
    ideal: f64,
}

const fn measure(name: &'static str, value: fn(&Score) -> f64, is_share: bool, ideal: f64) -> Measure {
    Measure { name, value, is_share, ideal }
}

fn measures(language: Language) -> [Measure; 7] {
    [
        measure(say(language, "Error (QLIKE)", "Erreur (QLIKE)"), |score| score.qlike, false, 0.0),
        measure(
            say(language, "Error of log volatility", "Erreur du log de la volatilité"),
            |score| score.rmse_log,
            false,
            0.0,
        ),
        measure(say(language, "Explained (R²)", "Expliqué (R²)"), |score| score.r2_log, false, 1.0),
        measure(say(language, "ROC area", "Aire ROC"), |score| score.auc, false, 1.0),
        measure(say(language, "Brier score", "Score de Brier"), |score| score.brier, false, 0.0),
        measure(say(language, "Inside 80%", "Dans les 80\u{202f}%"), |score| score.coverage80, true, 0.8),
        measure(say(language, "Inside 95%", "Dans les 95\u{202f}%"), |score| score.coverage95, true, 0.95),
    ]
}

impl Measure {
    fn shown(&self, language: Language, score: Option<&Score>) -> String {
        score.map(self.value).map_or_else(
            || "–".to_owned(),
            |value| {
                if self.is_share { format::percent(language, value, 1) } else { format::number(language, value, 3) }
            },
        )
    }

    /// A mark beside the better one of two.
    fn better(&self, a: Option<&Score>, b: Option<&Score>) -> (&'static str, &'static str) {
        let off = |score: &Score| ((self.value)(score) - self.ideal).abs();
        match a.zip(b).map(|(a, b)| (off(a), off(b))) {
            Some((a, b)) if a < b => ("✓", ""),
            Some((a, b)) if b < a => ("", "✓"),
            _ => ("", ""),
        }
    }
}

fn of_horizon(scores: &[Score], horizon: Horizon) -> Option<&Score> {
    scores.iter().find(|score| score.horizon == horizon)
}

fn judged(language: Language, rows: &[Row]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Walk-forward evaluation", "Évaluation au fil du temps");
    let heads = [
        say(language, "Horizon", "Horizon"),
        say(language, "Forecasts", "Prévisions"),
        say(language, "Error (QLIKE)", "Erreur (QLIKE)"),
        say(language, "Explained (R²)", "Expliqué (R²)"),
        say(language, "ROC area", "Aire ROC"),
        say(language, "Inside 80%", "Dans les 80\u{202f}%"),
    ];
    let number = |value| format::number(language, value, 3);
    let share = |value| format::percent(language, value, 1);
    let cell = |value: String, low: String, high: String| {
        view! {
            <td class="table__number">
                {value} <span class="table__interval">{format!("{low} – {high}")}</span>
            </td>
        }
    };
    let row = |row: &Row| {
        let (score, ranges) = (&row.score, &row.intervals);
        view! {
            <tr>
                <th scope="row">{score.horizon.as_str()}</th>
                <td class="table__number">{whole(language, u64::from(score.origins))}</td>
                {cell(number(score.qlike), number(ranges.qlike[0]), number(ranges.qlike[1]))}
                {cell(number(score.r2_log), number(ranges.r2_log[0]), number(ranges.r2_log[1]))}
                {cell(number(score.auc), number(ranges.auc[0]), number(ranges.auc[1]))}
                {cell(share(score.coverage80), share(ranges.coverage80[0]), share(ranges.coverage80[1]))}
            </tr>
        }
    };
    let about = say(
        language,
        "All coins together; the small figures are 95% intervals, from a bootstrap over blocks of days.",
        "Toutes les cryptos ensemble\u{202f}; les petits chiffres sont des intervalles à 95\u{202f}%, par bootstrap sur des blocs de jours.",
    );
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{about}</p>
            {table(title, &heads, rows.iter().map(row).collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn scores(language: Language, card: &ModelCard) -> AnyView {
    let title = say(language, "Metrics after its training", "Mesures après son entraînement");
    if card.scores.is_empty() {
        let text =
            say(language, "It was not scored when it was trained.", "Il n’a pas été noté lors de son entraînement.");
        return view! {
            <section class="document__section">
                <h2>{title}</h2>
                <p class="empty">{text}</p>
            </section>
        }
        .into_any();
    }
    let heads = [
        say(language, "Measure", "Mesure"),
        say(language, "24h, this model", "24h, ce modèle"),
        say(language, "24h, simple method", "24h, méthode simple"),
        say(language, "48h, this model", "48h, ce modèle"),
        say(language, "48h, simple method", "48h, méthode simple"),
    ];
    let row = |measure: Measure| {
        let cells = Horizon::ALL
            .into_iter()
            .flat_map(|horizon| [of_horizon(&card.scores, horizon), of_horizon(&card.baseline, horizon)])
            .map(|score| view! { <td class="table__number">{measure.shown(language, score)}</td> })
            .collect_view();
        view! {
            <tr>
                <th scope="row">{measure.name}</th>
                {cells}
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {table(title, &heads, measures(language).map(row).into_iter().collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn by_coin(language: Language, card: &ModelCard) -> AnyView {
    if card.by_symbol.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Metrics by coin, next 24 hours", "Mesures par crypto, 24 prochaines heures");
    let heads = std::iter::once(Head::Text(say(language, "Coin", "Crypto")))
        .chain(measures(language).map(|measure| Head::Number(measure.name)))
        .collect::<Vec<_>>();
    let row = |(pair, scores): (&String, &Vec<Score>)| {
        let score = of_horizon(scores, Horizon::Day);
        let cells = measures(language)
            .map(|measure| view! { <td class="table__number">{measure.shown(language, score)}</td> })
            .into_iter()
            .collect_view();
        view! {
            <tr>
                <th scope="row">{coin_name(pair)}</th>
                {cells}
            </tr>
        }
    };
    let rows = card.by_symbol.iter().map(row).collect_view().into_any();
    view! { <FoldedTable summary=title label=title caption=title.to_owned() heads rows /> }.into_any()
}

fn features(language: Language, features: &[FeatureLine]) -> AnyView {
    if features.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Features", "Variables");
    let count = match language {
        Language::English => format!("It reads {} features.", features.len()),
        Language::French => format!("Il lit {} variables.", features.len()),
    };
    let row = |feature: &FeatureLine| {
        view! {
            <tr>
                <th scope="row">
                    <code>{feature.name.clone()}</code>
                </th>
                <td>{feature.unit.clone()}</td>
                <td>{feature.formula.clone()}</td>
                <td>{feature.source.clone()}</td>
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{count}</p>
            <FoldedTable
                summary=say(language, "All of them", "Toutes")
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Text(say(language, "Name", "Nom")),
                    Head::Text(say(language, "Unit", "Unité")),
                    Head::Text(say(language, "Formula", "Formule")),
                    Head::Text(say(language, "From", "D’où")),
                ]
                rows=features.iter().map(row).collect_view().into_any()
            />
        </section>
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
            {table(title, &heads, rows.into_iter().collect_view().into_any())}
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::clock::instant;
    use domain::model::Version;

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

//! What an operator does to models, each with its reason.

use domain::language::Language;
use leptos::prelude::*;

use super::super::training::{Duel, duel_section, version_link};
use super::back;
use crate::documents::field::{Kind, field, summary};
use crate::documents::{Form, Page, address, say};

/// The longest reason that is taken, in characters.
pub const LONGEST_REASON: u32 = 500;

/// The longest time in the shadow that can be asked for, in days.
pub const LONGEST_SHADOW_DAYS: u32 = 365;

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
pub(in crate::documents::operator) fn reason_field(language: Language, form: &Form) -> AnyView {
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
pub(in crate::documents::operator) fn trouble(language: Language, trouble: Option<ModelTrouble>) -> AnyView {
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

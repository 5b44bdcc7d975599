//! The parts of forms.

use domain::language::Language;
use leptos::prelude::*;

use super::form::Form;
use super::say::say;

/// How a field is typed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Email,
    /// A password that is known; `true` for one that is made up now.
    Password(bool),
    Time,
    Number {
        least: u32,
        most: u32,
    },
}

/// A field with its label, its hint and what is wrong with it.
pub(super) fn field(
    language: Language,
    form: &Form,
    name: &'static str,
    label: &'static str,
    kind: Kind,
    hint: &'static str,
) -> AnyView {
    let wrong = form.wrong(name).map(|wrong| wrong.words(language));
    let is_wrong = wrong.is_some();
    let (hint_id, wrong_id) = (format!("{name}-hint"), format!("{name}-wrong"));
    let described: Vec<String> = [(!hint.is_empty()).then(|| hint_id.clone()), is_wrong.then(|| wrong_id.clone())]
        .into_iter()
        .flatten()
        .collect();
    let (input, autocomplete) = match kind {
        Kind::Email => ("email", "email"),
        Kind::Password(false) => ("password", "current-password"),
        Kind::Password(true) => ("password", "new-password"),
        Kind::Time => ("time", "off"),
        Kind::Number { .. } => ("number", "off"),
    };
    let (least, most) = match kind {
        Kind::Number { least, most } => (Some(least), Some(most)),
        _ => (None, None),
    };
    // A password is never sent back.
    let value = if matches!(kind, Kind::Password(_)) { String::new() } else { form.typed(name) };
    view! {
        <div class="field" class:field--wrong=is_wrong>
            <label class="field__label" for=name>
                {label}
            </label>
            {(!hint.is_empty()).then(|| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
            <input
                class="field__input"
                id=name
                name=name
                type=input
                autocomplete=autocomplete
                value=value
                min=least
                max=most
                autocapitalize=(kind == Kind::Email).then_some("off")
                spellcheck=(kind == Kind::Email).then_some("false")
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=(!described.is_empty()).then(|| described.join(" "))
            />
            {wrong.map(|wrong| view! { <p class="field__wrong" id=wrong_id>{wrong}</p> })}
        </div>
    }
    .into_any()
}

/// A choice of a list; `chosen` where nothing was sent.
pub(super) fn select(
    language: Language,
    form: &Form,
    name: &'static str,
    label: &'static str,
    choices: Vec<(String, String)>,
) -> AnyView {
    let chosen = form.typed(name);
    let wrong = form.wrong(name).map(|wrong| wrong.words(language));
    let is_wrong = wrong.is_some();
    let wrong_id = format!("{name}-wrong");
    view! {
        <div class="field" class:field--wrong=is_wrong>
            <label class="field__label" for=name>
                {label}
            </label>
            <select
                class="field__input"
                id=name
                name=name
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=is_wrong.then(|| wrong_id.clone())
            >
                {choices
                    .into_iter()
                    .map(|(value, text)| {
                        let selected = value == chosen;
                        view! {
                            <option value=value selected=selected>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
            {wrong.map(|wrong| view! { <p class="field__wrong" id=wrong_id.clone()>{wrong}</p> })}
        </div>
    }
    .into_any()
}

/// One of a few, all in sight.
pub(super) fn radios(
    language: Language,
    form: &Form,
    name: &'static str,
    legend: &'static str,
    choices: Vec<(&'static str, String)>,
) -> AnyView {
    let chosen = form.typed(name);
    let wrong = form.wrong(name).map(|wrong| wrong.words(language));
    let is_wrong = wrong.is_some();
    view! {
        <fieldset class="field" class:field--wrong=is_wrong>
            <legend class="field__label">{legend}</legend>
            <div class="field__choices">
                {choices
                    .into_iter()
                    .map(|(value, text)| {
                        view! {
                            <label class="choice">
                                <input type="radio" name=name value=value checked=value == chosen />
                                <span>{text}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
            {wrong.map(|wrong| view! { <p class="field__wrong">{wrong}</p> })}
        </fieldset>
    }
    .into_any()
}

/// What is wrong with the whole form, and how many fields are. It is read out when the page arrives.
pub(super) fn summary(language: Language, form: &Form) -> AnyView {
    if form.is_fine() {
        return ().into_any();
    }
    let text = form.wrong("").map_or_else(
        || {
            say(
                language,
                "Please look at the marked fields; nothing is lost.",
                "Veuillez regarder les champs marqués\u{202f}; rien n’est perdu.",
            )
            .to_owned()
        },
        |wrong| wrong.words(language),
    );
    view! {
        <p class="notice notice--wrong" role="alert">
            {text}
        </p>
    }
    .into_any()
}

/// Something that went well.
pub(super) fn done(text: Option<String>) -> AnyView {
    text.map(|text| {
        view! {
            <p class="notice notice--done" role="status">
                {text}
            </p>
        }
    })
    .into_any()
}

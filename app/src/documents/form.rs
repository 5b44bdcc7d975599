//! A form as it comes back to whoever sent it: what was typed, and what is wrong with it.

use std::collections::BTreeMap;

use domain::language::Language;

use super::say::say;

/// What can be wrong with a field or with the whole form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing was typed.
    Missing,
    /// No e-mail address.
    Address,
    /// The address so far.
    SameAddress,
    /// Fewer than so many characters.
    TooShort(u32),
    /// More than so many characters.
    TooLong(u32),
    /// A password that everybody tries first.
    TooCommon,
    /// The second one differs.
    NotTheSame,
    /// Address or password.
    Credentials,
    /// The password of the account.
    Password,
    /// Too often; try again after so many seconds.
    TooMany(u32),
    /// A number between two others.
    Between(u32, u32),
    /// No time of day.
    TimeOfDay,
    /// No time zone.
    TimeZone,
    /// None of the choices.
    Choice,
    /// So many at most.
    TooManyRules(u32),
    /// There are no past forecasts to try a rule on yet.
    NotYet,
}

impl Wrong {
    /// In words.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        let plain = |english, french| say(language, english, french).to_owned();
        match self {
            Self::Missing => plain("Please fill this in.", "Veuillez remplir ce champ."),
            Self::Address => plain(
                "This is not an e-mail address. It looks like name@example.org.",
                "Ce n’est pas une adresse e-mail. Elle ressemble à nom@exemple.org.",
            ),
            Self::SameAddress => plain("This is your address already.", "C’est déjà votre adresse."),
            Self::TooShort(least) => match language {
                Language::English => format!("At least {least} characters, please."),
                Language::French => format!("Au moins {least} caractères, s’il vous plaît."),
            },
            Self::TooLong(most) => match language {
                Language::English => format!("At most {most} characters, please."),
                Language::French => format!("Au plus {most} caractères, s’il vous plaît."),
            },
            Self::TooCommon => plain(
                "This password is one of the first that anybody would try. Please choose another one.",
                "Ce mot de passe est l’un des premiers que l’on essaierait. Choisissez-en un autre.",
            ),
            Self::NotTheSame => plain("The two passwords differ.", "Les deux mots de passe diffèrent."),
            Self::Credentials => plain(
                "Address and password do not belong together.",
                "L’adresse et le mot de passe ne vont pas ensemble.",
            ),
            Self::Password => plain("This is not the password.", "Ce n’est pas le mot de passe."),
            Self::TooMany(seconds) => match language {
                Language::English => format!("That was a lot of tries. Please wait {seconds} seconds."),
                Language::French => format!("Cela fait beaucoup d’essais. Attendez {seconds} secondes."),
            },
            Self::Between(least, most) => match language {
                Language::English => format!("A whole number from {least} to {most}, please."),
                Language::French => format!("Un nombre entier de {least} à {most}, s’il vous plaît."),
            },
            Self::TimeOfDay => plain("A time between 00:00 and 23:59, please.", "Une heure entre 00:00 et 23:59."),
            Self::TimeZone => plain(
                "We do not know this time zone. It looks like Europe/Paris.",
                "Nous ne connaissons pas ce fuseau. Il ressemble à Europe/Paris.",
            ),
            Self::Choice => plain("Please choose one of these.", "Veuillez choisir dans la liste."),
            Self::NotYet => plain(
                "There are no past forecasts of this coin to try the rule on yet. Try again in a moment; it can be saved all the same.",
                "Il n’y a pas encore de prévisions passées de cette crypto pour essayer la règle. Réessayez dans un instant\u{202f}; vous pouvez tout de même l’enregistrer.",
            ),
            Self::TooManyRules(most) => match language {
                Language::English => format!("You have {most} alerts, which is the most. Delete one first."),
                Language::French => format!("Vous avez {most} alertes, le maximum. Supprimez-en une d’abord."),
            },
        }
    }
}

/// What was typed into a form, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    wrong: BTreeMap<&'static str, Wrong>,
}

impl Form {
    /// The longest value that a form gives back: what is longer was not typed by a person.
    const MOST_CHARS: usize = 4_000;

    /// A form that was sent.
    pub fn sent(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: fields.into_iter().collect(), wrong: BTreeMap::new() }
    }

    /// What was typed into a field; empty where nothing was.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// Whether the browser sent the field at all: a box that is not ticked is not sent.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    /// Fills a field in.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// Says what is wrong with a field; an empty name is the whole form.
    #[must_use]
    pub fn but(mut self, field: &'static str, wrong: Wrong) -> Self {
        self.wrong.entry(field).or_insert(wrong);
        self
    }

    /// Whether nothing was found wrong.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.wrong.is_empty()
    }

    pub(super) fn wrong(&self, field: &str) -> Option<Wrong> {
        self.wrong.get(field).copied()
    }

    /// What is put back into a field.
    pub(super) fn typed(&self, field: &str) -> String {
        self.value(field).chars().take(Self::MOST_CHARS).collect()
    }
}

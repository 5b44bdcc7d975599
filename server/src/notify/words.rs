//! The words of letters, each in every language, beside the letter that they belong to.

use app::format;
use domain::alert::Measure;
use domain::forecast::Horizon;
use domain::language::Language;
use serde::Serialize;

use super::letter::{AlertLetter, Letter};
use super::moment;

/// The most coins that the subject of a digest names.
const MOST_NAMED: usize = 3;

/// A letter that says one thing.
#[derive(Debug, Serialize)]
pub(super) struct Note {
    pub(super) subject: &'static str,
    /// What it is about.
    pub(super) text: &'static str,
    /// What to press.
    pub(super) button: Option<Link>,
    /// Another way, in a sentence.
    pub(super) other: Option<Link>,
    /// What else to know.
    pub(super) aside: &'static str,
}

/// A link and what it says.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    pub(super) label: &'static str,
    pub(super) href: String,
}

/// Words around every letter.
#[derive(Debug, Serialize)]
pub(super) struct Frame {
    pub(super) language: &'static str,
    /// Before a link in plain text; French puts a space before it.
    pub(super) colon: &'static str,
    pub(super) no_advice: &'static str,
    pub(super) why: &'static str,
    pub(super) change: &'static str,
    pub(super) end: &'static str,
}

/// An alert in words.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    pub(super) title: String,
    pub(super) until: String,
    pub(super) text: String,
    pub(super) figures: Vec<Figure>,
    /// What the picture shows, for whoever does not see it.
    pub(super) alt: String,
    pub(super) caption: &'static str,
    pub(super) made: String,
    pub(super) asked: String,
    pub(super) page: Link,
    pub(super) question: &'static str,
    pub(super) right: Link,
    pub(super) wrong: Link,
    /// Under which name the letter carries the picture.
    pub(super) picture: Option<String>,
}

/// A number and what it is.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
}

const fn say(language: Language, english: &'static str, french: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

pub(super) fn frame(language: Language) -> Frame {
    let l = language;
    Frame {
        language: l.tag(),
        colon: say(l, ":", "\u{202f}:"),
        no_advice: say(l, "Information, not financial advice.", "Une information, pas un conseil financier."),
        why: say(
            l,
            "You get this letter because of an alert of yours at InvestBuddy.",
            "Vous recevez cette lettre à cause d’une de vos alertes InvestBuddy.",
        ),
        change: say(l, "Change my alerts", "Modifier mes alertes"),
        end: say(l, "No more letters", "Plus de lettres"),
    }
}

/// The words of a letter about an account; none for a letter about alerts.
pub(super) fn note(language: Language, letter: &Letter) -> Option<Note> {
    let l = language;
    let link = |label, href: &str| Some(Link { label, href: href.to_owned() });
    let another_password = say(l, "Choose another password", "Choisir un autre mot de passe");
    Some(match letter {
        Letter::ConfirmAddress { link: href } => Note {
            subject: say(l, "Confirm your address", "Confirmez votre adresse"),
            text: say(
                l,
                "You created an account at InvestBuddy with this address. One click confirms that it is yours; alerts begin after that.",
                "Vous avez créé un compte InvestBuddy avec cette adresse. Un clic confirme qu’elle est à vous\u{202f}; les alertes commencent ensuite.",
            ),
            button: link(say(l, "Confirm my address", "Confirmer mon adresse"), href),
            other: None,
            aside: say(
                l,
                "The link is good for three days. If it was not you, do nothing: without the click no alert comes here.",
                "Le lien est valable trois jours. Si ce n’était pas vous, ne faites rien\u{202f}: sans ce clic, aucune alerte n’arrive ici.",
            ),
        },
        Letter::AddressTaken { sign_in_link, forgot_link } => Note {
            subject: say(l, "You have an account already", "Vous avez déjà un compte"),
            text: say(
                l,
                "Somebody, probably you, wanted to create an account at InvestBuddy with this address. There is one already.",
                "Quelqu’un, sans doute vous, a voulu créer un compte InvestBuddy avec cette adresse. Il en existe déjà un.",
            ),
            button: link(say(l, "Sign in", "Se connecter"), sign_in_link),
            other: link(another_password, forgot_link),
            aside: say(
                l,
                "If it was not you, do nothing: nobody got in.",
                "Si ce n’était pas vous, ne faites rien\u{202f}: personne n’est entré.",
            ),
        },
        Letter::ConfirmNewAddress { link: href } => Note {
            subject: say(l, "Confirm your new address", "Confirmez votre nouvelle adresse"),
            text: say(
                l,
                "You want your letters from InvestBuddy at this address. One click, and they come here from then on.",
                "Vous voulez recevoir vos lettres d’InvestBuddy à cette adresse. Un clic, et elles arrivent désormais ici.",
            ),
            button: link(say(l, "Confirm my new address", "Confirmer ma nouvelle adresse"), href),
            other: None,
            aside: say(
                l,
                "The link is good for 24 hours. If it was not you, do nothing: without the click nothing changes.",
                "Le lien est valable 24 heures. Si ce n’était pas vous, ne faites rien\u{202f}: sans ce clic, rien ne change.",
            ),
        },
        Letter::AddressChanged => Note {
            subject: say(l, "Your address was changed", "Votre adresse a été changée"),
            text: say(
                l,
                "Your letters from InvestBuddy go to another address from now on. This is the last one that comes here.",
                "Vos lettres d’InvestBuddy partent désormais à une autre adresse. Celle-ci est la dernière qui arrive ici.",
            ),
            button: None,
            other: None,
            aside: say(
                l,
                "If it was not you, answer this letter at once: whoever runs this server can help.",
                "Si ce n’était pas vous, répondez tout de suite à cette lettre\u{202f}: la personne qui gère ce serveur peut vous aider.",
            ),
        },
        Letter::ResetPassword { link: href } => Note {
            subject: another_password,
            text: say(
                l,
                "Somebody, probably you, asked for another password for your account at InvestBuddy.",
                "Quelqu’un, sans doute vous, a demandé un autre mot de passe pour votre compte InvestBuddy.",
            ),
            button: link(another_password, href),
            other: None,
            aside: say(
                l,
                "The link is good for one hour and works once. If it was not you, do nothing: your password stays as it is.",
                "Le lien est valable une heure et ne sert qu’une fois. Si ce n’était pas vous, ne faites rien\u{202f}: votre mot de passe reste le même.",
            ),
        },
        Letter::PasswordChanged { forgot_link } => Note {
            subject: say(l, "Your password was changed", "Votre mot de passe a été changé"),
            text: say(
                l,
                "The password of your account at InvestBuddy was changed. All other devices were signed out.",
                "Le mot de passe de votre compte InvestBuddy a été changé. Tous les autres appareils ont été déconnectés.",
            ),
            button: None,
            other: link(another_password, forgot_link),
            aside: say(
                l,
                "If it was not you, choose another password at once.",
                "Si ce n’était pas vous, choisissez tout de suite un autre mot de passe.",
            ),
        },
        Letter::AccountDeleted => Note {
            subject: say(l, "Your account is deleted", "Votre compte est supprimé"),
            text: say(
                l,
                "With your account at InvestBuddy went your alerts, conversations, feedback and sessions. This is our last letter.",
                "Avec votre compte InvestBuddy sont parties vos alertes, conversations, réponses et sessions. Ceci est notre dernière lettre.",
            ),
            button: None,
            other: None,
            aside: say(
                l,
                "If you come back one day, you are welcome.",
                "Si vous revenez un jour, vous serez le bienvenu.",
            ),
        },
        Letter::Alert { .. } | Letter::Digest { .. } => return None,
    })
}

/// The subject of a letter about one alert: everything that matters in it.
pub(super) fn alert_subject(language: Language, alert: &AlertLetter) -> String {
    let until = until(language, alert);
    let ticker = alert.symbol.ticker();
    match (language, alert.measure) {
        (Language::English, Measure::Chance) => format!("{ticker}: {} {until}", chance_of(language, alert)),
        (Language::French, Measure::Chance) => format!("{ticker}\u{202f}: {} {until}", chance_of(language, alert)),
        (Language::English, Measure::Rank) => format!("{ticker}: {}, {until}", rougher(language, alert)),
        (Language::French, Measure::Rank) => format!("{ticker}\u{202f}: {}, {until}", rougher(language, alert)),
    }
}

/// The subject of a digest: how many, and the first few.
pub(super) fn digest_subject(language: Language, alerts: &[AlertLetter]) -> String {
    let named: Vec<String> = alerts
        .iter()
        .take(MOST_NAMED)
        .map(|alert| format!("{} {}", alert.symbol.ticker(), format::chance(language, alert.chance)))
        .collect();
    let named = named.join(", ");
    let (count, left) = (alerts.len(), alerts.len().saturating_sub(MOST_NAMED));
    let one = count == 1;
    match language {
        Language::English => {
            let more = if left == 0 { String::new() } else { format!(" and {left} more") };
            format!("{count} {}: {named}{more}", if one { "alert" } else { "alerts" })
        }
        Language::French => {
            let more = match left {
                0 => String::new(),
                1 => " et 1 autre".to_owned(),
                _ => format!(" et {left} autres"),
            };
            format!("{count} {}\u{202f}: {named}{more}", if one { "alerte" } else { "alertes" })
        }
    }
}

/// An alert in words. `picture` is the name under which the letter carries its picture.
pub(super) fn card(language: Language, alert: &AlertLetter, picture: Option<String>) -> Card {
    let l = language;
    let coin = alert.symbol.name();
    let zone = moment::zone(&alert.time_zone);
    let origin = moment::told(l, alert.origin, &zone);
    let (low, middle, high) =
        (format::volatility(l, alert.q10), format::volatility(l, alert.q50), format::volatility(l, alert.q90));
    let bound = format::volatility(l, alert.high_above);
    let threshold = format::percent(l, alert.threshold.share(), 0);
    let title = match l {
        Language::English => format!("{coin}: {}", chance_of(l, alert)),
        Language::French => format!("{coin}\u{202f}: {}", chance_of(l, alert)),
    };
    let text = match (l, alert.horizon) {
        (Language::English, Horizon::Day) => format!(
            "We expect a volatility of {middle}, and with 80% certainty between {low} and {high}. For {coin} a day counts as high above {bound}; one day in five does."
        ),
        (Language::English, Horizon::TwoDays) => format!(
            "We expect a volatility of {middle} a day, and with 80% certainty between {low} and {high}. For {coin} two days count as high above {bound} a day; one time in five they do."
        ),
        (Language::French, Horizon::Day) => format!(
            "Nous attendons une volatilité de {middle}, et avec 80\u{202f}% de certitude entre {low} et {high}. Pour {coin}, une journée compte comme forte au-dessus de {bound}\u{202f}; c’est une journée sur cinq."
        ),
        (Language::French, Horizon::TwoDays) => format!(
            "Nous attendons une volatilité de {middle} par jour, et avec 80\u{202f}% de certitude entre {low} et {high}. Pour {coin}, deux jours comptent comme forts au-dessus de {bound} par jour\u{202f}; c’est une fois sur cinq."
        ),
    };
    let interval = match l {
        Language::English => format!("{low} to {high}"),
        Language::French => format!("{low} à {high}"),
    };
    let alt = match l {
        Language::English => format!(
            "Volatility of {coin} over the last days, and the forecast at the right: {middle} a day, 80% interval {interval}, high above {bound}."
        ),
        Language::French => format!(
            "Volatilité de {coin} ces derniers jours et, à droite, la prévision\u{202f}: {middle} par jour, intervalle à 80\u{202f}% {interval}, forte au-dessus de {bound}."
        ),
    };
    let made = match l {
        Language::English => format!("Forecast of {origin}."),
        Language::French => format!("Prévision du {origin}."),
    };
    let asked = match (l, alert.measure) {
        (Language::English, Measure::Chance) => format!("You asked for a letter from a chance of {threshold} on."),
        (Language::English, Measure::Rank) => {
            format!("You asked for a letter when it gets rougher than {threshold} of the last year.")
        }
        (Language::French, Measure::Chance) => {
            format!("Vous avez demandé une lettre à partir d’une probabilité de {threshold}.")
        }
        (Language::French, Measure::Rank) => {
            format!("Vous avez demandé une lettre quand c’est plus agité que {threshold} de la dernière année.")
        }
    };
    let link = |label, href: &str| Link { label, href: href.to_owned() };
    Card {
        title,
        until: until(l, alert),
        text,
        figures: vec![
            Figure {
                label: say(
                    l,
                    "Chance of high volatility (20% is usual)",
                    "Probabilité de forte volatilité (20\u{202f}% est habituel)",
                ),
                value: format::chance(l, alert.chance),
            },
            Figure { label: say(l, "Expected volatility a day", "Volatilité attendue par jour"), value: middle },
            Figure { label: say(l, "80% interval", "Intervalle à 80\u{202f}%"), value: interval },
            Figure { label: say(l, "High above", "Forte au-dessus de"), value: bound },
            Figure {
                label: say(l, "Rougher than, of the last year", "Plus agité que, sur un an"),
                value: format::percent(l, alert.rank, 0),
            },
        ],
        alt,
        caption: say(
            l,
            "The line is the volatility so far, the dashes are where high begins, the bar at the right is the forecast with its 80% interval.",
            "La ligne est la volatilité passée, les tirets marquent le seuil de forte volatilité, la barre à droite est la prévision avec son intervalle à 80\u{202f}%.",
        ),
        made,
        asked,
        page: link(say(l, "See the forecast", "Voir la prévision"), &alert.page),
        question: say(
            l,
            "When the time has passed: was the forecast right?",
            "Une fois le délai passé\u{202f}: la prévision était-elle juste\u{202f}?",
        ),
        right: link(say(l, "It was right", "Elle était juste"), &alert.right_link),
        wrong: link(say(l, "It was wrong", "Elle était fausse"), &alert.wrong_link),
        picture,
    }
}

/// "62% chance of a high-volatility day".
fn chance_of(language: Language, alert: &AlertLetter) -> String {
    let chance = format::chance(language, alert.chance);
    match (language, alert.horizon) {
        (Language::English, Horizon::Day) => format!("{chance} chance of a high-volatility day"),
        (Language::English, Horizon::TwoDays) => format!("{chance} chance of two high-volatility days"),
        (Language::French, Horizon::Day) => format!("{chance} de probabilité d’une journée de forte volatilité"),
        (Language::French, Horizon::TwoDays) => format!("{chance} de probabilité de deux jours de forte volatilité"),
    }
}

/// "rougher than 93% of the last year".
fn rougher(language: Language, alert: &AlertLetter) -> String {
    let rank = format::percent(language, alert.rank, 0);
    match language {
        Language::English => format!("rougher than {rank} of the last year"),
        Language::French => format!("plus agité que {rank} de la dernière année"),
    }
}

/// "until Tue 3 Dec, 14:00 CET".
fn until(language: Language, alert: &AlertLetter) -> String {
    let ends = moment::told(language, alert.ends_at, &moment::zone(&alert.time_zone));
    match language {
        Language::English => format!("until {ends}"),
        Language::French => format!("jusqu’au {ends}"),
    }
}

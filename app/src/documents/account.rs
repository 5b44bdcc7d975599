//! Signing up, signing in, and what belongs to an account.

use domain::language::Language;
use domain::user::{Account, Role};
use leptos::prelude::*;

use super::field::{Kind, done, field, select, summary};
use super::{Form, Page, address, say};

/// The form of a new account.
pub fn sign_up(language: Language, form: &Form) -> Page {
    let title = say(language, "Create an account", "Créer un compte");
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">
            {say(
                language,
                "With an account you get a letter when a coin that you follow is likely to be unusually volatile. Forecasts, glossary and Buddy need none.",
                "Avec un compte, vous recevez une lettre quand une crypto que vous suivez risque d’être exceptionnellement volatile. Les prévisions, le glossaire et le Buddy n’en demandent pas.",
            )}
        </p>
        <form class="form" method="post" action=address(language, "/account/sign-up") novalidate>
            {summary(language, form)}
            {field(language, form, "email", say(language, "E-mail address", "Adresse e-mail"), Kind::Email, "")}
            {field(
                language,
                form,
                "password",
                say(language, "Password", "Mot de passe"),
                Kind::Password(true),
                say(
                    language,
                    "At least 10 characters. A few unrelated words are good and easy to remember.",
                    "Au moins 10 caractères. Quelques mots sans rapport conviennent et se retiennent bien.",
                ),
            )}
            <button class="button" type="submit">
                {title}
            </button>
        </form>
        <p class="document__aside">
            {say(language, "You have an account already? ", "Vous avez déjà un compte\u{202f}? ")}
            <a href=address(language, "/account/sign-in")>{say(language, "Sign in", "Se connecter")}</a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The form of somebody who has an account. `next` is where he wanted to go.
pub fn sign_in(language: Language, form: &Form, next: &str, notice: Option<String>) -> Page {
    let title = say(language, "Sign in", "Se connecter");
    let body = view! {
        <h1>{title}</h1>
        <form class="form" method="post" action=address(language, "/account/sign-in") novalidate>
            {done(notice)}
            {summary(language, form)}
            <input type="hidden" name="next" value=next.to_owned() />
            {field(language, form, "email", say(language, "E-mail address", "Adresse e-mail"), Kind::Email, "")}
            {field(language, form, "password", say(language, "Password", "Mot de passe"), Kind::Password(false), "")}
            <button class="button" type="submit">
                {title}
            </button>
        </form>
        <p class="document__aside">
            <a href=address(language, "/account/forgot")>
                {say(language, "Forgot the password?", "Mot de passe oublié\u{202f}?")}
            </a>
            " · "
            <a href=address(language, "/account/sign-up")>{say(language, "Create an account", "Créer un compte")}</a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The form of somebody who forgot his password.
pub fn forgot(language: Language, form: &Form) -> Page {
    let title = say(language, "Choose another password", "Choisir un autre mot de passe");
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">
            {say(
                language,
                "We send a link to the address of your account. It is good for one hour.",
                "Nous envoyons un lien à l’adresse de votre compte. Il est valable une heure.",
            )}
        </p>
        <form class="form" method="post" action=address(language, "/account/forgot") novalidate>
            {summary(language, form)}
            {field(language, form, "email", say(language, "E-mail address", "Adresse e-mail"), Kind::Email, "")}
            <button class="button" type="submit">
                {say(language, "Send the link", "Envoyer le lien")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The form of a new password, behind the link of a letter.
pub fn reset(language: Language, form: &Form, ticket: &str) -> Page {
    let title = say(language, "Choose another password", "Choisir un autre mot de passe");
    let body = view! {
        <h1>{title}</h1>
        <form class="form" method="post" action=address(language, "/account/reset") novalidate>
            {summary(language, form)}
            <input type="hidden" name="t" value=ticket.to_owned() />
            {field(
                language,
                form,
                "password",
                say(language, "New password", "Nouveau mot de passe"),
                Kind::Password(true),
                say(language, "At least 10 characters.", "Au moins 10 caractères."),
            )}
            <button class="button" type="submit">
                {say(language, "Save the password", "Enregistrer le mot de passe")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// A page with one button that does what the link of a letter is for. Opening a link does nothing: scanners open
/// every link.
pub fn confirm(language: Language, path: &str, ticket: &str) -> Page {
    let title = say(language, "Confirm your address", "Confirmer votre adresse");
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">
            {say(
                language,
                "One click, and we know that letters reach you here.",
                "Un clic, et nous savons que les lettres vous parviennent ici.",
            )}
        </p>
        <form class="form" method="post" action=address(language, path)>
            <input type="hidden" name="t" value=ticket.to_owned() />
            <button class="button" type="submit">
                {say(language, "Yes, this is my address", "Oui, c’est mon adresse")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// What a page without a form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A letter with a link to confirm an address is on its way.
    ConfirmationSent,
    /// Should there be an account, a letter with a link is on its way.
    ResetSent,
    /// The address is confirmed.
    Confirmed,
    /// The link is too old.
    LinkExpired,
    /// The link is no link of ours, cut short, or for something else.
    LinkUnknown,
    /// The link was used, or what it was for has changed meanwhile.
    LinkUsed,
    /// The account is gone.
    Deleted,
    /// This is for other accounts.
    NotAllowed,
    /// Letters will not come any more.
    Unsubscribed,
    /// The letter does not lie here.
    NoLetter,
}

/// A page that says one thing, and what to do next.
pub fn message(language: Language, message: Message) -> Page {
    let (title, text, path, next) = words_of(language, message);
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <p>
            <a class="button" href=address(language, path)>
                {next}
            </a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn words_of(language: Language, message: Message) -> (&'static str, &'static str, &'static str, &'static str) {
    let l = language;
    match message {
        Message::ConfirmationSent => (
            say(l, "Look into your mailbox", "Regardez votre boîte aux lettres"),
            say(
                l,
                "We sent a letter to this address. Its button confirms that the address is yours; alerts begin after that. If nothing comes within a few minutes, look among the unwanted mail.",
                "Nous avons envoyé une lettre à cette adresse. Son bouton confirme qu’elle est à vous\u{202f}; les alertes commencent ensuite. Si rien n’arrive en quelques minutes, regardez dans les indésirables.",
            ),
            "/account/sign-in",
            say(l, "Sign in", "Se connecter"),
        ),
        Message::ResetSent => (
            say(l, "Look into your mailbox", "Regardez votre boîte aux lettres"),
            say(
                l,
                "If there is an account with this address, a letter with a link is on its way. The link is good for one hour.",
                "S’il existe un compte à cette adresse, une lettre avec un lien est en route. Le lien est valable une heure.",
            ),
            "/account/sign-in",
            say(l, "Sign in", "Se connecter"),
        ),
        Message::Confirmed => (
            say(l, "Your address is confirmed", "Votre adresse est confirmée"),
            say(
                l,
                "Now choose the coins that you want to hear about.",
                "Choisissez maintenant les cryptos dont vous voulez des nouvelles.",
            ),
            "/account/alerts",
            say(l, "Choose alerts", "Choisir des alertes"),
        ),
        Message::LinkExpired => (
            say(l, "This link is too old", "Ce lien est trop ancien"),
            say(
                l,
                "Links in letters are good for a while only, so that an old letter opens nothing. Ask for a new one.",
                "Les liens de nos lettres ne sont valables qu’un temps, pour qu’une vieille lettre n’ouvre rien. Demandez-en un nouveau.",
            ),
            "/account",
            say(l, "To my account", "Vers mon compte"),
        ),
        Message::LinkUnknown => (
            say(l, "This link does not work", "Ce lien ne fonctionne pas"),
            say(
                l,
                "It may have been cut in two on its way, or is for something else. Open the letter again and press its button, or copy the whole link.",
                "Il a peut-être été coupé en route, ou sert à autre chose. Rouvrez la lettre et appuyez sur son bouton, ou copiez le lien entier.",
            ),
            "/account",
            say(l, "To my account", "Vers mon compte"),
        ),
        Message::LinkUsed => (
            say(l, "This link was used", "Ce lien a déjà servi"),
            say(
                l,
                "It works once. If it was not you who used it, choose another password.",
                "Il ne sert qu’une fois. Si ce n’était pas vous, choisissez un autre mot de passe.",
            ),
            "/account/forgot",
            say(l, "Choose another password", "Choisir un autre mot de passe"),
        ),
        Message::Deleted => (
            say(l, "Your account is deleted", "Votre compte est supprimé"),
            say(
                l,
                "With it went your alerts, conversations, feedback and sessions. A last letter confirms it.",
                "Avec lui sont parties vos alertes, conversations, réponses et sessions. Une dernière lettre le confirme.",
            ),
            "/",
            say(l, "To the forecasts", "Vers les prévisions"),
        ),
        Message::NoLetter => (
            say(l, "This letter is not here", "Cette lettre n’est pas ici"),
            say(
                l,
                "It went out by mail, or its file was taken away.",
                "Elle est partie par la poste, ou son fichier a été retiré.",
            ),
            "/operator/outbox",
            say(l, "To the outbox", "Vers la boîte d’envoi"),
        ),
        Message::NotAllowed => (
            say(l, "This page is for operators", "Cette page est réservée aux opérateurs"),
            say(
                l,
                "Your account may not open it. An operator is made on the machine itself: investbuddy operator ADDRESS.",
                "Votre compte ne peut pas l’ouvrir. Un opérateur se désigne sur la machine elle-même\u{202f}: investbuddy operator ADRESSE.",
            ),
            "/account",
            say(l, "To my account", "Vers mon compte"),
        ),
        Message::Unsubscribed => (
            say(l, "No more letters", "Plus de lettres"),
            say(
                l,
                "Your alerts stay and show up under the bell. You can turn letters on again at any time.",
                "Vos alertes restent et apparaissent sous la cloche. Vous pouvez réactiver les lettres à tout moment.",
            ),
            "/account/alerts",
            say(l, "My alerts", "Mes alertes"),
        ),
    }
}

/// Which form of the account's page was sent, with what was typed.
#[derive(Debug, Clone, Default)]
pub struct AccountForms {
    /// The form of a new address.
    pub address: Form,
    /// The form of a new password.
    pub password: Form,
    /// The form that deletes the account.
    pub delete: Form,
    /// What went well.
    pub notice: Option<Notice>,
}

/// What went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A letter went to the new address.
    AddressLetterSent,
    /// The address was changed.
    AddressChanged,
    /// The password was changed.
    PasswordChanged,
    /// The language was chosen.
    LanguageChosen,
    /// A letter went out again.
    ConfirmationSent,
}

impl Notice {
    /// In words.
    #[must_use]
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Self::AddressLetterSent => say(
                language,
                "We sent a letter to the new address. The change is made when you confirm it there.",
                "Nous avons envoyé une lettre à la nouvelle adresse. Le changement se fait quand vous le confirmez.",
            ),
            Self::AddressChanged => say(language, "Your address was changed.", "Votre adresse a été changée."),
            Self::PasswordChanged => say(
                language,
                "Your password was changed. Sign in with the new one.",
                "Votre mot de passe a été changé. Connectez-vous avec le nouveau.",
            ),
            Self::LanguageChosen => {
                say(language, "Your letters will be in this language.", "Vos lettres seront dans cette langue.")
            }
            Self::ConfirmationSent => say(language, "Another letter is on its way.", "Une autre lettre est en route."),
        }
    }
}

/// Everything about an account, on one page.
pub fn home(language: Language, account: &Account, forms: &AccountForms) -> Page {
    let title = say(language, "Your account", "Votre compte");
    let here = move |path: &str| address(language, path);
    let is_confirmed = account.confirmed_at.is_some();
    let language_form = Form::default().with("language", account.language.tag());
    let languages = [Language::English, Language::French].map(|language| {
        let name = say(language, "English", "Français");
        (language.tag().to_owned(), name.to_owned())
    });
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">{account.address.as_str().to_owned()}</p>
        {done(forms.notice.map(|notice| notice.words(language).to_owned()))}
        {(!is_confirmed)
            .then(|| {
                view! {
                    <form class="notice" method="post" action=here("/account/confirm-again")>
                        <p>
                            {say(
                                language,
                                "This address is not confirmed yet: no alert goes there. Press the button of the letter that we sent.",
                                "Cette adresse n’est pas encore confirmée\u{202f}: aucune alerte n’y va. Appuyez sur le bouton de la lettre envoyée.",
                            )}
                        </p>
                        <button class="button button--quiet" type="submit">
                            {say(language, "Send the letter again", "Renvoyer la lettre")}
                        </button>
                    </form>
                }
            })}
        <ul class="tiles" role="list">
            {tile(here("/account/alerts"), say(language, "Alerts", "Alertes"), say(language, "Which coins, from which chance on, and when letters may come.", "Quelles cryptos, à partir de quelle probabilité, et quand les lettres peuvent venir."))}
            {tile(here("/account/notifications"), say(language, "Notifications", "Notifications"), say(language, "What fired so far.", "Ce qui s’est déclenché."))}
            {(account.role == Role::Operator)
                .then(|| tile(here("/operator"), say(language, "Operator", "Opérateur"), say(language, "Outbox, feedback, production data, jobs.", "Boîte d’envoi, réponses, données de production, tâches.")))}
        </ul>
        <section class="document__section">
            <h2>{say(language, "Language of your letters", "Langue de vos lettres")}</h2>
            <form class="form form--row" method="post" action=here("/account/language")>
                {select(language, &language_form, "language", say(language, "Language", "Langue"), languages.to_vec())}
                <button class="button button--quiet" type="submit">
                    {say(language, "Save", "Enregistrer")}
                </button>
            </form>
        </section>
        <section class="document__section" id="address">
            <h2>{say(language, "Change the address", "Changer d’adresse")}</h2>
            <form class="form" method="post" action=format!("{}#address", here("/account/address")) novalidate>
                {summary(language, &forms.address)}
                {field(language, &forms.address, "new_email", say(language, "New address", "Nouvelle adresse"), Kind::Email, "")}
                {field(language, &forms.address, "address_password", say(language, "Your password", "Votre mot de passe"), Kind::Password(false), "")}
                <button class="button button--quiet" type="submit">
                    {say(language, "Change the address", "Changer d’adresse")}
                </button>
            </form>
        </section>
        <section class="document__section" id="password">
            <h2>{say(language, "Change the password", "Changer le mot de passe")}</h2>
            <form class="form" method="post" action=format!("{}#password", here("/account/password")) novalidate>
                {summary(language, &forms.password)}
                {field(language, &forms.password, "old_password", say(language, "Password so far", "Mot de passe actuel"), Kind::Password(false), "")}
                {field(language, &forms.password, "new_password", say(language, "New password", "Nouveau mot de passe"), Kind::Password(true), say(language, "At least 10 characters. You will be signed out everywhere.", "Au moins 10 caractères. Vous serez déconnecté partout."))}
                <button class="button button--quiet" type="submit">
                    {say(language, "Change the password", "Changer le mot de passe")}
                </button>
            </form>
        </section>
        <section class="document__section">
            <h2>{say(language, "Your data", "Vos données")}</h2>
            <p>
                {say(
                    language,
                    "Everything that we keep about you, as one JSON file: account, alerts, letters, notifications, conversations, feedback.",
                    "Tout ce que nous gardons sur vous, en un fichier JSON\u{202f}: compte, alertes, lettres, notifications, conversations, réponses.",
                )}
            </p>
            <p>
                <a class="button button--quiet" href="/account/export" download="investbuddy-account.json">
                    {say(language, "Download", "Télécharger")}
                </a>
            </p>
        </section>
        <section class="document__section" id="delete">
            <h2>{say(language, "Delete the account", "Supprimer le compte")}</h2>
            <p>
                {say(
                    language,
                    "Alerts, conversations, feedback and sessions go with it, for good.",
                    "Alertes, conversations, réponses et sessions partent avec lui, définitivement.",
                )}
            </p>
            <form class="form" method="post" action=format!("{}#delete", here("/account/delete")) novalidate>
                {summary(language, &forms.delete)}
                {field(language, &forms.delete, "delete_password", say(language, "Your password", "Votre mot de passe"), Kind::Password(false), "")}
                <button class="button button--danger" type="submit">
                    {say(language, "Delete the account", "Supprimer le compte")}
                </button>
            </form>
        </section>
        <form class="document__section" method="post" action=here("/account/sign-out")>
            <button class="button button--quiet" type="submit">
                {say(language, "Sign out", "Se déconnecter")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

pub(super) fn tile(href: String, title: &'static str, text: &'static str) -> AnyView {
    view! {
        <li>
            <a class="tile" href=href>
                <b>{title}</b>
                <span>{text}</span>
            </a>
        </li>
    }
    .into_any()
}

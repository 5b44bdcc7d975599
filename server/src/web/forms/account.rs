//! Signing up, in and out, and what belongs to an account.

use app::documents::account::{self as pages, AccountForms, Message, Notice};
use app::documents::{Form, Wrong};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::error::Failure;
use domain::language::Language;
use domain::user::{Account, EmailAddress};

use super::{Forms, Sent, Visit, broken};
use crate::auth::{AuthError, Credentials, Password, PasswordFlaw};
use crate::config::Secret;
use crate::signing::TicketError;
use crate::web::identity::Session;
use crate::web::problem::Problem;
use crate::web::visitor::CookieVisitor;

/// Where somebody without a wish goes after he signed in.
const HOME: &str = "/account";

pub(super) fn router() -> Router<Forms> {
    Router::new()
        .route("/account", get(home))
        .route("/account/sign-up", get(sign_up_form).post(sign_up))
        .route("/account/sign-in", get(sign_in_form).post(sign_in))
        .route("/account/sign-out", post(sign_out))
        .route("/account/forgot", get(forgot_form).post(forgot))
        .route("/account/reset", get(reset_form).post(reset))
        .route("/account/confirm", get(confirm_form).post(confirm))
        .route("/account/confirm-again", post(confirm_again))
        .route("/account/confirm-address", get(confirm_form).post(confirm_address))
        .route("/account/language", post(choose_language))
        .route("/account/address", post(ask_for_address))
        .route("/account/password", post(change_password))
        .route("/account/delete", post(delete))
        .route("/account/export", get(export))
}

async fn sign_up_form(State(forms): State<Forms>, visit: Visit) -> Response {
    forms.show(&visit, |language| pages::sign_up(language, &Form::default()))
}

async fn sign_up(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let (address, form) = read_address(form, "email");
    let (password, form) = read_password(form, "password");
    let again = |form: &Form| forms.again(&visit, |language| pages::sign_up(language, form));
    let (Some(address), Some(password)) = (address, password) else { return again(&form) };
    match forms.members.accounts.sign_up(&address, &password, visit.language, visit.from).await {
        Ok(()) => forms.show(&visit, |language| pages::message(language, Message::ConfirmationSent)),
        Err(error) => match wrong(&error) {
            Some(found) => again(&form.but("", found)),
            None => broken(&error),
        },
    }
}

async fn sign_in_form(State(forms): State<Forms>, visit: Visit) -> Response {
    if visit.identity.account().is_some() {
        return visit.go(HOME);
    }
    let changed = visit.asked("changed") == "password";
    let notice = changed.then(|| Notice::PasswordChanged.words(visit.language).to_owned());
    forms.show(&visit, |language| pages::sign_in(language, &Form::default(), &visit.asked("next"), notice))
}

async fn sign_in(
    State(forms): State<Forms>,
    visit: Visit,
    CookieVisitor(visitor): CookieVisitor,
    mut session: Session,
    Sent(form): Sent,
) -> Response {
    let next = form.value("next").to_owned();
    let again = |form: &Form| forms.again(&visit, |language| pages::sign_in(language, form, &next, None));
    let (address, form) = read_address(form, "email");
    let form = if form.value("password").is_empty() { form.but("password", Wrong::Missing) } else { form };
    let Some(address) = address.filter(|_| form.is_fine()) else { return again(&form) };
    let password = Secret::new(form.value("password").to_owned());
    let signed_in = match session.authenticate(Credentials { address, password, from: visit.from }).await {
        Ok(Some(signed_in)) => signed_in,
        Ok(None) => return again(&form.but("", Wrong::Credentials)),
        Err(axum_login::Error::Backend(error)) => {
            return match wrong(&error) {
                Some(found) => again(&form.but("", found)),
                None => broken(&error),
            };
        }
        Err(error @ axum_login::Error::Session(_)) => return broken(&error),
    };
    if let Err(error) = session.login(&signed_in).await {
        return broken(&error);
    }
    if let Some(visitor) = visitor {
        // His conversations are less than his session: he is signed in all the same.
        if let Err(error) = forms.members.accounts.take_over(&visitor, &signed_in.account().id).await {
            crate::incident::report(&error);
        }
    }
    Redirect::to(&own_path(&next).unwrap_or_else(|| app::documents::address(visit.language, HOME))).into_response()
}

/// A path of this site: whoever made the link sends nobody elsewhere.
fn own_path(next: &str) -> Option<String> {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2_048
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_ours.then(|| next.to_owned())
}

async fn sign_out(visit: Visit, mut session: Session) -> Response {
    match session.logout().await {
        Ok(_) => visit.go("/account/sign-in"),
        Err(error) => broken(&error),
    }
}

async fn forgot_form(State(forms): State<Forms>, visit: Visit) -> Response {
    forms.show(&visit, |language| pages::forgot(language, &Form::default()))
}

async fn forgot(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let again = |form: &Form| forms.again(&visit, |language| pages::forgot(language, form));
    let (address, form) = read_address(form, "email");
    let Some(address) = address else { return again(&form) };
    match forms.members.accounts.forgot(&address, visit.from).await {
        Ok(()) => forms.show(&visit, |language| pages::message(language, Message::ResetSent)),
        Err(error) => match wrong(&error) {
            Some(found) => again(&form.but("", found)),
            None => broken(&error),
        },
    }
}

async fn reset_form(State(forms): State<Forms>, visit: Visit) -> Response {
    let ticket = visit.asked("t");
    match forms.members.accounts.may_reset(&ticket).await {
        Ok(_) => forms.show(&visit, |language| pages::reset(language, &Form::default(), &ticket)),
        Err(error) => forms.refuse(&visit, &error),
    }
}

async fn reset(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let ticket = form.value("t").to_owned();
    let (password, form) = read_password(form, "password");
    let Some(password) = password else {
        return forms.again(&visit, |language| pages::reset(language, &form, &ticket));
    };
    match forms.members.accounts.reset(&ticket, &password).await {
        Ok(()) => visit.go("/account/sign-in?changed=password"),
        Err(error) => forms.refuse(&visit, &error),
    }
}

async fn confirm_form(State(forms): State<Forms>, visit: Visit) -> Response {
    let path = if visit.path.ends_with("/confirm-address") { "/account/confirm-address" } else { "/account/confirm" };
    forms.show(&visit, |language| pages::confirm(language, path, &visit.asked("t")))
}

async fn confirm(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    match forms.members.accounts.confirm(form.value("t")).await {
        Ok(()) => forms.show(&visit, |language| pages::message(language, Message::Confirmed)),
        Err(error) => forms.refuse(&visit, &error),
    }
}

async fn confirm_address(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    match forms.members.accounts.change_address(form.value("t")).await {
        Ok(()) => visit.go("/account?done=address"),
        Err(error) => forms.refuse(&visit, &error),
    }
}

async fn home(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let notice = match visit.asked("done").as_str() {
        "address" => Some(Notice::AddressChanged),
        "address-letter" => Some(Notice::AddressLetterSent),
        "language" => Some(Notice::LanguageChosen),
        "letter" => Some(Notice::ConfirmationSent),
        _ => None,
    };
    let shown = AccountForms { notice, ..AccountForms::default() };
    forms.show(&visit, |language| pages::home(language, account, &shown))
}

async fn confirm_again(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    match forms.members.accounts.confirm_again(account).await {
        Ok(()) => visit.go("/account?done=letter"),
        Err(error) => Problem::from(error.failure()).into_page(),
    }
}

async fn choose_language(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let chosen = [Language::English, Language::French].into_iter().find(|one| one.tag() == form.value("language"));
    let Some(chosen) = chosen else {
        return Problem::from(Failure::invalid("language", "must be en or fr")).into_page();
    };
    match forms.members.accounts.choose_language(&account.id, chosen).await {
        Ok(()) => Redirect::to(&app::documents::address(chosen, "/account?done=language")).into_response(),
        Err(error) => broken(&error),
    }
}

async fn ask_for_address(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let again = |address: Form| forms.home_again(&visit, account, &AccountForms { address, ..AccountForms::default() });
    let (to, form) = read_address(form, "new_email");
    let form = if to.as_ref() == Some(&account.address) { form.but("new_email", Wrong::SameAddress) } else { form };
    let Some(to) = to.filter(|_| form.is_fine()) else { return again(form) };
    match forms.members.accounts.ask_for_address(account, form.value("address_password"), &to).await {
        Ok(()) => visit.go("/account?done=address-letter"),
        Err(AuthError::Credentials) => again(form.but("address_password", Wrong::Password)),
        Err(error) => match wrong(&error) {
            Some(found) => again(form.but("", found)),
            None => broken(&error),
        },
    }
}

async fn change_password(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let again =
        |password: Form| forms.home_again(&visit, account, &AccountForms { password, ..AccountForms::default() });
    let (password, form) = read_password(form, "new_password");
    let Some(password) = password else { return again(form) };
    match forms.members.accounts.change_password(account, form.value("old_password"), &password).await {
        Ok(()) => visit.go("/account/sign-in?changed=password"),
        Err(AuthError::Credentials) => again(form.but("old_password", Wrong::Password)),
        Err(error) => match wrong(&error) {
            Some(found) => again(form.but("", found)),
            None => broken(&error),
        },
    }
}

async fn delete(State(forms): State<Forms>, visit: Visit, mut session: Session, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let again = |delete: Form| forms.home_again(&visit, account, &AccountForms { delete, ..AccountForms::default() });
    match forms.members.accounts.delete(account, form.value("delete_password")).await {
        Ok(()) => {}
        Err(AuthError::Credentials) => return again(form.but("delete_password", Wrong::Password)),
        Err(error) => {
            return match wrong(&error) {
                Some(found) => again(form.but("", found)),
                None => broken(&error),
            };
        }
    }
    // The session went with the account; this takes the cookie.
    if let Err(error) = session.logout().await {
        crate::incident::report(&error);
    }
    let gone = Visit { identity: super::Identity::default(), ..visit };
    forms.show(&gone, |language| pages::message(language, Message::Deleted))
}

/// Everything that is kept about an account, as a file.
async fn export(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    match forms.members.accounts.own_data(account).await {
        Ok(data) => {
            let headers = [(header::CONTENT_DISPOSITION, "attachment; filename=\"investbuddy-account.json\"")];
            (headers, axum::Json(data)).into_response()
        }
        Err(error) => broken(&error),
    }
}

impl Forms {
    fn home_again(&self, visit: &Visit, account: &Account, shown: &AccountForms) -> Response {
        self.again(visit, |language| pages::home(language, account, shown))
    }

    /// What is said about a link that opens nothing.
    pub(super) fn refuse(&self, visit: &Visit, error: &AuthError) -> Response {
        let (status, message) = match error {
            AuthError::Ticket(TicketError::Expired) => (StatusCode::GONE, Message::LinkExpired),
            AuthError::Ticket(_) => (StatusCode::BAD_REQUEST, Message::LinkUnknown),
            AuthError::Used => (StatusCode::GONE, Message::LinkUsed),
            other => return broken(other),
        };
        self.page(visit, status, |language| pages::message(language, message))
    }
}

/// What a person can do something about; none where it broke on our side.
fn wrong(error: &AuthError) -> Option<Wrong> {
    match error {
        AuthError::Credentials => Some(Wrong::Credentials),
        AuthError::TooMany { retry_after_s } => Some(Wrong::TooMany(*retry_after_s)),
        _ => None,
    }
}

fn read_address(form: Form, field: &'static str) -> (Option<EmailAddress>, Form) {
    if form.value(field).trim().is_empty() {
        return (None, form.but(field, Wrong::Missing));
    }
    match EmailAddress::parse(form.value(field)) {
        Ok(address) => (Some(address), form),
        Err(_) => (None, form.but(field, Wrong::Address)),
    }
}

fn read_password(form: Form, field: &'static str) -> (Option<Password>, Form) {
    match Password::parse(form.value(field)) {
        Ok(password) => (Some(password), form),
        Err(flaw) => {
            let found = match flaw {
                PasswordFlaw::Missing => Wrong::Missing,
                PasswordFlaw::TooShort => Wrong::TooShort(Password::LEAST_CHARS as u32),
                PasswordFlaw::TooLong => Wrong::TooLong(Password::MOST_CHARS as u32),
                PasswordFlaw::TooCommon => Wrong::TooCommon,
            };
            (None, form.but(field, found))
        }
    }
}

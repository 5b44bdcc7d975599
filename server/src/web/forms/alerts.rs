//! Alerts: which ones, when letters may come, what fired, and an end of letters.

use std::convert::Infallible;
use std::time::Duration;

use app::documents::account::{self as account_pages, Message};
use app::documents::alerts::{self as pages, AlertsNotice, AlertsView};
use app::documents::{Form, Wrong};
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::alert::{Delivery, LetterChoices, Measure, Preview, QuietHours, Rule, Threshold, TimeOfDay};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::user::{Account, AccountId};
use futures::StreamExt;

use super::{Forms, Sent, Visit, broken};
use crate::auth::AuthError;
use crate::signing::Purpose;
use crate::store::{MOST_RULES, RuleKept, StoreError};
use crate::web::problem::Problem;

/// How often a listener hears that we are still there.
const STILL_THERE_EVERY: Duration = Duration::from_secs(20);
/// The entries of the bell's page.
const ENTRIES: u32 = 100;

pub(super) fn router() -> Router<Forms> {
    Router::new()
        .route("/account/alerts", get(show).post(keep_rule))
        .route("/account/alerts/delete", post(delete_rule))
        .route("/account/letters", post(keep_letters))
        .route("/account/notifications", get(notifications).post(mark_read))
        .route("/account/notifications/live", get(live))
        .route("/unsubscribe", get(unsubscribe_form).post(unsubscribe))
}

async fn show(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let notice = match visit.asked("done").as_str() {
        "rule" => Some(AlertsNotice::RuleSaved),
        "deleted" => Some(AlertsNotice::RuleDeleted),
        "letters" => Some(AlertsNotice::LettersSaved),
        _ => None,
    };
    let coin = Symbol::parse(&visit.asked("coin")).ok().filter(|symbol| symbol.coin().is_some());
    let view = AlertsView { rule: pages::first_rule(coin.as_ref()), notice, ..AlertsView::default() };
    match forms.alerts_view(account, view, true).await {
        Ok(view) => forms.show(&visit, |language| pages::alerts(language, &view)),
        Err(error) => broken(&error),
    }
}

async fn keep_rule(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let (rule, form) = read_rule(form);
    let wants_preview = form.value("do") == "preview";
    let mut view = AlertsView::default();
    match rule {
        Some(rule) if wants_preview => {
            view.preview = forms.preview(&rule).await;
            view.rule = if view.preview.is_some() { form } else { form.but("", Wrong::NotYet) };
        }
        Some(rule) => match forms.members.alerts.keep_rule(&account.id, &rule).await {
            Ok(RuleKept::TooMany) => {
                view.rule = form.but("", Wrong::TooManyRules(u32::try_from(MOST_RULES).unwrap_or(u32::MAX)));
            }
            Ok(RuleKept::Added | RuleKept::Replaced) => return visit.go("/account/alerts?done=rule"),
            Err(error) => return broken(&error),
        },
        None => view.rule = form,
    }
    let is_fine = view.rule.is_fine();
    match forms.alerts_view(account, view, true).await {
        Ok(view) if is_fine => forms.show(&visit, |language| pages::alerts(language, &view)),
        Ok(view) => forms.again(&visit, |language| pages::alerts(language, &view)),
        Err(error) => broken(&error),
    }
}

async fn delete_rule(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    // Deleting what is not there, or somebody else's, is as good as done.
    match forms.members.accounts.store().delete_rule(&account.id, form.value("rule")).await {
        Ok(_) => visit.go("/account/alerts?done=deleted"),
        Err(error) => broken(&error),
    }
}

async fn keep_letters(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let (choices, form) = read_choices(form);
    let Some(choices) = choices else {
        let view = AlertsView { rule: pages::first_rule(None), letters: form, ..AlertsView::default() };
        return match forms.alerts_view(account, view, false).await {
            Ok(view) => forms.again(&visit, |language| pages::alerts(language, &view)),
            Err(error) => broken(&error),
        };
    };
    match forms.members.accounts.store().keep_letter_choices(&account.id, &choices, forms.clock.now()).await {
        Ok(()) => visit.go("/account/alerts?done=letters"),
        Err(error) => broken(&error),
    }
}

async fn notifications(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    match forms.members.accounts.store().notifications(&account.id, 0, ENTRIES).await {
        Ok(entries) => forms.show(&visit, |language| pages::notifications(language, &entries)),
        Err(error) => broken(&error),
    }
}

async fn mark_read(State(forms): State<Forms>, visit: Visit) -> Response {
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    match forms.members.alerts.mark_all_read(&account.id).await {
        Ok(()) => visit.go("/account/notifications"),
        Err(error) => broken(&error),
    }
}

/// How many entries are unread, now and whenever that changes, as server-sent events.
async fn live(State(forms): State<Forms>, visit: Visit) -> Response {
    match visit.identity.member() {
        Ok(account) => {
            let counts = forms.members.alerts.unread(&account.id);
            let events =
                counts.map(|count| Ok::<_, Infallible>(Event::default().event("unread").data(count.to_string())));
            Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_THERE_EVERY)).into_response()
        }
        Err(failure) => Problem::from(failure).into_response(),
    }
}

async fn unsubscribe_form(State(forms): State<Forms>, visit: Visit) -> Response {
    forms.show(&visit, |language| pages::unsubscribe(language, &visit.asked("t")))
}

/// Ends an account's letters: for our own page, and for mail programs (RFC 8058), which post the link of the letter
/// with their own body and no cookie.
/// The link holds the ticket, so that their body may be of any kind.
async fn unsubscribe(State(forms): State<Forms>, visit: Visit, request: Request) -> Response {
    let mut ticket = visit.asked("t");
    if ticket.is_empty() {
        ticket = match Sent::from_request(request, &()).await {
            Ok(Sent(form)) => form.value("t").to_owned(),
            Err(refused) => return refused,
        };
    }
    let now = forms.clock.now();
    let account = match forms.members.accounts.key().read::<1>(Purpose::Unsubscribe, &ticket, now) {
        Ok([account]) => AccountId::parse(&account),
        Err(error) => return forms.refuse(&visit, &AuthError::Ticket(error)),
    };
    let Ok(account) = account else {
        return forms.refuse(&visit, &AuthError::Ticket(crate::signing::TicketError::Unknown));
    };
    match forms.members.accounts.store().account(&account).await {
        Ok(Some(_)) => {}
        // Whoever has no account gets no letters.
        Ok(None) => return forms.show(&visit, |language| account_pages::message(language, Message::Unsubscribed)),
        Err(error) => return broken(&error),
    }
    match forms.members.accounts.store().stop_letters(&account, now).await {
        Ok(()) => forms.show(&visit, |language| account_pages::message(language, Message::Unsubscribed)),
        Err(error) => broken(&error),
    }
}

impl Forms {
    /// Adds to a view what is kept of an account; its form of letters only where that is asked for.
    async fn alerts_view(
        &self,
        account: &Account,
        mut view: AlertsView,
        with_letters: bool,
    ) -> Result<AlertsView, StoreError> {
        let store = self.members.accounts.store();
        view.is_confirmed = account.confirmed_at.is_some();
        let rules = store.rules(&account.id).await?.into_iter();
        view.rules = rules.map(|kept| pages::KeptRule { id: kept.id, rule: kept.rule }).collect();
        if with_letters {
            view.letters = pages::chosen_letters(&store.letter_choices(&account.id).await?);
        }
        view.time_zones = time_zones();
        Ok(view)
    }

    /// What a rule would have done.
    async fn preview(&self, rule: &Rule) -> Option<Preview> {
        let (alerts, rule) = (self.members.alerts.clone(), rule.clone());
        // Ranks look a year back from every day of a year.
        tokio::task::spawn_blocking(move || alerts.preview(&rule)).await.ok()?
    }
}

/// The names of the time zones that a reader can live in.
fn time_zones() -> Vec<String> {
    let mut names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name == "UTC" || (name.contains('/') && !name.starts_with("Etc/")))
        .collect();
    names.sort_unstable();
    names
}

fn read_rule(form: Form) -> (Option<Rule>, Form) {
    let symbol = Symbol::parse(form.value("symbol")).ok().filter(|symbol| symbol.coin().is_some());
    let horizon = Horizon::parse(form.value("horizon")).ok();
    let measure = Measure::parse(form.value("measure")).ok();
    let threshold = percent(form.value("threshold")).and_then(|share| Threshold::new(share).ok());
    let mut form = form;
    for (field, is_fine) in
        [("symbol", symbol.is_some()), ("horizon", horizon.is_some()), ("measure", measure.is_some())]
    {
        if !is_fine {
            form = form.but(field, Wrong::Choice);
        }
    }
    if threshold.is_none() {
        form = form.but("threshold", Wrong::Between(5, 99));
    }
    let rule = || Some(Rule { symbol: symbol?, horizon: horizon?, measure: measure?, threshold: threshold? });
    (rule(), form)
}

/// A whole percentage as a share; people write a sign behind it.
fn percent(text: &str) -> Option<f64> {
    let number: u32 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    Some(f64::from(number) / 100.0)
}

fn read_choices(form: Form) -> (Option<LetterChoices>, Form) {
    let letters = match form.value("letters") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let time_zone = form.value("time_zone").to_owned();
    let is_zone = jiff::tz::TimeZone::get(&time_zone).is_ok();
    let (from, to) = (TimeOfDay::parse(form.value("quiet_from")).ok(), TimeOfDay::parse(form.value("quiet_to")).ok());
    let number = |field: &str, most: u32| form.value(field).trim().parse::<u32>().ok().filter(|&number| number <= most);
    let most_a_day = number("most_a_day", LetterChoices::MOST_A_DAY).filter(|&most| most > 0);
    let digest_hour = number("digest_hour", 23);
    let delivery = Delivery::parse(form.value("delivery")).ok();
    let found = [
        ("letters", letters.is_some(), Wrong::Choice),
        ("time_zone", is_zone, Wrong::TimeZone),
        ("quiet_from", from.is_some(), Wrong::TimeOfDay),
        ("quiet_to", to.is_some(), Wrong::TimeOfDay),
        ("most_a_day", most_a_day.is_some(), Wrong::Between(1, LetterChoices::MOST_A_DAY)),
        ("digest_hour", digest_hour.is_some(), Wrong::Choice),
        ("delivery", delivery.is_some(), Wrong::Choice),
    ];
    let choices = || {
        Some(LetterChoices {
            letters: letters?,
            time_zone: is_zone.then_some(time_zone)?,
            quiet: QuietHours { from: from?, to: to? },
            most_a_day: most_a_day?,
            delivery: delivery?,
            digest_hour: digest_hour?,
        })
    };
    let choices = choices();
    let wrong = found.into_iter().filter(|&(_, is_fine, _)| !is_fine);
    (choices, wrong.fold(form, |form, (field, _, wrong)| form.but(field, wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_read_as_people_write_it() {
        for (text, expected) in
            [("50", Some(0.5)), (" 5 % ", Some(0.05)), ("99%", Some(0.99)), ("", None), ("half", None), ("-5", None)]
        {
            assert_eq!(percent(text), expected, "{text:?}");
        }
    }

    #[test]
    fn time_zones_are_the_ones_that_jiff_knows() {
        let zones = time_zones();
        assert!(zones.contains(&"Europe/Paris".to_owned()) && zones.contains(&"UTC".to_owned()), "{}", zones.len());
        assert!(zones.iter().all(|zone| jiff::tz::TimeZone::get(zone).is_ok()));
    }
}

//! The pages of whoever looks after this server. Nobody else sees them.

use app::documents::Form;
use app::documents::account::{self, Message};
use app::documents::operator::{
    self as pages, About, FeedbackEntry, FeedbackList, JobEntry, JobList, OperatorOverview, OutboxList,
};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::error::Failure;
use domain::market::Symbol;
use futures::TryStreamExt;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::{Forms, Sent, Visit, broken};
use crate::incident;
use crate::store::{
    FeedbackFilter, FeedbackKind, JobState, KeptFeedback, Opinion, OutboxEntry, OutboxQuery, ParcelState, Store,
    StoreError, feedback_origin,
};
use crate::web::problem::Problem;

mod drift;
mod health;
mod models;
mod performance;

/// Rows of a page.
const ROWS: u32 = 50;
/// The last page that may be asked for: further back a filter leads faster.
const LAST_PAGE: u32 = 2_000;
/// The fields of the filter of feedback.
const FILTER: [&str; 6] = ["kind", "verdict", "symbol", "origin", "from", "to"];

pub(super) fn router() -> Router<Forms> {
    Router::new()
        .route("/operator", get(overview))
        .route("/operator/feedback", get(feedback))
        .route("/operator/feedback.csv", get(feedback_csv))
        .route("/operator/outbox", get(outbox))
        .route("/operator/outbox/replay", post(replay))
        .route("/operator/outbox/letter.eml", get(letter))
        .route("/operator/jobs", get(jobs))
        .route("/operator/jobs/run", post(run_job))
        .merge(drift::router())
        .merge(health::router())
        .merge(models::router())
        .merge(performance::router())
}

async fn overview(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match counted(forms.members.accounts.store(), forms.clock.now()).await {
        Ok(counts) => forms.show(&visit, |language| pages::overview(language, &counts)),
        Err(error) => broken(&error),
    }
}

async fn counted(store: &Store, now: Timestamp) -> Result<OperatorOverview, StoreError> {
    let feedback = store.feedback_counts(&FeedbackFilter::default()).await?;
    let outbox = store.outbox_counts().await?;
    let jobs = store.jobs(now).await?;
    Ok(OperatorOverview {
        feedback: feedback.iter().map(|counted| counted.count).sum(),
        waiting: outbox.waiting,
        dead: outbox.dead,
        failing_jobs: jobs.iter().filter(|job| job.failure.is_some()).map(|_| 1_u64).sum(),
    })
}

async fn feedback(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let Filtered { filter, form, no_days, query } = filter_of(&visit);
    let page = page_of(&visit);
    let store = forms.members.accounts.store();
    let (mut entries, counts) = match listed(store, &filter, page).await {
        Ok(listed) => listed,
        Err(error) => return broken(&error),
    };
    let has_more = entries.len() > ROWS as usize;
    entries.truncate(ROWS as usize);
    let shown = FeedbackList {
        filter: form,
        no_days,
        counts,
        entries: entries.into_iter().map(feedback_entry).collect(),
        page,
        has_more,
        query,
    };
    forms.show(&visit, |language| pages::feedback(language, &shown))
}

/// One entry more than a page holds, and how often what was said.
type Listed = (Vec<KeptFeedback>, Vec<(&'static str, u64)>);

async fn listed(store: &Store, filter: &FeedbackFilter, page: u32) -> Result<Listed, StoreError> {
    let entries = store.feedback(filter, (page - 1) * ROWS, ROWS + 1).await?;
    let counts = store.feedback_counts(filter).await?;
    Ok((entries, counts.into_iter().map(|counted| (counted.opinion.as_str(), counted.count)).collect()))
}

async fn feedback_csv(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let pieces = forms.members.monitoring.feedback(filter_of(&visit).filter).inspect_err(|error| {
        incident::report(error);
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"feedback.csv\""),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

async fn outbox(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let asked = visit.asked("state");
    let state = ParcelState::ALL.into_iter().find(|state| state.as_str() == asked);
    match outbox_list(forms.members.accounts.store(), state, page_of(&visit)).await {
        Ok(shown) => {
            let has_letters = forms.members.notify.keeps_letters();
            let shown = OutboxList { was_replayed: visit.asked("done") == "replayed", has_letters, ..shown };
            forms.show(&visit, |language| pages::outbox(language, &shown))
        }
        Err(error) => broken(&error),
    }
}

async fn outbox_list(store: &Store, state: Option<ParcelState>, page: u32) -> Result<OutboxList, StoreError> {
    let query = OutboxQuery { state, channel: None, skipped: (page - 1) * ROWS, limit: ROWS + 1 };
    let mut parcels = store.outbox(&query).await?;
    let has_more = parcels.len() > ROWS as usize;
    parcels.truncate(ROWS as usize);
    let mut entries = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let owner = match &parcel.account {
            Some(account) => store.account(account).await?,
            None => None,
        };
        let to = owner.map(|kept| pages::masked(&kept.account.address)).unwrap_or_default();
        entries.push(outbox_entry(parcel, to));
    }
    let counts = store.outbox_counts().await?;
    let counts = vec![
        (ParcelState::Waiting.as_str(), counts.waiting),
        (ParcelState::Sent.as_str(), counts.sent),
        (ParcelState::Dead.as_str(), counts.dead),
    ];
    let state = state.map_or("", ParcelState::as_str).to_owned();
    Ok(OutboxList { state, counts, entries, page, has_more, ..OutboxList::default() })
}

async fn replay(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.accounts.store().replay_parcel(form.value("id"), forms.clock.now()).await {
        Ok(true) => visit.go("/operator/outbox?done=replayed"),
        // Somebody else was faster, or it is gone: the list says how things stand.
        Ok(false) => visit.go("/operator/outbox"),
        Err(error) => broken(&error),
    }
}

async fn jobs(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.jobs.states().await {
        Ok(jobs) => {
            let periods = forms.members.jobs.periods();
            let entries = jobs.into_iter().map(|job| job_entry(job, &periods)).collect();
            let shown = JobList { entries, was_started: visit.asked("done") == "started" };
            forms.show(&visit, |language| pages::jobs(language, &shown))
        }
        Err(error) => broken(&error),
    }
}

async fn run_job(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let (jobs, name) = (forms.members.jobs.clone(), form.value("job").to_owned());
    if !jobs.periods().iter().any(|&(known, _)| known == name) {
        return Problem::from(Failure::invalid("job", "must name a job of this server")).into_page();
    }
    // It may take long, and the list says how it ended.
    tokio::spawn(async move {
        if let Err(error) = jobs.run_now(&name).await {
            incident::report(&error);
        }
    });
    visit.go("/operator/jobs?done=started")
}

/// A letter that lies in the folder of a server without SMTP.
async fn letter(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.notify.kept_letter(&visit.asked("id")).await {
        Some(letter) => {
            let headers = [
                (header::CONTENT_TYPE, "message/rfc822"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"letter.eml\""),
            ];
            (headers, letter).into_response()
        }
        None => forms.page(&visit, StatusCode::NOT_FOUND, |language| account::message(language, Message::NoLetter)),
    }
}

impl Forms {
    /// What whoever is no operator sees instead; none for an operator.
    fn refuse_but_operators(&self, visit: &Visit) -> Option<Response> {
        match visit.identity.operator() {
            Ok(_) => None,
            Err(Failure::SignInNeeded) => Some(visit.sign_in_first()),
            Err(_) => Some(
                self.page(visit, StatusCode::FORBIDDEN, |language| account::message(language, Message::NotAllowed)),
            ),
        }
    }
}

fn page_of(visit: &Visit) -> u32 {
    visit.asked("page").parse::<u32>().ok().filter(|page| (1..=LAST_PAGE).contains(page)).unwrap_or(1)
}

struct Filtered {
    filter: FeedbackFilter,
    form: Form,
    no_days: Vec<&'static str>,
    query: String,
}

/// The filter of the query. What cannot be read filters nothing; days that are none are told.
fn filter_of(visit: &Visit) -> Filtered {
    let typed = FILTER.map(|field| (field, visit.asked(field)));
    let [kind, opinion, symbol, origin, from, to] = typed.each_ref().map(|(_, value)| value.trim());
    let first = day(from).and_then(midnight);
    let after = day(to).and_then(|day| day.tomorrow().ok()).and_then(midnight);
    let no_days = [("from", from, first), ("to", to, after)]
        .into_iter()
        .filter(|(_, text, day)| !text.is_empty() && day.is_none())
        .map(|(field, ..)| field)
        .collect();
    let filter = FeedbackFilter {
        kind: FeedbackKind::parse(kind),
        opinion: Opinion::parse(opinion),
        symbol: Symbol::parse(symbol).ok(),
        origin: feedback_origin(origin),
        from: first,
        to: after,
    };
    let given = typed.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let form = Form::sent(typed.map(|(field, value)| (field.to_owned(), value)));
    Filtered { filter, form, no_days, query }
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// Midnight UTC.
fn midnight(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

fn feedback_entry(kept: KeptFeedback) -> FeedbackEntry {
    let about = match kept.forecast {
        Some(forecast) => About::Forecast {
            symbol: forecast.symbol,
            horizon: forecast.horizon,
            origin: forecast.origin,
            chance: forecast.chance,
            was_high: forecast.outcome_high,
        },
        None => About::Answer { writer: kept.writer },
    };
    FeedbackEntry {
        at: kept.changed_at,
        about,
        opinion: kept.opinion.as_str(),
        seen: kept.seen,
        words: kept.words,
        origin: kept.origin,
        by_member: kept.by_member,
    }
}

fn outbox_entry(parcel: OutboxEntry, to: String) -> pages::OutboxEntry {
    pages::OutboxEntry {
        id: parcel.id,
        what: parcel.what,
        channel: parcel.channel,
        to,
        state: parcel.state.as_str().to_owned(),
        attempts: parcel.attempts,
        created_at: parcel.created_at,
        due_at: (parcel.state == ParcelState::Waiting).then_some(parcel.due_at),
        ended_at: parcel.ended_at,
        failure: parcel.failure,
    }
}

fn job_entry(job: JobState, periods: &[(&'static str, SignedDuration)]) -> JobEntry {
    let period = periods.iter().find(|(name, _)| *name == job.name).map(|&(_, period)| period);
    let next_at = job.started_at.zip(period).and_then(|(started_at, period)| started_at.checked_add(period).ok());
    JobEntry {
        name: job.name,
        is_running: job.is_running,
        started_at: job.started_at,
        ended_at: job.ended_at,
        next_at,
        failure: job.failure,
        runs: job.runs,
        failures: job.failures,
    }
}

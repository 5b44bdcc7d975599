//! How a forecast was: what the buttons of letters and cards lead to. Opening the page records nothing.

use app::documents::feedback::{self as pages, Came, FeedbackMessage, FeedbackView, Key};
use app::documents::{Form, Wrong};
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::chat::VisitorId;
use domain::feedback::{FeedbackOrigin, ForecastFeedback, ForecastVerdict, Seen};
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::Timestamp;

use super::{Forms, Sent, Visit};
use crate::feedback::{Asked, FeedbackError};
use crate::signing::TicketError;
use crate::store::{Giver, OPEN_FOR, SaidBefore};
use crate::web::problem::Problem;
use crate::web::visitor::Remember;

pub(super) fn router() -> Router<Forms> {
    Router::new().route("/feedback", get(ask).post(give))
}

async fn ask(State(forms): State<Forms>, visit: Visit, Extension(visitor): Extension<VisitorId>) -> Response {
    let found = match (visit.asked("t"), visit.asked("prediction")) {
        (ticket, prediction) if !ticket.is_empty() || !prediction.is_empty() => {
            named(&forms, &visit, &visitor, &ticket, &prediction).await
        }
        _ => newest(&forms, &visit, &visitor).await,
    };
    let (key, asked) = match found {
        Ok(found) => found,
        Err(error) => return forms.refuse_feedback(&visit, &error),
    };
    let said = asked.before.as_ref().map(|before| pages::said_before(&before.feedback)).unwrap_or_default();
    let form = match ForecastVerdict::parse(&visit.asked("v")) {
        Ok(verdict) => said.with("v", verdict.as_str()),
        Err(_) => said,
    };
    let shown = view_of(&asked, key, form);
    forms.show(&visit, |language| pages::feedback(language, &shown))
}

async fn give(
    State(forms): State<Forms>,
    visit: Visit,
    Extension(visitor): Extension<VisitorId>,
    Sent(form): Sent,
) -> Response {
    let found = named(&forms, &visit, &visitor, form.value("t"), form.value("prediction")).await;
    let (key, asked) = match found {
        Ok(found) => found,
        Err(error) => return forms.refuse_feedback(&visit, &error),
    };
    // The link to the other language leads to the same forecast.
    let visit = Visit { query: key.query(), ..visit };
    let origin = match key {
        Key::Ticket(_) => FeedbackOrigin::Letter,
        Key::Prediction(_) => FeedbackOrigin::Card,
    };
    let (said, form) = read(form);
    let Some(said) = said else {
        let shown = view_of(&asked, key, form);
        return forms.again(&visit, |language| pages::feedback(language, &shown));
    };
    if let Err(error) = forms.members.feedback.give(&asked, &said, origin, visit.from).await {
        return forms.refuse_feedback(&visit, &error);
    }
    let first_at = forms.clock.now();
    let open_until = asked
        .before
        .as_ref()
        .map_or_else(|| first_at.saturating_add(OPEN_FOR).unwrap_or(Timestamp::MAX), SaidBefore::open_until);
    let shown = FeedbackView { open_until: Some(open_until), ..view_of(&asked, key, form) };
    let mut response = forms.show(&visit, |language| pages::thanks(language, &shown, &said));
    if matches!(asked.giver, Giver::Visitor(_)) {
        // Without a cookie he would be another visitor the next time, and could not change his answer.
        response.extensions_mut().insert(Remember);
    }
    response
}

/// The forecast that a ticket or a name stands for. A ticket goes first.
async fn named(
    forms: &Forms,
    visit: &Visit,
    visitor: &VisitorId,
    ticket: &str,
    prediction: &str,
) -> Result<(Key, Asked), FeedbackError> {
    let feedback = &forms.members.feedback;
    if !ticket.is_empty() {
        let asked = feedback.open(ticket).await?;
        return Ok((Key::Ticket(ticket.to_owned()), asked));
    }
    let asked = feedback.about(prediction, giver(visit, visitor)).await?;
    Ok((Key::Prediction(asked.published.id.clone()), asked))
}

/// The forecast that a card's button stands for.
async fn newest(forms: &Forms, visit: &Visit, visitor: &VisitorId) -> Result<(Key, Asked), FeedbackError> {
    let symbol = Symbol::parse(&visit.asked("coin")).map_err(|_| FeedbackError::NoForecast)?;
    let horizon = Horizon::parse(&visit.asked("horizon")).unwrap_or_default();
    let asked = forms.members.feedback.newest(&symbol, horizon, giver(visit, visitor)).await?;
    Ok((Key::Prediction(asked.published.id.clone()), asked))
}

fn giver(visit: &Visit, visitor: &VisitorId) -> Giver {
    match visit.identity.account() {
        Some(account) => Giver::Account(account.id.clone()),
        None => Giver::Visitor(visitor.clone()),
    }
}

fn view_of(asked: &Asked, key: Key, form: Form) -> FeedbackView {
    FeedbackView {
        forecast: asked.published.forecast.clone(),
        has_ended: asked.has_ended,
        came: asked.published.outcome.map(|came| Came { realised: came.realised, is_high: came.is_high }),
        open_until: asked.before.as_ref().map(SaidBefore::open_until),
        key,
        form,
    }
}

/// What was said; none where something is wrong with it, which stands beside the fields then.
fn read(form: Form) -> (Option<ForecastFeedback>, Form) {
    let verdict = ForecastVerdict::parse(form.value("v")).ok();
    let form = match (verdict, form.value("v").is_empty()) {
        (Some(_), _) => form,
        (None, true) => form.but("v", Wrong::Missing),
        (None, false) => form.but("v", Wrong::Choice),
    };
    let seen = match form.value("seen") {
        "" => Some(None),
        text => Seen::parse(text).ok().map(Some),
    };
    let form = if seen.is_some() { form } else { form.but("seen", Wrong::Choice) };
    let (Some(verdict), Some(seen)) = (verdict, seen) else { return (None, form) };
    match ForecastFeedback::new(verdict, seen, form.value("words")) {
        Ok(said) => (Some(said), form),
        Err(_) => (None, form.but("words", Wrong::TooLong(ForecastFeedback::MAX_WORDS_CHARS as u32))),
    }
}

impl Forms {
    /// What is said where there is nothing to answer.
    fn refuse_feedback(&self, visit: &Visit, error: &FeedbackError) -> Response {
        let (status, message) = match error {
            FeedbackError::Ticket(TicketError::Expired) | FeedbackError::Over => {
                (StatusCode::GONE, FeedbackMessage::Over)
            }
            FeedbackError::Ticket(_) => (StatusCode::BAD_REQUEST, FeedbackMessage::Unknown),
            FeedbackError::NoForecast => (StatusCode::NOT_FOUND, FeedbackMessage::NoForecast),
            FeedbackError::Closed => (StatusCode::CONFLICT, FeedbackMessage::Closed),
            FeedbackError::TooMany { retry_after_s } => {
                (StatusCode::TOO_MANY_REQUESTS, FeedbackMessage::TooMany(*retry_after_s))
            }
            FeedbackError::Store(_) => return Problem::from(error.failure()).into_page(),
        };
        self.page(visit, status, |language| pages::feedback_message(language, message))
    }
}

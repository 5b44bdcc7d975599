//! What programs, such as n8n, hand on of what people say about forecasts.

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use domain::error::Failure;
use domain::feedback::{FeedbackOrigin, ForecastFeedback};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use super::wire::feedback::{FeedbackKept, ForecastVerdict, Seen};
use crate::feedback::FeedbackError;
use crate::signing::TicketError;
use crate::store::{OPEN_FOR, SaidBefore};
use crate::web::Web;
use crate::web::problem::{Details, Problem};
use crate::web::visitor::CallerAddress;

/// What somebody says about a forecast.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GiveFeedback {
    /// What stands behind `t=` in the links of a letter. It names account and forecast, and is good until seven days
    /// after the forecast's period has ended.
    token: String,
    verdict: ForecastVerdict,
    /// What was really seen.
    #[serde(default)]
    seen: Option<Seen>,
    /// In his own words; at most 1,000 characters.
    #[serde(default)]
    words: String,
}

/// Say how a forecast was
///
/// For programs that hand on what somebody answered; no cookie is needed, the token is enough. Another answer within
/// seven days of the first replaces it.
#[utoipa::path(
    post,
    path = "/api/v1/feedback",
    tag = "feedback",
    request_body = GiveFeedback,
    responses(
        (status = 200, description = "Kept", body = FeedbackKept),
        (status = 404, description = "`unknown_forecast`", body = Details, content_type = "application/problem+json"),
        (status = 409, description = "`feedback_closed`: the first answer is older than seven days", body = Details, content_type = "application/problem+json"),
        (status = 410, description = "`feedback_over`: the token, or the time for this forecast, has run out", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid` or `malformed_body`: names the field; `invalid` with the field `token` for one that is not ours, was cut, or is for something else", body = Details, content_type = "application/problem+json"),
        (status = 429, description = "`too_many`", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn give(
    State(web): State<Web>,
    Extension(caller): Extension<CallerAddress>,
    request: Request,
) -> Result<Json<FeedbackKept>, Problem> {
    let GiveFeedback { token, verdict, seen, words } = body::json(request, web.body_bytes, |path| match path {
        "token" => "must be the token of a letter",
        "verdict" => "must be right or wrong",
        "seen" => "must be calm, usual or high",
        "words" => "must be text of at most 1000 characters",
        _ => "must be an object with token, verdict and, if you like, seen and words",
    })
    .await?;
    let said = ForecastFeedback::new(verdict.into(), seen.map(Into::into), &words)?;
    let asked = web.feedback.open(&token).await.map_err(|error| refusal(&error))?;
    web.feedback.give(&asked, &said, FeedbackOrigin::Api, caller.0).await.map_err(|error| refusal(&error))?;
    let changeable_until = asked
        .before
        .as_ref()
        .map_or_else(|| web.clock.now().saturating_add(OPEN_FOR).unwrap_or(Timestamp::MAX), SaidBefore::open_until);
    let forecast = asked.published.forecast;
    Ok(Json(FeedbackKept {
        symbol: forecast.symbol.into(),
        horizon: forecast.horizon.into(),
        origin: forecast.origin,
        ends_at: forecast.ends_at,
        verdict: said.verdict.into(),
        seen: said.seen.map(Into::into),
        words: said.words,
        changeable_until,
    }))
}

fn refusal(error: &FeedbackError) -> Problem {
    match error {
        FeedbackError::Ticket(TicketError::Expired) | FeedbackError::Over => {
            let detail = "A forecast can be judged until seven days after its period has ended.";
            Problem::new(StatusCode::GONE, "feedback_over", detail)
        }
        FeedbackError::Ticket(_) => {
            Failure::invalid("token", "must be the whole token of a letter that asks for feedback").into()
        }
        FeedbackError::NoForecast => {
            Problem::new(StatusCode::NOT_FOUND, "unknown_forecast", "There is no such forecast.")
        }
        FeedbackError::Closed => {
            let detail = "The first answer is older than seven days and can no longer be changed.";
            Problem::new(StatusCode::CONFLICT, "feedback_closed", detail)
        }
        FeedbackError::TooMany { .. } | FeedbackError::Store(_) => error.failure().into(),
    }
}

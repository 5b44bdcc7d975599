//! `POST /api/v1/ask`: an answer as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::chat::{ChatEvent, ConversationId, Question, QuestionText, VisitorId};
use domain::language::Language;
use domain::market::Symbol;
use domain::user::Role;
use futures::stream::{self, Stream};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// What is asked, at most 8,000 characters.
    #[schema(example = "Why is ETH risky tomorrow?")]
    question: String,
    /// The conversation to go on with; a new one where none.
    #[serde(default)]
    conversation: Option<String>,
    /// The language of the answer where the question's own cannot be told: `en` (the default) or `fr`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "en")]
    language: Language,
    /// The coin that is meant where the question names none.
    #[serde(default)]
    #[schema(example = "ETH")]
    about: Option<String>,
}

/// Ask the Buddy
///
/// Answers with server-sent events. The name of each is its `type`, its data one JSON object: `started`, `status`,
/// `tool_call`, `tool_result`, `citation`, `token` (a piece of Markdown), and at the end `done` or `failed`. Closing the
/// connection stops the writer; what was written so far is kept.
#[utoipa::path(
    post,
    path = "/api/v1/ask",
    tag = "buddy",
    request_body = Ask,
    responses(
        (status = 200, description = "The events of the answer", body = String, content_type = "text/event-stream"),
        (status = 404, description = "`unknown_conversation`", body = Details, content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid` or `malformed_body`: names the field", body = Details, content_type = "application/problem+json"),
        (status = 429, description = "`too_many`, with Retry-After", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn ask(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    Extension(role): Extension<Role>,
    request: Request,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let ask: Ask = body::json(request, web.body_bytes, hints).await?;
    let question = Question {
        text: QuestionText::parse(&ask.question)?,
        conversation: ask.conversation.as_deref().map(ConversationId::parse).transpose()?,
        language: ask.language,
        about: ask.about.as_deref().map(Symbol::parse).transpose()?,
        instead_of: None,
    };
    let answer = web.desk.buddy().ask(visitor, role, question).await?;
    let events = stream::unfold(answer, |mut answer| async move {
        let event = answer.next().await?;
        Some((Ok(to_sse(&event)), answer))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn to_sse(event: &ChatEvent) -> Event {
    // A tagged enum of plain data always serialises; its tag names the event.
    let data = serde_json::to_value(event).unwrap_or_default();
    let name = data.get("type").and_then(|name| name.as_str()).unwrap_or("event").to_owned();
    Event::default().event(name).data(data.to_string())
}

fn hints(path: &str) -> &'static str {
    match path {
        "question" => "must be text of at most 8000 characters",
        "conversation" => "must be the name of a conversation, 32 hexadecimal digits",
        "language" => "must be en or fr",
        "about" => "must be a coin, such as ETH",
        _ => "must be an object with question, and perhaps conversation, language and about",
    }
}

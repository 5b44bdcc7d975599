//! A visitor's conversations. Who the visitor is stands in his cookie; nobody sees another one's.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::chat::{self, Author, ConversationId, Judgement, MessageId, VisitorId};
use domain::error::Failure;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use super::query::Parameters;
use super::wire::chat::{Conversation, ConversationHead, ConversationList, Verdict};
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// Your conversations, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "buddy",
    responses((status = 200, description = "The conversations of the visitor whom the cookie names", body = ConversationList))
)]
pub(super) async fn list(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    parameters: Parameters,
) -> Result<Json<ConversationList>, Problem> {
    parameters.only(&[])?;
    let heads = web.desk.buddy().conversations(visitor).await?;
    Ok(Json(ConversationList { conversations: heads.into_iter().map(Into::into).collect() }))
}

/// One conversation
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{id}",
    tag = "buddy",
    params(("id" = String, Path, description = "The conversation, 32 hexadecimal digits")),
    responses(
        (status = 200, description = "The conversation", body = Conversation),
        (status = 404, description = "`unknown_conversation`", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn read(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(web.desk.buddy().conversation(visitor, conversation(id)?).await?.into()))
}

/// A new title.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    /// 1 to 120 characters.
    title: String,
}

/// Rename a conversation
#[utoipa::path(
    patch,
    path = "/api/v1/conversations/{id}",
    tag = "buddy",
    params(("id" = String, Path, description = "The conversation, 32 hexadecimal digits")),
    request_body = Rename,
    responses(
        (status = 200, description = "Renamed", body = ConversationHead),
        (status = 404, description = "`unknown_conversation`", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid` or `malformed_body`: names the field", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn rename(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<ConversationHead>, Problem> {
    let Rename { title } = body::json(request, web.body_bytes, |_| "must be text of 1 to 120 characters").await?;
    Ok(Json(web.desk.buddy().rename(visitor, conversation(id)?, title).await?.into()))
}

/// Delete a conversation
///
/// With all that was said in it. Deleting what is not there is no error.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{id}",
    tag = "buddy",
    params(("id" = String, Path, description = "The conversation, 32 hexadecimal digits")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    web.desk.buddy().delete(visitor, conversation(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a conversation with you
///
/// As a file: Markdown for people, JSON for programs.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{id}/export",
    tag = "buddy",
    params(
        ("id" = String, Path, description = "The conversation, 32 hexadecimal digits"),
        ("format" = Option<String>, Query, description = "`md` (the default) or `json`", example = "md")
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/markdown"),
        (status = 404, description = "`unknown_conversation`", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: names the parameter", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn export(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    id: Result<Path<String>, PathRejection>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let parameters = parameters.only(&["format"])?;
    let conversation = web.desk.buddy().conversation(visitor, conversation(id)?).await?;
    let name = conversation.head.id.to_string();
    let (content_type, ending, text) = match parameters.get("format").unwrap_or("md") {
        "md" => ("text/markdown; charset=utf-8", "md", to_markdown(&conversation)),
        // Plain data always serialises.
        "json" => (
            "application/json",
            "json",
            serde_json::to_string_pretty(&Conversation::from(conversation)).unwrap_or_default(),
        ),
        _ => return Err(Failure::invalid("format", "must be md or json").into()),
    };
    let disposition = format!("attachment; filename=\"investbuddy-{name}.{ending}\"");
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, text).into_response())
}

/// What a reader thinks of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Judge {
    verdict: Verdict,
    /// Why; at most 1,000 characters.
    #[serde(default)]
    reason: String,
}

/// Say whether an answer helped
///
/// A second judgement replaces the first.
#[utoipa::path(
    put,
    path = "/api/v1/messages/{id}/judgement",
    tag = "buddy",
    params(("id" = String, Path, description = "The answer, 32 hexadecimal digits")),
    request_body = Judge,
    responses(
        (status = 204, description = "Kept"),
        (status = 404, description = "`unknown_conversation`", body = Details, content_type = "application/problem+json"),
        (status = 422, description = "`invalid` or `malformed_body`: names the field", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn judge(
    State(web): State<Web>,
    Extension(visitor): Extension<VisitorId>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Path(id) = id.map_err(|_| Failure::UnknownConversation)?;
    let message = MessageId::parse(&id).map_err(|_| Failure::UnknownConversation)?;
    let Judge { verdict, reason } = body::json(request, web.body_bytes, |path| match path {
        "verdict" => "must be helpful or not_helpful",
        _ => "must be text of at most 1000 characters",
    })
    .await?;
    web.desk.buddy().judge(visitor, message, Judgement { verdict: verdict.into(), reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A name that cannot be one names nothing.
fn conversation(id: Result<Path<String>, PathRejection>) -> Result<ConversationId, Failure> {
    let Path(id) = id.map_err(|_| Failure::UnknownConversation)?;
    ConversationId::parse(&id).map_err(|_| Failure::UnknownConversation)
}

fn to_markdown(conversation: &chat::Conversation) -> String {
    let mut out = format!("# {}\n", conversation.head.title);
    for message in &conversation.messages {
        let at = message.written_at.strftime("%Y-%m-%d %H:%M UTC");
        let who = match message.author {
            Author::Reader => "You".to_owned(),
            Author::Buddy => format!("Buddy ({})", message.writer),
        };
        let _ = write!(out, "\n## {who}, {at}\n\n{}\n", message.text);
        for citation in &message.citations {
            let licence = if citation.licence.is_empty() { String::new() } else { format!(", {}", citation.licence) };
            let _ = write!(out, "\n[{}] {} ({}{licence})\n", citation.number, citation.title, citation.source);
        }
    }
    out
}

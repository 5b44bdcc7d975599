//! The server functions of the conversation with the Buddy. All of them act for the visitor whose cookie came with
//! the request; those that change something are POSTs, which the server takes from its own pages only.

use domain::chat::{Conversation, ConversationHead, ConversationId, Judgement, MessageId, Question};
use leptos::prelude::*;
use leptos::server_fn::codec::{ByteStream, GetUrl, Streaming};

use super::error::ApiError;
use super::json::Json;

/// Answers a question as newline-delimited JSON of [`domain::chat::ChatEvent`].
#[server(name = AskBuddy, prefix = "/ui", endpoint = "ask", input = Json, output = Streaming)]
pub async fn ask(question: Question) -> Result<ByteStream<ApiError>, ApiError> {
    let (desk, visitor) = (crate::ssr::desk()?, crate::ssr::visitor()?);
    match desk.buddy().ask(visitor, crate::ssr::role(), question).await {
        Ok(answer) => Ok(ByteStream::new(crate::ssr::frames(answer))),
        Err(failure) => {
            crate::ssr::answer_with_status(failure.status());
            Err(failure.into())
        }
    }
}

/// The visitor's conversations, the newest first.
#[server(name = ReadConversations, prefix = "/ui", endpoint = "conversations", input = GetUrl, output = Json)]
pub async fn conversations() -> Result<Vec<ConversationHead>, ApiError> {
    Ok(crate::ssr::desk()?.buddy().conversations(crate::ssr::visitor()?).await?)
}

/// One conversation with all that was said in it.
#[server(name = ReadConversation, prefix = "/ui", endpoint = "conversation", input = GetUrl, output = Json)]
pub async fn conversation(id: ConversationId) -> Result<Conversation, ApiError> {
    Ok(crate::ssr::desk()?.buddy().conversation(crate::ssr::visitor()?, id).await?)
}

/// Gives a conversation another title.
#[server(name = RenameConversation, prefix = "/ui", endpoint = "rename", input = Json, output = Json)]
pub async fn rename(id: ConversationId, title: String) -> Result<ConversationHead, ApiError> {
    Ok(crate::ssr::desk()?.buddy().rename(crate::ssr::visitor()?, id, title).await?)
}

/// Deletes a conversation.
#[server(name = DeleteConversation, prefix = "/ui", endpoint = "delete", input = Json, output = Json)]
pub async fn delete(id: ConversationId) -> Result<(), ApiError> {
    Ok(crate::ssr::desk()?.buddy().delete(crate::ssr::visitor()?, id).await?)
}

/// Keeps what the reader thinks of an answer.
#[server(name = JudgeAnswer, prefix = "/ui", endpoint = "judge", input = Json, output = Json)]
pub async fn judge(message: MessageId, judgement: Judgement) -> Result<(), ApiError> {
    Ok(crate::ssr::desk()?.buddy().judge(crate::ssr::visitor()?, message, judgement).await?)
}

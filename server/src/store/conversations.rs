//! Conversations in the store. A visitor sees his own and nobody else's.

use domain::chat::{
    Author, Citation, Conversation, ConversationHead, ConversationId, Ending, Judgement, Message, MessageId, Usage,
    Verdict, VisitorId,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::engine::again;
use super::statement::sql;
use super::{Store, StoreError, damaged, time};
use crate::hex::hex;

/// The most conversations that a list shows.
const MOST_LISTED: i64 = 200;

/// A question and the empty place of its answer, kept before the first word is written.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The conversation, which is made where it is not there.
    pub conversation: ConversationId,
    /// Its title, should it be new.
    pub title: String,
    /// The question; none where an answer is written again.
    pub question: Option<(MessageId, String)>,
    /// The answer to come.
    pub answer: MessageId,
    /// The answer that it replaces, with its judgement.
    pub instead_of: Option<MessageId>,
    /// Now (UTC).
    pub at: Timestamp,
}

/// An answer as far as it came.
#[derive(Debug, Clone)]
pub struct Written {
    /// The answer.
    pub message: MessageId,
    /// The text.
    pub text: String,
    /// What was given to the writer.
    pub citations: Vec<Citation>,
    /// How it ended.
    pub ending: Ending,
    /// What it took.
    pub usage: Usage,
}

/// Id, title, time of the last change.
type HeadRow = (String, String, i64);

/// Id, author, body, citations, ending, writer, time, verdict, reason.
type MessageRow = (String, String, String, String, String, String, i64, Option<String>, Option<String>);

impl Store {
    /// A visitor's conversations, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn conversations(&self, visitor: &VisitorId) -> Result<Vec<ConversationHead>, StoreError> {
        let listed = sql("select id, title, changed_at_ms from conversations where visitor = ? \
             order by changed_at_ms desc, id limit ?");
        let rows: Vec<HeadRow> = self.engine.all(listed.bind(hashed(visitor)).bind(MOST_LISTED)).await?;
        rows.into_iter().map(head_of).collect()
    }

    /// One conversation of a visitor; none where it is not there or somebody else's.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn conversation(
        &self,
        visitor: &VisitorId,
        id: &ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        let head = sql("select id, title, changed_at_ms from conversations where id = ? and visitor = ?");
        let head: Option<HeadRow> = self.engine.first(head.bind(id.as_str()).bind(hashed(visitor))).await?;
        let Some(head) = head else { return Ok(None) };
        let said = sql("select m.id, m.author, m.body, m.citations, m.ending, m.writer, m.written_at_ms, f.verdict, \
             f.words from messages m left join feedback f on f.kind = 'answer' and f.subject = m.id \
             where m.conversation = ? order by m.place");
        let rows: Vec<MessageRow> = self.engine.all(said.bind(id.as_str())).await?;
        let messages = rows.into_iter().map(message_of).collect::<Result<_, _>>()?;
        Ok(Some(Conversation { head: head_of(head)?, messages }))
    }

    /// Keeps a question and makes the place of its answer, in one transaction. Whether the conversation is the
    /// visitor's: where it is somebody else's, or the answer to replace is not in it, nothing is kept.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn open_answer(&self, visitor: &VisitorId, opened: &Opened) -> Result<bool, StoreError> {
        again(|| self.open_answer_once(visitor, opened)).await
    }

    async fn open_answer_once(&self, visitor: &VisitorId, opened: &Opened) -> Result<bool, StoreError> {
        let mut write = self.engine.begin().await?;
        let (visitor, at) = (hashed(visitor), opened.at.as_millisecond());
        let conversation = opened.conversation.as_str();
        let touch = sql("update conversations set changed_at_ms = ? where id = ? and visitor = ?")
            .bind(at)
            .bind(conversation)
            .bind(&visitor);
        // Touched first: an insert that meets a row locks it for reading, and two who then touch it wait for each other.
        if write.execute(touch.clone()).await? == 0 {
            let insert = sql("insert into conversations (id, visitor, title, created_at_ms, changed_at_ms) \
                 values (?, ?, ?, ?, ?)");
            write.add(insert.bind(conversation).bind(&visitor).bind(&opened.title).bind(at).bind(at)).await?;
            if write.execute(touch).await? == 0 {
                return Ok(false);
            }
        }
        if let Some(replaced) = &opened.instead_of {
            let delete = sql("delete from messages where id = ? and conversation = ? and author = 'buddy'");
            if write.execute(delete.bind(replaced.as_str()).bind(conversation)).await? == 0 {
                return Ok(false);
            }
            let feedback = sql("delete from feedback where kind = 'answer' and subject = ?");
            write.execute(feedback.bind(replaced.as_str())).await?;
        }
        let last = sql("select coalesce(max(place), 0) from messages where conversation = ?").bind(conversation);
        let mut place = write.first::<(i64,)>(last).await?.map_or(0, |(place,)| place);
        let question = opened.question.as_ref().map(|(id, text)| (id, Author::Reader, text.as_str()));
        for (id, author, text) in question.into_iter().chain([(&opened.answer, Author::Buddy, "")]) {
            place += 1;
            let ending = if author == Author::Reader { Ending::Complete } else { Ending::Stopped };
            let insert =
                sql("insert into messages (id, conversation, place, author, body, citations, ending, writer, \
                 prompt_tokens, answer_tokens, dropped, took_ms, written_at_ms) \
                 values (?, ?, ?, ?, ?, '[]', ?, '', 0, 0, 0, 0, ?)")
                .bind(id.as_str())
                .bind(conversation)
                .bind(place)
                .bind(author_text(author))
                .bind(text)
                .bind(ending_text(ending))
                .bind(at);
            write.execute(insert).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Keeps an answer as far as it came. One that was deleted meanwhile stays deleted.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn close_answer(&self, written: &Written) -> Result<(), StoreError> {
        let citations =
            serde_json::to_string(&written.citations).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let update = sql("update messages set body = ?, citations = ?, ending = ?, writer = ?, prompt_tokens = ?, \
             answer_tokens = ?, dropped = ?, took_ms = ? where id = ?")
        .bind(&written.text)
        .bind(citations)
        .bind(ending_text(written.ending))
        .bind(&written.usage.writer)
        .bind(written.usage.prompt_tokens)
        .bind(written.usage.answer_tokens)
        .bind(written.usage.dropped_sentences)
        .bind(written.usage.took_ms)
        .bind(written.message.as_str());
        self.engine.execute(update).await?;
        Ok(())
    }

    /// Gives a conversation another title; whether it is there.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn rename_conversation(
        &self,
        visitor: &VisitorId,
        id: &ConversationId,
        title: &str,
    ) -> Result<bool, StoreError> {
        let update = sql("update conversations set title = ? where id = ? and visitor = ?");
        Ok(self.engine.execute(update.bind(title).bind(id.as_str()).bind(hashed(visitor))).await? > 0)
    }

    /// Deletes a conversation with all that belongs to it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn delete_conversation(&self, visitor: &VisitorId, id: &ConversationId) -> Result<(), StoreError> {
        again(|| self.delete_conversation_once(visitor, id)).await
    }

    async fn delete_conversation_once(&self, visitor: &VisitorId, id: &ConversationId) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        let theirs = sql("select id from conversations where id = ? and visitor = ?");
        let theirs = theirs.bind(id.as_str()).bind(hashed(visitor));
        if write.first::<(String,)>(theirs).await?.is_some() {
            let feedback = sql("delete from feedback where kind = 'answer' \
                 and subject in (select id from messages where conversation = ?)");
            write.execute(feedback.bind(id.as_str())).await?;
            write.execute(sql("delete from conversations where id = ?").bind(id.as_str())).await?;
        }
        write.commit().await
    }

    /// Keeps what a visitor thinks of an answer; whether the answer is there and his.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn judge_answer(
        &self,
        visitor: &VisitorId,
        message: &MessageId,
        judgement: &Judgement,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        again(|| self.judge_answer_once(visitor, message, judgement, at)).await
    }

    async fn judge_answer_once(
        &self,
        visitor: &VisitorId,
        message: &MessageId,
        judgement: &Judgement,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let verdict = match judgement.verdict {
            Verdict::Helpful => "helpful",
            Verdict::NotHelpful => "not_helpful",
        };
        let mut write = self.engine.begin().await?;
        let theirs = sql("select m.id from messages m join conversations c on c.id = m.conversation \
             where m.id = ? and m.author = 'buddy' and c.visitor = ?");
        if write.first::<(String,)>(theirs.bind(message.as_str()).bind(hashed(visitor))).await?.is_none() {
            return Ok(false);
        }
        let insert = format!(
            "insert into feedback (id, kind, subject, giver, verdict, seen, words, origin, given_at_ms, changed_at_ms) \
             values (?, 'answer', ?, ?, ?, null, ?, 'chat', ?, ?){}",
            self.engine.or_update("id", &["verdict", "words", "changed_at_ms"]),
        );
        let insert = sql(insert)
            .bind(format!("answer:{message}"))
            .bind(message.as_str())
            .bind(hashed(visitor))
            .bind(verdict)
            .bind(&judgement.reason)
            .bind(at.as_millisecond())
            .bind(at.as_millisecond());
        write.execute(insert).await?;
        write.commit().await?;
        Ok(true)
    }
}

fn head_of((id, title, changed_at_ms): HeadRow) -> Result<ConversationHead, StoreError> {
    Ok(ConversationHead {
        id: ConversationId::parse(&id).map_err(|_| damaged("conversations", "id"))?,
        title,
        changed_at: time("conversations", changed_at_ms)?,
    })
}

fn message_of(row: MessageRow) -> Result<Message, StoreError> {
    let (id, author, text, citations, ending, writer, written_at_ms, verdict, reason) = row;
    let verdict = match verdict.as_deref() {
        None => None,
        Some("helpful") => Some(Verdict::Helpful),
        Some("not_helpful") => Some(Verdict::NotHelpful),
        Some(_) => return Err(damaged("feedback", "verdict")),
    };
    Ok(Message {
        id: MessageId::parse(&id).map_err(|_| damaged("messages", "id"))?,
        author: match author.as_str() {
            "reader" => Author::Reader,
            "buddy" => Author::Buddy,
            _ => return Err(damaged("messages", "author")),
        },
        text,
        citations: serde_json::from_str(&citations).map_err(|_| damaged("messages", "citations"))?,
        ending: match ending.as_str() {
            "complete" => Ending::Complete,
            "stopped" => Ending::Stopped,
            "failed" => Ending::Failed,
            _ => return Err(damaged("messages", "ending")),
        },
        writer,
        judgement: verdict.map(|verdict| Judgement { verdict, reason: reason.unwrap_or_default() }),
        written_at: time("messages", written_at_ms)?,
    })
}

pub(super) fn hashed(visitor: &VisitorId) -> String {
    hex(&Sha256::digest(visitor.as_str()))
}

const fn author_text(author: Author) -> &'static str {
    match author {
        Author::Reader => "reader",
        Author::Buddy => "buddy",
    }
}

const fn ending_text(ending: Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::Stopped => "stopped",
        Ending::Failed => "failed",
    }
}

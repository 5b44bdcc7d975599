//! Conversations and what readers think of answers.

use domain::chat::{
    Author, Citation, ConversationId, Ending, Judgement, Message, MessageId, Usage, Verdict, VisitorId,
};
use server::store::{Opened, Store, Written};

use super::{World, at, visitor};

on_both!(
    what_was_said_comes_back_word_for_word_and_only_to_whom_it_was_said,
    an_answer_is_replaced_with_its_judgement,
    the_second_judgement_replaces_the_first,
    conversations_are_listed_newest_first_renamed_deleted_and_handed_over,
);

fn opened(conversation: u128, question: Option<u128>, answer: u128, instead_of: Option<u128>) -> Opened {
    Opened {
        conversation: ConversationId::from_bits(conversation),
        title: format!("Où va 🦀 {conversation} ?"),
        question: question.map(|id| (MessageId::from_bits(id), "Où va le Bitcoin 🦀?\n".repeat(3_000))),
        answer: MessageId::from_bits(answer),
        instead_of: instead_of.map(MessageId::from_bits),
        at: at(i64::try_from(answer).expect("small")),
    }
}

async fn messages(store: &Store, visitor: &VisitorId, conversation: u128) -> Vec<Message> {
    let found = store.conversation(visitor, &ConversationId::from_bits(conversation)).await.expect("read");
    found.map(|found| found.messages).unwrap_or_default()
}

fn judgement(verdict: Verdict, reason: &str) -> Judgement {
    Judgement { verdict, reason: reason.to_owned() }
}

async fn what_was_said_comes_back_word_for_word_and_only_to_whom_it_was_said(fresh: World) {
    let store = &fresh.store;
    assert!(store.open_answer(&visitor(1), &opened(9, Some(1), 2, None)).await.expect("kept"));
    assert!(!store.open_answer(&visitor(2), &opened(9, Some(3), 4, None)).await.expect("answered"), "not his");
    let written = Written {
        message: MessageId::from_bits(2),
        // Longer than the 64 KiB of MySQL's `text`.
        text: "Réponse 🦀 ".repeat(20_000),
        citations: vec![Citation {
            number: 1,
            title: "\"Drawdown\" \\ Rückgang".to_owned(),
            excerpt: "🦀".to_owned(),
            source: "InvestBuddy glossary".to_owned(),
            licence: String::new(),
            url: None,
            symbol: None,
        }],
        ending: Ending::Complete,
        usage: Usage {
            writer: "composer".to_owned(),
            prompt_tokens: u32::MAX,
            answer_tokens: 1,
            dropped_sentences: 2,
            took_ms: 3,
        },
    };
    store.close_answer(&written).await.expect("kept");
    let said = messages(store, &visitor(1), 9).await;
    assert_eq!(said.len(), 2);
    assert_eq!((said[0].author, said[0].ending), (Author::Reader, Ending::Complete));
    assert_eq!(said[0].text, "Où va le Bitcoin 🦀?\n".repeat(3_000));
    assert_eq!((said[1].author, said[1].ending), (Author::Buddy, Ending::Complete));
    assert_eq!((&said[1].text, &said[1].citations), (&written.text, &written.citations));
    assert_eq!((said[1].writer.as_str(), said[1].written_at), ("composer", at(2)));
    assert!(messages(store, &visitor(2), 9).await.is_empty());
}

async fn an_answer_is_replaced_with_its_judgement(fresh: World) {
    let (store, reader) = (&fresh.store, visitor(1));
    store.open_answer(&reader, &opened(9, Some(1), 2, None)).await.expect("kept");
    let unhelpful = judgement(Verdict::NotHelpful, "no");
    assert!(store.judge_answer(&reader, &MessageId::from_bits(2), &unhelpful, at(5)).await.expect("kept"));
    let replacing = opened(9, None, 3, Some(2));
    assert!(store.open_answer(&reader, &replacing).await.expect("kept"));
    let said = messages(store, &reader, 9).await;
    assert_eq!(said.iter().map(|message| message.id.clone()).collect::<Vec<_>>(), [1, 3].map(MessageId::from_bits));
    assert_eq!(said[1].judgement, None);
    assert_eq!(fresh.raw().await.number("select count(*) from feedback").await, 0);
    assert!(!store.open_answer(&reader, &opened(9, None, 4, Some(2))).await.expect("answered"), "it is gone");
    assert_eq!(messages(store, &reader, 9).await.len(), 2, "and nothing else has changed");
}

async fn the_second_judgement_replaces_the_first(fresh: World) {
    let (store, reader, answer) = (&fresh.store, visitor(1), MessageId::from_bits(2));
    store.open_answer(&reader, &opened(9, Some(1), 2, None)).await.expect("kept");
    for (verdict, reason) in
        [(Verdict::NotHelpful, "non 🦀"), (Verdict::Helpful, "oui"), (Verdict::Helpful, "oui"), (Verdict::Helpful, "")]
    {
        let given = judgement(verdict, reason);
        assert!(store.judge_answer(&reader, &answer, &given, at(5)).await.expect("kept"));
        assert_eq!(messages(store, &reader, 9).await[1].judgement, Some(given));
    }
    let given = judgement(Verdict::Helpful, "");
    assert!(!store.judge_answer(&visitor(2), &answer, &given, at(6)).await.expect("answered"), "not his");
    let question = MessageId::from_bits(1);
    assert!(!store.judge_answer(&reader, &question, &given, at(6)).await.expect("answered"), "no answer");
    assert_eq!(fresh.raw().await.number("select count(*) from feedback").await, 1);
}

async fn conversations_are_listed_newest_first_renamed_deleted_and_handed_over(fresh: World) {
    let (store, reader, other) = (&fresh.store, visitor(1), visitor(2));
    for (conversation, answer) in [(1, 10), (2, 30), (3, 20)] {
        store.open_answer(&reader, &opened(conversation, None, answer, None)).await.expect("kept");
    }
    let listed = async |visitor: &VisitorId| {
        let heads = store.conversations(visitor).await.expect("read");
        heads.into_iter().map(|head| head.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(&reader).await, [2, 3, 1].map(ConversationId::from_bits));
    let second = ConversationId::from_bits(2);
    for _ in 0..2 {
        assert!(store.rename_conversation(&reader, &second, "Noël 🎄").await.expect("renamed"), "the same title too");
    }
    assert!(!store.rename_conversation(&other, &second, "mine").await.expect("answered"));
    store.delete_conversation(&other, &second).await.expect("answered");
    assert_eq!(listed(&reader).await.len(), 3, "not his");
    store.delete_conversation(&reader, &second).await.expect("deleted");
    assert_eq!(listed(&reader).await, [3, 1].map(ConversationId::from_bits));
    store.hand_over_conversations(&reader, &other).await.expect("handed over");
    assert!(listed(&reader).await.is_empty());
    assert_eq!(listed(&other).await, [3, 1].map(ConversationId::from_bits));
}

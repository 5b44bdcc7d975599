//! A Buddy whose answers a test decides, with one kept conversation.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::advice::{Action, Advice, Confidence, Fact, Ground, Stance};
use domain::chat::{
    Author, ChatEvent, Citation, Conversation, ConversationHead, ConversationId, Ending, Judgement, Message, MessageId,
    Question, Usage, Verdict, VisitorId,
};
use domain::clock::instant;
use domain::error::Failure;
use domain::forecast::Forecast;
use domain::language::Language;
use domain::ports::{Answer, AnswerStream, Buddy};
use domain::user::Role;

use crate::desk::NOW_S;

/// The visitor whose conversation is kept.
pub(crate) fn visitor() -> VisitorId {
    VisitorId::from_bits(7)
}

/// The conversation that is kept.
pub(crate) fn conversation() -> ConversationId {
    ConversationId::from_bits(0xc0)
}

/// A Buddy with fixed answers.
#[derive(Default)]
pub(crate) struct SampleBuddy {
    /// Why nothing is answered, where that is so.
    pub(crate) refusal: Option<Failure>,
    /// Whether an answer goes on without end.
    pub(crate) is_endless: bool,
    /// How many answers are being written.
    pub(crate) writing: Arc<AtomicUsize>,
}

impl Buddy for SampleBuddy {
    fn ask(&self, _visitor: VisitorId, _role: Role, question: Question) -> Answer<'_, Box<dyn AnswerStream>> {
        let answer = self.refusal.clone().map_or_else(
            || {
                self.writing.fetch_add(1, Ordering::SeqCst);
                let stream = SampleAnswer {
                    events: events(&question),
                    is_endless: self.is_endless,
                    writing: Arc::clone(&self.writing),
                };
                Ok(Box::new(stream) as Box<dyn AnswerStream>)
            },
            Err,
        );
        Box::pin(ready(answer))
    }

    fn conversations(&self, visitor: VisitorId) -> Answer<'_, Vec<ConversationHead>> {
        Box::pin(ready(Ok(if visitor == self::visitor() { vec![head()] } else { Vec::new() })))
    }

    fn conversation(&self, visitor: VisitorId, id: ConversationId) -> Answer<'_, Conversation> {
        let is_theirs = visitor == self::visitor() && id == conversation();
        Box::pin(ready(if is_theirs { Ok(kept()) } else { Err(Failure::UnknownConversation) }))
    }

    fn rename(&self, _visitor: VisitorId, _id: ConversationId, title: String) -> Answer<'_, ConversationHead> {
        Box::pin(ready(Ok(ConversationHead { title, ..head() })))
    }

    fn delete(&self, _visitor: VisitorId, _id: ConversationId) -> Answer<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn judge(&self, _visitor: VisitorId, _message: MessageId, _judgement: Judgement) -> Answer<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}

/// An answer that counts itself as being written for as long as it is held.
struct SampleAnswer {
    events: Vec<ChatEvent>,
    is_endless: bool,
    writing: Arc<AtomicUsize>,
}

impl AnswerStream for SampleAnswer {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ChatEvent>> + Send + '_>> {
        Box::pin(async {
            if self.events.is_empty() {
                return self.is_endless.then(|| ChatEvent::Token { text: "more ".to_owned() });
            }
            Some(self.events.remove(0))
        })
    }
}

impl Drop for SampleAnswer {
    fn drop(&mut self) {
        self.writing.fetch_sub(1, Ordering::SeqCst);
    }
}

fn events(question: &Question) -> Vec<ChatEvent> {
    let text = |text: &str| ChatEvent::Token { text: text.to_owned() };
    vec![
        ChatEvent::Started {
            conversation: conversation(),
            message: MessageId::from_bits(2),
            language: question.language,
        },
        ChatEvent::Citation(citation()),
        text("Réalisée : "),
        text("€ 😀\n"),
        ChatEvent::Done { usage: Usage { writer: "composer".to_owned(), ..Usage::default() } },
    ]
}

fn head() -> ConversationHead {
    ConversationHead { id: conversation(), title: "What is <RV>?".to_owned(), changed_at: instant(NOW_S) }
}

fn citation() -> Citation {
    Citation {
        number: 1,
        title: "Realised volatility".to_owned(),
        excerpt: "The root of the sum of squared returns.".to_owned(),
        source: "Glossary".to_owned(),
        licence: "CC BY 4.0".to_owned(),
        url: Some("https://example.org/rv".to_owned()),
        symbol: None,
    }
}

fn kept() -> Conversation {
    let message = |bits, author, text: &str, ending| Message {
        id: MessageId::from_bits(bits),
        author,
        text: text.to_owned(),
        citations: if author == Author::Buddy { vec![citation()] } else { Vec::new() },
        ending,
        writer: if author == Author::Buddy { "composer".to_owned() } else { String::new() },
        judgement: (bits == 2).then(|| Judgement { verdict: Verdict::Helpful, reason: String::new() }),
        written_at: instant(NOW_S),
    };
    let answer = "**Realised volatility** is how much a price *did* move [1], not [7].\n\n\
                  | Coin | RV |\n|---|--:|\n| BTC | 2% |\n\n- one\n- two\n\n\
                  <script>alert(1)</script> [bad](javascript:alert(1)) [good](https://example.org)";
    Conversation {
        head: head(),
        messages: vec![
            message(1, Author::Reader, "What is <RV>?", Ending::Complete),
            message(2, Author::Buddy, answer, Ending::Complete),
            message(3, Author::Reader, "And for ETH?", Ending::Complete),
            message(4, Author::Buddy, "For ETH", Ending::Stopped),
        ],
    }
}

/// Advice about a forecast.
pub(crate) fn advice(forecast: Forecast, language: Language) -> Advice {
    let say = |english: &str, french: &str| match language {
        Language::English => english.to_owned(),
        Language::French => french.to_owned(),
    };
    Advice {
        as_of: forecast.origin,
        ends_at: forecast.ends_at,
        level: forecast.level,
        stance: Stance::Careful,
        confidence: Confidence::Medium,
        grounds: vec![
            Ground {
                fact: Fact::Chance { probability: forecast.high_volatility, above: forecast.usual.high },
                words: say("The chance is above average.", "La probabilité dépasse la moyenne."),
                source: "LSTM".to_owned(),
            },
            Ground {
                fact: Fact::JustRealised { volatility: forecast.just_realised, usual: forecast.usual.middle },
                words: say("The last day was calm.", "La dernière journée était calme."),
                source: "Binance".to_owned(),
            },
        ],
        action: Action::CheckPositionSize,
        summary: say("Rougher than usual is likely.", "Plus agité que d’habitude est probable."),
        action_words: say("Check that the position is small enough.", "Vérifiez la taille de la position."),
        worded_by: "rules".to_owned(),
        dropped_sentences: 0,
        symbol: forecast.symbol,
        horizon: forecast.horizon,
    }
}

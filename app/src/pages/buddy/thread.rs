//! What was said: the turns of a conversation, or examples where nothing was said yet.

use domain::chat::QuestionText;
use domain::market::Symbol;
use leptos::prelude::*;

use super::answer::AnswerView;
use crate::chat::{Chat, Turn};
use crate::words::use_words;

/// The turns, or examples.
#[component]
pub(super) fn Thread(
    /// The conversation.
    chat: Chat,
    /// The coin of the page from which the reader came.
    about: Memo<Option<Symbol>>,
) -> impl IntoView {
    let words = &use_words().buddy;
    let is_empty = Memo::new(move |_| chat.turns.with(Vec::is_empty));
    view! {
        // Whole sentences are said below; a log that said every change would say every word twice.
        <div class="thread" role="log" aria-live="off" aria-label=words.log>
            <For each=move || chat.turns.get() key=|turn| turn.key children=move |turn| view! { <TurnView turn chat /> } />
        </div>
        {move || is_empty.get().then(|| view! { <Examples chat about /> })}
        <div class="visually-hidden" aria-live="polite">
            <For
                each=move || chat.spoken.get().into_iter().enumerate()
                key=|(index, sentences)| (*index, sentences.clone())
                children=|(_, sentences)| view! { <p>{sentences}</p> }
            />
        </div>
    }
}

#[component]
fn TurnView(turn: Turn, chat: Chat) -> impl IntoView {
    let words = &use_words().buddy;
    let Turn { key, question, answer } = turn;
    let question = (!question.is_empty()).then(|| {
        view! {
            <div class="said said--reader">
                <h2 class="visually-hidden">{words.you}</h2>
                <p class="said__question">{question}</p>
            </div>
        }
    });
    view! {
        <article class="turn">
            {question}
            <AnswerView key answer chat />
        </article>
    }
}

/// Five questions to begin with.
#[component]
fn Examples(chat: Chat, about: Memo<Option<Symbol>>) -> impl IntoView {
    let words = &use_words().buddy;
    let example = move |text: &'static str| {
        let ask = move |_| {
            if let Ok(question) = QuestionText::parse(text) {
                chat.ask(question, about.get_untracked());
            }
        };
        view! {
            <li>
                <button class="example" type="button" on:click=ask>
                    {text}
                </button>
            </li>
        }
    };
    view! {
        <section class="examples scripted-only">
            <h2 class="label">{words.examples_title}</h2>
            <ul class="examples__list" role="list">
                {[words.example_1, words.example_2, words.example_3, words.example_4, words.example_5]
                    .map(example)
                    .collect_view()}
            </ul>
        </section>
    }
}

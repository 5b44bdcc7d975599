//! The box in which a question is written.

use domain::chat::QuestionText;
use domain::market::Symbol;
use leptos::ev::{self, KeyboardEvent};
use leptos::html::Textarea;
use leptos::prelude::*;

use crate::chat::Chat;
use crate::format;
use crate::words::use_words;

/// From so many characters before the limit on they are counted in sight.
const COUNTED: usize = 1_000;

/// The box, its buttons and what is said below it.
#[component]
pub(super) fn Composer(
    /// The conversation.
    chat: Chat,
    /// What stands in the box.
    draft: RwSignal<String>,
    /// The coin of the page from which the reader came.
    about: Memo<Option<Symbol>>,
) -> impl IntoView {
    let words = use_words();
    let field = NodeRef::<Textarea>::new();
    let focus = move || {
        if let Some(field) = field.get_untracked() {
            // A field that cannot take the focus is no reason to stop.
            let _ = field.focus();
        }
    };
    let length = Memo::new(move |_| draft.with(|draft| draft.trim().chars().count()));
    let is_too_long = move || length.get() > QuestionText::MAX_CHARS;
    let send = move || {
        let question = draft.with_untracked(|draft| QuestionText::parse(draft));
        if let (Ok(question), false) = (question, chat.is_busy.get_untracked()) {
            draft.set(String::new());
            chat.ask(question, about.get_untracked());
        }
        focus();
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            send();
        }
        "ArrowUp" if draft.with_untracked(String::is_empty) => {
            let last = chat.turns.with_untracked(|turns| turns.last().map(|turn| turn.question.clone()));
            if let Some(last) = last {
                event.prevent_default();
                draft.set(last);
            }
        }
        _ => {}
    };
    let stop = move || {
        chat.stop();
        focus();
    };
    Effect::new(move |_| {
        let escape = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && chat.is_busy.try_get_untracked() == Some(true) {
                stop();
            }
        });
        on_cleanup(move || escape.remove());
    });
    // Whoever came with a question wants to send or change it.
    Effect::new(move |_| {
        if field.get().is_some() && !draft.with_untracked(String::is_empty) {
            focus();
        }
    });
    let count = move || {
        let used = length.get();
        (used + COUNTED > QuestionText::MAX_CHARS).then(|| {
            let number = |count: usize| format::number(words.language, count as f64, 0);
            let counter = (words.buddy.counter)(&number(used), &number(QuestionText::MAX_CHARS));
            if is_too_long() { format!("{counter}. {}", words.buddy.too_long) } else { counter }
        })
    };
    view! {
        <div class="composer">
            <button
                class="composer__jump quiet-button"
                type="button"
                hidden=move || chat.follows.get()
                on:click=move |_| chat.jump()
            >
                {words.buddy.jump}
            </button>
            <p class="composer__unscripted">{words.buddy.needs_script}</p>
            <form
                class="composer__form scripted-only"
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <textarea
                    class="composer__field"
                    node_ref=field
                    rows="1"
                    aria-label=words.buddy.question
                    aria-describedby="composer-note"
                    aria-invalid=move || is_too_long().then_some("true")
                    placeholder=words.buddy.placeholder
                    prop:value=draft
                    on:input=move |event| draft.set(event_target_value(&event))
                    on:keydown=on_key
                ></textarea>
                {move || {
                    if chat.is_busy.get() {
                        view! {
                            <button class="button composer__stop" type="button" on:click=move |_| stop()>
                                {words.buddy.stop}
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button class="button" disabled=move || length.get() == 0 || is_too_long()>
                                {words.buddy.send}
                            </button>
                        }
                            .into_any()
                    }
                }}
            </form>
            <p class="note composer__note" id="composer-note">
                <span class="composer__count" role="status">
                    {count}
                </span>
                <span class="scripted-only">{words.buddy.hint}</span>
                <span>{words.advice.note}</span>
            </p>
        </div>
    }
}

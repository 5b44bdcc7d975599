//! An answer: its text as it is written, what was looked up, its sources, and what can be done with it.

use domain::chat::{Stage, Tool};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::feedback::Feedback;
use super::sources::Sources;
use crate::browser;
use crate::chat::{Answer, Chat, Progress, State, ToolUse};
use crate::components::markdown::{Cites, Markdown};
use crate::words::{Words, use_words};

/// An answer with everything below it.
#[component]
pub(super) fn AnswerView(
    /// The turn's key.
    key: u32,
    /// The answer.
    answer: Answer,
    /// The conversation.
    chat: Chat,
) -> impl IntoView {
    let words = use_words();
    let Answer { text, progress, citations, judgement } = answer;
    let of_progress = {
        let progress = progress.clone();
        move || progress.get()
    };
    let state = Memo::new({
        let progress = progress.clone();
        move |_| progress.with(|progress| progress.state.clone())
    });
    let is_open = Signal::derive(move || state.with(State::is_open));
    let language = {
        let progress = progress.clone();
        move || progress.with(|progress| progress.language.map(domain::language::Language::tag))
    };
    let cites = Cites { key, given: citations };
    let after = {
        let (text, cites) = (text.clone(), cites.clone());
        move || {
            let (text, progress, judgement, cites) = (text.clone(), progress.clone(), judgement.clone(), cites.clone());
            (!is_open.get()).then(|| {
                let id = progress.with_untracked(|progress| progress.id.clone());
                view! {
                    <Sources cites />
                    <div class="answer__tools scripted-only">
                        <CopyButton text />
                        {id.map(|id| view! { <Feedback id judgement /> })}
                    </div>
                }
            })
        }
    };
    view! {
        <div class="said said--buddy" aria-busy=move || is_open.get().then_some("true")>
            <h2 class="said__who">{words.buddy.buddy}</h2>
            {move || stage(&state.get(), words)}
            <div lang=language>
                <Markdown text is_open cites />
            </div>
            {move || broken(&state.get(), key, chat, words)}
            {move || made_how(&of_progress(), words)}
            {after}
        </div>
    }
}

/// What is being done before the first word is there.
fn stage(state: &State, words: &'static Words) -> Option<AnyView> {
    let State::Waiting(stage) = state else { return None };
    let text = match stage {
        Stage::Searching => words.buddy.searching,
        Stage::Asking => words.buddy.asking,
        Stage::Writing => words.buddy.writing,
    };
    Some(view! { <p class="answer__stage" role="status">{text}</p> }.into_any())
}

/// Why the answer is not whole, and a way to try again.
fn broken(state: &State, key: u32, chat: Chat, words: &'static Words) -> Option<AnyView> {
    let (what, why) = match state {
        State::Stopped => (words.buddy.stopped, None),
        State::Failed(error) => (words.buddy.broke_off, error.as_ref().map(words.site.failure)),
        _ => return None,
    };
    // Only the newest question can be asked again in its place.
    let is_last = move || chat.turns.with(|turns| turns.last().is_some_and(|turn| turn.key == key));
    let role = if why.is_some() { "alert" } else { "note" };
    let view = view! {
        <div class="answer__broken" role=role>
            <p>{what} " " {why}</p>
            {move || {
                is_last()
                    .then(|| {
                        view! {
                            <button class="quiet-button scripted-only" type="button" on:click=move |_| chat.ask_again()>
                                {words.buddy.again}
                            </button>
                        }
                    })
            }}
        </div>
    };
    Some(view.into_any())
}

/// What was looked up and who wrote the answer.
fn made_how(progress: &Progress, words: &'static Words) -> AnyView {
    let Progress { state, tools, usage, .. } = progress;
    let tools = (!tools.is_empty()).then(|| {
        view! {
            <p class="label">{words.buddy.looked_up}</p>
            <ul class="looked-up" role="list">
                {tools.iter().map(|tool| looked_up(tool, words)).collect_view()}
            </ul>
        }
    });
    let mut notes = Vec::new();
    if !state.is_open() && !usage.writer.is_empty() {
        notes.push(match usage.writer.as_str() {
            "composer" => words.buddy.no_model.to_owned(),
            model => (words.buddy.worded_by)(model),
        });
    }
    if usage.dropped_sentences > 0 {
        notes.push((words.buddy.dropped)(usage.dropped_sentences));
    }
    let notes = (!notes.is_empty()).then(|| view! { <p class="note answer__writer">{notes.join(" ")}</p> });
    view! {
        {tools}
        {notes}
    }
    .into_any()
}

fn looked_up(one: &ToolUse, words: &'static Words) -> AnyView {
    let result = match &one.result {
        None => "…".to_owned(),
        // The library is always there; what it does not hold is not late.
        Some(None) if one.tool == Tool::Glossary => words.buddy.nothing_found.to_owned(),
        Some(None) => words.buddy.unavailable.to_owned(),
        Some(Some(summary)) => summary.clone(),
    };
    view! {
        <li>
            <b>{(words.buddy.tool)(&one.tool)}</b>
            " "
            {result}
        </li>
    }
    .into_any()
}

/// Puts the answer's text on the clipboard.
#[component]
fn CopyButton(text: ArcRwSignal<String>) -> impl IntoView {
    let words = &use_words().buddy;
    let said = RwSignal::new("");
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            let is_copied = browser::copy(&text).await;
            said.try_set(if is_copied { words.copied } else { words.not_copied });
        });
    };
    view! {
        <button class="quiet-button" type="button" on:click=copy>
            {words.copy}
        </button>
        <span class="note" role="status">
            {said}
        </span>
    }
}

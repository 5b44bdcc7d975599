//! The reader's conversations: open, begin, rename, delete, export.

use std::sync::Arc;

use domain::chat::{ConversationHead, ConversationId};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::asked::Asked;
use crate::chat::Chat;
use crate::components::loaded::Loaded;
use crate::components::moment::Day;
use crate::components::skeletons;
use crate::links::{self, Page};
use crate::words::use_words;

/// The list beside the conversation; on narrow screens it is behind a button.
#[component]
pub(super) fn Conversations(
    /// The conversation that is shown.
    chat: Chat,
    /// All of them.
    heads: Asked<Vec<ConversationHead>>,
) -> impl IntoView {
    let words = use_words();
    let is_open = RwSignal::new(false);
    let begin = move |_| {
        is_open.set(false);
        // A question that never became a conversation has the address of a new one already.
        if chat.conversation.with_untracked(Option::is_none) {
            chat.open(None);
        }
    };
    view! {
        <aside class="buddy__aside" class:buddy__aside--open=is_open aria-label=words.buddy.conversations>
            <button
                class="quiet-button buddy__drawer scripted-only"
                type="button"
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                aria-controls="conversations"
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                {words.buddy.conversations}
            </button>
            <div class="conversations" id="conversations">
                <a class="conversations__new" href=Page::Buddy(None).href(words.language) on:click=begin>
                    {words.buddy.fresh}
                </a>
                <Loaded
                    of=heads
                    skeleton=skeletons::nothing
                    content=Arc::new(move |heads: Vec<ConversationHead>| {
                        if heads.is_empty() {
                            return view! { <p class="note">{words.buddy.none_yet}</p> }.into_any();
                        }
                        let rows: Vec<AnyView> = heads
                            .into_iter()
                            .map(|head| view! { <Row head chat is_open /> }.into_any())
                            .collect();
                        view! {
                            <ul class="conversations__list" role="list">
                                {rows}
                            </ul>
                        }
                            .into_any()
                    })
                />
            </div>
        </aside>
    }
}

/// What a row shows below its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Actions,
    Renaming,
    Deleting,
}

#[component]
fn Row(head: ConversationHead, chat: Chat, is_open: RwSignal<bool>) -> impl IntoView {
    let words = use_words();
    let ConversationHead { id, title, changed_at } = head;
    let mode = RwSignal::new(Mode::Actions);
    let failed = RwSignal::new(String::new());
    let href = Page::Buddy(Some(id.clone())).href(words.language);
    let is_current = {
        let id = id.clone();
        move || chat.conversation.with(|shown| (shown.as_ref() == Some(&id)).then_some("page"))
    };
    let more = (words.buddy.actions)(&title);
    let below = {
        let title = title.clone();
        move || match mode.get() {
            Mode::Actions => actions(&id, mode),
            Mode::Renaming => view! { <Rename id=id.clone() title=title.clone() chat mode failed /> }.into_any(),
            Mode::Deleting => view! { <Delete id=id.clone() chat mode failed /> }.into_any(),
        }
    };
    view! {
        <li class="conversations__row">
            <a class="conversations__link" href=href aria-current=is_current on:click=move |_| is_open.set(false)>
                <span class="conversations__title">{title}</span>
                <span class="note"><Day at=changed_at /></span>
            </a>
            <details class="conversations__more">
                <summary aria-label=more.clone() title=more>
                    <span aria-hidden="true">"⋯"</span>
                </summary>
                {below}
                <p class="conversations__failed" role="status">
                    {failed}
                </p>
            </details>
        </li>
    }
}

fn actions(id: &ConversationId, mode: RwSignal<Mode>) -> AnyView {
    let words = &use_words().buddy;
    view! {
        <div class="conversations__actions">
            <button class="quiet-button scripted-only" type="button" on:click=move |_| mode.set(Mode::Renaming)>
                {words.rename}
            </button>
            <button class="quiet-button scripted-only" type="button" on:click=move |_| mode.set(Mode::Deleting)>
                {words.delete}
            </button>
            <a class="quiet-button" href=links::export(id, "md") rel="external" download="">
                {words.as_markdown}
            </a>
            <a class="quiet-button" href=links::export(id, "json") rel="external" download="">
                {words.as_json}
            </a>
        </div>
    }
    .into_any()
}

#[component]
fn Rename(
    id: ConversationId,
    title: String,
    chat: Chat,
    mode: RwSignal<Mode>,
    failed: RwSignal<String>,
) -> impl IntoView {
    let words = use_words();
    let draft = RwSignal::new(title);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let (id, title) = (id.clone(), draft.get_untracked().trim().to_owned());
        if title.is_empty() {
            return;
        }
        spawn_local(async move {
            match api::chat::rename(id, title).await {
                Ok(_) => {
                    mode.try_set(Mode::Actions);
                    chat.revision.try_update(|revision| *revision += 1);
                }
                Err(error) => {
                    failed.try_set((words.site.failure)(&error));
                }
            }
        });
    };
    view! {
        <form class="conversations__actions" on:submit=save>
            <input
                class="quiet-field"
                aria-label=words.buddy.title_label
                maxlength=ConversationHead::MAX_TITLE_CHARS.to_string()
                autofocus
                prop:value=draft
                on:input=move |event| draft.set(event_target_value(&event))
            />
            <button class="quiet-button">{words.buddy.save}</button>
            <button class="quiet-button" type="button" on:click=move |_| mode.set(Mode::Actions)>
                {words.buddy.cancel}
            </button>
        </form>
    }
}

#[component]
fn Delete(id: ConversationId, chat: Chat, mode: RwSignal<Mode>, failed: RwSignal<String>) -> impl IntoView {
    let words = use_words();
    let navigate = use_navigate();
    let delete = move |_| {
        let (id, navigate) = (id.clone(), navigate.clone());
        spawn_local(async move {
            match api::chat::delete(id.clone()).await {
                Ok(()) => {
                    if chat.conversation.try_get_untracked().flatten().as_ref() == Some(&id) {
                        navigate(&Page::Buddy(None).href(words.language), NavigateOptions::default());
                    }
                    chat.revision.try_update(|revision| *revision += 1);
                }
                Err(error) => {
                    failed.try_set((words.site.failure)(&error));
                }
            }
        });
    };
    view! {
        <div class="conversations__actions" role="group" aria-label=words.buddy.delete>
            <p>{words.buddy.delete_sure}</p>
            <button class="quiet-button quiet-button--danger" type="button" on:click=delete>
                {words.buddy.delete_it}
            </button>
            <button class="quiet-button" type="button" on:click=move |_| mode.set(Mode::Actions)>
                {words.buddy.keep_it}
            </button>
        </div>
    }
}

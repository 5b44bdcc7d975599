//! The Buddy's page: the reader's conversations, one of them in full, and the box to ask.

mod answer;
mod composer;
mod conversations;
mod feedback;
mod sources;
mod thread;

use std::sync::Arc;

use domain::chat::{Conversation, ConversationId};
use domain::market::Symbol;
use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use crate::api;
use crate::asked::Asked;
use crate::chat::Chat;
use crate::components::loaded::Loaded;
use crate::components::page_head::PageHead;
use crate::components::skeletons;
use crate::links::Page;
use crate::pages::NotFoundPage;
use crate::words::use_words;

use self::composer::Composer;
use self::conversations::Conversations;
use self::thread::Thread;

/// The page of the conversation in the address, or of a new one.
#[component]
pub(crate) fn BuddyPage() -> impl IntoView {
    let params = use_params_map();
    // The whole page stays when only the conversation in the address changes.
    let is_name = Memo::new(move |_| address(&params.read().get("id")).is_ok());
    move || if is_name.get() { view! { <Page_ /> }.into_any() } else { view! { <NotFoundPage /> }.into_any() }
}

/// The conversation that an address names; none for a new one.
fn address(id: &Option<String>) -> Result<Option<ConversationId>, ()> {
    match id.as_deref() {
        None | Some("") => Ok(None),
        Some(id) => ConversationId::parse(id).map(Some).map_err(|_| ()),
    }
}

#[component]
fn Page_() -> impl IntoView {
    let words = use_words();
    let chat = Chat::new(words.language);
    let shown = follow_address(chat);
    let conversation = Asked::new(
        move || shown.get().1,
        |id| async move {
            match id {
                Some(id) => api::chat::conversation(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let heads = Asked::new(move || chat.revision.get(), |_| api::chat::conversations());
    let query = use_query_map();
    let about = Memo::new(move |_| {
        let coin = query.read().get_str("coin").and_then(|coin| Symbol::parse(coin).ok());
        coin.filter(|symbol| symbol.coin().is_some())
    });
    let draft = RwSignal::new(query.read_untracked().get("q").unwrap_or_default());
    let end = NodeRef::<Div>::new();
    chat.follow(end);

    view! {
        <PageHead
            title=words.buddy.title.to_owned()
            description=words.buddy.description.to_owned()
            page=Some(Page::Buddy(None))
        />
        <div class="buddy">
            <Conversations chat heads />
            <section class="buddy__main">
                <h1>{words.buddy.title}</h1>
                <p class="lead">{words.buddy.lead}</p>
                <Loaded
                    of=conversation
                    skeleton=skeletons::page
                    content=Arc::new(move |conversation: Option<Conversation>| {
                        chat.open(conversation);
                        view! { <Thread chat about /> }.into_any()
                    })
                />
                <div class="buddy__end" node_ref=end></div>
                <Composer chat draft about />
            </section>
        </div>
    }
}

/// The conversation that is to be read from the server, with a number that tells two openings apart. A conversation
/// that has just begun on this page is here already; only its address is new.
fn follow_address(chat: Chat) -> Memo<(u32, Option<ConversationId>)> {
    let params = use_params_map();
    let shown = Memo::new(move |before: Option<&(u32, Option<ConversationId>)>| {
        let wanted = address(&params.read().get("id")).ok().flatten();
        match before {
            Some(before) if wanted == chat.conversation.get_untracked() => before.clone(),
            Some((count, _)) => (count + 1, wanted),
            None => (0, wanted),
        }
    });
    let words = use_words();
    let navigate = use_navigate();
    Effect::new(move |before: Option<Option<ConversationId>>| {
        let now = chat.conversation.get();
        let is_new = before.is_some() && now.is_some() && before.as_ref() != Some(&now);
        if is_new && address(&params.read_untracked().get("id")) != Ok(now.clone()) {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&Page::Buddy(now.clone()).href(words.language), options);
        }
        now
    });
    shown
}

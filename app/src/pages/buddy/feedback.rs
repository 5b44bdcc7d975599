//! Thumbs up or down under an answer, with a reason if the reader wants to give one.

use domain::chat::{Judgement, MessageId, Verdict};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::words::use_words;

/// What the reader thinks of an answer.
#[component]
pub(super) fn Feedback(
    /// The answer.
    id: MessageId,
    /// What is known of it already.
    judgement: ArcRwSignal<Option<Judgement>>,
) -> impl IntoView {
    let words = use_words();
    let verdict = RwSignal::new(judgement.with_untracked(|kept| kept.as_ref().map(|kept| kept.verdict)));
    let reason = RwSignal::new(
        judgement.with_untracked(|kept| kept.as_ref().map(|kept| kept.reason.clone())).unwrap_or_default(),
    );
    let is_asked = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let judge = Callback::new(move |(given, is_last): (Verdict, bool)| {
        let before = verdict.get_untracked();
        verdict.set(Some(given));
        is_asked.set(!is_last);
        let kept = Judgement { verdict: given, reason: reason.get_untracked() };
        let (id, judgement) = (id.clone(), judgement.clone());
        spawn_local(async move {
            match api::chat::judge(id, kept.clone()).await {
                Ok(()) => {
                    judgement.set(Some(kept));
                    said.try_set(words.buddy.thanks.to_owned());
                }
                Err(error) => {
                    verdict.try_set(before);
                    said.try_set((words.site.failure)(&error));
                }
            }
        });
    });
    let thumb = move |this: Verdict, sign: &'static str, label: &'static str| {
        view! {
            <button
                class="thumb"
                type="button"
                aria-label=label
                title=label
                aria-pressed=move || if verdict.get() == Some(this) { "true" } else { "false" }
                on:click=move |_| judge.run((this, false))
            >
                <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">
                    <path d=sign fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" />
                </svg>
            </button>
        }
    };
    let give_reason = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(given) = verdict.get_untracked() {
            judge.run((given, true));
        }
    };
    view! {
        <div class="feedback" role="group" aria-label=words.buddy.verdict>
            {thumb(
                Verdict::Helpful,
                "M7 11v9H4v-9zM7 11l4-8c1.8 0 2.6 1.2 2.4 3l-.6 3.5H19a2 2 0 0 1 2 2.4l-1.2 6A2.6 2.6 0 0 1 17.3 20H7",
                words.buddy.helpful,
            )}
            {thumb(
                Verdict::NotHelpful,
                "M17 13V4h3v9zM17 13l-4 8c-1.8 0-2.6-1.2-2.4-3l.6-3.5H5a2 2 0 0 1-2-2.4l1.2-6A2.6 2.6 0 0 1 6.7 4H17",
                words.buddy.not_helpful,
            )}
            <span class="note" role="status">
                {said}
            </span>
        </div>
        {move || {
            is_asked
                .get()
                .then(|| {
                    view! {
                        <form class="reason-form" on:submit=give_reason>
                            <input
                                class="quiet-field"
                                aria-label=words.buddy.reason
                                placeholder=words.buddy.reason
                                maxlength=Judgement::MAX_REASON_CHARS.to_string()
                                prop:value=reason
                                on:input=move |event| reason.set(event_target_value(&event))
                            />
                            <button class="quiet-button">{words.buddy.give_reason}</button>
                        </form>
                    }
                })
        }}
    }
}

//! The one component that owns loading, failure and content of whatever a page asks the server for.

use std::sync::Arc;
use std::time::Duration;

use domain::error::Failure;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::ssr::answer_with_status;
use crate::words::use_words;

/// Shows `skeleton` while the answer is on its way, `content` once it is here, and else what went wrong with a way
/// to try again. When the answer is asked for again, the old content stays until the new one is here.
#[component]
pub(crate) fn Loaded<T>(
    /// The answer; create it at the top of the page.
    of: Resource<Result<T, ApiError>>,
    /// Reserves the space of the content.
    skeleton: fn() -> AnyView,
    /// Draws the content.
    content: Arc<dyn Fn(T) -> AnyView + Send + Sync>,
    /// Says nothing of a failure, where another `Loaded` of the same answer already does.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    view! {
        <Transition fallback=skeleton>
            {move || {
                let content = Arc::clone(&content);
                Suspend::new(async move {
                    match of.await {
                        Ok(answer) => content(answer),
                        Err(_) if quiet => ().into_any(),
                        Err(ApiError::Failure(Failure::NotReady { retry_after_s })) => {
                            let retry = Callback::new(move |()| of.refetch());
                            view! { <Waiting retry_after_s retry skeleton /> }.into_any()
                        }
                        Err(error) => {
                            let retry = Callback::new(move |()| of.refetch());
                            view! { <Failed error retry /> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
}

/// Holds the content's place while the market is still being read, and asks again by itself.
#[component]
fn Waiting(retry_after_s: u32, retry: Callback<()>, skeleton: fn() -> AnyView) -> impl IntoView {
    let failure = Failure::NotReady { retry_after_s };
    answer_with_status(failure.status());
    let pause = Duration::from_secs(u64::from(retry_after_s.clamp(1, 60)));
    Effect::new(move |_| {
        let timer = set_timeout_with_handle(move || retry.run(()), pause);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
    view! {
        <p class="lead waiting" role="status">
            {(use_words().site.failure)(&failure.into())}
        </p>
        {skeleton()}
    }
}

/// What went wrong, in plain words, and a way to try again.
#[component]
fn Failed(error: ApiError, retry: Callback<()>) -> impl IntoView {
    let words = use_words();
    if let ApiError::Failure(failure) = &error {
        answer_with_status(failure.status());
    }
    view! {
        <section class="failed" role="alert">
            <h2 class="failed__title">{words.site.failed}</h2>
            <p>{(words.site.failure)(&error)}</p>
            <a
                class="button"
                href=""
                rel="external"
                on:click=move |event| {
                    event.prevent_default();
                    retry.run(());
                }
            >
                {words.site.retry}
            </a>
        </section>
    }
}

//! The one component that owns loading, failure and content of whatever a page asks the server for.

use std::sync::Arc;
use std::time::Duration;

use domain::error::Failure;
use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;

use crate::api::error::ApiError;
use crate::asked::{Answerable, Asked, Parcel};
use crate::ssr::answer_with_status;
use crate::words::use_words;

/// Shows `skeleton` while the answer is on its way, `content` once it is here, and else what went wrong with a way
/// to try again. When the answer is asked for again, the old content stays until the new one is here.
#[component]
pub(crate) fn Loaded<T: Answerable>(
    /// The answer; create it at the top of the page.
    of: Asked<T>,
    /// Reserves the space of the content.
    skeleton: fn() -> AnyView,
    /// Draws the content.
    content: Arc<dyn Fn(T) -> AnyView + Send + Sync>,
    /// Says nothing of a failure, where another `Loaded` of the same answer already does.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    loaded(of.parcel, skeleton, Arc::new(move |parcel| parcel.open().map(|answer| content(answer))), quiet)
}

/// The same for whatever is in the parcel.
fn loaded(
    parcel: Resource<Parcel, FromToStringCodec>,
    skeleton: fn() -> AnyView,
    content: Arc<dyn Fn(Parcel) -> Result<AnyView, ApiError> + Send + Sync>,
    quiet: bool,
) -> AnyView {
    let retry = Callback::new(move |()| parcel.refetch());
    view! {
        <Transition fallback=skeleton>
            {move || {
                let content = Arc::clone(&content);
                Suspend::new(async move {
                    match content(parcel.await) {
                        Ok(content) => content,
                        Err(_) if quiet => ().into_any(),
                        Err(ApiError::Failure(Failure::NotReady { retry_after_s })) => {
                            view! { <Waiting retry_after_s retry skeleton /> }.into_any()
                        }
                        Err(error) => view! { <Failed error retry /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
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
pub(crate) fn Failed(error: ApiError, retry: Callback<()>) -> impl IntoView {
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

//! For addresses at which there is nothing.

use leptos::prelude::*;

use crate::components::page_head::PageHead;
use crate::links::{Page, Sort};
use crate::ssr::answer_with_status;
use crate::words::use_words;

/// Says that there is nothing here, and where to go instead.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let words = use_words();
    answer_with_status(404);
    view! {
        <PageHead title=words.site.not_found_title.to_owned() description=words.site.not_found_text.to_owned() />
        <section class="not-found">
            <h1>{words.site.not_found_title}</h1>
            <p class="lead">{words.site.not_found_text}</p>
            <a class="button" href=Page::Overview(Sort::default()).href(words.language)>
                {words.site.back_to_overview}
            </a>
        </section>
    }
}

//! What a page tells search engines and browser tabs about itself.

use domain::language::Language;
use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};

use crate::links::Page;
use crate::words::use_words;

/// Title, description and the address in each language.
#[component]
pub(crate) fn PageHead(
    /// The title, without the product's name.
    title: String,
    /// One sentence.
    description: String,
    /// The page itself; none where it has no address of its own.
    #[prop(optional_no_strip)]
    page: Option<Page>,
) -> impl IntoView {
    let words = use_words();
    let alternates = page.map(|page| {
        [Language::English, Language::French].map(|language| {
            view! { <Link rel="alternate" hreflang=language.tag() href=page.href(language) /> }
        })
    });
    view! {
        <Title text=(words.site.page_title)(&title) />
        <Meta name="description" content=description />
        {alternates}
    }
}

//! The top of every page: name, navigation, language and theme.

use domain::forecast::Horizon;
use domain::language::Language;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::logo::Logo;
use crate::links::{self, Page, Sort};
use crate::words::use_words;

/// The top of a page that the router shows.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let location = use_location();
    view! { <HeaderAt path=location.pathname.into() query=location.search.into() /> }
}

/// The top of a page at an address. What only members see is there for everybody and shown by the style sheet, so
/// that the browser finds what the server wrote, whoever is signed in.
#[component]
pub(crate) fn HeaderAt(
    /// The path.
    path: Signal<String>,
    /// The query.
    query: Signal<String>,
) -> impl IntoView {
    let words = use_words();
    let language = words.language;
    let (pathname, search) = (path, query);
    let other = match language {
        Language::English => Language::French,
        Language::French => Language::English,
    };
    let home = Page::Overview(Sort::default()).href(language);
    let entry = move |page: Page, text: &'static str| {
        let href = page.href(language);
        let target = href.clone();
        let current = move || (pathname.get() == target).then_some("page");
        view! {
            <li>
                <a class="nav__link" href=href aria-current=current>
                    {text}
                </a>
            </li>
        }
    };
    view! {
        <header class="header">
            <div class="header__inner">
                <a class="brand" href=home aria-label=words.site.home_label>
                    <Logo />
                    <span class="brand__name">"Invest" <b>"Buddy"</b></span>
                </a>
                <nav class="nav" aria-label=words.site.navigation>
                    <ul class="nav__list" role="list">
                        {entry(Page::Overview(Sort::default()), words.site.overview)}
                        {entry(Page::Buddy(None), words.buddy.title)}
                        {entry(Page::HowGood(None, Horizon::default()), words.how_good.title)}
                        {entry(Page::HowItWorks, words.site.how_it_works)}
                        {entry(Page::Models, words.site.models)}
                    </ul>
                </nav>
                <div class="header__tools">
                    <a
                        class="tool member-only"
                        href=links::localised(language, "/account/notifications")
                        rel="external"
                        aria-label=words.site.notifications
                        title=words.site.notifications
                    >
                        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                            <path
                                d="M6 17 V11 A6 6 0 0 1 18 11 V17 L20 19 H4 Z M10 21.5 H14"
                                fill="none"
                                stroke="currentColor"
                                stroke-width="2"
                                stroke-linejoin="round"
                                stroke-linecap="round"
                            />
                        </svg>
                        <span class="tool__count" data-bell-count="" hidden></span>
                    </a>
                    <a
                        class="tool"
                        href=links::localised(language, "/account")
                        rel="external"
                        aria-label=words.site.account
                        title=words.site.account
                    >
                        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                            <circle cx="12" cy="8" r="4" fill="none" stroke="currentColor" stroke-width="2" />
                            <path d="M4 21 A8 7 0 0 1 20 21" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
                        </svg>
                    </a>
                    <a
                        class="tool tool--text"
                        href=move || links::in_other_language(&pathname.get(), &search.get())
                        rel="external"
                        hreflang=other.tag()
                        lang=other.tag()
                    >
                        {words.site.other_language}
                    </a>
                    <button
                        class="tool tool--theme scripted-only"
                        type="button"
                        data-theme-toggle=""
                        aria-label=words.site.theme
                        title=words.site.theme
                    >
                        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                            <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" stroke-width="2" />
                            <path d="M12 4 A8 8 0 0 1 12 20 Z" fill="currentColor" />
                        </svg>
                    </button>
                </div>
            </div>
        </header>
    }
}

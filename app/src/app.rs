//! The application: what stands around every page, and which page stands at which address.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::{SsrMode, path};

use crate::components::footer::Footer;
use crate::components::header::Header;
use crate::components::market_banner::MarketBanner;
use crate::links;
use crate::live::Live;
use crate::pages::{Apart, CoinPage, NotFoundPage, OverviewPage};
use crate::words::Words;

/// The whole application; the body of every document.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Site />
        </Router>
    }
}

/// Header, banner, page and footer, in the language of the address.
///
/// The language is fixed for the life of the document: links to the other language load a new one, so that the
/// `lang` attribute, the words and the formats always agree.
#[component]
fn Site() -> impl IntoView {
    let words = Words::of(links::language_of(&use_location().pathname.get_untracked()));
    provide_context(words);
    Live::provide();
    mark_as_hydrated();
    Apart::fetch_ahead();

    // `SsrMode::Async`: the answers come from memory, so the reader gets whole pages at once, with or without
    // JavaScript, and the status code knows what was found.
    view! {
        <a class="skip-link" href="#content" rel="external">
            {words.site.skip_to_content}
        </a>
        <Header />
        <MarketBanner />
        <main id="content" class="page" tabindex="-1">
            <Routes fallback=|| view! { <NotFoundPage /> }>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/coins/:symbol") view=CoinPage ssr=SsrMode::Async />
                <Route path=path!("/buddy/:id?") view=Apart::Buddy ssr=SsrMode::Async />
                <Route path=path!("/how-good") view=Apart::HowGood ssr=SsrMode::Async />
                <Route path=path!("/how-it-works") view=Apart::HowItWorks ssr=SsrMode::Async />
                <Route path=path!("/models") view=Apart::Models ssr=SsrMode::Async />
                <Route path=path!("/fr") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/fr/coins/:symbol") view=CoinPage ssr=SsrMode::Async />
                <Route path=path!("/fr/buddy/:id?") view=Apart::Buddy ssr=SsrMode::Async />
                <Route path=path!("/fr/how-good") view=Apart::HowGood ssr=SsrMode::Async />
                <Route path=path!("/fr/how-it-works") view=Apart::HowItWorks ssr=SsrMode::Async />
                <Route path=path!("/fr/models") view=Apart::Models ssr=SsrMode::Async />
            </Routes>
        </main>
        <Footer />
    }
}

/// Tells whoever watches the document, browser tests above all, that it now answers to touch.
fn mark_as_hydrated() {
    Effect::new(|_| {
        if let Some(root) = document().document_element() {
            // Only an invalid name could fail.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}

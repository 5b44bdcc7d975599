//! The end of every page.

use domain::forecast::Horizon;
use leptos::prelude::*;

use crate::links::Page;
use crate::words::use_words;

/// The end of every page: what this is not, and where the numbers come from.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    let words = use_words();
    view! {
        <footer class="footer">
            <div class="footer__inner">
                <p class="footer__advice">{words.site.advice}" "{words.site.sources}</p>
                <ul class="footer__links" role="list">
                    <li>
                        <a href=Page::HowGood(None, Horizon::default()).href(words.language)>{words.how_good.title}</a>
                    </li>
                    <li>
                        <a href=Page::HowItWorks.href(words.language)>{words.site.how_it_works}</a>
                    </li>
                    <li>
                        <a href=Page::Models.href(words.language)>{words.site.models}</a>
                    </li>
                    <li>
                        <a href="/api/docs" rel="external">
                            {words.site.api}
                        </a>
                    </li>
                    <li>
                        <a href="https://www.tradingview.com/" rel="external noopener">
                            {words.site.charts_notice}
                        </a>
                    </li>
                </ul>
            </div>
        </footer>
    }
}

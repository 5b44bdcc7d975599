//! What the numbers mean, how they are made, and what they cannot do.

use leptos::prelude::*;

use crate::components::page_head::PageHead;
use crate::format;
use crate::links::Page;
use crate::live::Live;
use crate::words::use_words;

/// The page that explains.
#[component]
pub(crate) fn HowItWorksPage() -> impl IntoView {
    let all = use_words();
    let words = &all.how;
    let section = |title: &'static str, paragraphs: Vec<&'static str>| {
        view! {
            <section>
                <h2>{title}</h2>
                {paragraphs.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
            </section>
        }
    };
    let limits = [words.limit_1, words.limit_2, words.limit_3, words.limit_4];
    view! {
        <PageHead title=words.title.to_owned() description=words.description.to_owned() page=Some(Page::HowItWorks) />
        <div class="prose">
            <h1>{words.title}</h1>
            <p class="lead">{words.lead}</p>
            {section(words.number_title, vec![words.number_1, words.number_2])}
            {section(words.made_title, vec![words.made_1, words.made_2, words.made_3])}
            {section(words.honest_title, vec![words.honest_1, words.honest_2])}
            <section>
                <h2>{words.limits_title}</h2>
                <ul>{limits.map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
            </section>
            {section(words.data_title, vec![words.data_1, words.data_2])}
            <DataQuality />
            <section>
                <h2>{words.more_title}</h2>
                <ul>
                    <li>
                        <a href=Page::Models.href(all.language)>{words.more_models}</a>
                    </li>
                    <li>
                        <a href="/api/docs" rel="external">
                            {words.more_api}
                        </a>
                    </li>
                </ul>
            </section>
            <section>
                <h2>{words.charts_title}</h2>
                <p>
                    {words.charts_1} " "
                    <a href="https://www.tradingview.com/lightweight-charts/" rel="external noopener">
                        "Lightweight Charts™"
                    </a> " " {words.charts_licence}
                </p>
            </section>
        </div>
    }
}

/// How many rows were refused and how many hours are missing, as the server counts them now.
#[component]
fn DataQuality() -> impl IntoView {
    let words = use_words();
    let live = Live::of_page();
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let market = live.market.ready().await.ok()?;
                let count = |count: u32| format::number(words.language, f64::from(count), 0);
                let text = (words.market.quarantined)(&count(market.quarantined_rows), &count(market.missing_hours));
                Some(view! { <p class="note">{text}</p> })
            })}
        </Transition>
    }
}

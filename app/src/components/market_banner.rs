//! How the market data stands, on every page: only what a reader must know, and nothing when all is well.

use domain::market::{MarketOrigin, MarketState};
use leptos::prelude::*;

use crate::format;
use crate::live::Live;
use crate::words::{Words, use_words};

/// A line below the header where the data is simulated, offline, old or still being read.
#[component]
pub(crate) fn MarketBanner() -> impl IntoView {
    let words = use_words();
    let live = Live::of_page();
    view! {
        <div class="banners" role="status">
            <Transition>
                {move || Suspend::new(async move {
                    live.market.ready().await.ok().map(|market| view! { <Notices market words /> })
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Notices(market: MarketState, words: &'static Words) -> impl IntoView {
    notices(&market, words)
        .into_iter()
        .map(|notice| {
            let meter = notice
                .progress
                .map(|share| view! { <progress class="banner__meter" max="1" value=share.to_string()></progress> });
            view! {
                <div class=format!("banner banner--{}", notice.kind)>
                    <p class="banner__text">{notice.text}</p>
                    {meter}
                </div>
            }
        })
        .collect_view()
}

struct Notice {
    kind: &'static str,
    text: String,
    progress: Option<f32>,
}

/// What must be said, the weightiest first.
fn notices(market: &MarketState, words: &Words) -> Vec<Notice> {
    let mut notices = Vec::new();
    if market.origin == MarketOrigin::Simulated {
        notices.push(Notice { kind: "simulated", text: words.market.simulated.to_owned(), progress: None });
    }
    let as_of = market.as_of.map(format::minute);
    if let Some(share) = market.loading {
        let text = (words.market.loading)(&format::percent(words.language, f64::from(share), 0));
        notices.push(Notice { kind: "loading", text, progress: Some(share) });
    } else if market.is_offline && market.origin != MarketOrigin::Simulated {
        let retry = market.retries_at.map(format::minute);
        let text = (words.market.offline)(as_of.as_deref(), retry.as_deref());
        notices.push(Notice { kind: "offline", text, progress: None });
    } else if let Some(as_of) = as_of.filter(|_| market.is_stale) {
        notices.push(Notice { kind: "stale", text: (words.market.stale)(&as_of), progress: None });
    }
    notices
}

#[cfg(test)]
mod tests {
    use domain::language::Language;

    use super::*;

    fn market() -> MarketState {
        MarketState {
            origin: MarketOrigin::Exchange,
            as_of: "2025-07-01T00:00Z".parse().ok(),
            is_stale: false,
            is_offline: false,
            retries_at: None,
            loading: None,
            missing_hours: 0,
            quarantined_rows: 0,
        }
    }

    fn kinds(market: &MarketState) -> Vec<&'static str> {
        notices(market, Words::of(Language::English)).iter().map(|notice| notice.kind).collect()
    }

    #[test]
    fn a_healthy_market_is_not_worth_a_word() {
        assert!(kinds(&market()).is_empty());
    }

    #[test]
    fn only_the_weightiest_trouble_is_told() {
        let offline = MarketState { is_offline: true, is_stale: true, ..market() };
        assert_eq!(kinds(&offline), ["offline"]);
        assert_eq!(kinds(&MarketState { loading: Some(0.5), ..offline }), ["loading"]);
        assert_eq!(kinds(&MarketState { is_stale: true, ..market() }), ["stale"]);
    }

    #[test]
    fn a_simulated_market_always_says_so() {
        let simulated = MarketState { origin: MarketOrigin::Simulated, is_offline: true, ..market() };
        assert_eq!(kinds(&simulated), ["simulated"]);
        assert_eq!(kinds(&MarketState { loading: Some(0.1), ..simulated }), ["simulated", "loading"]);
    }

    #[test]
    fn being_offline_names_both_times() {
        let offline = MarketState { is_offline: true, retries_at: "2025-07-01T03:04Z".parse().ok(), ..market() };
        let text = &notices(&offline, Words::of(Language::English))[0].text;
        assert!(text.contains("2025-07-01 00:00 UTC") && text.contains("2025-07-01 03:04 UTC"), "{text}");
    }
}

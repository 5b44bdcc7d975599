//! Keeps an open page up to date: asks how the market stands now and then, and says when there is something new.

use std::time::Duration;

use domain::market::MarketState;
use jiff::Timestamp;
use leptos::prelude::*;

use crate::api;
use crate::asked::Asked;

/// How often a page asks while the archive is being read.
const EAGER: Duration = Duration::from_secs(2);
/// Of so many eager ticks a page uses one when nothing is being read: every 30 seconds.
const CALM_TICKS: u32 = 15;

/// How the market stands, and a number that grows whenever pages should read their data again.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// How the market stands, as last heard.
    pub(crate) market: Asked<MarketState>,
    /// Grows with every new candle and with every step of loading.
    pub(crate) revision: RwSignal<u32>,
}

/// What decides whether pages read their data again.
#[derive(Clone, Copy, PartialEq)]
struct Stamp {
    as_of: Option<Timestamp>,
    loading: Option<f32>,
}

impl Live {
    /// Provides itself to the pages below and begins to ask. Called once a document.
    pub(crate) fn provide() -> Self {
        let live = Self { market: Asked::new(|| (), |()| api::market()), revision: RwSignal::new(0) };
        provide_context(live);
        live.announce_changes();
        live.ask_now_and_then();
        live
    }

    /// The one that the document provided.
    pub(crate) fn of_page() -> Self {
        expect_context()
    }

    fn announce_changes(self) {
        Effect::new(move |before: Option<Option<Stamp>>| {
            let heard = self.market.get().and_then(Result::ok);
            let now = heard.map(|market| Stamp { as_of: market.as_of, loading: market.loading });
            let before = before.flatten();
            if before.is_some() && now.is_some() && before != now {
                self.revision.update(|revision| *revision += 1);
            }
            now.or(before)
        });
    }

    fn ask_now_and_then(self) {
        Effect::new(move |_| {
            let ticks = StoredValue::new(0_u32);
            let interval = set_interval_with_handle(
                move || {
                    ticks.update_value(|ticks| *ticks = ticks.wrapping_add(1));
                    let known = self.market.get_untracked();
                    let is_loading = matches!(known, Some(Ok(MarketState { loading: Some(_), .. })));
                    let is_due = is_loading || ticks.get_value().is_multiple_of(CALM_TICKS);
                    if is_due && !document().hidden() {
                        self.market.refetch();
                    }
                },
                EAGER,
            );
            on_cleanup(move || {
                if let Ok(interval) = interval {
                    interval.clear();
                }
            });
        });
    }
}

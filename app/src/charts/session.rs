//! The life of one interactive chart: mounting it, feeding it, and loading older history as the reader pans.

use std::sync::Arc;

use domain::chart::{Bar, ChartQuery, ChartSlice, Resolution};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::overview::CoinDetail;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, error::ApiError};
use crate::asked::Asked;
use crate::browser::Chart;
use crate::charts::outlook::Outlook;
use crate::charts::range::Range;
use crate::live::Live;
use crate::words::use_words;

/// How many bars are asked for at once.
const SLICE_BARS: u32 = 1_500;
const _: () = assert!(SLICE_BARS <= ChartQuery::MAX_BARS);

/// How far the chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The picture is shown.
    Waiting,
    /// The chart is shown.
    Ready,
    /// The picture stays: library or data could not be had.
    Failed,
}

/// What the chart and the controls around it share.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    /// The chosen range.
    pub(crate) range: RwSignal<Range>,
    /// How far the chart is.
    pub(crate) status: RwSignal<Status>,
    /// Whether older history is on its way.
    pub(crate) is_loading_older: RwSignal<bool>,
    /// The opening time of the bar under the crosshair, epoch seconds.
    pub(crate) hovered: RwSignal<Option<i64>>,
    /// Everything that is loaded, oldest first.
    pub(crate) bars: RwSignal<Vec<Bar>>,
    symbol: StoredValue<Symbol>,
    horizon: Memo<Horizon>,
    outlook: Memo<Option<Outlook>>,
    chart: StoredValue<Option<Arc<Chart>>>,
    is_mounted: RwSignal<bool>,
    /// Counts requests, so that an answer that was overtaken is dropped.
    request: StoredValue<u32>,
}

/// What decides whether the newest bars must be asked for.
#[derive(Clone, Copy, PartialEq)]
struct Wanted {
    resolution: Resolution,
    horizon: Horizon,
    revision: u32,
    range: Range,
}

impl Session {
    /// Begins to watch `host`; as soon as the browser has it, the chart is mounted and fed.
    pub(crate) fn start(host: NodeRef<Div>, symbol: Symbol, horizon: Memo<Horizon>, detail: Asked<CoinDetail>) -> Self {
        // Only the browser evaluates it: on the server the resource is read by the picture, inside its Suspense.
        let outlook = Memo::new(move |_| {
            let card = detail.get()?.ok()?.card;
            card.forecast(horizon.get()).map(Outlook::of)
        });
        let session = Self {
            range: RwSignal::new(Range::default()),
            status: RwSignal::new(Status::Waiting),
            is_loading_older: RwSignal::new(false),
            hovered: RwSignal::new(None),
            bars: RwSignal::new(Vec::new()),
            symbol: StoredValue::new(symbol),
            horizon,
            outlook,
            chart: StoredValue::new(None),
            is_mounted: RwSignal::new(false),
            request: StoredValue::new(0),
        };
        session.mount_in(host);
        session.feed();
        session.follow_outlook();
        session
    }

    fn mount_in(self, host: NodeRef<Div>) {
        let locale = use_words().language.tag();
        Effect::new(move |_| {
            let Some(host) = host.get() else { return };
            spawn_local(async move {
                let on_hover = move |at| {
                    self.hovered.try_set(at);
                };
                let mounted = Chart::mount(host.into(), locale, on_hover, move || self.load_older()).await;
                match mounted {
                    Ok(chart) => {
                        // The page may have gone meanwhile; then the chart is dropped, which removes it.
                        self.chart.try_update_value(|slot| *slot = Some(Arc::new(chart)));
                        self.is_mounted.try_set(true);
                    }
                    Err(_) => {
                        self.status.try_set(Status::Failed);
                    }
                }
            });
        });
    }

    /// Asks for the newest bars whenever resolution, horizon or data change; a mere change of range only moves.
    fn feed(self) {
        let live = Live::of_page();
        Effect::new(move |before: Option<Option<Wanted>>| {
            let range = self.range.get();
            let wanted = Wanted {
                resolution: range.resolution(),
                horizon: self.horizon.get(),
                revision: live.revision.get(),
                range,
            };
            if !self.is_mounted.get() {
                return None;
            }
            let before = before.flatten();
            let moves = before.is_none_or(|before| before.range != range || before.horizon != wanted.horizon);
            let is_same_data = before.is_some_and(|before| Wanted { range, ..before } == wanted);
            if is_same_data {
                self.with_chart(|chart| chart.show_last(range.days()));
            } else {
                spawn_local(self.load_newest(wanted, moves));
            }
            Some(wanted)
        });
    }

    async fn load_newest(self, wanted: Wanted, moves: bool) {
        let Some(number) = self.next_request() else { return };
        let Some(answer) = self.ask(wanted.resolution, wanted.horizon, None).await else { return };
        if self.request.try_get_value() != Some(number) {
            return;
        }
        match answer {
            Ok(slice) => {
                self.with_chart(|chart| {
                    chart.set_slice(&slice, self.outlook.get_untracked().as_ref(), !moves);
                    if moves {
                        chart.show_last(wanted.range.days());
                    }
                });
                self.bars.try_set(slice.bars);
                self.status.try_set(Status::Ready);
            }
            // What is drawn stays; before the first slice the picture does.
            Err(_) if self.status.try_get_untracked() == Some(Status::Ready) => {}
            Err(_) => {
                self.status.try_set(Status::Failed);
            }
        }
    }

    fn load_older(self) {
        spawn_local(async move {
            let first = self.bars.try_with_untracked(|bars| bars.first().map(|bar| bar.opens_at_s)).flatten();
            let (Some(first), Some(number)) = (first, self.request.try_get_value()) else { return };
            let (Some(range), Some(horizon)) = (self.range.try_get_untracked(), self.horizon.try_get_untracked())
            else {
                return;
            };
            self.is_loading_older.try_set(true);
            let answer = self.ask(range.resolution(), horizon, Some(first)).await;
            self.is_loading_older.try_set(false);
            // Another resolution or horizon has been chosen meanwhile: this piece belongs to nothing any more.
            if self.request.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Some(Ok(slice)) => {
                    self.with_chart(|chart| chart.prepend_slice(&slice));
                    self.bars.try_update(|bars| {
                        let older = slice.bars.into_iter().filter(|bar| bar.opens_at_s < first);
                        bars.splice(0..0, older);
                    });
                }
                _ => self.with_chart(Chart::release_older),
            }
        });
    }

    fn follow_outlook(self) {
        Effect::new(move |_| {
            let outlook = self.outlook.get();
            if self.is_mounted.get() && self.status.get_untracked() == Status::Ready {
                self.with_chart(|chart| chart.set_outlook(outlook.as_ref()));
            }
        });
    }

    async fn ask(
        self,
        resolution: Resolution,
        horizon: Horizon,
        before_s: Option<i64>,
    ) -> Option<Result<ChartSlice, ApiError>> {
        let symbol = self.symbol.try_get_value()?;
        Some(api::chart(symbol, resolution, horizon, before_s, SLICE_BARS).await)
    }

    /// The number of a new request; none where the page has gone.
    fn next_request(self) -> Option<u32> {
        self.request.try_update_value(|number| {
            *number = number.wrapping_add(1);
            *number
        })
    }

    fn with_chart(self, act: impl FnOnce(&Chart)) {
        // The handle is cloned out first: the chart may call back while it acts.
        if let Some(Some(chart)) = self.chart.try_get_value() {
            act(&chart);
        }
    }
}

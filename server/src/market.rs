//! Market data: sources, what is believed of them, and the market that everyone else reads.
//!
//! Candles enter through one door (`intake`): judged by [`quarantine`], merged into the `book`, stored, their gaps
//! recorded. Invariants: a candle that is known never changes; a gap is never filled by anything but a candle
//! of a source; a simulated market is never stored.

pub mod archive;
mod backfill;
mod binance;
mod book;
mod coinbase;
pub mod gaps;
pub(crate) mod http;
pub mod ingest;
mod intake;
mod live;
mod loading;
mod merge;
mod plan;
pub mod progress;
pub mod quarantine;
pub mod raw;
mod replay;
mod settings;
pub mod simulator;
mod source;
mod stand_in;
mod stream;
mod yahoo;

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

pub use backfill::IngestError;
pub use binance::Binance;
pub use book::MarketSnapshot;
pub use coinbase::Coinbase;
pub use http::{client, install_crypto_provider};
pub use live::probe;
pub use settings::{Exchange, MarketSettings, Simulate};
pub use source::{Capabilities, Fetch, Page, Source, SourceError};
pub use yahoo::Yahoo;

use crate::store::{Store, StoreError};
use book::{Book, Link};
use intake::Intake;
use live::Live;
use loading::ArchiveSummary;
use progress::Silent;
use replay::Replay;
use stand_in::StandIn;

/// The market as the rest of the server sees it. Cheap to clone.
#[derive(Clone)]
pub struct Market {
    book: Arc<Book>,
}

impl Market {
    /// Starts reading the market and returns at once. The work goes on in tasks of `tracker` until `stop` is
    /// cancelled. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(
        settings: MarketSettings,
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
        tracker: &TaskTracker,
    ) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&clock)));
        let keeper = Keeper { settings, intake: Intake::new(store, Arc::clone(&book), clock) };
        tracker.spawn(stop.run_until_cancelled_owned(keeper.run()));
        Self { book }
    }

    /// The market as it is now; never waits.
    #[must_use]
    pub fn snapshot(&self) -> Arc<MarketSnapshot> {
        self.book.snapshot()
    }

    /// Tells the revision of the newest candles; wakes when candles change, not when only the state does.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.book.changes()
    }
}

/// Keeps the book up to date.
struct Keeper {
    settings: MarketSettings,
    intake: Intake,
}

/// How often the state is looked at for what changes by itself: staleness, and the simulated market's next hour.
const TICK: Duration = Duration::from_secs(20);

impl Keeper {
    async fn run(self) {
        if self.settings.replay {
            self.replay().await;
            return;
        }
        if self.settings.simulate == Simulate::Always {
            self.intake.book.set_loading(None);
            self.intake.book.set_link(Link::Offline(None));
            self.stand_in().show().await;
        } else if let Err(error) = self.load().await {
            error!(%error, "Could not read the stored market; going on with what is in memory");
        }
        tokio::join!(self.follow(), self.tick());
    }

    /// Shows the archive hour by hour as the clock goes on; for ever.
    async fn replay(&self) {
        self.intake.book.set_link(Link::Offline(None));
        let files = loading::find_archive(&self.settings).await.unwrap_or_default();
        let on_read = |share| self.intake.book.set_loading(Some(share));
        let series = loading::read_archive(files, on_read).await;
        self.intake.book.set_loading(None);
        Replay::of(series).run(&self.intake).await;
    }

    /// Reads the store, then new files of the archive.
    async fn load(&self) -> Result<(), StoreError> {
        let book = &self.intake.book;
        let loaded = loading::load_store(&self.intake, &self.settings.symbols).await;
        let has_stored = !book.is_empty();
        book.set_loading((!has_stored).then_some(0.0));
        let archived = match loading::find_archive(&self.settings).await {
            Some(files) => {
                let on_read = |share| book.set_loading((!has_stored && share < 1.0).then_some(share));
                loading::load_archive(&self.intake, files, on_read, &Silent).await
            }
            None => Ok(ArchiveSummary::default()),
        };
        book.set_loading(None);
        loaded?;
        archived?;
        Ok(())
    }

    /// Follows a live exchange, or sees to it that there is something to show without one.
    async fn follow(&self) {
        if self.settings.simulate == Simulate::Always {
            return;
        }
        if self.settings.live && !self.settings.sources.is_empty() {
            let (settings, intake) = (&self.settings, &self.intake);
            Live { settings, intake, stand_in: self.stand_in() }.run().await;
        } else {
            self.intake.book.set_link(Link::Offline(None));
            self.stand_in().show_if_needed().await;
        }
    }

    fn stand_in(&self) -> StandIn<'_> {
        StandIn { settings: &self.settings, intake: &self.intake }
    }

    async fn tick(&self) {
        loop {
            tokio::time::sleep(TICK).await;
            self.stand_in().go_on().await;
            self.intake.book.publish();
        }
    }
}

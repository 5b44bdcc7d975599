//! The one door through which candles enter: judged, merged, stored, their gaps recorded.

use std::sync::Arc;

use domain::clock::Clock;
use domain::market::{Candle, CandleSeries, MarketOrigin, Symbol};

use super::book::Book;
use super::gaps;
use super::quarantine::{Judged, Refused, judge};
use super::raw::RawRows;
use crate::store::{Answered, ArchiveFile, Batch, Store, StoreError};

/// Rows of one coin from one source.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) symbol: &'a Symbol,
    /// The source's name in the store.
    pub(crate) source: &'a str,
    /// The file, empty for an exchange.
    pub(crate) place: &'a str,
    pub(crate) good: &'a CandleSeries,
    pub(crate) refused: &'a [Refused],
    pub(crate) answered: Option<Answered>,
    pub(crate) file: Option<&'a ArchiveFile>,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taken {
    pub(crate) added: u64,
    pub(crate) quarantined: u64,
}

pub(crate) struct Intake {
    pub(crate) store: Arc<Store>,
    pub(crate) book: Arc<Book>,
    pub(crate) clock: Arc<dyn Clock>,
    /// One delivery at a time, so that stored gaps are those of the stored candles.
    turn: tokio::sync::Mutex<()>,
}

impl Intake {
    pub(crate) fn new(store: Arc<Store>, book: Arc<Book>, clock: Arc<dyn Clock>) -> Self {
        Self { store, book, clock, turn: tokio::sync::Mutex::new(()) }
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Judges rows against the last candle that is known before them.
    pub(crate) fn judge(&self, symbol: &Symbol, rows: &RawRows) -> Judged {
        let before = rows.rows.iter().map(|row| row.open_time_ms / 1_000).min().and_then(|first_s| {
            let series = self.book.series(symbol);
            last_before(&series, first_s)
        });
        judge(rows, before.as_ref(), self.now_s())
    }

    /// Merges candles into the book and stores them with everything else that the delivery says. Readers see
    /// them even where the store fails: the next start asks for them again.
    pub(crate) async fn take(&self, delivery: &Delivery<'_>) -> Result<Taken, StoreError> {
        let _turn = self.turn.lock().await;
        let Delivery { symbol, source, place, good, refused, answered, file } = *delivery;
        let origin = if file.is_some() { MarketOrigin::Archive } else { MarketOrigin::Exchange };
        self.book.merge(symbol, good, origin);
        let now_s = self.now_s();
        // Files carry no record of when their candles were known: a candle is public when its hour ends.
        let seen_at_s = file.is_none().then_some(now_s);
        let batch = Batch { symbol, source, place, seen_at_s, candles: good, refused, answered, file, now_s };
        let committed = self.store.commit(&batch).await?;
        if committed.added > 0 {
            self.store.replace_gaps(symbol, &gaps::find(&self.book.series(symbol))).await?;
        }
        self.book.add_quarantined_rows(committed.quarantined);
        metrics::counter!("investbuddy_market_candles_added_total", "source" => source.to_owned())
            .increment(committed.added);
        metrics::counter!("investbuddy_market_rows_quarantined_total", "source" => source.to_owned())
            .increment(committed.quarantined);
        Ok(Taken { added: committed.added, quarantined: committed.quarantined })
    }
}

fn last_before(series: &CandleSeries, at_s: i64) -> Option<Candle> {
    let index = series.opens_at_s.partition_point(|&opens_at_s| opens_at_s < at_s).checked_sub(1)?;
    series.get(index)
}

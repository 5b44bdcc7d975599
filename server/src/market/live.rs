//! Follows a live exchange: finds one that answers, back-fills, listens, and starts again when the link breaks.
//! Every new link back-fills, so that a cut leaves no hole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::{Clock, SECONDS_PER_HOUR, floor_to_hour, instant};
use domain::market::Symbol;
use futures::future::join_all;
use jiff::Timestamp;
use tracing::{error, info, warn};

use super::backfill::{IngestError, fill_all};
use super::binance::Binance;
use super::book::Link;
use super::coinbase::Coinbase;
use super::http::{BackOff, client};
use super::intake::{Delivery, Intake};
use super::progress::{Progress, Step};
use super::quarantine::judge;
use super::raw::RawRows;
use super::source::{Source, SourceError};
use super::stand_in::StandIn;
use super::stream::{ClosedCandle, KlineStream};
use super::yahoo::Yahoo;
use super::{Exchange, MarketSettings};

/// A link that held this long was a good one: the pauses start from the shortest again.
const GOOD_LINK: Duration = Duration::from_secs(60);
/// How long an exchange may take to show that it is there. Whoever waits for a first page waits for this.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after the full hour an exchange surely has its candle.
const HOUR_GRACE_S: i64 = 15;
/// During a long back-fill readers see what there is this often.
const BETWEEN_PUBLICATIONS: Duration = Duration::from_secs(2);
/// An exchange says by itself that an hour has ended; our clock may be a little behind its.
const CLOCK_SKEW_S: i64 = 120;

/// The exchange of that name.
///
/// # Errors
/// [`SourceError::NoClient`] where the machine cannot speak HTTPS.
pub(crate) fn source_of(
    exchange: Exchange,
    settings: &MarketSettings,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Source>, SourceError> {
    let client = client(settings)?;
    let clock = Arc::clone(clock);
    Ok(match exchange {
        Exchange::Binance => Arc::new(Binance::new(&client, settings, clock)),
        Exchange::Coinbase => Arc::new(Coinbase::new(&client, settings, clock)),
        Exchange::Yahoo => Arc::new(Yahoo::new(&client, settings, clock)),
    })
}

/// Asks an exchange for one recent candle: whether it can be reached from here, and if not, why.
///
/// # Errors
/// [`SourceError`] where it gives none.
pub async fn probe(exchange: Exchange, settings: &MarketSettings, clock: &Arc<dyn Clock>) -> Result<(), SourceError> {
    let impatient = MarketSettings { attempts: 1, ..settings.clone() };
    let source = source_of(exchange, &impatient, clock)?;
    let Some(symbol) = settings.symbols.first() else { return Ok(()) };
    source.klines(symbol, recent_s(clock.now().as_second()), 2).await.map(|_| ())
}

/// A few hours ago: any exchange has a candle since.
const fn recent_s(now_s: i64) -> i64 {
    floor_to_hour(now_s) - 3 * SECONDS_PER_HOUR
}

/// Follows the exchanges of the settings.
pub(crate) struct Live<'a> {
    pub(crate) settings: &'a MarketSettings,
    pub(crate) intake: &'a Intake,
    /// What there is to see while no exchange answers.
    pub(crate) stand_in: StandIn<'a>,
}

impl Live<'_> {
    /// Runs for ever.
    pub(crate) async fn run(&self) {
        let sources = self.sources();
        let back_off = BackOff::new(self.settings);
        let mut failures = 0;
        loop {
            let began = Instant::now();
            match self.reachable(&sources).await {
                Some(source) => {
                    self.intake.book.set_link(Link::Online);
                    match self.follow(source).await {
                        Ok(()) => failures = 0,
                        Err(reason) => {
                            failures = if began.elapsed() >= GOOD_LINK { 1 } else { failures + 1 };
                            reason.log(source.name());
                            self.note(source.name(), "The link to it ended.").await;
                        }
                    }
                    if failures > 0 {
                        tokio::time::sleep(back_off.pause(failures)).await;
                    }
                }
                None => {
                    failures += 1;
                    let pause = back_off.pause(failures);
                    self.intake.book.set_link(Link::Offline(Some(later(self.intake.clock.now(), pause))));
                    self.stand_in.show_if_needed().await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Operators see what failed last.
    async fn note(&self, source: &str, what: &str) {
        if let Err(error) = self.intake.store.note_source_failure(source, what, self.intake.clock.now()).await {
            error!(%error, "Could not note the failure of a source");
        }
    }

    fn sources(&self) -> Vec<Arc<dyn Source>> {
        let mut sources = Vec::new();
        for &exchange in &self.settings.sources {
            match source_of(exchange, self.settings, &self.intake.clock) {
                Ok(source) => sources.push(source),
                Err(error) => error!(%error, "Cannot ask an exchange"),
            }
        }
        sources
    }

    /// The first source, in the order of the settings, that gives a recent candle. All are asked at once.
    async fn reachable<'s>(&self, sources: &'s [Arc<dyn Source>]) -> Option<&'s dyn Source> {
        let symbol = self.settings.symbols.first()?;
        let from_s = recent_s(self.intake.now_s());
        let patience = Duration::from_millis(self.settings.request_timeout_ms).min(PATIENCE);
        let answers = join_all(sources.iter().map(|source| async move {
            match tokio::time::timeout(patience, source.klines(symbol, from_s, 2)).await {
                Ok(Ok(_)) => true,
                Ok(Err(error)) => {
                    warn!(%error, "An exchange does not answer");
                    self.note(source.name(), "It does not answer, or refuses.").await;
                    false
                }
                Err(_) => {
                    warn!(source = source.name(), "An exchange does not answer in time");
                    self.note(source.name(), "It does not answer in time.").await;
                    false
                }
            }
        }))
        .await;
        let index = answers.into_iter().position(|is_there| is_there)?;
        Some(sources[index].as_ref())
    }

    /// Back-fills and listens until the link breaks. Comes back without an error when the next hour is worth a new
    /// look at all sources.
    async fn follow(&self, source: &dyn Source) -> Result<(), LinkEnd> {
        // The stream opens first: no candle can close unseen between back-fill and stream.
        let stream = if source.capabilities().streams {
            match KlineStream::open(self.settings, &self.settings.symbols).await {
                Ok(stream) => Some(stream),
                Err(error) => {
                    warn!(%error, "Cannot listen to the exchange; asking it every hour instead");
                    None
                }
            }
        } else {
            None
        };
        match stream {
            Some(stream) => {
                tokio::select! {
                    ended = self.listen(stream) => ended,
                    failed = self.fill_every_hour(source) => failed,
                }
            }
            None => {
                self.fill(source).await?;
                let is_complete = self.is_up_to_date();
                let pause =
                    if is_complete { self.until_next_hour() } else { self.until_next_hour().min(self.short_pause()) };
                tokio::time::sleep(pause).await;
                Ok(())
            }
        }
    }

    async fn listen(&self, mut stream: KlineStream) -> Result<(), LinkEnd> {
        loop {
            let ClosedCandle { symbol, row } = stream.next_closed().await?;
            if !self.settings.symbols.contains(&symbol) {
                continue;
            }
            let series = self.intake.book.series(&symbol);
            let before = series.len().checked_sub(1).and_then(|last| series.get(last));
            let rows = RawRows { rows: vec![row], unreadable: Vec::new() };
            let judged = judge(&rows, before.as_ref(), self.intake.now_s() + CLOCK_SKEW_S);
            self.intake
                .take(&Delivery {
                    symbol: &symbol,
                    source: Exchange::Binance.as_str(),
                    place: "",
                    good: &judged.good,
                    refused: &judged.refused,
                    answered: None,
                    file: None,
                })
                .await
                .map_err(IngestError::from)?;
            self.intake.book.publish();
        }
    }

    /// Back-fills at once, and after every full hour in case the stream lost a candle.
    async fn fill_every_hour(&self, source: &dyn Source) -> Result<(), LinkEnd> {
        loop {
            self.fill(source).await?;
            tokio::time::sleep(self.until_next_hour()).await;
        }
    }

    async fn fill(&self, source: &dyn Source) -> Result<(), LinkEnd> {
        let oldest_s = self.intake.now_s() - i64::from(self.settings.backfill_days) * 86_400;
        let publisher = Publisher { intake: self.intake, last: std::sync::Mutex::new(Instant::now()) };
        let filled = fill_all(self.intake, source, &self.settings.symbols, oldest_s, &publisher).await;
        self.intake.book.publish();
        filled?;
        Ok(())
    }

    fn is_up_to_date(&self) -> bool {
        let hour_s = floor_to_hour(self.intake.now_s());
        let is_there = |symbol: &Symbol| self.intake.book.series(symbol).closes_at_s() >= Some(hour_s);
        self.settings.symbols.iter().all(is_there)
    }

    fn until_next_hour(&self) -> Duration {
        let now_s = self.intake.now_s();
        let next_s = floor_to_hour(now_s) + SECONDS_PER_HOUR + HOUR_GRACE_S;
        Duration::from_secs((next_s - now_s).unsigned_abs())
    }

    fn short_pause(&self) -> Duration {
        Duration::from_millis(self.settings.longest_pause_ms)
    }
}

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
enum LinkEnd {
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Stream(#[from] super::stream::StreamError),
}

impl LinkEnd {
    /// Links end every day; a store that fails does not.
    fn log(&self, source: &str) {
        metrics::counter!("investbuddy_market_link_ends_total", "source" => source.to_owned()).increment(1);
        match self {
            Self::Ingest(IngestError::Store(error)) => error!(source, %error, "Candles cannot be stored; trying again"),
            reason => info!(source, %reason, "The link to an exchange ended; a new one will back-fill"),
        }
    }
}

/// Lets readers see a long back-fill grow.
struct Publisher<'a> {
    intake: &'a Intake,
    last: std::sync::Mutex<Instant>,
}

impl Progress for Publisher<'_> {
    fn step(&self, _step: &Step<'_>) {
        let Ok(mut last) = self.last.lock() else { return };
        if last.elapsed() >= BETWEEN_PUBLICATIONS {
            self.intake.book.publish();
            *last = Instant::now();
        }
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let seconds = i64::try_from(pause.as_secs().max(1)).unwrap_or(i64::MAX);
    instant(now.as_second().saturating_add(seconds))
}

//! Brings missing hours from an exchange, page by page. Every page is stored with what it answers, so that a
//! killed back-fill goes on where it stopped, and a finished one has nothing left to ask.

use domain::clock::SECONDS_PER_HOUR;
use domain::market::Symbol;
use futures::{StreamExt, stream};
use tracing::{info, warn};

use super::intake::{Delivery, Intake};
use super::plan::{Plan, Reach, Span, plan};
use super::progress::{Progress, Step};
use super::raw::RawRow;
use super::source::{Source, SourceError};
use crate::store::{Answered, StoreError};

/// Coins that are asked for at once.
const COINS_AT_ONCE: usize = 3;
/// An exchange may publish a candle late. Silence about the last hours is not taken as its last word.
const FINAL_AFTER_S: i64 = 6 * SECONDS_PER_HOUR;

/// Why hours could not be brought.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IngestError {
    /// Whether it concerns one coin only, so that the others may go on.
    pub(crate) fn is_about_one_coin(&self) -> bool {
        matches!(
            self,
            Self::Source(SourceError::NotListed { .. } | SourceError::BadAnswer { .. } | SourceError::Refused { .. })
        )
    }
}

/// What a back-fill brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Filled {
    pub(crate) added: u64,
    pub(crate) quarantined: u64,
    /// Coins that the source could not give.
    pub(crate) coins_failed: u32,
}

impl std::ops::AddAssign for Filled {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.quarantined += other.quarantined;
        self.coins_failed += other.coins_failed;
    }
}

/// Brings everything that is missing of every coin: first up to the present, then holes in the past.
///
/// # Errors
/// [`IngestError`] where the source or the store fails as such; what came before is kept.
pub(crate) async fn fill_all(
    intake: &Intake,
    source: &dyn Source,
    symbols: &[Symbol],
    oldest_s: i64,
    progress: &dyn Progress,
) -> Result<Filled, IngestError> {
    let mut filled = Filled::default();
    for pick in [tail_of, holes_of] as [fn(&Plan) -> Vec<Span>; 2] {
        let mut coins = stream::iter(symbols.iter().cloned())
            .map(|symbol| async move {
                let spans = pick(&plan_coin(intake, source, &symbol, oldest_s).await?);
                fill_coin(intake, source, &symbol, &spans, progress).await
            })
            .buffer_unordered(COINS_AT_ONCE);
        while let Some(coin) = coins.next().await {
            match coin {
                Ok(coin) => filled += coin,
                Err(error) if error.is_about_one_coin() => {
                    warn!(%error, "Left out a coin of a back-fill");
                    filled.coins_failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
    if filled.added > 0 {
        info!(
            source = source.name(),
            candles.added = filled.added,
            rows.quarantined = filled.quarantined,
            "Back-filled"
        );
    }
    Ok(filled)
}

fn tail_of(plan: &Plan) -> Vec<Span> {
    plan.tail.into_iter().collect()
}

fn holes_of(plan: &Plan) -> Vec<Span> {
    plan.holes.clone()
}

async fn plan_coin(intake: &Intake, source: &dyn Source, symbol: &Symbol, oldest_s: i64) -> Result<Plan, StoreError> {
    let answered = intake.store.answered(source.name(), symbol).await?;
    let reach = Reach {
        oldest_s,
        history_days: source.capabilities().history_days,
        answered: &answered,
        now_s: intake.now_s(),
    };
    // Simulated candles say nothing about what is missing.
    let series = if intake.book.is_simulated() { Default::default() } else { intake.book.series(symbol) };
    Ok(plan(&series, &reach))
}

/// Brings the spans of one coin.
///
/// # Errors
/// [`IngestError`]; pages before the failure are kept.
pub(crate) async fn fill_coin(
    intake: &Intake,
    source: &dyn Source,
    symbol: &Symbol,
    spans: &[Span],
    progress: &dyn Progress,
) -> Result<Filled, IngestError> {
    let total = spans.iter().map(|span| span.hours()).sum::<i64>();
    let mut filled = Filled::default();
    let mut hours_before = 0;
    for &span in spans {
        let mut filler = Filler { intake, source, symbol, span, from_s: span.from_s, held_back: None };
        loop {
            let (page, is_last) = filler.next_page().await?;
            filled += page;
            let done = if is_last { span.hours() } else { (filler.from_s - span.from_s) / SECONDS_PER_HOUR };
            progress.step(&Step {
                source: source.name(),
                symbol,
                done: (hours_before + done).unsigned_abs(),
                total: total.unsigned_abs(),
                added: filled.added,
            });
            if is_last {
                break;
            }
        }
        hours_before += span.hours();
    }
    Ok(filled)
}

/// Walks through one span.
struct Filler<'a> {
    intake: &'a Intake,
    source: &'a dyn Source,
    symbol: &'a Symbol,
    span: Span,
    /// The first hour that has not been asked for.
    from_s: i64,
    /// The last row of a page waits for its right neighbour, without which a lone jump cannot be told.
    held_back: Option<RawRow>,
}

impl Filler<'_> {
    async fn next_page(&mut self) -> Result<(Filled, bool), IngestError> {
        let source_name = self.source.name();
        let hours_left = (self.span.to_s - self.from_s) / SECONDS_PER_HOUR;
        let limit = u32::try_from(hours_left).unwrap_or(u32::MAX).clamp(1, self.source.capabilities().page_limit);
        let page = self.source.klines(self.symbol, self.from_s, limit).await?;
        let next_from_s = page.next_from_s.filter(|&next_s| next_s < self.span.to_s);
        if next_from_s.is_some_and(|next_s| next_s <= self.from_s) {
            let cause = "its pages do not go forward".to_owned();
            return Err(SourceError::BadAnswer { source_name, cause }.into());
        }

        let mut rows = page.rows;
        if let Some(row) = self.held_back.take() {
            rows.rows.insert(0, row);
        }
        if next_from_s.is_some() && rows.rows.len() > 1 {
            self.held_back = rows.rows.pop();
        }
        let judged = self.intake.judge(self.symbol, &rows);
        let answered_to_s = match (&self.held_back, next_from_s) {
            (Some(row), Some(next_s)) => next_s.min(row.open_time_ms / 1_000),
            (_, next_s) => next_s.unwrap_or(self.span.to_s),
        };
        let next_s = answered_to_s.min(self.intake.now_s() - FINAL_AFTER_S);
        let taken = self
            .intake
            .take(&Delivery {
                symbol: self.symbol,
                source: source_name,
                place: "",
                good: &judged.good,
                refused: &judged.refused,
                answered: (next_s > self.span.from_s).then_some(Answered { from_s: self.span.from_s, next_s }),
                file: None,
            })
            .await?;
        if taken.quarantined > 0 {
            warn!(source = source_name, symbol = %self.symbol, rows.quarantined = taken.quarantined, "Refused rows of an exchange");
        }
        if let Some(next_s) = next_from_s {
            self.from_s = next_s;
        }
        let filled = Filled { added: taken.added, quarantined: taken.quarantined, coins_failed: 0 };
        Ok((filled, next_from_s.is_none()))
    }
}

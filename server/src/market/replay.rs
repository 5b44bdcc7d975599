//! History as if it were happening: candles of an archive, each shown when the clock has reached its end.
//!
//! For demonstrations and tests of what happens over time, on a store of their own: no candle is stored, but forecasts,
//! alerts and letters are, at the times that the clock says.

use std::time::Duration;

use domain::clock::floor_to_hour;
use domain::market::{CandleSeries, MarketOrigin, Symbol};
use tracing::warn;

use super::intake::Intake;

/// How often the clock is looked at: it may be a fast one, or be set by somebody who waits for what comes of it.
const LOOK: Duration = Duration::from_millis(20);

/// Candles that are shown one after the other.
pub(crate) struct Replay {
    series: Vec<(Symbol, CandleSeries)>,
    /// Hours that begin before this epoch second are shown.
    shown_to_s: i64,
}

impl Replay {
    /// A replay of which nothing is shown yet.
    pub(crate) const fn of(series: Vec<(Symbol, CandleSeries)>) -> Self {
        Self { series, shown_to_s: i64::MIN }
    }

    /// Shows what the clock has reached; for ever.
    pub(crate) async fn run(mut self, intake: &Intake) {
        if self.series.is_empty() {
            warn!("There is no archive to replay");
        }
        loop {
            if self.show(intake) {
                intake.book.publish();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Shows the hours that have ended since; whether there was one.
    fn show(&mut self, intake: &Intake) -> bool {
        // The hour that is running has not ended.
        let to_s = floor_to_hour(intake.now_s());
        if to_s <= self.shown_to_s {
            return false;
        }
        for (symbol, series) in &self.series {
            let ended = series.between(self.shown_to_s, to_s);
            intake.book.merge(symbol, &ended, MarketOrigin::Archive);
        }
        self.shown_to_s = to_s;
        true
    }
}

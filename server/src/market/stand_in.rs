//! The simulated market that is shown where there is nothing else.

use domain::clock::floor_to_hour;
use tracing::{error, warn};

use super::intake::Intake;
use super::{MarketSettings, Simulate, simulator};

/// Puts the simulated market into the book.
#[derive(Clone, Copy)]
pub(crate) struct StandIn<'a> {
    pub(crate) settings: &'a MarketSettings,
    pub(crate) intake: &'a Intake,
}

impl StandIn<'_> {
    /// Shows a simulated market where there is no candle and the settings allow it.
    pub(crate) async fn show_if_needed(self) {
        if self.intake.book.is_empty() && self.settings.simulate == Simulate::WhenNothingElse {
            warn!("Neither archive nor exchange is in reach: showing a simulated market");
            self.show().await;
        }
    }

    /// Adds the hours that have ended since, where the market is a simulated one.
    pub(crate) async fn go_on(self) {
        let hour_s = floor_to_hour(self.intake.now_s());
        if self.intake.book.is_simulated() && self.intake.book.closes_at_s() < Some(hour_s) {
            self.show().await;
        }
    }

    /// Shows a simulated market, whatever is there.
    pub(crate) async fn show(self) {
        let (seed, symbols) = (self.settings.simulator_seed, self.settings.symbols.clone());
        let now = self.intake.clock.now();
        match tokio::task::spawn_blocking(move || simulator::simulate(seed, &symbols, now)).await {
            Ok(series) => self.intake.book.simulate(series),
            Err(error) => error!(%error, "The simulator broke"),
        }
        self.intake.book.publish();
    }
}

//! The running product and its clock: hours go by when somebody says so, and whatever the server does by itself it does
//! then, always in the same order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::{Clock as _, floor_to_hour};
use domain::model::Version;
use jiff::{SignedDuration, Timestamp};

use super::teller::{Teller, minute};
use crate::clock::SteppedClock;
use crate::forecasting::Published;
use crate::jobs::Turn;
use crate::store::Store;
use crate::verbs::VerbError;
use crate::verbs::product::Product;

/// Hours that go by at once: as many as lie between two windows of the drift checks.
const STRIDE_HOURS: i64 = 6;
/// Strides of a day.
pub(super) const STRIDES_A_DAY: u32 = 4;
/// How long market and forecasts may take to catch up with the clock.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often one looks whether they have.
const LOOK: Duration = Duration::from_millis(3);

/// What a server does by itself, in the order in which one thing leads to the next.
const EVERY_STRIDE: [&str; 8] = ["publish", "alert", "letters", "post", "outcomes", "drift", "shadow", "probation"];
/// The same of what takes longer, and is asked once a day here.
const EVERY_DAY: [&str; 2] = ["performance", "triggers"];

/// Where the story takes place.
pub(super) struct Stage<'a> {
    /// The server.
    pub(super) product: &'a Product,
    /// Its clock.
    pub(super) clock: &'a SteppedClock,
    /// Who says what happens.
    pub(super) teller: &'a Teller,
}

impl Stage<'_> {
    /// The server's store.
    pub(super) fn store(&self) -> &Store {
        self.product.members.accounts.store()
    }

    /// The present instant (UTC).
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether a day has just begun.
    pub(super) fn is_midnight(&self) -> bool {
        self.now().as_second().rem_euclid(24 * 3_600) < STRIDE_HOURS * 3_600
    }

    /// Lets some hours go by, and the server do what it does by itself.
    ///
    /// # Errors
    /// [`VerbError`] where it cannot.
    pub(super) async fn go_on(&self) -> Result<(), VerbError> {
        let next = self.now().checked_add(SignedDuration::from_hours(STRIDE_HOURS)).map_err(VerbError::because)?;
        self.clock.set(next);
        self.do_what_is_due().await
    }

    /// Lets the server do what it does by itself at this instant.
    ///
    /// # Errors
    /// [`VerbError`] where it cannot.
    pub(super) async fn do_what_is_due(&self) -> Result<(), VerbError> {
        self.catch_up().await?;
        self.run(&EVERY_STRIDE).await?;
        if self.is_midnight() {
            self.run(&EVERY_DAY).await?;
        }
        Ok(())
    }

    /// Runs jobs, one after the other.
    ///
    /// # Errors
    /// [`VerbError`] where there is no such job, or it fails.
    pub(super) async fn run(&self, jobs: &[&str]) -> Result<(), VerbError> {
        for job in jobs {
            let turn = Box::pin(self.product.members.jobs.run_now(job)).await.map_err(VerbError::because)?;
            let failed = match turn {
                Turn::Done => continue,
                Turn::Failed(why) => why,
                Turn::NotOurs => "somebody else runs it".to_owned(),
            };
            return Err(VerbError::failed(
                format!("The job {job} failed at {}: {failed}", minute(self.now())),
                "INVESTBUDDY_LOG=info shows what the server did.",
            ));
        }
        Ok(())
    }

    /// Waits until the market shows what the clock has reached, and the forecasts are those of that market, records and
    /// all: what is published then does not hang on who was faster.
    ///
    /// # Errors
    /// [`VerbError`] where that takes too long, or the server was stopped.
    pub(super) async fn catch_up(&self) -> Result<(), VerbError> {
        let wanted_s = floor_to_hour(self.now().as_second());
        let what = format!("Forecasts did not reach {}", minute(self.now()));
        self.wait(&what, |published| {
            let snapshot = self.product.market.snapshot();
            let is_shown = snapshot.state.as_of.is_some_and(|as_of| as_of.as_second() >= wanted_s);
            is_shown && published.is_with_records && published.revision == snapshot.revision
        })
        .await
    }

    /// Waits until a version serves.
    ///
    /// # Errors
    /// As [`Stage::catch_up`].
    pub(super) async fn served_by(&self, version: &Version) -> Result<(), VerbError> {
        let what = format!("{version} does not serve");
        self.wait(&what, |published| published.is_with_records && published.version == *version).await
    }

    async fn wait(&self, what: &str, is_there: impl Fn(&Published) -> bool) -> Result<(), VerbError> {
        let began = Instant::now();
        loop {
            let published: Option<Arc<Published>> = self.product.forecasting.published();
            if published.is_some_and(|published| is_there(&published)) {
                return Ok(());
            }
            if self.product.stop.is_cancelled() {
                return Err(VerbError::because("The server was stopped"));
            }
            if began.elapsed() > PATIENCE {
                return Err(VerbError::failed(
                    format!("{what} within {} seconds", PATIENCE.as_secs()),
                    "Does the archive reach that far? INVESTBUDDY_LOG=info shows what the server did.",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

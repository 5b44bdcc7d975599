//! Jobs: what the server does by itself, again and again, once over all replicas.
//!
//! Every replica tries every job when its time has come; the store gives its lease to one of them. Whoever holds the
//! lease renews it while it works. A crash frees it when it runs out, and the next run makes up for what the crash left
//! undone: running a job twice does what running it once does.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};
use uuid::Uuid;

use crate::store::{JobLease, JobState, Store, StoreError};

/// How long a lease holds without being renewed.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(25);
/// Failed renewals after which a lease counts as lost.
const MOST_RENEWALS_FAILED: u32 = 3;
/// The longest wait for a job's first try.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// By how much of its period a job may be early or late, so that replicas do not all try at once.
const JITTER: f64 = 0.1;
/// The share of a period that must lie between two runs, whichever replicas they are of.
const LEAST_GAP: f64 = 0.8;

/// Why a job could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else, in plain words without personal data.
    #[error("{0}")]
    Failed(String),
}

impl JobError {
    /// What an operator reads: no text of a library.
    fn in_plain_words(&self) -> String {
        match self {
            Self::Store(StoreError::Query(_) | StoreError::Taken) => {
                "The database could not be reached or refused a statement; the log of that time says more.".to_owned()
            }
            Self::Store(error) => error.to_string(),
            Self::Failed(words) => words.clone(),
        }
    }
}

/// Why a job cannot be run by hand.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nobody knows it.
    #[error("there is no job {0}")]
    Unknown(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a turn of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It did its work.
    Done,
    /// It could not, for a reason in plain words.
    Failed(String),
    /// It runs elsewhere, or ran a moment ago.
    NotOurs,
}

type Work = Box<dyn Fn(Timestamp) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// Something to be done again and again. Running it twice must do what running it once does.
pub struct Job {
    name: &'static str,
    period: Duration,
    work: Work,
}

impl Job {
    /// A job that does `work` every `period`. The work is told the present instant (UTC).
    pub fn new<F, R>(name: &'static str, period: Duration, work: F) -> Self
    where
        F: Fn(Timestamp) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        Self { name, period, work: Box::new(move |now| work(now).boxed()) }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Job").field("name", &self.name).field("period", &self.period).finish_non_exhaustive()
    }
}

/// The jobs of the server. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    clock: Arc<dyn Clock>,
    jobs: Vec<Job>,
}

impl Jobs {
    /// These jobs, which nobody runs yet.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, jobs: Vec<Job>) -> Self {
        Self { shared: Arc::new(Shared { store, clock, jobs }) }
    }

    /// Runs every job in tasks of `tracker` until `stop` is cancelled; a run that has begun comes to its end. Must be
    /// called inside a tokio runtime.
    pub fn start(&self, stop: &CancellationToken, tracker: &TaskTracker) {
        for index in 0..self.shared.jobs.len() {
            let (shared, stop) = (Arc::clone(&self.shared), stop.clone());
            tracker.spawn(async move { shared.keep(&shared.jobs[index], &stop).await });
        }
    }

    /// How often each job runs, by its name.
    #[must_use]
    pub fn periods(&self) -> Vec<(&'static str, SignedDuration)> {
        let period = |job: &Job| SignedDuration::try_from(job.period).unwrap_or(SignedDuration::MAX);
        self.shared.jobs.iter().map(|job| (job.name, period(job))).collect()
    }

    /// Runs a job now, however long ago it ran last, and waits for its end.
    ///
    /// # Errors
    /// [`RunError::Unknown`]; [`RunError::Store`] where its lease can be neither taken nor given back.
    pub async fn run_now(&self, name: &str) -> Result<Turn, RunError> {
        let job = self.shared.jobs.iter().find(|job| job.name == name);
        let job = job.ok_or_else(|| RunError::Unknown(name.chars().take(32).collect()))?;
        Ok(self.shared.turn(job, Timestamp::MAX).await?)
    }

    /// How every job stands that ever ran on this store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn states(&self) -> Result<Vec<JobState>, StoreError> {
        self.shared.store.jobs(self.shared.clock.now()).await
    }
}

impl Shared {
    async fn keep(&self, job: &Job, stop: &CancellationToken) {
        let mut wait = FIRST_WAIT.min(job.period).mul_f64(random_share());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            let gap = SignedDuration::try_from(job.period.mul_f64(LEAST_GAP)).unwrap_or(SignedDuration::MAX);
            let due_before = self.clock.now().checked_sub(gap).unwrap_or(Timestamp::MIN);
            match self.turn(job, due_before).await {
                Ok(turn) => debug!(job = job.name, ?turn, "Job"),
                Err(cause) => error!(job = job.name, error = %cause, "Could not ask the store for a job"),
            }
            wait = job.period.mul_f64(1.0 - JITTER + 2.0 * JITTER * random_share());
        }
    }

    /// Runs a job where nobody else does and the last run began at `due_before` or earlier.
    async fn turn(&self, job: &Job, due_before: Timestamp) -> Result<Turn, StoreError> {
        let lease = JobLease { job: job.name.to_owned(), holder: Uuid::new_v4().to_string() };
        let now = self.clock.now();
        if !self.store.acquire_job(&lease, now, end_of_lease(now), due_before).await? {
            return Ok(Turn::NotOurs);
        }
        let work = AssertUnwindSafe((job.work)(now)).catch_unwind();
        let turn = tokio::select! {
            ended = work => match ended {
                Ok(Ok(())) => Turn::Done,
                Ok(Err(cause)) => {
                    error!(job = job.name, error = %cause, "Job failed");
                    Turn::Failed(cause.in_plain_words())
                }
                Err(_panic) => {
                    error!(job = job.name, "Job broke off");
                    Turn::Failed("The job broke off; the log of that time says where.".to_owned())
                }
            },
            () = self.hold(&lease) => {
                warn!(job = job.name, "Lost the lease of a job; somebody else goes on with it");
                return Ok(Turn::NotOurs);
            }
        };
        let failure = match &turn {
            Turn::Failed(words) => Some(words.as_str()),
            Turn::Done | Turn::NotOurs => None,
        };
        self.store.finish_job(&lease, failure, self.clock.now()).await?;
        Ok(turn)
    }

    /// Renews a lease for as long as it is ours.
    async fn hold(&self, lease: &JobLease) {
        let mut failed = 0;
        while failed < MOST_RENEWALS_FAILED {
            tokio::time::sleep(RENEW_EVERY).await;
            match self.store.renew_job(lease, end_of_lease(self.clock.now())).await {
                Ok(true) => failed = 0,
                Ok(false) => return,
                Err(_) => failed += 1,
            }
        }
    }
}

fn end_of_lease(now: Timestamp) -> Timestamp {
    now.checked_add(LEASE).unwrap_or(Timestamp::MAX)
}

/// From 0 to 1.
fn random_share() -> f64 {
    (Uuid::new_v4().as_u128() % 1_000) as f64 / 1_000.0
}

//! Jobs in the store: whoever holds the lease of a job works, and nobody else.

use jiff::Timestamp;

use super::statement::sql;
use super::{Store, StoreError, time};

/// Somebody's right to run a job for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLease {
    /// The job.
    pub job: String,
    /// Who holds it: a name that nobody else has.
    pub holder: String,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    /// Its name.
    pub name: String,
    /// Whether somebody runs it.
    pub is_running: bool,
    /// When the last run began (UTC).
    pub started_at: Option<Timestamp>,
    /// When the last run ended (UTC).
    pub ended_at: Option<Timestamp>,
    /// Why the last run failed; none where it went well.
    pub failure: Option<String>,
    /// How many runs have ended.
    pub runs: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// Name, leased until, started, ended, failure, runs, failures.
type JobRow = (String, i64, Option<i64>, Option<i64>, String, i64, i64);

impl Store {
    /// Takes the lease of a job, where nobody holds it and the last run that came to its end began at `due_before` or
    /// earlier. Whether it is ours until `until`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn acquire_job(
        &self,
        lease: &JobLease,
        now: Timestamp,
        until: Timestamp,
        due_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let insert = format!(
            "{} jobs (name, lease, leased_until_ms, started_at_ms, ended_at_ms, failure, runs, failures) \
             values (?, '', 0, null, null, '', 0, 0)",
            self.engine.insert_new(),
        );
        let known = sql("select name from jobs where name = ?").bind(lease.job.as_str());
        if self.engine.first::<(String,)>(known).await?.is_none() {
            self.engine.execute(sql(insert).bind(lease.job.as_str())).await?;
        }
        // A run that ended before it began is one that never came to its end: the next one makes up for it.
        let take = sql("update jobs set lease = ?, leased_until_ms = ?, started_at_ms = ? \
             where name = ? and leased_until_ms <= ? and (started_at_ms is null or ended_at_ms is null \
             or ended_at_ms < started_at_ms or started_at_ms <= ?)")
        .bind(lease.holder.as_str())
        .bind(until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(lease.job.as_str())
        .bind(now.as_millisecond())
        .bind(due_before.as_millisecond());
        Ok(self.engine.execute(take).await? > 0)
    }

    /// Holds a lease longer; whether it was still ours.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn renew_job(&self, lease: &JobLease, until: Timestamp) -> Result<bool, StoreError> {
        let renew = sql("update jobs set leased_until_ms = ? where name = ? and lease = ?");
        let renew = renew.bind(until.as_millisecond()).bind(lease.job.as_str()).bind(lease.holder.as_str());
        Ok(self.engine.execute(renew).await? > 0)
    }

    /// Gives a lease back and writes down how the run went; whether it was still ours.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn finish_job(
        &self,
        lease: &JobLease,
        failure: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let finish = sql("update jobs set lease = '', leased_until_ms = 0, ended_at_ms = ?, failure = ?, \
             runs = runs + 1, failures = failures + ? where name = ? and lease = ?")
        .bind(now.as_millisecond())
        .bind(failure.unwrap_or_default())
        .bind(i64::from(failure.is_some()))
        .bind(lease.job.as_str())
        .bind(lease.holder.as_str());
        Ok(self.engine.execute(finish).await? > 0)
    }

    /// Every job that ever ran, by name.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn jobs(&self, now: Timestamp) -> Result<Vec<JobState>, StoreError> {
        let listed = sql("select name, leased_until_ms, started_at_ms, ended_at_ms, failure, runs, failures \
             from jobs order by name");
        let rows: Vec<JobRow> = self.engine.all(listed).await?;
        rows.into_iter()
            .map(|(name, leased_until_ms, started_at_ms, ended_at_ms, failure, runs, failures)| {
                Ok(JobState {
                    name,
                    is_running: leased_until_ms > now.as_millisecond(),
                    started_at: started_at_ms.map(|at| time("jobs", at)).transpose()?,
                    ended_at: ended_at_ms.map(|at| time("jobs", at)).transpose()?,
                    failure: (!failure.is_empty()).then_some(failure),
                    runs: u64::try_from(runs).unwrap_or_default(),
                    failures: u64::try_from(failures).unwrap_or_default(),
                })
            })
            .collect()
    }
}

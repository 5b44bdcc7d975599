//! Letters and webhooks in the store, from the moment they are decided until they are gone.

use domain::user::AccountId;
use jiff::Timestamp;
use uuid::Uuid;

use super::alerts::account_of;
use super::candles::ROWS_PER_INSERT;
use super::engine::Write;
use super::predictions::json;
use super::statement::{Statement, placeholders, sql};
use super::{Store, StoreError, damaged, time};
use crate::outbox::Parcel;

/// By how much what somebody asked for goes before what he did not: nobody waits for an alert with a form in front of
/// him.
const HEAD_START_MS: i64 = 3_600_000;

impl Store {
    /// Puts a parcel that somebody waits for into the outbox, due before a burst of alerts, in the transaction of its
    /// cause.
    pub(super) async fn post(&self, write: &mut Write, parcel: &Parcel, at: Timestamp) -> Result<(), StoreError> {
        let content = serde_json::to_string(parcel).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let insert = sql("insert into outbox (id, account, channel, content, state, attempts, due_at_ms, lease, \
             leased_until_ms, failure, created_at_ms) values (?, ?, ?, ?, 'waiting', 0, ?, '', 0, '', ?)")
        .bind(Uuid::now_v7().to_string())
        .bind(parcel.account().map(AccountId::as_str))
        .bind(parcel.channel())
        .bind(content)
        .bind(at.as_millisecond() - HEAD_START_MS)
        .bind(at.as_millisecond());
        write.execute(insert).await?;
        Ok(())
    }
}

/// How a parcel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParcelState {
    /// It goes out when it is due.
    Waiting,
    /// It is gone.
    Sent,
    /// It was given up; an operator may send it again.
    Dead,
}

impl ParcelState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Dead];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }
}

/// A parcel that somebody holds to send it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedParcel {
    /// Its name: the same at every try.
    pub id: String,
    /// What is to be said; none where the row cannot be read.
    pub parcel: Option<Parcel>,
    /// Tries that failed so far.
    pub attempts: u32,
    /// Who holds it.
    pub lease: String,
}

/// A parcel as operators see it: nothing of what it says, and no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its name.
    pub id: String,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// `letter` or `webhook`.
    pub channel: String,
    /// What it is about: `alert`, `digest`, `confirm_address` and so on.
    pub what: String,
    /// How it stands.
    pub state: ParcelState,
    /// Tries that failed.
    pub attempts: u32,
    /// When it goes out, where it waits (UTC).
    pub due_at: Timestamp,
    /// When it was decided on (UTC).
    pub created_at: Timestamp,
    /// When it was sent or given up (UTC).
    pub ended_at: Option<Timestamp>,
    /// Why the last try failed; empty where none did.
    pub failure: String,
}

/// Which parcels an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxQuery {
    /// Only those that stand so.
    pub state: Option<ParcelState>,
    /// Only `letter` or only `webhook`.
    pub channel: Option<String>,
    /// How many of the newest are passed over.
    pub skipped: u32,
    /// How many are wanted.
    pub limit: u32,
}

/// How many parcels there are of each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Waiting.
    pub waiting: u64,
    /// Sent, and not forgotten yet.
    pub sent: u64,
    /// Given up.
    pub dead: u64,
}

/// Id, account, channel, content, state, attempts, due, created, ended, failure.
type EntryRow = (String, Option<String>, String, String, String, i64, i64, i64, Option<i64>, String);

impl Store {
    /// Leases up to `limit` parcels that are due, the longest due first. They are ours until `until`; whoever does not
    /// say what became of one by then leaves it to the next.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn lease_parcels(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedParcel>, StoreError> {
        let due = sql("select id from outbox where state = 'waiting' and due_at_ms <= ? and leased_until_ms <= ? \
             order by due_at_ms, id limit ?")
        .bind(now.as_millisecond())
        .bind(now.as_millisecond())
        .bind(limit);
        let due: Vec<(String,)> = self.engine.all(due).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let lease = Uuid::new_v4().to_string();
        // Somebody else may have leased some of them meanwhile: the conditions are checked again under the row's lock.
        let take = sql(format!(
            "update outbox set lease = ?, leased_until_ms = ? where state = 'waiting' and leased_until_ms <= ? \
             and id in {}",
            placeholders(1, due.len()),
        ))
        .bind(lease.as_str())
        .bind(until.as_millisecond())
        .bind(now.as_millisecond())
        .bind_all(due.into_iter().map(|(id,)| id));
        self.engine.execute(take).await?;
        let ours = sql("select id, content, attempts from outbox where lease = ? order by due_at_ms, id");
        let rows: Vec<(String, String, i64)> = self.engine.all(ours.bind(lease.as_str())).await?;
        let leased = rows.into_iter().map(|(id, content, attempts)| LeasedParcel {
            id,
            parcel: serde_json::from_str(&content).ok(),
            attempts: u32::try_from(attempts).unwrap_or(0),
            lease: lease.clone(),
        });
        Ok(leased.collect())
    }

    /// Notes that a parcel is gone; whether it was still ours. One that belongs to no account and holds an address is
    /// forgotten with that.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn mark_parcel_sent(&self, parcel: &LeasedParcel, at: Timestamp) -> Result<bool, StoreError> {
        let held = |statement: Statement| statement.bind(parcel.id.as_str()).bind(parcel.lease.as_str());
        if matches!(parcel.parcel, Some(Parcel::AccountDeleted { .. })) {
            let forget = sql("delete from outbox where id = ? and lease = ? and state = 'waiting'");
            return Ok(self.engine.execute(held(forget)).await? > 0);
        }
        let mark = sql("update outbox set state = 'sent', ended_at_ms = ?, failure = '', lease = '', \
             leased_until_ms = 0 where id = ? and lease = ? and state = 'waiting'")
        .bind(at.as_millisecond());
        Ok(self.engine.execute(held(mark)).await? > 0)
    }

    /// Notes that a try failed: the parcel is due again at `due_at`, or given up where that is none. `failure` must
    /// hold no personal data. Whether it was still ours.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn mark_parcel_failed(
        &self,
        parcel: &LeasedParcel,
        due_at: Option<Timestamp>,
        failure: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let state = if due_at.is_some() { ParcelState::Waiting } else { ParcelState::Dead };
        let mark = sql("update outbox set state = ?, attempts = attempts + 1, due_at_ms = ?, failure = ?, \
             ended_at_ms = ?, lease = '', leased_until_ms = 0 where id = ? and lease = ? and state = 'waiting'")
        .bind(state.as_str())
        .bind(due_at.unwrap_or(at).as_millisecond())
        .bind(failure)
        .bind(due_at.is_none().then_some(at.as_millisecond()))
        .bind(parcel.id.as_str())
        .bind(parcel.lease.as_str());
        Ok(self.engine.execute(mark).await? > 0)
    }

    /// Parcels as operators see them, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn outbox(&self, query: &OutboxQuery) -> Result<Vec<OutboxEntry>, StoreError> {
        let state = query.state.map_or("", ParcelState::as_str);
        let channel = query.channel.as_deref().unwrap_or_default();
        let listed = sql("select id, account, channel, content, state, attempts, due_at_ms, created_at_ms, \
             ended_at_ms, failure from outbox where (? = '' or state = ?) and (? = '' or channel = ?) \
             order by created_at_ms desc, id limit ? offset ?")
        .bind(state)
        .bind(state)
        .bind(channel)
        .bind(channel)
        .bind(query.limit)
        .bind(query.skipped);
        self.engine.all::<EntryRow>(listed).await?.into_iter().map(entry_of).collect()
    }

    /// What a parcel says; none where there is no such parcel or its row cannot be read.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn outbox_parcel(&self, id: &str) -> Result<Option<Parcel>, StoreError> {
        let found = sql("select content from outbox where id = ?").bind(id);
        let row: Option<(String,)> = self.engine.first(found).await?;
        Ok(row.and_then(|(content,)| serde_json::from_str(&content).ok()))
    }

    /// Sends a parcel again that was given up, as if it had never been tried; whether there is such a parcel.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn replay_parcel(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let replay = sql("update outbox set state = 'waiting', attempts = 0, due_at_ms = ?, ended_at_ms = null, \
             lease = '', leased_until_ms = 0 where id = ? and state = 'dead'");
        Ok(self.engine.execute(replay.bind(at.as_millisecond()).bind(id)).await? > 0)
    }

    /// How many parcels there are of each state.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let rows: Vec<(String, i64)> =
            self.engine.all(sql("select state, count(*) from outbox group by state")).await?;
        let mut counts = OutboxCounts::default();
        for (state, count) in rows {
            let count = u64::try_from(count).unwrap_or_default();
            match parcel_state(&state)? {
                ParcelState::Waiting => counts.waiting = count,
                ParcelState::Sent => counts.sent = count,
                ParcelState::Dead => counts.dead = count,
            }
        }
        Ok(counts)
    }

    /// Forgets parcels that were sent before an instant; how many those were.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_sent_parcels(&self, before: Timestamp) -> Result<u64, StoreError> {
        let forget = sql("delete from outbox where state = 'sent' and ended_at_ms < ?");
        self.engine.execute(forget.bind(before.as_millisecond())).await
    }

    /// Puts parcels under the given names into the outbox, due at once; one whose name is there already is left alone.
    pub(super) async fn post_named(
        &self,
        write: &mut Write,
        parcels: &[(String, Parcel)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const ROW: &str = "(?, ?, ?, ?, 'waiting', 0, ?, '', 0, '', ?)";
        for chunk in parcels.chunks(ROWS_PER_INSERT) {
            let mut insert = sql(format!(
                "{} outbox (id, account, channel, content, state, attempts, due_at_ms, lease, leased_until_ms, \
                 failure, created_at_ms) values {}",
                self.engine.insert_new(),
                vec![ROW; chunk.len()].join(", "),
            ));
            for (id, parcel) in chunk {
                insert = insert
                    .bind(id)
                    .bind(parcel.account().map(AccountId::as_str))
                    .bind(parcel.channel())
                    .bind(json(parcel)?)
                    .bind(at.as_millisecond())
                    .bind(at.as_millisecond());
            }
            write.execute(insert).await?;
        }
        Ok(())
    }
}

fn entry_of(row: EntryRow) -> Result<OutboxEntry, StoreError> {
    let (id, account, channel, content, state, attempts, due_at_ms, created_at_ms, ended_at_ms, failure) = row;
    let content: serde_json::Value = serde_json::from_str(&content).unwrap_or_default();
    Ok(OutboxEntry {
        id,
        account: account.map(|account| account_of("outbox", &account)).transpose()?,
        channel,
        what: content.get("what").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
        state: parcel_state(&state)?,
        attempts: u32::try_from(attempts).unwrap_or_default(),
        due_at: time("outbox", due_at_ms)?,
        created_at: time("outbox", created_at_ms)?,
        ended_at: ended_at_ms.map(|at| time("outbox", at)).transpose()?,
        failure,
    })
}

fn parcel_state(text: &str) -> Result<ParcelState, StoreError> {
    ParcelState::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| damaged("outbox", "state"))
}
